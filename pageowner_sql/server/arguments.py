"""The words of a request's address: checked against what the endpoint takes, and read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from pageowner_sql.errors import UsageError
from pageowner_sql.output.formats import Format
from pageowner_sql.sql import filters, sizes
from pageowner_sql.sql.filters import NOT
from pageowner_sql.sql.grouping import Key, Where

# Parameters of named queries and of SQL stand behind this.
PARAM = "param."
ROWS = 100
MOST_ROWS = 10_000
MOST_FILE_ROWS = 5_000_000

FORMATS = (
    *(Format.JSON, Format.JSONL, Format.CSV, Format.TSV),
    *(Format.MARKDOWN, Format.PARQUET, Format.ARROW, Format.ARROWS),
)
TOLD = ("caption", "notes", "trend")


@dataclass(frozen=True)
class Parameter:
    """A word that an endpoint takes; `values` are all that there are, () for any."""

    name: str
    help: str
    type: Literal["string", "integer"] = "string"
    required: bool = False
    repeats: bool = False
    values: tuple[str, ...] = ()


def _selecting() -> tuple[Parameter, ...]:
    keys = [
        each
        for key in Key
        for each in (
            Parameter(key.column, f"Records with this {key.value}; * is any text", repeats=True),
            Parameter(f"{NOT}{key.column}", f"Records without this {key.value}", repeats=True),
        )
    ]
    return (
        *keys,
        Parameter("since", "Allocated then or later: 90s before the dump, boot+90s, or a date"),
        Parameter("until", "Allocated then or earlier, written likewise"),
        Parameter("where", "An SQL expression over a row of live_allocations"),
    )


SELECTING = _selecting()
GIVING_ROWS = (
    Parameter("limit", f"Rows at most [{ROWS}; of a file all]", type="integer"),
    Parameter("format", "How rows are written [json]", values=FORMATS),
    Parameter("with", "What is told beside the rows", repeats=True, values=TOLD),
)
PARAMS = Parameter(f"{PARAM}NAME", "The value of parameter NAME", repeats=True)


@dataclass(frozen=True)
class Arguments:
    """What was given, by name. Raises UsageError for words that the endpoint does not take."""

    given: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, pairs: Iterable[tuple[str, str]], parameters: Sequence[Parameter]) -> Arguments:
        """The words of `pairs`, as `parameters` allow them."""
        known = {each.name: each for each in parameters}
        given: dict[str, list[str]] = {}
        for name, value in pairs:
            if not (name.startswith(PARAM) and PARAMS.name in known):
                _check(name, value, known)
            given.setdefault(name, []).append(value)
        for name, values in given.items():
            if len(values) > 1 and not known.get(name, PARAMS).repeats:
                raise UsageError(f"{name}: was given {len(values)} times; give it once")
        missing = [each.name for each in parameters if each.required and each.name not in given]
        if missing:
            raise UsageError(f"{missing[0]}: has no value; add {missing[0]}=VALUE")
        return cls(given)

    def one(self, name: str) -> str | None:
        """The value of a parameter, None where it was not given."""
        return self.given[name][0] if name in self.given else None

    def needed(self, name: str) -> str:
        """The value of a parameter that is required."""
        return self.given[name][0]

    def several(self, name: str) -> list[str]:
        """All values of a parameter."""
        return list(self.given.get(name, ()))

    def number(self, name: str, default: int) -> int:
        """The value of a parameter that is a number from 0. Raises UsageError for others."""
        word = self.one(name)
        if word is None:
            return default
        if not (word.isascii() and word.isdigit() and len(word) <= 18):
            raise UsageError(f"{name}: not a whole number: {word!r}")
        return int(word)

    def size(self, name: str) -> int:
        """The bytes that a parameter says, 0 where it was not given."""
        word = self.one(name)
        return sizes.size(word, name) if word else 0

    @property
    def format(self) -> Format:
        """How rows are written."""
        return Format(self.one("format") or Format.JSON)

    @property
    def limit(self) -> int:
        """How many rows are wanted at most. Raises UsageError where that is too many."""
        if self.format is Format.JSON:
            most, limit = MOST_ROWS, self.number("limit", ROWS)
        else:
            most, limit = MOST_FILE_ROWS, self.number("limit", MOST_FILE_ROWS)
        if not 0 < limit <= most:
            raise UsageError(f"limit: {limit} is not from 1 to {most:,} rows of {self.format}")
        return limit

    @property
    def params(self) -> dict[str, str]:
        """Parameters of named queries and of SQL, by name."""
        return {
            name.removeprefix(PARAM): values[-1]
            for name, values in self.given.items()
            if name.startswith(PARAM)
        }

    @property
    def keys(self) -> list[str]:
        """The keys of `by`, as people write them in options or in Python."""
        return [word.replace("_", "-") for word in self.several("by")]

    @property
    def where(self) -> Where:
        """Which records count. Raises UsageError as `po.where` does."""
        names = {each.name for each in SELECTING} - {"since", "until", "where"}
        return filters.where(
            since=self.one("since"),
            until=self.one("until"),
            where=self.one("where"),
            **{name: list(self.given[name]) for name in names & self.given.keys()},
        )


def _check(name: str, value: str, known: Mapping[str, Parameter]) -> None:
    if name not in known:
        near = get_close_matches(name, known, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"{name}: is not a parameter here{meant}")
    values = known[name].values
    if values and value not in values:
        raise UsageError(f"{name}: {value!r} is not one of {', '.join(values)}")

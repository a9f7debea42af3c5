"""The rules of ownership: read from TOML, checked, and numbered in the order they apply.

The built-in rules are `rules/owners.toml`; a user's own files come before them. Facts about the
kernel stand there, not here; docs/ownership.md says how they are applied.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Final, TypeAlias

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.open_files import protect_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

KERNEL: Final = "vmlinux"
BUILT_IN: Final = "built-in"
ROLES: Final = ("plumbing", "helper", "boundary", "owner")
_PARTS: Final = {"frame": ("function", "module"), "subsystem": ("owner", "via", "frame", "module")}
_PATTERN: Final = re.compile(r"[A-Za-z0-9_.$*?-]+")
_SUFFIX: Final = re.compile(r"(_noprof|\.(isra|constprop|part|cold|llvm|cfi_jt)(\.[0-9*]+)*)$")

Patterns: TypeAlias = dict[str, tuple[str, ...]]


class RulesError(PageOwnerError):
    """A rules file cannot be read, or says something that no rule can say."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `patterns` maps a part (function, owner, via, …) to the names that satisfy it."""

    rule_id: int
    source: str
    kind: str
    name: str
    role: str | None
    patterns: Patterns
    note: str


@dataclass(frozen=True)
class RuleSet:
    """All rules that apply, first match first."""

    rules: tuple[Rule, ...]

    @cached_property
    def columns(self) -> dict[str, list[str | int | None]]:
        """One list a column of `owner_rules`, one entry a pattern."""
        rows = [
            (rule.rule_id, rule.source, rule.kind, rule.name, rule.role, part, pattern, rule.note)
            for rule in self.rules
            for part, patterns in rule.patterns.items()
            for pattern in patterns
        ]
        names = ("rule_id", "source", "kind", "name", "role", "part", "pattern", "note")
        return {name: [row[at] for row in rows] for at, name in enumerate(names)}

    @cached_property
    def _json(self) -> str:
        return json.dumps(self.columns)

    def digest(self, sql: str) -> str:
        """SHA-256 in hex of the rules and of `sql`, the text that applies them."""
        return hashlib.sha256(f"[{json.dumps(sql)}, {self._json}]".encode()).hexdigest()


def read_rules(files: Sequence[Path] = ()) -> RuleSet:
    """The rules of `files`, in that order, then the built-in ones. Raises RulesError."""
    if not files:
        return _built_in()
    documents = [(str(path), _read(path)) for path in files]
    drafts = [draft for source, document in documents for draft in _drafts(source, document)]
    own = [draft.number(rule_id) for rule_id, draft in enumerate(drafts, 1)]
    built_in = _built_in().rules
    return RuleSet((*own, *(replace(rule, rule_id=len(own) + rule.rule_id) for rule in built_in)))


@cache
def _built_in() -> RuleSet:
    """Read once a process, for each of many loads and questions would take as long again."""
    text = resources.files("pageowner_sql").joinpath("rules", "owners.toml")
    drafts = _drafts(BUILT_IN, tomllib.loads(text.read_text(encoding="utf-8")))
    return RuleSet(tuple(draft.number(rule_id) for rule_id, draft in enumerate(drafts, 1)))


def _read(path: Path) -> Mapping[str, object]:
    # Most loads have the built-in rules only.
    from pageowner_sql.toml_text import parse_toml, read_text

    protect_input(path)
    try:
        text = read_text(path)
    except OSError as e:
        raise RulesError(f"cannot read the rules file {path}: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise RulesError(f"cannot read the rules file {path}: is not UTF-8") from e
    except ValueError as e:
        raise RulesError(f"cannot read the rules file {path}: {e}") from e
    try:
        return parse_toml(text)
    except ValueError as e:
        raise RulesError(f"{path}: not TOML: {e}") from e


@dataclass(frozen=True, slots=True)
class _Draft:
    """One `[[frame]]` or `[[subsystem]]` table on its way to a rule, with what to call it."""

    source: str
    kind: str
    place: str
    table: Mapping[str, object]

    def fail(self, what: str) -> RulesError:
        return RulesError(f"{self.source}: {self.place}: {what}")

    def number(self, rule_id: int) -> Rule:
        self._check_keys()
        return Rule(
            rule_id,
            self.source,
            self.kind,
            self._text("name", required=True),
            self._role(),
            self._patterns(),
            self._text("note", required=False),
        )

    def _check_keys(self) -> None:
        known = ["name", "note", *_PARTS[self.kind], *(["role"] if self.kind == "frame" else [])]
        if unknown := sorted(set(self.table) - set(known)):
            raise self.fail(f"unknown key {unknown[0]!r}; known are {', '.join(known)}")

    def _text(self, key: str, *, required: bool) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str) or not (value.isprintable() and len(value) <= 200):
            raise self.fail(f"{key} must be one line of at most 200 printable characters")
        if required and not value.strip():
            raise self.fail(f"{key} is missing")
        return value

    def _role(self) -> str | None:
        if self.kind != "frame":
            return None
        role = self.table.get("role")
        if not isinstance(role, str) or role not in ROLES:
            raise self.fail(f"role must be one of {', '.join(ROLES)}")
        return role

    def _patterns(self) -> Patterns:
        found = {part: self._list(part) for part in _PARTS[self.kind] if part in self.table}
        if self.kind == "frame":
            if "function" not in found:
                raise self.fail("function is missing: a list of names")
            found.setdefault("module", (KERNEL,))
        if not found:
            raise self.fail("it matches nothing: give owner, via, frame or module")
        return found

    def _list(self, part: str) -> tuple[str, ...]:
        value = self.table[part]
        if not isinstance(value, list) or not value:
            raise self.fail(f"{part} must be a list of names that is not empty")
        names = tuple(self._name(part, entry) for entry in value)
        if len(set(names)) < len(names):
            twice = next(name for name, times in Counter(names).items() if times > 1)
            raise self.fail(f"{part} names {twice!r} twice")
        return names

    def _name(self, part: str, entry: object) -> str:
        if not isinstance(entry, str) or not _PATTERN.fullmatch(entry):
            raise self.fail(
                f"{part}: not a name: {entry!r} (use letters, digits, _ . $ -, and * or ?)"
            )
        if part != "module" and not entry.strip("*?"):
            raise self.fail(f"{part}: {entry!r} would match every function")
        if part != "module" and (suffix := _SUFFIX.search(entry)):
            raise self.fail(f"{part}: names are compared without {suffix[1]!r}: drop it")
        return entry


def _drafts(source: str, document: Mapping[str, object]) -> Iterator[_Draft]:
    """The tables of one file in the order they apply; a file holds only these two kinds."""
    if unknown := sorted(set(document) - set(_PARTS)):
        raise RulesError(
            f"{source}: unknown table {unknown[0]!r}; known are [[frame]], [[subsystem]]"
        )
    for kind in _PARTS:
        tables = document.get(kind, [])
        if not isinstance(tables, list):
            raise RulesError(f"{source}: write [[{kind}]] with two brackets: there can be many")
        for number, table in enumerate(tables, 1):
            place = f"[[{kind}]] number {number}"
            if not isinstance(table, dict):
                raise RulesError(f"{source}: {place} is not a table")
            yield _Draft(source, kind, _called(place, table), table)


def _called(place: str, table: Mapping[str, object]) -> str:
    name = table.get("name")
    return f"{place} ({name})" if isinstance(name, str) and name.isprintable() else place

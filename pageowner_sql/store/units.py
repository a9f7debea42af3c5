"""The units of numbers: by the names of this program's columns, and through people's own SQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from pageowner_sql.errors import DatabaseError

if TYPE_CHECKING:
    from pageowner_sql.store.database import Database


class Unit(Enum):
    """What a number is."""

    BYTES = "bytes"
    BYTES_PER_HOUR = "bytes_per_hour"
    SHARE = "share"
    COUNT = "count"


_NAME = re.compile(r"(?:.*_)?(bytes|bytes_per_hour|share|records|pages|rejected)")
_COUNTS = ("records", "pages", "rejected")


def unit_of(name: str) -> Unit | None:
    """The unit of a column of this program's tables, views and answers."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return Unit.COUNT if found[1] in _COUNTS else Unit(found[1])


_HAS_COLUMN = """
SELECT count(*) FROM duckdb_columns() WHERE table_name = $table AND column_name = $column
"""

Node: TypeAlias = Mapping[str, Any]
Units: TypeAlias = Sequence[Unit | None]

# A parse takes some fifty times the memory of the text.
_LONG_TEXT = 100_000
# Functions whose value has the unit of their first argument, or of all of them.
_OF_FIRST = frozenset(
    (
        *("sum", "min", "max", "avg", "mean", "median", "first", "last", "any_value", "abs"),
        *("arg_max", "arg_min", "max_by", "min_by", "quantile_cont", "quantile_disc", "round"),
        *("lag", "lead", "first_value", "last_value", "nth_value", "floor", "ceil", "mode"),
    )
)
_OF_ALL = frozenset(("+", "-", "greatest", "least", "ifnull", "nullif"))
_COUNTING = frozenset(("count", "count_star"))


def units_of_names(names: Sequence[str]) -> Units:
    """The units of the columns of this program's own answers."""
    return [unit_of(name) for name in names]


def units_of_sql(database: Database, text: str, names: Sequence[str]) -> Units:
    """The unit of each column of a statement's result, None where it is not known for sure.

    `names` are the columns. A name says nothing of the values in SQL that people write: a column's
    unit is that of the columns of our tables which it comes from.
    """
    with suppress(DatabaseError, KeyError, TypeError, IndexError, RecursionError, ValueError):
        if len(text) < _LONG_TEXT:
            parsed = database.value("SELECT json_serialize_sql($text)", {"text": text})
            [statement] = json.loads(parsed)["statements"]
            return _Query(database, statement["node"], {}).of(names)
    return [None] * len(names)


class _Relation:
    """What a FROM clause gives: anything."""

    def unit(self, name: str) -> Unit | None:
        """The unit of the column of that name."""
        del name
        return None

    def has(self, name: str) -> bool:
        """Whether it has such a column for sure."""
        del name
        return False


class _Ours(_Relation):
    """A table, view or table macro of this program."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def unit(self, name: str) -> Unit | None:
        return unit_of(name)

    def has(self, name: str) -> bool:
        names = {"table": self._name, "column": name}
        return bool(self._database.value(_HAS_COLUMN, names))


class _Query(_Relation):
    """A SELECT, or several put together, within the WITH clauses around it."""

    def __init__(self, database: Database, node: Node, around: Mapping[str, _Relation]) -> None:
        self._database = database
        self._around = dict(around)
        for each in node["cte_map"]["map"]:
            inner = each["value"]
            # DuckDB writes it so where databases are kept readable for older versions.
            query = inner["query"]["node"] if "query" in inner else inner["query_node"]
            known = _Relation() if inner["aliases"] else self._within(query)
            self._around[each["key"].lower()] = known
        self._parts: Sequence[_Query] = ()
        if node["type"] == "SET_OPERATION_NODE":
            self._parts = [self._within(part) for part in node["children"]]
            return
        if node["type"] != "SELECT_NODE":
            raise ValueError(node["type"])
        self._items: Sequence[Node] = node["select_list"]
        self._from = dict(self._relations(node["from_table"]))

    def _within(self, node: Node) -> _Query:
        return _Query(self._database, node, self._around)

    def _named(self, name: str) -> _Relation:
        # Commands import this module when they begin, and DuckDB only when they ask.
        from pageowner_sql.store.database import own_relations

        return _Ours(self._database, name) if name in own_relations() else _Relation()

    def _relations(self, table: Node) -> Iterable[tuple[str, _Relation]]:
        kind, alias = table["type"], table.get("alias", "").lower()
        if kind == "JOIN":
            yield from self._relations(table["left"])
            yield from self._relations(table["right"])
        elif table.get("column_name_alias"):
            yield alias, _Relation()
        elif kind == "SUBQUERY":
            yield alias, self._within(table["subquery"]["node"])
        elif kind == "BASE_TABLE":
            name = table["table_name"].lower()
            elsewhere = table["catalog_name"] or table["schema_name"] not in ("", "main")
            known = _Relation() if elsewhere else self._around.get(name) or self._named(name)
            yield alias or name, known
        elif kind == "TABLE_FUNCTION":
            name = table["function"]["function_name"].lower()
            yield alias or name, self._named(name)
        elif kind != "EMPTY":
            yield alias, _Relation()

    def unit(self, name: str) -> Unit | None:
        if self._parts:
            return _common(part.unit(name) for part in self._parts)
        found = [item for item in self._items if _name(item) == name.lower()]
        if found:
            return _common(map(self._value, found))
        stars = [item for item in self._items if item["class"] == "STAR"]
        return _common(self._star(item, name) for item in stars) if stars else None

    def has(self, name: str) -> bool:
        return not self._parts and name.lower() in map(_name, self._items)

    def of(self, names: Sequence[str]) -> Units:
        """The units of the columns, which have these names."""
        if self._parts:
            each = [part.of(names) for part in self._parts]
            return [_common(units) for units in zip(*each, strict=True)]
        stars = [at for at, item in enumerate(self._items) if _has_star(item)]
        if not stars:
            return [self._value(item) for item, _ in zip(self._items, names, strict=True)]
        [at] = stars
        after = len(self._items) - at - 1
        inside = names[at : len(names) - after]
        star = self._items[at]
        return [
            *map(self._value, self._items[:at]),
            *(self._star(star, name) for name in inside),
            *map(self._value, self._items[at + 1 :]),
        ]

    def _star(self, item: Node, name: str) -> Unit | None:
        """The unit of a column that a star stands for."""
        if item["class"] != "STAR" or item.get("expr") or item.get("rename_list"):
            return None
        for replaced in item.get("replace_list", ()):
            if replaced["key"].lower() == name.lower():
                return self._value(replaced["value"])
        return self._column([*filter(None, [item.get("relation_name")]), name])

    def _column(self, path: Sequence[str]) -> Unit | None:
        *table, name = path
        if table:
            relation = self._from.get(table[-1].lower())
            return relation.unit(name) if relation else None
        return _common(relation.unit(name) for relation in self._from.values())

    def _value(self, item: Node) -> Unit | None:
        """The unit of an expression."""
        kind = item["class"]
        if kind == "COLUMN_REF":
            return self._reference(item["column_names"])
        if kind in ("FUNCTION", "WINDOW"):
            return self._function(item)
        if kind == "CAST":
            return self._value(item["child"])
        if kind == "CASE":
            values = [check["then_expr"] for check in item["case_checks"]]
            return self._same([*values, item["else_expr"]])
        if kind == "OPERATOR" and item["type"] == "OPERATOR_COALESCE":
            return self._same(item["children"])
        return None

    def _reference(self, path: Sequence[str]) -> Unit | None:
        """The unit of a column, which can be another item unless a relation has such a one."""
        *table, name = path
        items = [] if table else [item for item in self._items if _name(item) == name.lower()]
        named = [item for item in items if item["class"] != "COLUMN_REF" or item.get("alias")]
        if named and not any(relation.has(name) for relation in self._from.values()):
            return None
        return self._column(path)

    def _function(self, item: Node) -> Unit | None:
        name = item["function_name"].lower()
        arguments = [each["expression"] for each in item.get("arguments", ())]
        # As above.
        arguments = arguments or item.get("children", [])
        if name in _COUNTING:
            return Unit.COUNT
        if name in _OF_FIRST and arguments:
            return self._value(arguments[0])
        return self._same(arguments) if name in _OF_ALL else None

    def _same(self, items: Sequence[Node]) -> Unit | None:
        """The unit that all items have but for constants without one: 0, NULL."""
        return _common(self._value(item) for item in items if not _is_nothing(item))


def _name(item: Node) -> str:
    """The name that an item of a SELECT gives to its column, '' where DuckDB makes one up."""
    alias = item.get("alias") or (item["column_names"][-1] if item["class"] == "COLUMN_REF" else "")
    return str(alias).lower()


def _has_star(item: object) -> bool:
    if isinstance(item, dict):
        return item.get("class") == "STAR" or any(map(_has_star, item.values()))
    return isinstance(item, list) and any(map(_has_star, item))


def _is_nothing(item: Node) -> bool:
    if item["class"] != "CONSTANT":
        return False
    value = item["literal"].get("text") if "literal" in item else item["value"].get("value")
    return value in (None, "", "0", 0)


def _common(units: Iterable[Unit | None]) -> Unit | None:
    found = set(units)
    return found.pop() if len(found) == 1 else None

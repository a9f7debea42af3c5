"""The units of numbers: by the names of this program's columns, and through people's own SQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from functools import cache
from itertools import chain
from typing import Any, TypeAlias

from pageowner_sql.errors import DatabaseError
from pageowner_sql.store.database import Database, scripts


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


Node: TypeAlias = Mapping[str, Any]
Units: TypeAlias = Sequence[Unit | None]

# A parse takes some fifty times the memory of the text.
_LONG_TEXT = 100_000
_OURS = re.compile(r"^CREATE (?:OR REPLACE )?(?:TABLE|VIEW|MACRO) (?:IF NOT EXISTS )?(\w+)", re.M)
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


@cache
def _our_relations() -> frozenset[str]:
    return frozenset(chain.from_iterable(map(_OURS.findall, scripts())))


def units_of_sql(database: Database, text: str, names: Sequence[str]) -> Units:
    """The unit of each column of a statement's result, None where it is not known for sure.

    `names` are the columns. A name says nothing of the values in SQL that people write: a column's
    unit is that of the columns of our tables which it comes from.
    """
    with suppress(DatabaseError, KeyError, TypeError, IndexError, RecursionError, ValueError):
        if len(text) < _LONG_TEXT:
            parsed = database.value("SELECT json_serialize_sql($text)", {"text": text})
            [statement] = json.loads(parsed)["statements"]
            return _Query(statement["node"], {}).of(names)
    return [None] * len(names)


class _Relation:
    """What a FROM clause gives: the unit of a column of that name."""

    def unit(self, name: str) -> Unit | None:
        return None


class _Ours(_Relation):
    def unit(self, name: str) -> Unit | None:
        return unit_of(name)


class _Query(_Relation):
    """A SELECT, or several put together, within the WITH clauses around it."""

    def __init__(self, node: Node, around: Mapping[str, _Relation]) -> None:
        self._around = dict(around)
        for each in node.get("cte_map", {}).get("map", ()):
            inner = each["value"]["query_node"]
            self._around[each["key"].lower()] = _Query(inner, self._around)
        self._parts: Sequence[_Query] = ()
        if node["type"] == "SET_OPERATION_NODE":
            self._parts = [_Query(part, self._around) for part in node["children"]]
            return
        if node["type"] != "SELECT_NODE":
            raise ValueError(node["type"])
        self._items: Sequence[Node] = node["select_list"]
        self._from = dict(self._relations(node["from_table"]))

    def _relations(self, table: Node) -> Iterable[tuple[str, _Relation]]:
        kind, alias = table["type"], table.get("alias", "").lower()
        if kind == "JOIN":
            yield from self._relations(table["left"])
            yield from self._relations(table["right"])
        elif table.get("column_name_alias"):
            yield alias, _Relation()
        elif kind == "SUBQUERY":
            yield alias, _Query(table["subquery"]["node"], self._around)
        elif kind == "BASE_TABLE":
            name = table["table_name"].lower()
            yield alias or name, self._around.get(name) or _named(name)
        elif kind == "TABLE_FUNCTION":
            name = table["function"]["function_name"].lower()
            yield alias or name, _named(name)
        elif kind != "EMPTY":
            yield alias, _Relation()

    def unit(self, name: str) -> Unit | None:
        """The unit of the column of that name."""
        if self._parts:
            return _common(part.unit(name) for part in self._parts)
        found = [item for item in self._items if _name(item) == name.lower()]
        if found:
            return _common(map(self._value, found))
        stars = [item for item in self._items if item["class"] == "STAR"]
        return _common(self._star(item, name) for item in stars) if stars else None

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
            return self._from[table[-1].lower()].unit(name)
        return _common(relation.unit(name) for relation in self._from.values())

    def _value(self, item: Node) -> Unit | None:
        """The unit of an expression."""
        kind = item["class"]
        if kind == "COLUMN_REF":
            path = item["column_names"]
            others = [each for each in self._items if each is not item and _name(each) == path[0]]
            return None if len(path) == 1 and others else self._column(path)
        if kind in ("FUNCTION", "WINDOW"):
            return self._function(item)
        if kind == "CAST":
            return self._value(item["child"])
        if kind == "CASE":
            values = [check["then_expr"] for check in item["case_checks"]]
            return self._same([*values, item["else_expr"]])
        if kind == "OPERATOR" and item["type"] == "OPERATOR_COALESCE":
            return self._same(item["children"])
        if kind == "SUBQUERY" and item["subquery_type"] == "SCALAR":
            inner = _Query(item["subquery"]["node"], self._around)
            [one] = inner._items
            return inner._value(one)
        return None

    def _function(self, item: Node) -> Unit | None:
        name = item["function_name"].lower()
        arguments = [each["expression"] for each in item.get("arguments", ())]
        if name in _COUNTING:
            return Unit.COUNT
        if name in _OF_FIRST and arguments:
            return self._value(arguments[0])
        return self._same(arguments) if name in _OF_ALL else None

    def _same(self, items: Sequence[Node]) -> Unit | None:
        """The unit that all items have but for constants without one: 0, NULL."""
        return _common(self._value(item) for item in items if not _is_nothing(item))


def _named(name: str) -> _Relation:
    return _Ours() if name in _our_relations() else _Relation()


def _name(item: Node) -> str:
    """The name that an item of a SELECT gives to its column, '' where DuckDB makes one up."""
    alias = item.get("alias") or (item["column_names"][-1] if item["class"] == "COLUMN_REF" else "")
    return str(alias).lower()


def _has_star(item: object) -> bool:
    if isinstance(item, dict):
        return item.get("class") == "STAR" or any(map(_has_star, item.values()))
    return isinstance(item, list) and any(map(_has_star, item))


def _is_nothing(item: Node) -> bool:
    literal = item.get("literal", {})
    return item["class"] == "CONSTANT" and literal.get("text") in (None, "0")


def _common(units: Iterable[Unit | None]) -> Unit | None:
    found = set(units)
    return found.pop() if len(found) == 1 else None

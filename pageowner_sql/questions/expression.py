"""Checks of --where: one SQL expression that only reads the tables of this database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pageowner_sql.errors import DatabaseError, UsageError
from pageowner_sql.output.plain import printable
from pageowner_sql.sql.grouping import Where
from pageowner_sql.store.database import Database, statement

# Parts of a query that read tables or order rows. A CTE may change tables and is refused.
_READING = frozenset(
    {
        *("SELECT_NODE", "SET_OPERATION_NODE", "BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY"),
        *("EXPRESSION_LIST", "ASCENDING", "DESCENDING", "ORDER_DEFAULT"),
    }
)
_CLAUSES = ("where_clause", "group_expressions", "group_sets", "having", "qualify", "sample")


def check_expression(database: Database, where: Where) -> Where:
    """`where` with the columns that its expression reads. Raises as `read_columns` does."""
    if not where.expression:
        return where
    return replace(where, columns=read_columns(database, where.expression))


def read_columns(database: Database, text: str) -> frozenset[str]:
    """The names of the columns that the expression reads.

    Raises UsageError where `text` is not one expression over a row of live_allocations, or may do
    more than read this database.
    """
    parsed = json.loads(
        str(database.value("SELECT json_serialize_sql('SELECT ' || $text)", {"text": text}))
    )
    if parsed["error"]:
        raise _wrong(parsed["error_message"])
    nodes = [each["node"] for each in parsed["statements"]]
    if len(nodes) != 1 or not _is_one_expression(nodes[0]) or ";" in _last(text):
        raise _wrong("give one expression, as it stands behind WHERE")
    _check_reads(database, nodes[0])
    try:
        database.run(f"EXPLAIN SELECT 1 FROM live_allocations WHERE (\n{text}\n)")  # noqa: S608  # checked: one expression that only reads
    except DatabaseError as error:
        raise _wrong(str(error).removeprefix(f"{database.path}: ")) from error
    return frozenset(
        name
        for each in _dicts(nodes[0])
        if each.get("class") == "COLUMN_REF"
        for name in each["column_names"]
    )


def _wrong(why: str) -> UsageError:
    return UsageError(f"--where: {printable(' '.join(why.split()))}")


def _last(text: str) -> str:
    return text.rstrip()[-1:]


def _is_one_expression(node: dict[str, Any]) -> bool:
    return (
        node["type"] == "SELECT_NODE"
        and len(node["select_list"]) == 1
        and not node["select_list"][0]["alias"]
        and node["from_table"]["type"] == "EMPTY"
        and not node["modifiers"]
        and not any(node[clause] for clause in _CLAUSES)
    )


def _check_reads(database: Database, node: dict[str, Any]) -> None:
    known = {name for (name,) in database.rows(statement("describe/relations"))}
    volatile = {name for (name,) in database.rows(statement("describe/volatile"))}
    for each in _dicts(node):
        kind = str(each.get("type", ""))
        if "class" not in each and kind and kind not in _READING and not kind.endswith("_MODIFIER"):
            raise _wrong(f"may only read tables and views of this database ({kind})")
        if kind == "BASE_TABLE" and each["qualified_name"]["path"] != [_known(each, known)]:
            raise _wrong(
                f"{'.'.join(each['qualified_name']['path'])}: no table or view has this name"
            )
        if each.get("cte_map", {}).get("map"):
            raise _wrong("may not hold WITH")
        if each.get("class") == "PARAMETER":
            raise _wrong("has no parameters; write the value")
        if each.get("class") == "FUNCTION" and each["function_name"].lower() in volatile:
            raise _wrong(f"{each['function_name']}: gives another value each time, or has effects")


def _known(table: dict[str, Any], known: set[str]) -> str:
    name = str(table["table_name"])
    return name if name.lower() in known else ""


def _dicts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of a parsed statement. A stack of its own: a person's SQL may nest deeply."""
    left = [node]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            yield each
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)

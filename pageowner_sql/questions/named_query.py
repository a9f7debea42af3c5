"""A named query on an open database: which dumps it is about, and whether those can answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pageowner_sql.errors import UsageError
from pageowner_sql.questions.answerable import check_fields
from pageowner_sql.questions.expression import checked_expression
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.plan import Plan
from pageowner_sql.questions.prepare import able, left_out, prepare, selection
from pageowner_sql.sql.catalog import CatalogError, NamedQuery
from pageowner_sql.sql.grouping import Where
from pageowner_sql.sql.params import DUMP, bound
from pageowner_sql.sql.query import Query, limited
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump
from pageowner_sql.store.stream import not_one_select


def named_plan(
    database: Database,
    query: NamedQuery,
    values: Mapping[str, Any],
    dumps: Mapping[str, Dump],
    where: Where,
    limit: int | None = None,
) -> Plan:
    """The plan of a named query: `values` for its parameters, `dumps` for those that are dumps.

    Raises UsageError for wrong values or a query that only a sandbox may run, CatalogError for one
    that is not one SELECT, MissingFieldError where a dump lacks what it needs.
    """
    if not query.trusted and not database.sandboxed:
        raise UsageError(
            f"{query.name}: lies in a folder that nobody named, so only `pageowner-sql query` runs "
            f"it, in a sandbox; name {query.path.parent} in $PAGEOWNER_QUERIES to trust it"
        )
    if (what := not_one_select(database, query.sql)) is not None:
        raise CatalogError(f"{query.path}: holds {what}; a named query is one SELECT")
    labels = {name: dump.label for name, dump in dumps.items()}
    parameters = bound(query.params, {**values, **labels}, query.name)
    check_fields(dumps.values(), query.needs)
    where = checked_expression(database, where)
    about = list(dumps.values()) or able(database, left_out(database, where))
    where = check_filters(database, about, where)
    prepare(database, query.sql)
    return Plan(limited(Query(query.sql, parameters), limit), tuple(selection(database, where)))


def dump_words(query: NamedQuery, values: Mapping[str, Any]) -> dict[str, str | None]:
    """What was said of each parameter that is a dump; None means the one loaded last."""
    defaults = {param.name: param.default for param in query.params if param.type == DUMP}
    words = {name: values.get(name, default) for name, default in defaults.items()}
    return {name: word if isinstance(word, str) else None for name, word in words.items()}

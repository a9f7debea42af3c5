"""A named query on an open database: which dumps it is about, and whether those can answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pageowner_sql.questions.answerable import check_fields, check_where
from pageowner_sql.questions.plan import Plan
from pageowner_sql.questions.prepare import prepare, selection
from pageowner_sql.sql.catalog import NamedQuery
from pageowner_sql.sql.grouping import Where
from pageowner_sql.sql.params import DUMP, bound
from pageowner_sql.sql.query import Query, limited
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump


def named_plan(
    database: Database,
    query: NamedQuery,
    values: Mapping[str, Any],
    dumps: Mapping[str, Dump],
    where: Where,
    limit: int | None = None,
) -> Plan:
    """The plan of a named query: `values` for its parameters, `dumps` for those that are dumps.

    Raises UsageError for wrong values, MissingFieldError where a dump lacks what it needs.
    """
    labels = {name: dump.label for name, dump in dumps.items()}
    parameters = bound(query.params, {**values, **labels}, query.name)
    check_fields(dumps.values(), query.needs)
    check_where(list(dumps.values()), where)
    prepare(database, query.sql)
    return Plan(limited(Query(query.sql, parameters), limit), tuple(selection(database, where)))


def dump_words(query: NamedQuery, values: Mapping[str, Any]) -> dict[str, str | None]:
    """What was said of each parameter that is a dump; None means the one loaded last."""
    defaults = {param.name: param.default for param in query.params if param.type == DUMP}
    words = {name: values.get(name, default) for name, default in defaults.items()}
    return {name: word if isinstance(word, str) else None for name, word in words.items()}

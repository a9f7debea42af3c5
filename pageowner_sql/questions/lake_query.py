"""A named query on a lake: its checks, and its parameters bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pageowner_sql.errors import UsageError
from pageowner_sql.sql.catalog import LAKE, NamedQuery
from pageowner_sql.sql.params import bound
from pageowner_sql.sql.query import Query, limited


def lake_query(query: NamedQuery, values: Mapping[str, Any], limit: int | None = None) -> Query:
    """The query with `values` for its parameters.

    Raises UsageError for wrong values, and for a query that is not about a lake or not trusted.
    """
    if query.about != LAKE:
        raise UsageError(
            f"{query.name}: is about the dumps of a database: pageowner-sql query {query.name}"
        )
    if not query.trusted:
        raise UsageError(
            f"{query.name}: lies in a folder that nobody named; "
            f"name {query.path.parent} in $PAGEOWNER_QUERIES to trust it"
        )
    return limited(Query(query.sql, bound(query.params, values, query.name)), limit)

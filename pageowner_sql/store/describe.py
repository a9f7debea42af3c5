"""What a database offers: its tables, views and macros, with their comments."""

from __future__ import annotations

from difflib import get_close_matches

from pageowner_sql.errors import InputError
from pageowner_sql.store.database import Database, statement


def describing_sql(database: Database, name: str | None) -> tuple[str, dict[str, str]]:
    """SQL and parameters that list everything, or what `name` has. Raises InputError."""
    if name is None:
        return statement("describe/objects"), {}
    for kind in ("columns", "macro"):
        sql = statement(f"describe/{kind}")
        if database.rows(sql, {"name": name}):
            return sql, {"name": name}
    raise InputError(f"{name}: no table, view or macro has this name; {_near(database, name)}")


def comment_on(database: Database, name: str) -> str | None:
    """What the comment on a table or view says."""
    rows = database.rows(statement("describe/objects"))
    return next((comment for each, _, comment in rows if each == name), None)


def _near(database: Database, name: str) -> str:
    names = [row[0].partition("(")[0] for row in database.rows(statement("describe/objects"))]
    close = get_close_matches(name, names, n=3)
    return f"there is {', '.join(close)}" if close else "see: pageowner-sql schema"

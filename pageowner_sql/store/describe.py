"""The tables, views and macros of a database, with their comments."""

from __future__ import annotations

from difflib import get_close_matches

from pageowner_sql.errors import InputError
from pageowner_sql.store.database import Database, statement


def description_sql(
    database: Database, name: str | None, *, everything: bool = False
) -> tuple[str, dict[str, str | bool]]:
    """SQL and parameters that list relations and macros, or what `name` has. Raises InputError.

    `everything`: what is internal to the program is listed too.
    """
    if name is None:
        return statement("describe/objects"), {"everything": everything}
    for kind in ("columns", "macro"):
        sql = statement(f"describe/{kind}")
        if database.rows(sql, {"name": name}):
            return sql, {"name": name}
    raise InputError(f"{name}: no table, view or macro has this name; {_near(database, name)}")


def comment_on(database: Database, name: str) -> str | None:
    """What the comment on a table or view says."""
    rows = database.rows(statement("describe/objects"), {"everything": True})
    return next((comment for each, _, comment in rows if each == name), None)


def _near(database: Database, name: str) -> str:
    objects = database.rows(statement("describe/objects"), {"everything": True})
    names = [row[0].partition("(")[0] for row in objects]
    close = get_close_matches(name, names, n=3)
    return f"there is {', '.join(close)}" if close else "see: pageowner-sql schema"

"""Analytics for Linux page_owner dumps, SQL first.

import pageowner_sql as po

with po.open("pages.duckdb") as db:
    db.load("t0.txt.xz", "t1.txt.xz")
    db.top("t1", by="owner", limit=10).df()
    db.query("stacks/top", top=10).rows()
    db.sql("SELECT sum(pages) FROM allocations WHERE comm = $comm", comm="cat").rows()
"""

# What typing calls so too: importing it takes longer than all that comes before an interrupt can be
# handled, and would end in a traceback there.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from pageowner_sql.api import (
        Dump,
        Key,
        Lake,
        NamedQuery,
        PageOwnerError,
        Progress,
        Result,
        Session,
        Where,
        open,  # noqa: A004  # po.open is meant to be called with its module's name
        where,
    )

__version__ = "0.1.0"

__all__ = [
    "Dump",
    "Key",
    "Lake",
    "NamedQuery",
    "PageOwnerError",
    "Progress",
    "Result",
    "Session",
    "Where",
    "__version__",
    "open",
    "where",
]


def __getattr__(name: str) -> object:
    """Import the API at its first use, so that `import pageowner_sql` stays fast."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("pageowner_sql.api"), name)


def __dir__() -> list[str]:
    """The names of the API, also before it is imported."""
    return __all__

"""How long SQL of the user's own may run, and how much memory it may take in a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated

import typer

from pageowner_sql.cli.shared import shared

Timeout = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION", help="How long it may run, e.g. 90s [0s: no limit; sandbox: 60s]"
    ),
]

_SANDBOX = 60.0


def seconds(timeout: str | None, *, sandbox: bool = False) -> float | None:
    """A time limit in seconds, None for none. Raises UsageError where it is not a duration."""
    from pageowner_sql.sql.timespec import duration

    if timeout is None:
        return _SANDBOX if sandbox else None
    return duration(timeout, "--timeout") / 1e9 or None


@contextmanager
def enforce_bounds(
    context: typer.Context, timeout: str | None, *, sandbox: bool = False
) -> Iterator[None]:
    """Stop what is done within after its time; in a sandbox bound this process's memory too."""
    from pageowner_sql.store.interrupts import time_limit
    from pageowner_sql.store.limits import memory_bound

    limit = seconds(timeout, sandbox=sandbox)
    with ExitStack() as bounds:
        if limit is not None:
            bounds.enter_context(time_limit(limit))
        if sandbox:
            bounds.enter_context(memory_bound(shared(context).memory_limit))
        yield

"""`record`: samples of a running machine over time."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from pageowner_sql.cli.shared import session
from pageowner_sql.errors import UsageError


class SampledFile(StrEnum):
    """A file to sample."""

    SHOW_HANDLES = "show_handles"
    SHOW_STACKS = "show_stacks"
    ALLOCINFO = "allocinfo"
    MEMINFO = "meminfo"


Every = Annotated[str, typer.Option(metavar="TIME", help="How often: 10s, 1m")]
During = Annotated[
    str | None, typer.Option("--for", metavar="TIME", help="How long: 2h, 1d [until it is stopped]")
]
Sources = Annotated[
    list[SampledFile] | None,
    typer.Option("--source", help="A file to read; repeats [stacks, allocinfo and meminfo]"),
]
CaptureEvery = Annotated[
    int, typer.Option(min=0, metavar="N", help="Capture page_owner too, every N samples; 0 never")
]
Root = Annotated[str, typer.Option(metavar="DIR", help="Where proc and sys lie")]


def record(
    context: typer.Context,
    *,
    every: Every = "10s",
    for_: During = None,
    source: Sources = None,
    capture_every: CaptureEvery = 0,
    root: Root = "/",
) -> None:
    """Sample a running machine over time, into the database.

    Each sample is kept within half a minute, so that a recording that is killed keeps the others.
    Wherever a dump is expected, @TIME is the sample taken nearest to it: `top @12:30`,
    `diff @12:00 @13:00`, `top @10m` before the last one; `leaks @12:00..13:00` takes a span.
    `query samples/shapes` tells trends, spikes, steps and the rhythm of days apart.
    """
    from pageowner_sql.sql.timespec import duration

    pause = duration(every, "--every") / 1e9
    if pause < 0.1:
        raise UsageError("--every: less than 100ms; the reading itself takes as long")
    with session(context) as db:
        taken = db.record(
            every=pause,
            during=None if for_ is None else duration(for_, "--for") / 1e9,
            sources=source or (),
            capture_every=capture_every,
            root=root,
        )
    typer.echo(f"{taken} samples")

"""`capture`: a running machine into the database, or into a bundle."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from pageowner_sql.cli import values
from pageowner_sql.cli.shared import session


class StackReading(StrEnum):
    """How stacks are read."""

    AUTO = "auto"
    STACK = "stack"
    HANDLE = "handle"


Bundle = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help="Write a bundle, NAME.tar.zst, that load takes"
    ),
]
Label = Annotated[str | None, typer.Option(metavar="NAME", help="Label of the dump [HOST-TIME]")]
Readers = Annotated[
    int | None,
    typer.Option(
        min=1, max=64, metavar="N", help="Readers at once [one a processor but one, up to 4]"
    ),
]
Nodes = Annotated[
    str | None, typer.Option(metavar="LIST", help="Pages of these NUMA nodes only: 0,2-3 (7.x)")
]
Stacks = Annotated[
    StackReading,
    typer.Option(help="Print stacks, or handles and each stack once, where the kernel can"),
]
Rate = Annotated[str | None, typer.Option(metavar="SIZE", help="Bytes a second to read, at most")]
File = Annotated[
    str | None, typer.Option(metavar="PATH", help="The live file [debugfs's page_owner]")
]
Root = Annotated[str, typer.Option(metavar="DIR", help="Where proc and sys lie")]
Via = Annotated[
    str | None,
    typer.Option(metavar="COMMAND", help="Capture where COMMAND runs sh, as 'ssh root@host'"),
]
PrintScript = Annotated[
    bool,
    typer.Option("--print-script", help="Print a shell script that makes a bundle, and stop"),
]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="K=V", help="A tag; repeats")]


def capture(
    context: typer.Context,
    *,
    output: Bundle = None,
    label: Label = None,
    readers: Readers = None,
    nid: Nodes = None,
    mode: Stacks = StackReading.AUTO,
    max_rate: Rate = None,
    file: File = None,
    root: Root = "/",
    tag: Tags = None,
    via: Via = None,
    print_script: PrintScript = False,
) -> None:
    """Capture a running machine, into the database or a bundle.

    Only root may do it. Several readers take a range of pages each, and every record comes once, in
    order. Beside them are kept meminfo, zoneinfo, buddyinfo, pagetypeinfo, slabinfo, vmallocinfo,
    allocinfo, modules, the processes, host, kernel, boot and page size. A machine without Python is
    captured by a shell script: --via 'ssh root@host', 'adb shell', 'kubectl exec -i POD --', …
    """
    rate = values.size(max_rate, "--max-rate") if max_rate else None
    with session(context) as db:
        if print_script:
            typer.echo(db.capture_script(label=label, nid=nid, max_rate=rate, file=file), nl=False)
            return
        db.capture(
            output,
            label=label,
            readers=readers,
            nid=nid,
            mode=mode.value,
            max_rate=rate,
            file=file,
            root=root,
            via=via,
            tags=values.pairs(tag or (), "--tag"),
            loaded=typer.echo,
        )

"""`load`: dumps into the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pageowner_sql.cli import values
from pageowner_sql.cli.shared import Shared, complain, say, shared
from pageowner_sql.errors import InputError, LabelError, RejectedRecordsError, UsageError

if TYPE_CHECKING:
    from pageowner_sql.cli.ahead import Ahead
    from pageowner_sql.cli.beside import ToLoad
    from pageowner_sql.store.load import LoadOptions

Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT", help="Files, folders, globs, FIFOs, - for stdin; plain or compressed"
    ),
]
Label = Annotated[
    str | None, typer.Option(metavar="NAME", help="Label of the dump [the file's stem]")
]
Host = Annotated[str | None, typer.Option(metavar="H", help="Machine that the dumps are of")]
Kernel = Annotated[
    str | None, typer.Option(metavar="V", help="Kernel release that the dumps are of")
]
CapturedAt = Annotated[
    str | None,
    typer.Option(
        metavar="T", help="When the dump was taken: ISO 8601, UTC unless it says otherwise"
    ),
]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="K=V", help="A tag; repeats")]
Boot = Annotated[str | None, typer.Option(metavar="ID", help="Boot that the dumps are of")]
PageSize = Annotated[str | None, typer.Option(metavar="N", help="Bytes of a base page [4096]")]
With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="FILE", help="Other accounts of memory of that moment; repeats"),
]
MemoryLimit = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE", help="Memory to use, at most [a quarter of the machine's, up to 4G]"
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Load no dump with rejected records; exit with 3")
]


def load(
    context: typer.Context,
    inputs: Inputs,
    *,
    label: Label = None,
    host: Host = None,
    kernel: Kernel = None,
    captured_at: CapturedAt = None,
    tag: Tags = None,
    boot: Boot = None,
    page_size: PageSize = None,
    with_: With = None,
    memory_limit: MemoryLimit = None,
    strict: Strict = False,
) -> None:
    """Load dumps into the database: each once, all of it or nothing."""
    from pageowner_sql.cli.ahead import reading_ahead

    with reading_ahead(inputs) as ahead:
        from pageowner_sql.store.limits import memory_settings
        from pageowner_sql.store.load import LoadOptions

        options = LoadOptions(
            label=label or "",
            host=host,
            kernel=kernel,
            captured_at=values.moment(captured_at, "--captured-at") if captured_at else None,
            boot_id=boot,
            page_size=values.page_size(page_size, "--page-size") if page_size else None,
            tags=values.pairs(tag or (), "--tag"),
            strict=strict,
        )
        limit = values.size(memory_limit, "--memory-limit") if memory_limit else None
        found = _inputs(inputs, label, with_ or ())
        code = _load_all(shared(context), found, options, memory_settings(limit), ahead)
    raise typer.Exit(code)


def _inputs(words: list[str], label: str | None, with_: Sequence[str]) -> ToLoad:
    """What to load; tells what is skipped. Raises UsageError for what fits one input only."""
    from pageowner_sql.cli.beside import Beside, check_given, gather
    from pageowner_sql.cli.inputs import expand

    found = gather(expand(words))
    for path, why_not in found.skipped:
        say(f"{path}: skipped: {why_not}")
    if not found.files:
        raise InputError(f"{' '.join(words)}: holds no dump")
    if label == "":
        raise UsageError("--label: the empty text is no name; leave it out for the file's own")
    if label and len(found.files) > 1:
        raise UsageError(f"--label: one name, for one input; there are {len(found.files)}")
    if with_:
        if len(found.files) > 1:
            raise UsageError(f"--with: lies beside one dump; there are {len(found.files)} inputs")
        check_given(with_)
        [file] = found.files
        found.beside[file] = Beside(with_, found.beside.get(file, Beside()).named)
    return found


def _load_all(
    options: Shared,
    inputs: ToLoad,
    described: LoadOptions,
    settings: Mapping[str, str],
    ahead: Ahead,
) -> int:
    """Load each file; one that fails is told and does not keep the others out. The exit code."""
    from pageowner_sql.cli.beside import Beside
    from pageowner_sql.cli.loading import load_file, writable

    code = 0
    with writable(options.db, settings) as database:
        for path in inputs.files:
            try:
                beside = inputs.beside.get(path, Beside())
                load_file(database, path, typer.echo, described, beside, begun=ahead.take(path))
            except (InputError, LabelError, RejectedRecordsError) as error:
                if options.debug:
                    raise
                complain(error)
                code = code or error.exit_code
    return code

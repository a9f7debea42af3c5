"""Which commands there are, and the Typer application that imports a command when it is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from pageowner_sql import __version__
from pageowner_sql.cli import values
from pageowner_sql.cli.shared import Shared, database_file, shared
from pageowner_sql.errors import UsageError
from pageowner_sql.open_files import protect_database
from pageowner_sql.output.pager import use_pager

HELP = {"help_option_names": ["-h", "--help"]}


class Command(NamedTuple):
    """A command: the function, or Typer application, that it runs, and its heading in `--help`."""

    name: str
    module: str
    function: str
    group: str


# In the order of `--help`, which has a heading for each group.
COMMANDS: tuple[Command, ...] = (
    Command("load", "pageowner_sql.cli.load", "load", "Dumps"),
    Command("dumps", "pageowner_sql.cli.dumps", "app", "Dumps"),
    Command("export", "pageowner_sql.cli.export", "export", "Dumps"),
    Command("symbols", "pageowner_sql.cli.symbols", "app", "Dumps"),
    Command("top", "pageowner_sql.cli.top", "top", "Questions"),
    Command("diff", "pageowner_sql.cli.diff", "diff", "Questions"),
    Command("leaks", "pageowner_sql.cli.leaks", "leaks", "Questions"),
    Command("explain", "pageowner_sql.cli.explain", "explain", "Questions"),
    Command("page", "pageowner_sql.cli.page", "page", "Questions"),
    Command("check", "pageowner_sql.cli.check", "check", "Questions"),
    Command("query", "pageowner_sql.cli.query", "app", "SQL"),
    Command("sql", "pageowner_sql.cli.sql", "sql", "SQL"),
    Command("shell", "pageowner_sql.cli.shell", "shell", "SQL"),
    Command("schema", "pageowner_sql.cli.schema", "schema", "SQL"),
    Command("flame", "pageowner_sql.cli.flame", "flame", "Pictures"),
    Command("map", "pageowner_sql.cli.map", "map_", "Pictures"),
    Command("report", "pageowner_sql.cli.report", "report", "Pictures"),
    Command("serve", "pageowner_sql.cli.serve", "serve", "Pictures"),
    Command("capture", "pageowner_sql.cli.capture", "capture", "Live"),
    Command("record", "pageowner_sql.cli.record", "record", "Live"),
    Command("watch", "pageowner_sql.cli.watch", "watch", "Live"),
    Command("lake", "pageowner_sql.cli.lake", "app", "Fleet"),
    Command("sort", "pageowner_sql.cli.commands", "sort", "Instead of page_owner_sort"),
    Command("docs", "pageowner_sql.cli.docs", "docs", "Help"),
)

# Named in the documents, brought by a later version: refused by name rather than as a typing error.
LATER: tuple[str, ...] = ()


def sort() -> None:
    """Sort and count records as page_owner_sort does."""
    raise RuntimeError("entry.py runs sort itself, before Typer; here it is only listed")


def _limit_memory(context: typer.Context, limit: str | None) -> None:
    if limit is not None:
        size = values.size(limit, "--memory-limit")
        context.find_root().obj = replace(shared(context), memory_limit=size)


def _every_command(
    memory_limit: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            callback=_limit_memory,
            expose_value=False,
            help="Memory to use, at most [to load 512M, else a quarter of the machine's, up to 4G]",
        ),
    ] = None,
) -> None:
    """The options that every command gets, after its own."""
    del memory_limit


@cache
def typer_command(command: Command) -> Any:
    """The command as Typer runs it; imports its module."""
    target = getattr(import_module(command.module), command.function)
    if not isinstance(target, typer.Typer):
        app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=HELP)
        app.command(command.name)(target)
        target = app
    made = typer.main.get_command(target)
    made.name = command.name
    shared_options = typer.Typer(add_completion=False)
    shared_options.command()(_every_command)
    for each in (made, *getattr(made, "commands", {}).values()):
        each.params += typer.main.get_command(shared_options).params
    return made


class _Lazy(TyperGroup):
    """Commands are imported when they are named; only the list in `--help` imports all."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return [command.name for command in COMMANDS]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for group in dict.fromkeys(command.group for command in COMMANDS):
            names = [command.name for command in COMMANDS if command.group == group]
            with formatter.section(group):
                formatter.write_dl(
                    (name, self.get_command(ctx, name).get_short_help_str(limit=70))
                    for name in names
                )

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        if cmd_name in LATER:
            raise UsageError(f"{cmd_name}: this version has no such command yet")
        for command in COMMANDS:
            if command.name == cmd_name:
                return typer_command(command)
        return None


app = typer.Typer(
    cls=_Lazy,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=HELP,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"pageowner-sql {__version__}")
        raise typer.Exit


def _completion(shell: str | None) -> None:
    if shell is not None:
        from pageowner_sql.cli.completions import script

        typer.echo(script(shell))
        raise typer.Exit


@app.callback()
def pageowner_sql(
    context: typer.Context,
    db: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Database file [$PAGEOWNER_DB, else pageowner.duckdb here]"
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error")] = False,
    no_pager: Annotated[
        bool, typer.Option("--no-pager", help="Write long output to the terminal without a pager")
    ] = False,
    show_completion: Annotated[
        str | None,
        typer.Option(
            "--show-completion",
            metavar="SHELL",
            callback=_completion,
            is_eager=True,
            help="Print the script that completes words in bash, zsh or fish",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version")
    ] = False,
) -> None:
    """Ask SQL who owns the memory: analytics for Linux page_owner dumps."""
    del version, show_completion
    use_pager(wanted=not no_pager)
    protect_database(database_file(db))
    context.obj = Shared(db, debug)


@cache
def program() -> Any:
    """All commands as Typer has them, made once: a process may run many command lines."""
    return typer.main.get_command(app)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code. Raises UsageError where Typer refuses it."""
    command = program()
    try:
        with command.make_context("pageowner-sql", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except typer.TyperException as error:
        raise _as_usage_error(error) from error
    return 0


def _as_usage_error(error: Exception) -> UsageError:
    """What Typer refused, as one line that names the help to read."""
    context = getattr(error, "ctx", None)
    asked = context.command_path if context else "pageowner-sql"
    describe = getattr(error, "format_message", None)
    message = " ".join(str(describe() if describe else error).split()) or "no command given"
    message = message.replace(": Value error, ", ": ")
    return UsageError(f"{message.rstrip('.')}; see: {asked} --help")

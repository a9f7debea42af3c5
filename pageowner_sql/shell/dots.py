"""The shell's dot commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pageowner_sql.errors import InputError, UsageError
from pageowner_sql.output.documentation import documentation
from pageowner_sql.output.plain import printable
from pageowner_sql.shell.session import ShellSession
from pageowner_sql.shell.show import mode, page, say
from pageowner_sql.shell.words import pairs, words
from pageowner_sql.sql.catalog import NamedQuery
from pageowner_sql.store.sql_errors import Script


@dataclass(frozen=True)
class Dot:
    """A command: its name, its arguments and description as `.help` shows them, its function.

    It takes `least` to `most` arguments; with `most` None, any number.
    """

    name: str
    takes: str
    does: str
    run: Callable[[ShellSession, list[str]], None]
    least: int = 0
    most: int | None = 0


def run_dot(session: ShellSession, text: str) -> None:
    """Run one command. Raises UsageError for an unknown one, EOFError to end the shell."""
    name, *given = words(text)
    name = _ALIASES.get(name, name)
    dot = next((dot for dot in DOTS if dot.name == name), None)
    if dot is None:
        raise UsageError(f"{name}: unknown command; see .help")
    if len(given) < dot.least or (dot.most is not None and len(given) > dot.most):
        raise UsageError(f"{name}: wrong arguments; usage: {name} {dot.takes}".rstrip())
    dot.run(session, given)


def _help(session: ShellSession, given: list[str]) -> None:
    if given:
        _help_on(session, given[0])
        return
    lines = [f"{f'{dot.name} {dot.takes}':<26}{dot.does}\n" for dot in DOTS]
    lines.append("SELECT …;                 SQL on one or several lines, up to the ;\n")
    lines.append("Tab completes. Ctrl-C stops a query or clears the line. Ctrl-D quits.\n")
    page(iter(lines))


def _help_on(session: ShellSession, name: str) -> None:
    """Show the documentation of a command, a query, or something of the schema."""
    command = name.removeprefix(".")
    if any(dot.name == f".{command}" and dot.most is None for dot in DOTS) and command != "query":
        session.command([command, "--help"])
    elif any(each.name == name and each.kind in ("table", "view") for each in session.names):
        session.describe(name)
    else:
        page(iter(documentation(session.catalog.find(name)).splitlines(keepends=True)))


def _tables(session: ShellSession, given: list[str]) -> None:
    del given
    session.describe(None)


def _schema(session: ShellSession, given: list[str]) -> None:
    session.describe(given[0] if given else None)


def _query(session: ShellSession, given: list[str]) -> None:
    if given:
        labels, parameters = pairs(given[1:])
        session.named(given[0], parameters, labels)
        return
    good = [query for query in session.catalog if isinstance(query, NamedQuery)]
    width = max(len(query.name) for query in good) + 2
    page(iter([printable(f"{query.name:<{width}}{query.title}") + "\n" for query in good]))


def _mode(session: ShellSession, given: list[str]) -> None:
    if given:
        session.mode = mode(given[0])
    else:
        say(session.mode)


def _read(session: ShellSession, given: list[str]) -> None:
    path = Path(given[0]).expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}") from error
    session.sql(Script(str(path), text))


def _once(session: ShellSession, given: list[str]) -> None:
    session.file = str(Path(given[0]).expanduser())
    say(f"the next result goes to {session.file}")


def _timer(session: ShellSession, given: list[str]) -> None:
    if given and given[0] not in ("on", "off"):
        raise UsageError(f".timer {given[0]}: not on or off")
    session.timer = given[0] == "on" if given else not session.timer
    say(f"timer {'on' if session.timer else 'off'}")


def _maxrows(session: ShellSession, given: list[str]) -> None:
    if given:
        if given[0] != "all" and not given[0].isdecimal():
            raise UsageError(f".maxrows {given[0]}: not a number of rows, and not all")
        session.limit = 0 if given[0] == "all" else int(given[0])
    else:
        session.limit = None


def _command(name: str) -> Callable[[ShellSession, list[str]], None]:
    return lambda session, given: session.command([name, *given])


def _quit(session: ShellSession, given: list[str]) -> None:
    del session, given
    raise EOFError


DOTS: tuple[Dot, ...] = (
    Dot(".help", "[NAME]", "this list, or help on a command, query or table", _help, most=1),
    Dot(".tables", "", "tables, views and macros, with comments", _tables),
    Dot(".schema", "[NAME]", "its columns, with comments", _schema, most=1),
    Dot(
        ".query", "[NAME [LABEL…] [K=V…]]", "list the named queries, or run one", _query, most=None
    ),
    Dot(
        ".mode", "[FORMAT]", "output format: table, csv, tsv, json, jsonl, markdown", _mode, most=1
    ),
    Dot(".read", "FILE", "run the SQL in a file", _read, least=1, most=1),
    Dot(".once", "FILE", "write the next result to a file; .output too", _once, least=1, most=1),
    Dot(".maxrows", "[N|all]", "rows of a table; without N both ends of it", _maxrows, most=1),
    Dot(".timer", "[on|off]", "show how long each statement takes", _timer, most=1),
    *(
        Dot(f".{name}", takes, does, _command(name), most=None)
        for name, takes, does in (
            ("dumps", "", "the dumps here"),
            ("top", "[LABEL] [--by KEY]", "who holds the memory"),
            ("diff", "OLD NEW [--by KEY]", "what changed"),
            ("leaks", "[LABEL…]", "what grows without end"),
            ("explain", "STACK", "why a stack has its owner"),
            ("flame", "LABEL -o FILE", "a flame graph"),
            ("map", "LABEL [--by KEY]", "physical memory as a picture"),
            ("report", "LABEL -o FILE", "the report page"),
        )
    ),
    Dot(".quit", "", "leave; .exit, exit and \\q too", _quit),
)
# Other names of commands.
_ALIASES = {".exit": ".quit", ".q": ".quit", ".h": ".help", ".output": ".once"}

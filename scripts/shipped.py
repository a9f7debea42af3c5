#!/usr/bin/env python3
"""Write share/: man pages and completions, from the program. The wheel installs them as they are.

`make docs` runs it; tests/test_docs.py fails if a file is out of date.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pageowner_sql import __version__
from pageowner_sql.cli.commands import COMMANDS, app, typer_command
from pageowner_sql.cli.commands import HELP as HELP_OPTIONS
from pageowner_sql.cli.completions import script
from pageowner_sql.cli.sort import DROP_IN_HELP, HELP

ROOT = Path(__file__).parent.parent
PROGRAM = "pageowner-sql"
_COMPLETIONS = {
    "bash": f"bash-completion/completions/{PROGRAM}",
    "zsh": f"zsh/site-functions/_{PROGRAM}",
    "fish": f"fish/vendor_completions.d/{PROGRAM}.fish",
}
# What the README's table of settings says, and the exit codes of errors.py.
_ENDINGS = (
    ("0", "The work is done."),
    ("1", "It could not be done: a line on standard error says why, and what to do."),
    ("2", "The command line is wrong."),
    ("3", "Records were rejected under --strict."),
    ("4", "A dump breaks a budget (check)."),
    ("130, 143", "A signal ended it."),
)


def files() -> dict[str, str]:
    """The text of every file, by its path in share/."""
    os.environ.update(TERMINAL_WIDTH="80", NO_COLOR="1")
    written = {path: f"{script(shell).strip()}\n" for shell, path in _COMPLETIONS.items()}
    written[_man(PROGRAM)] = _overview()
    written[_man("page_owner_sort")] = _preformatted("page_owner_sort", DROP_IN_HELP)
    written[_man(f"{PROGRAM}-sort")] = _preformatted(f"{PROGRAM} sort", HELP)
    for command in (each for each in COMMANDS if each.name != "sort"):
        made = typer_command(command)
        written[_man(f"{PROGRAM}-{command.name}")] = _page(command.name, made)
    return written


def _man(name: str) -> str:
    return f"man/man1/{name}.1"


def _overview() -> str:
    import typer

    made = typer.main.get_command(app)
    lines = [*_head(PROGRAM, made.help), ".SH SYNOPSIS", f".B {PROGRAM}"]
    lines += ["[OPTIONS] COMMAND [ARGUMENTS]", ".SH DESCRIPTION", *_text(made.help), ".SH OPTIONS"]
    lines += [*_options(made), ".SH COMMANDS"]
    for command in COMMANDS:
        first = typer_command(command).help.partition("\n\n")[0]
        lines += [".TP", f"\\fB{_plain(f'{PROGRAM}-{command.name}')}\\fR(1)", *_text(first)]
    lines += [".SH ENVIRONMENT", *_settings(), ".SH EXIT STATUS", *_terms(_ENDINGS)]
    documents = f"\\fB{PROGRAM} docs\\fR shows the tutorial and the reference."
    return _ended([*lines, ".SH SEE ALSO", documents, ".BR page_owner_sort (1)"])


def _page(name: str, made: Any) -> str:
    title = f"{PROGRAM} {name}"
    lines = _head(title, made.help)
    lines += [".SH SYNOPSIS", *_synopsis(title, made), ".SH DESCRIPTION", *_text(made.help)]
    lines += [".SH OPTIONS", *_options(made)]
    for part, inner in getattr(made, "commands", {}).items():
        lines += [f".SH {_plain(f'{title} {part}'.upper())}", *_synopsis(f"{title} {part}", inner)]
        lines += [".PP", *_text(inner.help), *_options(inner)]
    return _ended([*lines, ".SH SEE ALSO", f".BR {PROGRAM} (1)"])


def _preformatted(title: str, text: str) -> str:
    """A page with the tool's own help, which is laid out already."""
    summary = re.search(r"\n\n(.*?)[.\n]", text)
    lines = _head(title, summary[1] if summary else title)
    body = [f"\\&{_plain(line)}" if line else "" for line in text.strip().splitlines()]
    return _ended([*lines, ".SH DESCRIPTION", ".nf", *body, ".fi"])


def _head(title: str, summary: str) -> list[str]:
    name = title.replace(" ", "-")
    first = " ".join(summary.partition("\n\n")[0].split()).rstrip(".")
    return [
        '.\\" Written by scripts/shipped.py from the program: change that, then `make docs`.',
        f'.TH {_plain(name.upper())} 1 "" "{PROGRAM} {__version__}"',
        ".SH NAME",
        f"{_plain(name)} \\- {_plain(first[:1].lower() + first[1:])}",
    ]


def _synopsis(title: str, made: Any) -> list[str]:
    context = made.make_context(title, [], resilient_parsing=True, **HELP_OPTIONS)
    pieces = " ".join(made.collect_usage_pieces(context))
    pieces = pieces.replace("[[", "[").replace("]]", "]").replace("{", "").replace("}", "")
    return [f".B {_plain(title)}", _plain(pieces)]


def _options(made: Any) -> Iterator[str]:
    context = made.make_context(made.name, [], resilient_parsing=True, **HELP_OPTIONS)
    for parameter in made.get_params(context):
        if found := parameter.get_help_record(context):
            name = re.sub(r" <(list\[)?\w+\]?>$", "", found[0])
            yield from (".TP", f"\\fB{_plain(name)}\\fR", *_text(found[1]))


def _settings() -> Iterator[str]:
    """The variables that the README lists."""
    table = (ROOT / "README.md").read_text("utf-8").partition("| variable | meaning |")[2]
    for names, meaning in re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE):
        said = re.sub(r"\s*\(\[.*?\]\(.*?\)\)", "", meaning).replace("`", "")
        yield from (".TP", f"\\fB{_plain(names.replace('`', ''))}\\fR", *_text(said))


def _terms(pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, meaning in pairs:
        yield from (".TP", f"\\fB{name}\\fR", *_text(meaning))


def _text(text: str) -> list[str]:
    """Paragraphs; a line that is indented stays a line."""
    lines: list[str] = []
    for at, paragraph in enumerate(text.strip().split("\n\n")):
        lines += [".PP"] if at else []
        for line in paragraph.splitlines():
            lines += [".br"] if line.startswith(" ") else []
            lines.append(_plain(line.strip()))
    return lines


def _plain(text: str) -> str:
    """Text in which roff finds no request, escape or hyphen of its own."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("\b", "")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def _ended(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    share = ROOT / "share"
    for path, text in files().items():
        target = share / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for target in share.rglob("*"):
        if target.is_file() and target.relative_to(share).as_posix() not in files():
            target.unlink()

"""Measures the peak memory of commands on dumps that are hard on it.

`python -m benchmarks.memory` measures every cell of a table that has no figure yet, and prints the
table in Markdown: a row a kind of dump and command, a column a size and limit, figures in MiB of
the whole process. Figures are kept in a file, so that it can be stopped and started again.
"""

import argparse
import json
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.arena import our_program
from benchmarks.hostile_dumps import KINDS, make, make_bomb
from benchmarks.measure import RunFailed, run

_MEGABYTE = 10**6
_BOMB = "an .xz bomb"
_BOMB_SIZE = 2000 * _MEGABYTE
_LOAD = ("--db", "{db}", "load", "{dump}", "--label", "memory")
_COMMANDS = {
    "load": _LOAD,
    "export": ("--db", "{db}", "export", "memory", "-o", "{out}"),
    "sort -m": ("sort", "-m", "{dump}", "{out}"),
    "sort --cull": ("sort", "--cull=name", "-m", "{dump}", "{out}"),
    "sort --cull=stacktrace": ("sort", "--cull=stacktrace", "{dump}", "{out}"),
    "sort --compat": ("sort", "--compat=6.1", "-m", "{dump}", "{out}"),
}
_DEFAULT = "default"


class _Cell(NamedTuple):
    """A figure of the table: a command on a dump of a kind and size in MB, within a limit."""

    kind: str
    size: int
    command: str
    limit: str


def main() -> None:
    """Measure what was asked for and is not known yet, then print the table."""
    asked = _arguments()
    known = _read(asked.figures)
    cells = [
        _Cell(kind, size, command, limit)
        for kind in asked.kind
        for size in asked.size
        for limit in asked.limit
        for command in asked.command
    ]
    asked.folder.mkdir(parents=True, exist_ok=True)
    for cell in [cell for cell in cells if cell not in known][: asked.cells]:
        known[cell] = _figure(cell, asked.folder)
        with asked.figures.open("a") as file:
            file.write(f"{json.dumps([*cell, known[cell]])}\n")
    print("\n".join(_table(cells, known)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.memory", description=__doc__)
    parser.add_argument("--kind", action="append", choices=[*KINDS, _BOMB])
    parser.add_argument("--command", action="append", choices=list(_COMMANDS))
    parser.add_argument("--size", action="append", type=int, help="in MB; repeats")
    parser.add_argument("--limit", action="append", help="512M, …, or default; repeats")
    parser.add_argument("--cells", type=int, help="measure so many at most [all]")
    parser.add_argument("--folder", type=Path, default=Path("build/memory"), help="for dumps")
    parser.add_argument("--figures", type=Path, default=Path("build/memory.jsonl"))
    asked = parser.parse_args()
    asked.kind = asked.kind or [*KINDS, _BOMB]
    asked.command = asked.command or ["load", "export", "sort --cull", "sort --compat"]
    asked.size = asked.size or [250, 500, 1000]
    asked.limit = asked.limit or ["512M", _DEFAULT]
    return asked


def _read(figures: Path) -> dict[_Cell, str]:
    if not figures.exists():
        return {}
    rows = map(json.loads, figures.read_text().splitlines())
    return {_Cell(*cell): figure for *cell, figure in rows}


def _table(cells: list[_Cell], known: dict[_Cell, str]) -> Iterator[str]:
    columns = list(dict.fromkeys((cell.limit, cell.size) for cell in cells))
    heads = [f"{size} MB, {limit}" for limit, size in columns]
    yield f"| dump | command | {' | '.join(heads)} |"
    yield f"|---|---|{'---|' * len(columns)}"
    for kind, command in dict.fromkeys((cell.kind, cell.command) for cell in cells):
        figures = [known.get(_Cell(kind, size, command, limit), "") for limit, size in columns]
        yield f"| {kind} | {command} | {' | '.join(figures)} |"


def _figure(cell: _Cell, folder: Path) -> str:
    dump = _dump(cell, folder)
    names = {"dump": str(dump), "db": str(dump.with_suffix(".duckdb")), "out": str(folder / "out")}

    def measured(words: tuple[str, ...], *options: str) -> str:
        try:
            took = run([*our_program(), *(word.format(**names) for word in words), *options])
        except RunFailed as failure:
            return str(failure).rpartition(": ")[2][:40]
        return f"{took.rss / (1 << 20):,.0f} ({took.cpu:.1f} s)"

    if cell.command == "load":
        Path(names["db"]).unlink(missing_ok=True)
    elif cell.command == "export" and not Path(names["db"]).exists():
        measured(_LOAD)
    options = () if cell.limit == _DEFAULT else ("--memory-limit", cell.limit)
    return measured(_COMMANDS[cell.command], *options)


def _dump(cell: _Cell, folder: Path) -> Path:
    """Make the dump unless it is there, in a separate process: this one must stay small.

    A process that is started counts the memory of the one that starts it as its own.
    """
    ending = ".txt.xz" if cell.kind == _BOMB else ".txt"
    target = folder / f"{cell.kind.replace(' ', '-').strip('.')}-{cell.size}{ending}"
    if target.exists():
        return target
    for left in folder.iterdir():
        left.unlink()
    if cell.kind == _BOMB:
        work = multiprocessing.Process(target=make_bomb, args=(_BOMB_SIZE, target))
    else:
        work = multiprocessing.Process(target=make, args=(cell.kind, cell.size * _MEGABYTE, target))
    work.start()
    work.join()
    return target


if __name__ == "__main__":
    main()

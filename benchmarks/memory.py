"""Measures the peak memory of commands on dumps that are hard on it.

`python -m benchmarks.memory` prints a table in Markdown: a row a kind of dump and command, a column
a size and limit, figures in MiB of the whole process.
"""

import argparse
import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.arena import our_program
from benchmarks.hostile_dumps import KINDS, make, make_bomb
from benchmarks.measure import Run, RunFailed, run

_MEGABYTE = 10**6
_BOMB = "an .xz bomb"
_BOMB_SIZE = 2000 * _MEGABYTE
_COMMANDS = {
    "load": ("--db", "{db}", "load", "{dump}", "--label", "memory"),
    "export": ("--db", "{db}", "export", "memory", "-o", "{out}"),
    "sort -m": ("sort", "-m", "{dump}", "{out}"),
    "sort --cull": ("sort", "--cull=name", "-m", "{dump}", "{out}"),
    "sort --cull=stacktrace": ("sort", "--cull=stacktrace", "{dump}", "{out}"),
    "sort --compat": ("sort", "--compat=6.1", "-m", "{dump}", "{out}"),
}
_WITHOUT_LIMIT = ("export",)


def main() -> None:
    """Run what was asked for and print a line each, then the table."""
    asked = _arguments()
    columns = [(size, limit) for limit in asked.limit for size in asked.size]
    print("| dump | command |", *(f"{size} MB, {limit} |" for size, limit in columns))
    print("|---|---|" + "---|" * len(columns))
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="memory-") as folder:
        for kind in asked.kind:
            for name, figures in _rows(kind, asked.command, columns, Path(folder)):
                print(f"| {kind} | {name} |", *(f"{each} |" for each in figures), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.memory", description=__doc__)
    parser.add_argument("--kind", action="append", choices=[*KINDS, _BOMB])
    parser.add_argument("--command", action="append", choices=list(_COMMANDS))
    parser.add_argument("--size", action="append", type=int, help="in MB; repeats")
    parser.add_argument("--limit", action="append", help="512M, …, or default; repeats")
    parser.add_argument("--folder", type=Path, help="where dumps and databases are made")
    asked = parser.parse_args()
    asked.kind = asked.kind or [*KINDS, _BOMB]
    asked.command = asked.command or ["load", "export", "sort --cull", "sort --compat"]
    asked.size = asked.size or [250, 500, 1000]
    asked.limit = asked.limit or ["512M", "default"]
    return asked


def _rows(
    kind: str, commands: Sequence[str], columns: Iterable[tuple[int, str]], folder: Path
) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {command: [] for command in commands}
    for size, limit in columns:
        dump = _made(kind, size, folder)
        names = {"dump": str(dump), "db": str(folder / "db.duckdb"), "out": str(folder / "out")}
        for command in commands:
            words = [word.format(**names) for word in _COMMANDS[command]]
            if limit != "default" and command not in _WITHOUT_LIMIT:
                words += ["--memory-limit", limit]
            found[command].append(_figure([*our_program(), *words]))
        for left in folder.iterdir():
            left.unlink()
    yield from found.items()


def _made(kind: str, size: int, folder: Path) -> Path:
    """Make the dump, in a separate process: this one must stay small for memory to be measured."""
    target = folder / ("dump.txt.xz" if kind == _BOMB else "dump.txt")
    if kind == _BOMB:
        work = multiprocessing.Process(target=make_bomb, args=(_BOMB_SIZE, target))
    else:
        work = multiprocessing.Process(target=make, args=(kind, size * _MEGABYTE, target))
    work.start()
    work.join()
    return target


def _figure(command: Sequence[str]) -> str:
    try:
        took: Run = run(command)
    except RunFailed as failure:
        return str(failure).rpartition(": ")[2][:40]
    return f"{took.rss / (1 << 20):,.0f} ({took.cpu:.1f} s)"


if __name__ == "__main__":
    main()

"""What is compiled stays within its arrays and its types' ranges, whatever the bytes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pageowner_sql.native.library import version
from tests.support import FIXTURES, ROOT

# Reads texts from exactly fitting memory, each cut and damaged in many places.
PROGRAM = """
import lzma, random, sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from pageowner_sql.native import library
library.PATH = Path(sys.argv[1])
loaded = library.load(library.PATH)
library.load = lambda path=None: loaded
from pageowner_sql.dump.group_stream import GroupStream, FileGroupStream
from pageowner_sql.dump.source import open_source
from pageowner_sql.dump.record_reader import RecordStream
from pageowner_sql.errors import InputError
from pageowner_sql.store import report_rows
from tests.support.synth import ERAS, FORGERIES, rows_of
from tests.dump.test_record_reader import EDGES, SHAPES, Scanner
from tests.store.test_report_rows import joined, written
from pageowner_sql.store.stacks import StackLines
from pageowner_sql.dump.sort_tool import read_fields

scanner = Scanner("test", 1 << 20)
path = Path(sys.argv[1]).with_name("in.txt")
chance = random.Random(1)
texts = [path.read_bytes() for path in Path(sys.argv[2], "fuzz").glob("*.txt")]
texts += [EDGES, b"".join(era.record(comm) for era in ERAS for comm in FORGERIES)]
with lzma.open(Path(sys.argv[2], "linux-7.3", "t0.txt.xz")) as packed:
    texts.append(packed.read(60_000))
for text in texts:
    for _ in range(3):
        cut = bytearray(text[: chance.randrange(len(text) + 1)])
        for _ in range(chance.randrange(4) if cut else 0):
            cut[chance.randrange(len(cut))] = chance.choice(b"\\n0 9)P\\0\\xff")
        for last in (True, False):
            regions, _ = scanner.regions(bytes(cut), last=last, fresh=True)
            for shape in SHAPES:
                found = scanner.scan(regions, shape)
                if len(found):
                    found.rows.put_in_order(0, found.irregular, [2] * len(found.irregular))
                    rows_of(found, scanner.numbers)
        path.write_bytes(cut)
        ways = [partial(RecordStream, chunk=3000, room=1 << 12, budget=n) for n in (200, 1 << 17)]
        for budget in (200, 1 << 17):
            for stream in (GroupStream, FileGroupStream):
                compared = chance.choice((False, True))
                sizes = {"chunk": 3000, "room": 1 << 12, "budget": budget}
                ways += [partial(stream, **sizes, compared=compared)]
        for stream in ways:
            with open_source(str(path)) as source, suppress(InputError):
                list(stream(source))
for _ in range(3):
    read, said = StackLines(), {}
    lines = [chance.choice(("", "a", "b+0x1/0x2", "x" * 99)) for _ in range(3000)]
    lines = [line + str(chance.randrange(2000)) * chance.randrange(2) for line in lines]
    for first in range(0, 500, 100):
        stacks = ["\\n".join(chance.sample(lines, chance.randrange(1, 9))) for _ in range(100)]
        new = read.feed([stack.encode() for stack in stacks])
        said |= {line: (line[: chance.randrange(9)], chance.randrange(16)) for line in new}
        read.learn([said[line][0] for line in new], bytes(said[line][1] for line in new))
        rows, frames = read.take(first)
        for at, row in enumerate(rows.to_pylist()):
            found = [said[line] for line in stacks[at].split("\\n") if stacks[at]]
            names = [name for name, flags in found if not flags & 1]
            assert (row["stack_id"], row["text"]) == (first + at, stacks[at])
            assert (row["depth"], row["function_stack"]) == (len(names), "\\n".join(names))
        assert len(frames) == sum(row["depth"] for row in rows.to_pylist())
words = [b"Page allocated via order 3, mask 0x1, pid 1, tgid 1 (x), ts 5 ns,", b"ts ", b"tgid ("]
words += [b"), ", b"\\n", b" ", b"7", b"free_ts 1 n", b"order", b"pid"]
words += [b"__vmalloc_node_range", b"alloc_pages"]
for _ in range(300):
    read_fields([b"".join(chance.choices(words, k=chance.randrange(9))) for _ in range(9)])
report_rows.BUFFER = 9
parts = [report_rows.Constant(b""), report_rows.Number("n"), report_rows.TextColumn("t", "texts")]
rows = [(0, 1), (None, 0), (2**63 - 1, None), (5, 1)]
assert written(parts, [b"", b"x"], rows) == joined(parts, [b"", b"x"], rows)
print("clean")
"""


@pytest.fixture
def sanitized(tmp_path: Path) -> tuple[Path, str]:
    """Return the library, built to stop at the first fault, and what must be loaded before it."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc here")
    asked = [compiler, "-print-file-name=libasan.so"]
    runtime = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    if not Path(runtime).is_absolute():
        pytest.skip("this gcc has no address sanitizer")
    built = tmp_path / "sanitized.so"
    options = ["-O1", "-g", "-shared", "-fPIC", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
    options += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    sources = sorted((ROOT / "pageowner_sql" / "native").glob("*.c"))
    command = [compiler, *options, f"-DNATIVE_VERSION={version()}", "-o", str(built)]
    subprocess.run([*command, *map(str, sources)], check=True)
    return built, runtime


@pytest.mark.thorough
def test_no_byte_is_touched_that_is_not_ours(sanitized: tuple[Path, str]) -> None:
    built, runtime = sanitized
    # With Python's own allocator small arrays would lie side by side, and nobody would notice.
    checked = {"LD_PRELOAD": runtime, "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(built), str(FIXTURES)],
        cwd=ROOT,
        env={**os.environ, **checked},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "clean\n", done.stderr[-4000:]

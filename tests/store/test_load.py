"""`load`: every way to name input, each dump once, all of it or nothing."""

import bz2
import errno
import gzip
import io
import lzma
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import lz4.frame
import pytest

from pageowner_sql.dump.source import Source
from pageowner_sql.errors import DatabaseError, InputError
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.load import LoadOptions, load
from tests.support.synth import ERAS, FORGERIES
from tests.support.tool import Tool, environment

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SMALL = b"".join(ERAS[2].record(name, number) for number, name in enumerate(FORGERIES))

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "txt": bytes,
    "txt.gz": gzip.compress,
    "txt.xz": lzma.compress,
    "txt.bz2": bz2.compress,
    "txt.zst": zstd.compress,
    "txt.lz4": lz4.frame.compress,
}


def small(folder: Path, name: str = "t0.txt", data: bytes = SMALL) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def other(number: int) -> bytes:
    """A dump unlike any other."""
    return ERAS[2].record(b"other", number)


def test_one_thread_inserts_and_the_others_come_back() -> None:
    good, bad = (io.BytesIO(text) for text in (SMALL, b"no dump"))
    with Database.open("", Mode.MEMORY, settings={"threads": 3}) as database:
        seen: list[object] = []

        def look(done: int, records: int) -> None:
            del done, records
            seen.append(database.value("SELECT current_setting('threads')"))

        load(database, Source(good, "good", None), LoadOptions(label="good"), look)
        with pytest.raises(InputError):
            load(database, Source(bad, "bad", None), LoadOptions(label="bad"))
        with pytest.raises(DatabaseError), database.transaction(), database.one_thread():
            database.run("SELECT 1 / 'x'")
        assert set(seen) == {1}
        assert database.value("SELECT current_setting('threads')") == 3


@pytest.mark.sampled
@pytest.mark.parametrize("ending", PACKERS)
def test_plain_and_compressed_are_the_same_dump(tool: Tool, ending: str) -> None:
    path = small(tool.folder, f"t0.{ending}", PACKERS[ending](SMALL))
    done = tool.ok("load", path)
    assert done.out.startswith(f"t0: {len(FORGERIES)} records, 0 rejected, ")
    assert done.err == ""
    assert tool.text("t0") == SMALL
    plain = small(tool.folder, "again.txt")
    assert tool.ok("load", plain).out == f"{plain}: is in the database already, as t0\n"
    assert tool.labels() == ["t0"]


@pytest.mark.parametrize("ending", [ending for ending in PACKERS if ending != "txt"])
def test_a_damaged_compressed_file_is_refused(tool: Tool, ending: str) -> None:
    packed = PACKERS[ending](SMALL)
    path = small(tool.folder, f"t0.{ending}", packed[: len(packed) // 2])
    assert "damaged" in tool.fails(1, "load", path)
    assert not tool.db.exists()


def test_the_line_says_what_was_loaded(tool: Tool) -> None:
    path = small(tool.folder, data=SMALL + b"junk\n\n" + ERAS[0].record(b"x")[:-1])
    line = tool.ok("load", path, "--page-size", "64K").out
    count = len(FORGERIES)
    assert line.startswith(
        f"t0: {count + 1} records, the last one cut short, 1 rejected, "
        f"{4 * (count + 1)} pages of 65536 bytes, "
    )


def test_what_is_said_of_a_dump_is_kept(tool: Tool) -> None:
    described = (
        *("--label", "mine", "--host", "h", "--kernel", "7.3.4", "--boot", "b1", "--tag", "a=1"),
        *("--tag", "b=x=y", "--captured-at", "2026-11-23T22:20:00+02:00", "--page-size", "16384"),
    )
    tool.ok("load", small(tool.folder), *described)
    sql = """
        SELECT label, host, kernel, boot_id, tags, captured_at, page_size, page_size_given, source
        FROM dumps
    """
    [row] = tool.rows(sql)
    when = datetime(2026, 11, 23, 20, 20)  # noqa: DTZ001  # the column is UTC by definition
    source = str(tool.folder / "t0.txt")
    assert row == ("mine", "h", "7.3.4", "b1", {"a": "1", "b": "x=y"}, when, 16384, True, source)


@pytest.mark.thorough
def test_standard_input(tool: Tool) -> None:
    with tool.start("load", "-") as process:
        out, err = process.communicate(SMALL)
    assert process.returncode == 0, err
    assert out.startswith(b"stdin: ")
    assert tool.text("stdin") == SMALL


@pytest.mark.thorough
def test_standard_input_that_is_closed(tool: Tool) -> None:
    command = [sys.executable, "-m", "pageowner_sql", *tool.arguments("load", "-")]
    shell = ["sh", "-c", 'exec "$@" <&-', "sh", *command]
    done = subprocess.run(shell, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 1
    assert done.stderr == "pageowner-sql: standard input: is closed\n"


def test_a_fifo(tool: Tool) -> None:
    fifo = tool.folder / "pipe"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(SMALL,))
    writer.start()
    done = tool.ok("load", fifo)
    writer.join()
    assert done.out.startswith("pipe: ")
    assert tool.text("pipe") == SMALL


def test_a_file_that_can_be_read_though_its_size_is_zero(tool: Tool) -> None:
    # /proc/PID/cmdline is such a file, as debugfs' are; its text begins with what we choose.
    with subprocess.Popen([SMALL, b"600"], executable="/bin/sleep") as process:
        path = Path(f"/proc/{process.pid}/cmdline")
        # Empty until the kernel has put the program in its place.
        while not (text := path.read_bytes()):
            time.sleep(0.01)
        assert path.stat().st_size == 0
        done = tool.ok("load", path, "--label", "live")
        process.kill()
    assert done.out.startswith(f"live: {len(FORGERIES)} records, 1 rejected, ")
    assert tool.text("live") == text


class Live(io.RawIOBase):
    """page_owner's own habit: one record a read, and none into a buffer too short for any."""

    def __init__(self, records: list[bytes]) -> None:
        self._records = records

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer)).cast("B")
        if len(view) < 4096:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        if not self._records:
            return 0
        record = self._records.pop(0)
        view[: len(record)] = record
        return len(record)


def test_the_live_file_gives_one_record_a_read() -> None:
    records = [ERAS[2].record(b"x", number) for number in range(5000)]
    source = Source(cast(BinaryIO, Live(records.copy())), "page_owner", None)
    with Database.open("", Mode.MEMORY) as database:
        loaded = load(database, source, LoadOptions(label="live"))
    assert (loaded.records, loaded.bytes) == (5000, len(b"".join(records)))


def test_a_folder_is_searched_and_says_what_it_skips(tool: Tool) -> None:
    folder = tool.folder / "dumps"
    for number in (10, 2):
        small(folder, f"t{number}.txt", other(number))
    small(folder, "sub/t2.txt.gz", gzip.compress(other(3)))
    small(folder, ".hidden/t9.txt", other(9))
    small(folder, "README", b"notes\n")
    small(folder, "empty", b"")
    small(folder, "broken.xz", lzma.compress(SMALL)[:40])
    small(folder, "meminfo", b"MemTotal:  1 kB\n")
    os.mkfifo(folder / "pipe")
    done = tool.ok("load", folder)
    assert tool.labels() == ["t2", "t10", "sub/t2"]
    skipped = dict(line.removeprefix(f"{folder}/").split(": ", 1) for line in done.err.splitlines())
    assert skipped.pop(str(folder)).startswith("8 files, ")
    assert skipped.pop("broken.xz").startswith("skipped: damaged xz stream")
    assert skipped == {
        "README": "skipped: no dump",
        "empty": "skipped: no regular file, or empty",
        "meminfo": "skipped: a meminfo file; which dump it belongs to is not known: "
        f"load DUMP --with {folder}/meminfo",
        "pipe": "skipped: no regular file, or empty",
    }


def test_a_folder_without_dumps(tool: Tool) -> None:
    small(tool.folder, "in/README", b"notes\n")
    done = tool.run("load", tool.folder / "in")
    assert done.code == 1
    assert done.err.splitlines()[-1] == f"pageowner-sql: {tool.folder}/in: holds no dump"
    assert not tool.db.exists()


@pytest.mark.thorough
def test_a_glob_that_the_shell_left_alone(tool: Tool) -> None:
    for number in (10, 2):
        small(tool.folder, f"t{number}.txt", other(number))
    tool.ok("load", tool.folder / "t*.txt")
    assert tool.labels() == ["t2", "t10"]
    assert tool.fails(1, "load", tool.folder / "x*.txt").endswith("x*.txt: no file matches")


@pytest.mark.thorough
def test_a_file_whose_name_looks_like_a_glob(tool: Tool) -> None:
    small(tool.folder, "t[1].txt")
    tool.ok("load", tool.folder / "t[1].txt")
    assert tool.labels() == ["t[1]"]


@pytest.mark.thorough
def test_a_dump_whose_name_is_another_words_value(tool: Tool) -> None:
    """Reading begins before the options are understood; what is read is what was meant."""
    named, meant = tool.folder / "named.txt", tool.folder / "meant.txt"
    named.write_bytes(ERAS[0].record(b"x") * 3)
    meant.write_bytes(ERAS[2].record(b"y") * 2)
    tool.ok("load", "--host", named, meant)
    assert tool.rows("SELECT label, host, records FROM dumps") == [("meant", str(named), 2)]
    tool.fails(2, "load", named, "--nonsense")
    named.write_bytes(ERAS[0].record(b"x") * 5)
    tool.ok("load", "--label", "later", named)
    assert tool.rows("SELECT records FROM dumps WHERE label = 'later'") == [(5,)]


@pytest.mark.thorough
def test_labels_that_are_taken(tool: Tool) -> None:
    paths = [small(tool.folder, f"{name}/t0.txt", other(at)) for at, name in enumerate("ab")]
    for at in (2, 3):
        paths.append(small(tool.folder, "t0.txt", other(at)))
        tool.ok("load", *paths)
    more = small(tool.folder, "t0.txt", other(9))
    tool.ok("load", more)
    parent = tool.folder.name
    assert tool.labels() == ["t0", "b/t0", f"{parent}/t0", "t0#2", "t0#3"]


@pytest.mark.sampled
@pytest.mark.parametrize("label", ["", "-", "./x", "../x", "/x", "a\nb", "\x1b[31m"])
def test_a_label_that_nobody_could_type(tool: Tool, label: str) -> None:
    assert "label" in tool.fails(
        2 if not label else 1, "load", small(tool.folder), "--label", label
    )
    assert not tool.db.exists()


def test_one_label_for_several_dumps(tool: Tool) -> None:
    paths = [small(tool.folder, f"{at}.txt", other(at)) for at in range(2)]
    assert tool.fails(2, "load", *paths, "--label", "x").startswith("--label: ")
    assert not tool.db.exists()


def test_a_label_that_is_taken(tool: Tool) -> None:
    tool.ok("load", small(tool.folder))
    path = small(tool.folder, "t1.txt", other(1))
    assert tool.fails(1, "load", path, "--label", "t0").startswith("t0: this label is taken; ")


def test_one_bad_file_does_not_keep_the_others_out(tool: Tool) -> None:
    paths = [
        small(tool.folder, "a.txt", other(1)),
        small(tool.folder, "b.txt", b"nothing\n"),
        small(tool.folder, "c.txt", other(3)),
    ]
    done = tool.run("load", *paths)
    assert done.code == 1
    assert done.err.startswith(f"pageowner-sql: {paths[1]}: holds no page_owner record; ")
    assert tool.labels() == ["a", "c"]


@pytest.mark.thorough
def test_a_file_name_that_is_hard_to_write(tool: Tool) -> None:
    name = os.fsdecode(b"x\n\xff\x1b[31m'; DROP TABLE dumps--.txt")
    done = tool.ok("load", small(tool.folder, name))
    assert done.out.startswith("x___[31m'; DROP TABLE dumps--: ")
    [(source,)] = tool.rows("SELECT source FROM dumps")
    assert str(source).endswith("/x\n\\xff\x1b[31m'; DROP TABLE dumps--.txt")
    again = tool.ok("load", tool.folder / name).out
    assert again.removesuffix("\n").isprintable()


@pytest.mark.thorough
def test_the_same_bytes_by_way_of_a_pipe(tool: Tool) -> None:
    tool.ok("load", small(tool.folder))
    with tool.start("load", "-") as process:
        out, _ = process.communicate(SMALL)
    assert out == b"standard input: is in the database already, as t0\n"
    assert tool.labels() == ["t0"]


@pytest.mark.thorough
def test_two_dumps_with_the_same_beginning(tool: Tool) -> None:
    begin = b"".join(ERAS[2].record(b"x", number) for number in range(4000))
    assert len(begin) > 1 << 20
    tool.ok("load", small(tool.folder, "a.txt", begin + other(1)))
    tool.ok("load", small(tool.folder, "b.txt", begin + other(2)))
    tool.ok("load", small(tool.folder, "c.txt.gz", gzip.compress(begin + other(3))))
    assert tool.labels() == ["a", "b", "c"]


def test_strict_loads_nothing_where_a_record_is_rejected(tool: Tool) -> None:
    path = small(tool.folder, data=SMALL + b"junk\n\n")
    assert tool.fails(3, "load", path, "--strict").startswith(
        f"{path}: 1 records could not be parsed"
    )
    assert not tool.db.exists()
    tool.ok("load", small(tool.folder), "--strict")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--page-size", "5000"), "--page-size: not a page size: '5000'"),
        (("--page-size", "x"), "--page-size: not a size: 'x'"),
        (("--captured-at", "yesterday"), "--captured-at: not a time: 'yesterday'"),
        (("--tag", "novalue"), "--tag: not a KEY=VALUE: 'novalue'"),
        (("--bogus",), "No such option: --bogus"),
    ],
)
def test_wrong_usage(tool: Tool, words: tuple[str, ...], told: str) -> None:
    assert tool.fails(2, "load", small(tool.folder), *words).startswith(told)
    assert not tool.db.exists()


def test_what_is_no_page_owner_dump_is_named(tool: Tool) -> None:
    path = small(tool.folder, "x", b"MemTotal:  1 kB\n")
    assert tool.fails(1, "load", path).startswith(f"{path}: is a meminfo file, ")

"""What went in comes out, byte for byte, and every record is accounted for."""

import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pageowner_sql.dump.fields import escape, unescape
from pageowner_sql.dump.record_reader import RecordStream
from pageowner_sql.errors import InputError
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.load import PIECE, Loaded, LoadOptions, load
from tests.conftest import DumpPath
from tests.dump.test_exact_parser import dumps
from tests.support import FIXTURES, PAGE_OWNER_DUMPS
from tests.support.runs import dumps_of, label_of
from tests.support.synth import ERAS, FORGERIES, NAMES, STACK, read, source_of

# A load takes a tenth of a second; tests/dump/test_exact_parser.py tries many more texts.
a_load_each = settings(max_examples=25)

FUZZ = sorted((FIXTURES / "fuzz").glob("*.txt"))


@pytest.fixture(scope="module")
def memory() -> Iterator[Database]:
    """One database for many small loads."""
    with Database.open("", Mode.MEMORY) as database:
        yield database


def load_text(database: Database, text: bytes) -> Loaded:
    label = hashlib.sha256(text).hexdigest()
    return load(database, source_of(text), LoadOptions(label=label))


def text_of(database: Database, dump_id: int) -> bytes:
    sql = "SELECT raw FROM dump_texts WHERE dump_id = $id ORDER BY ord, piece"
    return b"".join(bytes(raw) for (raw,) in database.rows(sql, {"id": dump_id}))


def records_of(text: bytes) -> list[bytes]:
    """The records that the reader alone finds; none in a text that was mangled on its way."""
    try:
        return [each.raw for each in read(text) if each.kind == "record"]
    except InputError:
        return []


def check_accounts(database: Database, text: bytes) -> None:
    """Text out is text in, and records seen are records loaded and rejected."""
    try:
        loaded = load_text(database, text)
    except InputError:
        assert not records_of(text)
        return
    assert text_of(database, loaded.dump_id) == text
    counts = {"id": loaded.dump_id}
    sql = "SELECT count(*) FROM {} WHERE dump_id = $id"
    assert database.value(sql.format("allocations"), counts) == loaded.records
    assert database.value(sql.format("rejects"), counts | {}) >= loaded.rejected
    ords = "SELECT count(DISTINCT ord) FROM rejects WHERE dump_id = $id"
    assert database.value(ords, counts) == loaded.rejected


@pytest.mark.sampled
@pytest.mark.slow
@pytest.mark.parametrize("name", PAGE_OWNER_DUMPS)
def test_every_real_dump_comes_back(dump: DumpPath, real_runs: Path, name: str) -> None:
    text = dump(name).read_bytes()
    with Database.open(real_runs, Mode.READ) as database:
        [loaded] = dumps_of(database, [label_of(name)])
        assert loaded.rejected == 0
        assert loaded.records == text.count(b"\nPFN ") - forged_pfn_lines(text)
        found = text_of(database, loaded.dump_id)
        assert hashlib.sha256(found).digest() == hashlib.sha256(text).digest()


def forged_pfn_lines(text: bytes) -> int:
    """Lines of the real dumps that look like a PFN line and are in a process' name: none."""
    return text.count(b"\nPFN )")


@pytest.mark.thorough
@a_load_each
@given(text=dumps())
def test_whatever_the_bytes(memory: Database, text: bytes) -> None:
    check_accounts(memory, text)


@pytest.mark.sampled
@pytest.mark.parametrize("path", FUZZ, ids=lambda path: path.stem)
def test_what_once_broke_something(memory: Database, path: Path) -> None:
    check_accounts(memory, path.read_bytes())


@pytest.mark.thorough
@a_load_each
@given(names=st.lists(NAMES, min_size=1, max_size=20))
def test_names_in_the_database_are_those_of_the_processes(
    memory: Database, names: list[bytes]
) -> None:
    text = b"".join(ERAS[2].record(name, number) for number, name in enumerate(names))
    loaded = load_text(memory, text)
    sql = "SELECT comm, comm_bytes(comm) FROM allocations WHERE dump_id = $id ORDER BY ord"
    rows = memory.rows(sql, {"id": loaded.dump_id})
    assert [bytes(raw) for _, raw in rows] == names
    assert [unescape(comm) for comm, _ in rows] == names
    distinct = "SELECT count(DISTINCT comm) FROM allocations WHERE dump_id = $id"
    assert memory.value(distinct, {"id": loaded.dump_id}) == len(set(names))


# A memory cgroup is a folder: any byte but NUL, newline and slash; the kernel cuts it at 79 bytes.
MEMCGS = st.one_of(
    st.sampled_from([*FORGERIES, b"Page allocated via order 0, mask 0x0()", b"PFN 0x1 type "]),
    st.binary(min_size=1, max_size=79),
).map(lambda name: name.replace(b"\0", b"").replace(b"\n", b"").replace(b"/", b"") or b"x")


@pytest.mark.thorough
@a_load_each
@given(names=st.lists(MEMCGS, min_size=1, max_size=12), offline=st.booleans(), objcg=st.booleans())
def test_memory_cgroups_in_the_database_are_those_of_the_pages(
    memory: Database, names: list[bytes], offline: bool, objcg: bool
) -> None:
    charged = b"Charged %sto %smemcg " % (b"(via objcg) " * objcg, b"offline " * offline)
    rests = [STACK + b"Slab cache page\n" + charged + name + b"\n\n" for name in names]
    text = b"".join(ERAS[2].record(b"x", at, rest) for at, rest in enumerate(rests))
    loaded = load_text(memory, text)
    sql = """
        SELECT comm_bytes(memcg), memcg_offline, memcg_objcg, stack_id, allocator
        FROM allocations WHERE dump_id = $id ORDER BY ord
    """
    rows = memory.rows(sql, {"id": loaded.dump_id})
    assert [bytes(row[0]) for row in rows] == names
    assert {row[1:3] for row in rows} == {(offline, objcg)}
    assert {row[4] for row in rows} == {"SLAB"}
    assert len({row[3] for row in rows}) == 1


@given(name=st.binary(max_size=40))
def test_the_escape_loses_nothing(name: bytes) -> None:
    assert unescape(escape(name)) == name


@given(names=st.lists(st.binary(max_size=6), min_size=2, max_size=2, unique=True))
def test_the_escape_keeps_different_names_different(names: list[bytes]) -> None:
    assert escape(names[0]) != escape(names[1])


def test_a_reject_that_goes_on_behind_records_that_are_none(
    monkeypatch: pytest.MonkeyPatch, memory: Database
) -> None:
    """Their pieces are numbered by themselves, whatever else the chunk rejects."""
    small = functools.partial(RecordStream, chunk=1 << 12, room=1 << 10)
    monkeypatch.setattr("pageowner_sql.store.load.RecordStream", lambda source, **_: small(source))
    bad = ERAS[2].record(b"").replace(b"tgid 7", b"tgid 4294967295")
    text = ERAS[2].record(b"good") + bad * 3 + b"endless " * 3000 + b"\n\n" + ERAS[2].record(b"x")
    loaded = load_text(memory, text)
    assert (loaded.records, loaded.rejected) == (2, 4)
    assert text_of(memory, loaded.dump_id) == text


@pytest.mark.sampled
@pytest.mark.parametrize("value", [None, 1])
def test_more_texts_than_are_kept_at_hand(
    monkeypatch: pytest.MonkeyPatch, value: int | None
) -> None:
    """They go into a table, and are found there by hashes, which may be all the same."""
    monkeypatch.setattr("pageowner_sql.store.texts.HELD", 2000)
    monkeypatch.setattr("pageowner_sql.store.texts.UNWRITTEN", 500)
    if value is not None:
        same = {"hash": lambda _: value}
        monkeypatch.setattr("pageowner_sql.store.texts.hash", same["hash"], raising=False)
    names = [b"ab", b"cd", b"xyz", b"ef"] * 5 + [f"n{at}".encode() for at in range(30)] * 2
    records = [ERAS[2].record(name, at % 4) for at, name in enumerate(names)]
    bad = ERAS[2].record(b"").replace(b"tgid 7", b"tgid 4294967295")
    text = b"".join(records) + bad * 3 + ERAS[2].record(b"x", 9)[:-1] + b"\njunk\n\n"
    small = functools.partial(RecordStream, chunk=1500)
    monkeypatch.setattr("pageowner_sql.store.load.RecordStream", lambda source, **_: small(source))
    with Database.open("", Mode.MEMORY) as database:
        loaded = load_text(database, text)
        found = database.rows("SELECT comm FROM allocations ORDER BY ord")
        assert [str(name) for (name,) in found] == [name.decode() for name in [*names, b"x"]]
        assert (loaded.records, loaded.rejected) == (len(names) + 1, 4)
        assert text_of(database, loaded.dump_id) == text
        # Each text once: nothing was learned twice.
        [(rows, texts)] = database.rows("SELECT count(*), count(DISTINCT raw) FROM headers")
        assert rows == texts


@pytest.mark.sampled
@pytest.mark.parametrize("junk", [b"\n", b"line\n", b"x", b"x\n\n"])
@pytest.mark.parametrize("size", [PIECE, PIECE + 1, 2 * PIECE + 9])
def test_text_that_is_longer_than_a_piece(memory: Database, junk: bytes, size: int) -> None:
    first, last = ERAS[2].record(b"first", 1), ERAS[2].record(b"last", 2)
    text = first + (junk * size)[:size] + b"\n\n" + last
    loaded = load_text(memory, text)
    assert (loaded.records, loaded.rejected) == (2, int(junk != b"\n"))
    assert text_of(memory, loaded.dump_id) == text
    sql = """
        SELECT piece, byte_offset, line, raw FROM rejects WHERE dump_id = $id ORDER BY piece
    """
    at = len(first)
    for number, row in enumerate(memory.rows(sql, {"id": loaded.dump_id})):
        raw = bytes(row[3])
        assert row[:3] == (number, at, text.count(b"\n", 0, at) + 1)
        assert text[at : at + len(raw)] == raw
        at += len(raw)
    assert at == (len(first) if junk == b"\n" else len(text) - len(last))


def test_a_header_that_is_refused_keeps_its_numbers(memory: Database) -> None:
    text = b"junk\n\n" + ERAS[2].record(b"").replace(b"tgid 7", b"tgid 4294967295")
    text += b"\n" + ERAS[2].record(b"x")
    check_accounts(memory, text)
    rows = memory.rows("SELECT byte_offset, line, reason FROM rejects ORDER BY dump_id DESC, ord")
    assert rows[1] == (6, 3, "the header cannot be read")

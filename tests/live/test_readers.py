import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pageowner_sql.errors import InputError
from pageowner_sql.live.page_owner_file import LiveFile
from pageowner_sql.live.readers import RANGE, Readers, Throttle
from tests.conftest import DumpPath
from tests.support import covering
from tests.support.live_file import Manner, StandIn


@pytest.fixture(scope="session")
def text(dump: DumpPath) -> bytes:
    return dump("linux-7.3/t0.txt").read_bytes()


def opener(file: StandIn, base: int = 0) -> Callable[[], LiveFile]:
    return lambda: LiveFile("page_owner", base=base, calls=file.calls)


def base_of(file: StandIn) -> int:
    return opener(file)().find_base()


@pytest.mark.parametrize("manner", covering(Manner, lambda manner: manner is Manner.RELATIVE))
@pytest.mark.parametrize("count", covering([1, 2, 4], lambda count: count == 2))
def test_every_record_comes_once_and_in_order(text: bytes, manner: Manner, count: int) -> None:
    file = StandIn(text, manner, first_pfn=1)
    base = base_of(file)
    readers = Readers(opener(file, base), count, start=base)
    assert b"".join(block.text for block in readers) == text
    assert readers.records == len(file.records)
    assert readers.bytes == len(text)


@pytest.mark.parametrize(
    ("manner", "first", "base"),
    [
        (Manner.RELATIVE, 1, 1),
        (Manner.RELATIVE, 0x200, 0x200),
        (Manner.RELATIVE, 0, 0),
        (Manner.ABSOLUTE, 0x200, 0),
        (Manner.SETTINGS, 1, 0),
    ],
)
def test_what_offsets_mean_is_found_by_looking(
    text: bytes, manner: Manner, first: int, base: int
) -> None:
    at = text.index(b"Page allocated", 1 << 20)
    file = StandIn(text if first < 0x200 else text[at:], manner, first_pfn=first)
    assert base_of(file) == base


def record(pfn: int, comm: bytes = b"init") -> bytes:
    return (
        b"Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 1, tgid 1 (%s), ts 5 ns\n"
        b"PFN 0x%x type Unmovable Block 0 type Unmovable Flags 0x0(node=0|zone=0)\n"
        b" alloc_pages+0x1/0x2\n\n" % (comm, pfn)
    )


def test_ranges_without_a_record_are_not_looked_at() -> None:
    far = RANGE * 1_000_000
    file = StandIn(record(3) + record(far))
    readers = Readers(opener(file), 1)
    assert b"".join(block.text for block in readers) == file.text
    assert file.reads < 10


@pytest.mark.parametrize("comm", [b"), ts 1 ns\nPFN ", b"\nPFN 0x999999 t", b"a\n\nPFN 0x1 "])
def test_a_name_cannot_move_a_reader(comm: bytes) -> None:
    file = StandIn(record(3) + record(4) + record(RANGE + 1))
    file.records[0] = record(3, comm)
    readers = Readers(opener(file), 2)
    assert b"".join(block.text for block in readers) == b"".join(file.records)


def test_an_ordinary_file_is_refused(tmp_path: Path) -> None:
    plain = tmp_path / "page_owner"
    plain.write_bytes(record(0x300) + record(0x301))
    with pytest.raises(InputError, match="is not the live file, which gives one record"):
        LiveFile(str(plain)).find_base()


def test_an_error_of_one_reader_ends_all() -> None:
    file = StandIn(record(3) + record(RANGE + 1))
    file.records[1] = b"nonsense\n\n"
    with pytest.raises(InputError, match="a record has no PFN after 0x"):
        list(Readers(opener(file), 4))


class Waits(threading.Event):
    """Notes how long it was to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0)
        return False


def test_a_throttle_counts_the_bytes_of_all_readers() -> None:
    throttle, stop = Throttle(1000), Waits()
    for _ in range(3):
        throttle.wait(100_000, stop)
    # Nobody waited in truth, so that every byte is still to be waited for.
    assert 290 < max(stop.pauses) <= 300


def test_without_a_rate_nobody_waits() -> None:
    stop = Waits()
    Throttle(None).wait(1 << 40, stop)
    assert not stop.pauses

"""The page reports of kernel logs are read, behind whatever a log puts in front."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.dump.kernel_log import parse_dmesg
from pageowner_sql.dump.lines import Filler
from pageowner_sql.dump.page_reports import PageReport
from tests.support.kernel_text import (
    LOG_PREFIXES,
    NAMES,
    log_of,
    page_report,
)
from tests.support.tiling import parse_tiled, rejects_of, rows_of


def reports(data: bytes) -> list[PageReport]:
    return cast("list[PageReport]", rows_of(parse_tiled(parse_dmesg, data)))


@pytest.mark.parametrize("prefix", LOG_PREFIXES)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_report_is_read_behind_any_prefix(prefix: bytes, end: bytes) -> None:
    lines = [b"Linux version", *page_report(b"klogd"), b"something else"]
    (row,) = reports(log_of(lines, prefix).replace(b"\n", end))
    assert (row.order, row.migratetype, row.gfp_mask) == (1, "Unmovable", 0xCC0)
    assert (row.pid, row.tgid, row.comm) == (5, 4, b"klogd")
    assert (row.alloc_ts, row.free_ts, row.allocated) == (123456789, 99, True)
    assert (row.pfn, row.because) == (0x21B28, b"kasan: bad access detected")
    frames = b" post_alloc_hook+0x1e6/0x210\n"
    frames += b" set_page_owner include/linux/page_owner.h:31 [inline]\n"
    assert row.stack == frames
    assert (row.free_pid, row.free_tgid, row.free_stack) == (3, 2, b" free_unref_page+0x1/0x2\n")
    assert row.migrate_reason == "compaction"
    assert row.logged_at == (12345678 if b"12.345678" in prefix else None)


def test_reports_of_older_kernels_are_read() -> None:
    plain = b"page allocated via order 0, migratetype Movable, gfp_mask 0x0()\n f+0x1/0x2\n"
    (row,) = reports(plain)
    assert (row.order, row.pid, row.comm, row.alloc_ts, row.stack) == (
        *(0, None, None, None),
        b" f+0x1/0x2\n",
    )
    timed = b"page last allocated via order 0, migratetype Movable, gfp_mask 0x0(), pid 8, ts 9\n"
    missing = b"page_owner allocation stack trace missing\npage_owner free stack trace missing\n"
    (row,) = reports(timed + missing)
    assert (row.pid, row.alloc_ts, row.stack, row.free_stack, row.at.lines) == (8, 9, b"", None, 3)


@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from(LOG_PREFIXES), st.booleans())
def test_a_logged_name_is_right_or_unknown_and_forges_nothing(
    names: list[bytes], prefix: bytes, free: bool
) -> None:
    lines = [line for name in names for line in page_report(name, free=free)]
    items = parse_tiled(parse_dmesg, log_of(lines, prefix))
    rows = cast("list[PageReport]", rows_of(items))
    assert len(rows) + len(rejects_of(items)) == len(names)
    wanted = iter(names)
    for item in items:
        if not isinstance(item, Filler):
            name = next(wanted)
            if isinstance(item, PageReport):
                assert item.comm in {name, None}
                assert (item.alloc_ts, item.free_ts) == (123456789, 99)


def test_an_owner_behind_an_unknown_prefix_is_a_reject_and_not_lost() -> None:
    line = b"??? page last allocated via order 0, migratetype Movable, gfp_mask 0x0()\n"
    items = parse_tiled(parse_dmesg, b"one\n" + line + b"two\n")
    assert [reject.raw for reject in rejects_of(items)] == [line]

"""A file is known by what it says, whatever its processes call themselves."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.dump.kinds import ACCOUNT_KINDS, SUMMARY_KINDS, Kind
from pageowner_sql.dump.sniff import HEAD, sniff_kind
from tests.conftest import DumpPath
from tests.support import FIXTURES, KERNELS, PAGE_OWNER_DUMPS
from tests.support.golden import Golden, goldens
from tests.support.kernel_text import NAMES, log_of, page_report, record_text

REAL_SUMMARIES = {
    "linux-7.3/show_stacks.txt": Kind.SHOW_STACKS,
    "linux-7.3/show_handles.txt": Kind.SHOW_HANDLES,
    "linux-7.3/show_stacks_handles.txt": Kind.SHOW_STACKS_HANDLES,
}
KEPT = tuple(golden for golden in goldens() if golden.file is not None and golden.size)


def real_accounts() -> list[tuple[str, Kind]]:
    return [
        (f"{kernel}/{path.name.removesuffix('.xz')}", kind)
        for kernel in KERNELS
        for path in sorted((FIXTURES / kernel).glob("*info.xz"))
        for kind in ACCOUNT_KINDS
        if path.name.removesuffix(".xz").split(".")[-1] == kind
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, Kind.PAGE_OWNER) for name in PAGE_OWNER_DUMPS),
        *REAL_SUMMARIES.items(),
        *real_accounts(),
    ],
)
def test_sniff_knows_every_real_file_also_with_dos_line_ends(
    dump: DumpPath, name: str, kind: Kind
) -> None:
    with dump(name).open("rb") as file:
        head = file.read(HEAD)
    assert sniff_kind(head) is kind
    assert sniff_kind(head.replace(b"\n", b"\r\n")) is kind


@pytest.mark.parametrize("golden", KEPT, ids=str)
def test_sniff_knows_what_page_owner_sort_printed(golden: Golden) -> None:
    assert sniff_kind(cast("bytes", golden.recorded())) is Kind.SORTED


def test_sniff_knows_a_kernel_log() -> None:
    assert sniff_kind(b"[    0.000000] Linux version 7.3.4\n") is Kind.DMESG
    assert sniff_kind(log_of(page_report(b"cat"))) is Kind.DMESG


@pytest.mark.parametrize("text", [b"", b"\n", b"\0" * 99, b"MemTotal", b"hello\nworld\n", b"a:b"])
def test_sniff_says_unknown_of_anything_else(text: bytes) -> None:
    assert sniff_kind(text) is Kind.UNKNOWN


@given(NAMES)
def test_sniff_is_not_misled_by_a_process_name(name: bytes) -> None:
    assert sniff_kind(record_text(name, ts=b"1") + b"PFN 0x1 type Movable\n") is Kind.PAGE_OWNER
    assert sniff_kind(b"3 times, 4 pages:\n" + record_text(name) + b"\n") is Kind.SORTED


@given(st.binary(max_size=300))
def test_sniff_takes_any_bytes(text: bytes) -> None:
    assert sniff_kind(text) in set(Kind)


def test_every_kind_has_at_most_one_reader() -> None:
    assert not SUMMARY_KINDS & ACCOUNT_KINDS
    assert set(Kind) - SUMMARY_KINDS - ACCOUNT_KINDS == {
        *(Kind.PAGE_OWNER, Kind.BUNDLE, Kind.UNKNOWN)
    }

"""Frames as architectures print them, in kernel logs and in page_owner records."""

from __future__ import annotations

from pathlib import Path

import pytest

import pageowner_sql as po

NAMES = ["post_alloc_hook", "get_page_from_freelist", "__alloc_pages", "ext4_bread"]
TASK = "gfp_mask 0xcc0(GFP_KERNEL), pid 70, tgid 60 (probe), ts 91000000"
OWNER = f"page last allocated via order 1, migratetype Unmovable, {TASK}"
RECORD = (
    "Page allocated via order 1, mask 0xcc0(GFP_KERNEL), pid 70, tgid 60 (probe), ts 91000000 ns\n"
    "PFN 0x4b2d type Unmovable Block 37 type Unmovable "
    "Flags 0xfff00000000000(node=0|zone=1|lastcpupid=0x7ff)\n"
)
FRAMES = {
    "ppc": [
        "[c000000002f87a10] [c0000000003a1b2c] post_alloc_hook+0x11c/0x1a0 (unreliable)",
        "[c000000002f87a70] [c0000000003a4d5e] get_page_from_freelist+0x6e4/0xd00",
        "[c000000002f87b60] [c0000000003a6f70] __alloc_pages+0x150/0x1234",
        "[c000000002f87c20] [c00800000012abcd] ext4_bread+0x77/0x88 [ext4]",
    ],
    "ppc32": [
        "[c2f87a10] [c03a1b2c] post_alloc_hook+0x11c/0x1a0 (unreliable)",
        "[c2f87a70] [c03a4d5e] get_page_from_freelist+0x6e4/0xd00",
        "[c2f87b60] [c03a6f70] __alloc_pages+0x150/0x1234",
        "[c2f87c20] [f112abcd] ext4_bread+0x77/0x88 [ext4]",
    ],
    "s390": [
        "([<000000000a1b2c3d>] post_alloc_hook+0x11c/0x1a0)",
        " [<000000000a1b2c4d>] get_page_from_freelist+0x6e4/0xd00 ",
        " [<000000000a1b2c5d>] __alloc_pages+0x150/0x1234 ",
        " [<000003ff80a1b2c3>] ext4_bread+0x77/0x88 [ext4] ",
    ],
    "s390 new": [
        " [<000000000a1b2c3d>] post_alloc_hook+0x11c/0x1a0 ",
        "([<000000000a1b2c4d>] get_page_from_freelist+0x6e4/0xd00)",
        " [<000000000a1b2c5d>] __alloc_pages+0x150/0x1234 ",
        " [<000003ff80a1b2c3>] ext4_bread+0x77/0x88 [ext4] ",
    ],
    "arm": [
        "[<c0312345>] (post_alloc_hook) from [<c0312356>] (get_page_from_freelist+0x6e4/0xd00)",
        "[<c0312356>] (get_page_from_freelist) from [<c0312367>] (__alloc_pages+0x150/0x1234)",
        "[<c0312367>] (__alloc_pages) from [<bf012345>] (ext4_bread+0x77/0x88 [ext4])",
    ],
    "arm old": [
        "[<c0312345>] (post_alloc_hook+0x0/0x1) from [<c0312356>] (get_page_from_freelist+0x6/0xd)",
        "[<c0312356>] (get_page_from_freelist+0x0/0xd) from [<c0312367>] (__alloc_pages+0x15/0x34)",
        "[<c0312367>] (__alloc_pages+0x0/0x1234) from [<bf012345>] (ext4_bread+0x77/0x88 [ext4])",
    ],
    "arm new": [
        " post_alloc_hook from get_page_from_freelist+0x6e4/0xd00",
        " get_page_from_freelist from __alloc_pages+0x150/0x1234",
        " __alloc_pages from ext4_bread+0x77/0x88 [ext4]",
    ],
    "arm64": [
        " post_alloc_hook+0x11c/0x1a0 (P)",
        " get_page_from_freelist+0x6e4/0xd00 (L)",
        " __alloc_pages+0x150/0x1234 (PL)",
        " ext4_bread+0x77/0x88 [ext4] (P)",
    ],
    "arm64 kt": [
        " post_alloc_hook+0x11c/0x1a0 (F)",
        " get_page_from_freelist+0x6e4/0xd00 (K)",
        " __alloc_pages+0x150/0x1234 (C)",
        " ext4_bread+0x77/0x88 [ext4]",
    ],
    "riscv": [
        "[<ffffffff80312345>] post_alloc_hook+0x11c/0x1a0",
        "[<ffffffff80312355>] get_page_from_freelist+0x6e4/0xd00",
        "[<ffffffff80312365>] __alloc_pages+0x150/0x1234",
        "[<ffffffff01312345>] ext4_bread+0x77/0x88 [ext4]",
    ],
    "mips": [
        "[<ffffffff80312345>] post_alloc_hook+0x11c/0x1a0",
        "[<80312355>] get_page_from_freelist+0x6e4/0xd00",
        "[<ffffffff80312365>] __alloc_pages+0x150/0x1234",
        "[<ffffffff01312345>] ext4_bread+0x77/0x88 [ext4]",
    ],
    "loongarch": [
        "[<90000000004e1234>] post_alloc_hook+0x11c/0x1a0",
        "[<90000000004e1244>] get_page_from_freelist+0x6e4/0xd00",
        "[<90000000004e1254>] __alloc_pages+0x150/0x1234",
        "[<ffff800002012345>] ext4_bread+0x77/0x88 [ext4]",
    ],
    "x86 old": [
        " [<ffffffff81312345>] post_alloc_hook+0x11c/0x1a0",
        " [<ffffffff81312355>] get_page_from_freelist+0x6e4/0xd00",
        " [<ffffffff81312365>] ? foo+0x1/0x2",
        " [<ffffffff81312365>] __alloc_pages+0x150/0x1234",
        " [<ffffffffa0312345>] ext4_bread+0x77/0x88 [ext4]",
    ],
}


def check(text: str, path: Path) -> None:
    """The frames that are no guesses are those of NAMES, in module ext4 where they say so."""
    path.write_text(text)
    with po.open() as db:
        db.load(path)
        [row] = db.top(by="owner").dicts()
        sql = "SELECT function, module FROM frames WHERE NOT guessed ORDER BY pos"
        frames = db.sql(sql).rows()
    assert row["owner"] == "ext4_bread"
    assert [function for function, _ in frames] == NAMES
    assert frames[-1][1] == "ext4"


@pytest.mark.sampled
@pytest.mark.parametrize("name", FRAMES)
def test_a_log_has_the_frames_of_any_architecture(name: str, tmp_path: Path) -> None:
    lines = [OWNER, *FRAMES[name]]
    check("".join(f"[   12.345678] {line}\n" for line in lines), tmp_path / "log.txt")


@pytest.mark.sampled
@pytest.mark.parametrize("name", [name for name in FRAMES if "arm" not in name.split()])
def test_a_record_has_the_frames_of_any_architecture(name: str, tmp_path: Path) -> None:
    """arm prints frames with `from` in backtraces only, never in a record."""
    check(RECORD + "\n".join(FRAMES[name]) + "\n\n", tmp_path / "record.txt")

"""Memory whose process or module is gone."""

from pathlib import Path

import pageowner_sql as po
from pageowner_sql.live.bundle import BundleWriter


def record(pfn: int, tgid: int, comm: str, seconds: float, module: str = "") -> bytes:
    frame = f" make_thing+0x1/0x2 [{module}]\n" if module else ""
    return (
        f"Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid {tgid}, tgid {tgid} ({comm}), "
        f"ts {seconds * 1e9:.0f} ns\n"
        f"PFN 0x{pfn:x} type Unmovable Block 0 type Unmovable Flags 0x0(node=0|zone=0)\n"
        f" alloc_pages+0x1/0x2\n{frame} do_syscall_64+0x1/0x2\n\n"
    ).encode()


def bundle(path: Path, text: bytes, **files: bytes) -> Path:
    with path.open("wb") as file:
        writer = BundleWriter(file, {"host": "node7", "captured_at": "1764331200"})
        for name, content in files.items():
            writer.add(name, content)
        writer.add_piece(text)
        writer.end()
    return path


PROCESSES = b"header\n10\t500\t/\talive\n20\t9000\t/\tyounger\n"


def test_memory_of_processes_that_ended_or_gave_their_number_away(tmp_path: Path) -> None:
    text = (
        record(1, 10, "alive", 6.0)
        + record(2, 20, "older", 50.0)
        + record(3, 30, "ended", 60.0)
        + record(4, 30, "ended", 61.0)
        + record(5, 0, "swapper", 0.0)
    )
    with po.open() as db:
        db.load(bundle(tmp_path / "b.tar", text, processes=PROCESSES))
        rows = db.query("processes/dead_owners").rows()
    assert [(row[2], row[3], row[4], row[7]) for row in rows] == [
        ("ended", 1, 2, 0.4),
        ("older", 1, 1, 0.2),
    ]


def test_memory_of_modules_that_were_removed(tmp_path: Path) -> None:
    text = record(1, 10, "a", 6.0, "zram") + record(2, 10, "a", 6.0, "veth")
    with po.open() as db:
        db.load(bundle(tmp_path / "b.tar", text, modules=b"veth 40960 0 - Live 0x0\n"))
        [row] = db.query("modules/gone").rows()
    assert (row[0], row[2]) == ("zram", 1)


def test_without_the_lists_nothing_is_said_to_be_gone(tmp_path: Path) -> None:
    with po.open() as db:
        db.load(bundle(tmp_path / "b.tar", record(1, 10, "a", 6.0, "zram")))
        assert db.query("processes/dead_owners").rows() == []
        assert db.query("modules/gone").rows() == []

"""Text as people post it: each kind is read right, and comes back as it was posted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import FIXTURES
from tests.support.tool import Tool

FOLDER = FIXTURES / "field"
FILES = sorted(path.stem for path in FOLDER.glob("*.txt"))

STACK = ["post_alloc_hook", "get_page_from_freelist", "__alloc_pages", "ext4_bread", "ext4_mkdir"]
PAGE = {
    "order": 1,
    "pid": 70,
    "tgid": 60,
    "comm": "probe",
    "alloc_ts": 91000000,
    "pfn": 0x4B2D,
    "gfp_mask": 0xCC0,
    "stack": STACK,
    "owner": "ext4_bread",
    "subsystem": "ext4",
}
REPORT = {**PAGE, "because": "kasan: bad access detected", "allocated": True, "free_ts": 55}
FREED = {**REPORT, "free_pid": 8, "free_tgid": 7, "free": ["free_unref_page", "ext4_free_blocks"]}
COUNT = {"base_pages": 12, "stack": STACK, "owner": "ext4_bread", "subsystem": "ext4"}
ROW = {
    "times": 5,
    "pages": 10,
    "order": 1,
    "gfp_mask": 0xCC0,
    "stack": STACK,
    "owner": "ext4_bread",
    "subsystem": "ext4",
}

# The kind of each file and its records, of each what the file tells.
RIGHT: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "04-decode-stacktrace-no-indent": (
        "dmesg",
        [REPORT | {"stack": ["post_alloc_hook", "get_page_from_freelist", "ext4_bread"]}],
    ),
    "24-gdb-lx-dump-page-owner": (
        "lx-dump-page-owner",
        [
            PAGE
            | {"stack": ["post_alloc_hook", "ext4_bread"], "free": ["free_unref_page"]}
            | {"allocated": True, "free_ts": 55}
        ],
    ),
    "25-crash-owner": (
        "crash-owner",
        [
            PAGE
            | {"stack": ["get_page_from_freelist", "__alloc_pages", "ext4_bread"], "free_ts": 55}
        ],
    ),
    "37-sorted-before-3.19": (
        "sorted",
        [
            {
                "times": 5,
                "pages": 5,
                "order": 0,
                "gfp_mask": None,
                "stack": ["generic_file_buffered_write", "generic_file_aio_write"],
            }
        ],
    ),
    "02-two-cpus-interleaved": (
        "dmesg",
        [
            REPORT,
            REPORT
            | {
                "pfn": 0x9999,
                "pid": 90,
                "tgid": 90,
                "comm": "other",
                "stack": [*STACK[:3], "xfs_buf_alloc", "xfs_mkdir"],
                "owner": "xfs_buf_alloc",
                "subsystem": "xfs",
            },
        ],
    ),
    "03-foreign-line-between-frames": ("dmesg", [FREED]),
    "05-frames-without-indent": ("dmesg", [REPORT]),
    "06-frames-two-blanks": ("page_owner", [PAGE]),
    "07-sorted-frames-two-blanks": ("sorted", [ROW]),
    "08-show-stacks-two-blanks": ("show_stacks", [COUNT]),
    "09-trailing-blanks": ("page_owner", [PAGE | {"flags_mask": 0xFFF00000000000}]),
    "10-dmesg-trailing-blanks": ("dmesg", [FREED]),
    "11-util-linux-dmesg-caller": ("dmesg", [FREED | {"logged_at": 12345678}]),
    "12-dmesg-header-wrapped-by-mail": ("dmesg", [REPORT]),
    "13-header-wrapped-by-mail": ("page_owner", [PAGE]),
    "14-shell-prompt-above": ("page_owner", [PAGE]),
    "15-show-stacks-prompt-above": ("show_stacks", [COUNT]),
    "16-indented": ("dmesg", [FREED]),
    "18-elided-frames": ("page_owner", [PAGE | {"stack": ["post_alloc_hook", "ext4_bread"]}]),
    "21-pfn-line-wrapped": (
        "page_owner",
        [
            PAGE
            | {
                "flags_mask": 0xFFF0000008003C,
                "flags": "referenced|uptodate|dirty|lru|swapbacked",
                "node": 0,
                "zone": 1,
            }
        ],
    ),
    "22-sorted-quoted": ("sorted", [ROW]),
    "23a-journalctl-short-monotonic": ("dmesg", [FREED | {"logged_at": 12345678}]),
    "23b-journalctl-short-precise": ("dmesg", [FREED]),
    "23c-dmesg-delta": ("dmesg", [FREED]),
    "23d-dev-kmsg": ("dmesg", [FREED]),
    "23e-openwrt-logread": ("dmesg", [FREED | {"logged_at": 12345678}]),
    "27a-utf-16": ("page_owner", [PAGE]),
    "27b-utf-8-bom": ("page_owner", [PAGE, PAGE | {"pfn": 0x4B40}]),
    "29-frames-behind-tab": ("page_owner", [PAGE]),
    "31-no-break-spaces": ("dmesg", [FREED]),
    "36-code-fence": ("page_owner", [PAGE, PAGE | {"pfn": 0x4B40}]),
}

# Those that the kernel itself wrote so, which are read without a repair.
STRICT: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "01-syzbot-decoded-frames": (
        "dmesg",
        [
            REPORT
            | {
                "stack": [
                    "set_page_owner",
                    "post_alloc_hook",
                    "prep_new_page",
                    "get_page_from_freelist",
                    "__alloc_pages_noprof",
                    "ext4_bread",
                ]
            }
        ],
    ),
    "28-bare-names": (
        "dmesg",
        [REPORT | {"stack": ["post_alloc_hook", "get_page_from_freelist", "ext4_bread"]}],
    ),
    "17-dmesg-header-cut-in-mask": (
        "dmesg",
        [
            {"order": 1, "gfp_mask": None, "pid": None, "pfn": 0x4B2D, "stack": STACK}
            | {"owner": "ext4_bread", "truncated": True}
        ],
    ),
    "30-dmesg-header-cut": (
        "dmesg",
        [
            {"order": 1, "gfp_mask": None, "pid": None, "pfn": 0x4B2D, "stack": STACK}
            | {"owner": "ext4_bread", "truncated": True}
        ],
    ),
    "26-vendor-slab-page-line": ("page_owner", [PAGE | {"slab_name": "kmalloc-32"}]),
    "32-rfc-memcg-wording": ("page_owner", [PAGE | {"memcg": "job-1", "memcg_offline": True}]),
    "33-early-boot-of-4.2": (
        "page_owner",
        [
            {
                "order": 0,
                "gfp_mask": 0,
                "pfn": 100,
                "stack": ["page_ext_init", "start_kernel"],
                "subsystem": "early boot",
            }
        ],
    ),
    "34-bad-page-state-pfn": (
        "dmesg",
        [
            {
                "order": 1,
                "gfp_mask": 0xCC0,
                "pfn": 0x4B2D,
                "because": "nonzero _count",
                "stack": ["get_page_from_freelist", "ext4_bread"],
                "owner": "ext4_bread",
                "subsystem": "ext4",
            }
        ],
    ),
}

_TABLES = {
    "page_owner": "allocations",
    "dmesg": "page_reports",
    "sorted": "sorted_rows",
    "show_stacks": "stack_counts",
}


def records_of(tool: Tool, label: str, kind: str) -> list[dict[str, Any]]:
    """The records of a loaded file, each with its frames' functions and its owner."""
    table = _TABLES.get(kind, "page_reports")
    columns = [str(row[0]) for row in tool.rows(f"DESCRIBE {table}")]
    sql = f"SELECT t.* FROM {table} t JOIN dumps USING (dump_id) WHERE label = $label ORDER BY ord"
    rows: list[dict[str, Any]] = [
        dict(zip(columns, row, strict=True)) for row in tool.rows(sql, label=label)
    ]
    frames: dict[object, list[object]] = {}
    for stack, function in tool.rows(
        "SELECT stack_id, function FROM frames ORDER BY stack_id, pos"
    ):
        frames.setdefault(stack, []).append(function)
    owners = {
        row[0]: row[1:] for row in tool.rows("SELECT stack_id, owner, subsystem FROM stack_owners")
    }
    for row in rows:
        row["owner"], row["subsystem"] = owners.get(row["stack_id"], (None, None))
        row["free"] = frames.get(row.get("free_stack_id"), [])
        row["stack"] = frames.get(row["stack_id"], [])
    return rows


@pytest.mark.sampled
@pytest.mark.parametrize("name", RIGHT)
def test_a_posted_text_is_read_right(tool: Tool, name: str) -> None:
    kind, expected = RIGHT[name]
    done = tool.ok("load", FOLDER / f"{name}.txt")
    assert ": read as posted text: " in done.err
    assert ", 0 rejected" in done.out
    rows = records_of(tool, name, kind)
    found = [{key: row[key] for key in right} for row, right in zip(rows, expected, strict=True)]
    assert found == expected
    assert tool.rows("SELECT kind, len(repairs) > 0 FROM dumps") == [(kind, True)]


@pytest.mark.sampled
@pytest.mark.parametrize("name", STRICT)
def test_what_the_kernel_wrote_so_is_read_right(tool: Tool, name: str) -> None:
    kind, expected = STRICT[name]
    done = tool.ok("load", "--strict", FOLDER / f"{name}.txt")
    assert "posted text" not in done.err
    rows = records_of(tool, name, kind)
    found = [{key: row[key] for key in right} for row, right in zip(rows, expected, strict=True)]
    assert found == expected


def test_a_decoded_frame_has_its_place_in_the_source(tool: Tool) -> None:
    tool.ok("load", FOLDER / "01-syzbot-decoded-frames.txt")
    sql = 'SELECT function, "offset", size, file, line, inlined FROM frames ORDER BY pos LIMIT 2'
    assert tool.rows(sql) == [
        ("set_page_owner", None, None, "include/linux/page_owner.h", 32, True),
        ("post_alloc_hook", 0x11, 0x22, "mm/page_alloc.c", 1500, False),
    ]
    tool.ok("load", FOLDER / "04-decode-stacktrace-no-indent.txt")
    sql = "SELECT module, file, line FROM frames WHERE stack_id = 2 ORDER BY pos"
    assert tool.rows(sql) == [
        (None, "mm/page_alloc.c", 1500),
        (None, "mm/page_alloc.c", 3446),
        ("ext4", "fs/ext4/inode.c", 900),
    ]


@pytest.mark.thorough
def test_a_report_says_how_many_records_it_lacks(tool: Tool) -> None:
    dump = FOLDER / "20-reject-beside-record.txt"
    for options in ([], ["--cull", "st"]):
        done = tool.ok("sort", *options, dump, tool.folder / "out.txt")
        assert done.err == f"{dump}: left out 1 record that could not be parsed\n"
    tool.ok("load", dump)
    done = tool.ok("sort", "--dump", dump.stem, tool.folder / "out.txt")
    assert "left out 1 record" in done.err


def test_a_posted_dump_can_be_sorted(tool: Tool) -> None:
    dump = FOLDER / "13-header-wrapped-by-mail.txt"
    done = tool.ok("sort", dump, tool.folder / "out.txt")
    assert done.err == f"{dump}: read as posted text: 1 wrapped header joined\n"
    assert b"1 times, 2 pages" in (tool.folder / "out.txt").read_bytes()


@pytest.mark.thorough
def test_a_kernel_that_lost_its_stacks_is_not_trusted(tool: Tool) -> None:
    dump = FOLDER / "19-all-early-stacks.txt"
    why = "19-all-early-stacks: every stack is the one of early boot, yet the pages were allocated "
    assert why in tool.ok("load", dump).err
    assert why in tool.ok("top", dump.stem).err
    tool.ok("report", dump.stem, "-o", tool.folder / "report.md")
    assert "Every stack is the one of early boot" in (tool.folder / "report.md").read_text()


def test_a_message_names_the_first_line_that_cannot_be_read(tool: Tool) -> None:
    text = (FOLDER / "20-reject-beside-record.txt").read_bytes().partition(b"\n\n")[0] + b"\n\n"
    path = tool.folder / "x.txt"
    path.write_bytes(text)
    told = tool.fails(1, "load", path)
    assert told.startswith(f"{path}: holds no page_owner record that can be read; line 1: the head")


def test_the_page_size_is_that_of_the_log(tool: Tool) -> None:
    log = b"user pgtable: 64k pages, 52-bit VAs, pgdp=0\n"
    path = tool.folder / "log.txt"
    path.write_bytes(log + (FOLDER / "01-syzbot-decoded-frames.txt").read_bytes())
    tool.ok("load", path)
    assert tool.rows("SELECT page_size, page_size_given FROM dumps") == [(65536, True)]


def test_the_last_number_of_a_text_may_lack_digits(tool: Tool) -> None:
    done = tool.ok("load", FOLDER / "35-show-stacks-no-last-newline.txt")
    assert "2 records of show_stacks, the last one cut short, 0 rejected" in done.out


@pytest.mark.sampled
@pytest.mark.parametrize("name", RIGHT)
def test_a_posted_text_comes_back_as_it_was(tool: Tool, name: str) -> None:
    posted = FOLDER / f"{name}.txt"
    tool.ok("load", posted)
    tool.ok("export", name, "-o", tool.folder / "back.txt")
    assert (tool.folder / "back.txt").read_bytes() == posted.read_bytes()
    assert "in the database already" in tool.ok("load", posted).out


def test_a_posted_text_is_refused_where_the_reading_must_be_strict(tool: Tool) -> None:
    done = tool.fails(3, "load", "--strict", FOLDER / "13-header-wrapped-by-mail.txt")
    assert "1 wrapped header joined" in done

"""How many made-up variants of posted text are read right, by kind; docs/bug-report.md has it.

The manglings here are not those that the readers were written with (tests/support/mangling.py), and
each is combined with a sample of those.
"""

from __future__ import annotations

import html
import lzma
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pageowner_sql.dump.accounts import parse_account
from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.lines import Filler, Reject
from pageowner_sql.dump.posted.accounts import read_posted_account
from pageowner_sql.dump.posted.text import read_posted
from tests.dump.test_posted_text import NOWHERE, RECORD, TEXTS, told
from tests.support import FIXTURES, ROOT
from tests.support.mangling import ENCODINGS, MANGLINGS, mangle, wrap
from tests.support.tool import Tool

PAIRS_A_KIND = 200
DOCUMENT = ROOT / "docs" / "bug-report.md"

Mangle = Callable[[bytes], bytes]


def _lines(how: Callable[[int, bytes], bytes]) -> Mangle:
    def change(text: bytes) -> bytes:
        lines = text.removesuffix(b"\n").split(b"\n")
        return b"".join(how(at, line) + b"\n" for at, line in enumerate(lines))

    return change


def _around(above: bytes, below: bytes) -> Mangle:
    return lambda text: above + text + below


VARIANTS: dict[str, Mangle] = {
    # In front of every line.
    "cat -n": _lines(lambda at, line: b"%6d\t%s" % (at + 1, line)),
    "docker compose": _lines(lambda _, line: b"web-1  | " + line),
    "a build's step": _lines(lambda at, line: b"#12 %d.%03d %s" % (at, at * 7 % 1000, line)),
    "ts": _lines(lambda at, line: b"Nov 28 09:00:%02d %s" % (at % 60, line)),
    "a terminal's log": _lines(
        lambda at, line: b"[2024-01-01 12:00:%02d.%03d] %s" % (at % 60, at, line)
    ),
    "RFC 5424": _lines(
        lambda at, line: b"<4>1 2024-01-01T12:00:00.%06d+00:00 host kernel - - - %s" % (at, line)
    ),
    "logcat -v time": _lines(
        lambda at, line: b"01-01 12:00:00.%03d W/KERNEL (    0): %s" % (at, line)
    ),
    "dmesg -x": _lines(lambda at, line: b"kern  :warn  : [   12.%06d] %s" % (at, line)),
    "dmesg -H": _lines(lambda at, line: b"[  +0.%06d] %s" % (at, line)),
    "ftrace": _lines(lambda at, line: b"<idle>-0 [001] ..s. 12.%06d: %s" % (at, line)),
    "kubectl": _lines(lambda at, line: b"2024-01-01T12:00:00.%09dZ stderr F %s" % (at, line)),
    "a comment": _lines(lambda _, line: b"# " + line),
    "a diff": _lines(lambda _, line: b"+" + line),
    "a table's edge": _lines(lambda _, line: b"| " + line),
    "quoted thrice": _lines(lambda _, line: b"> > > " + line),
    "a pad of 7": _lines(lambda _, line: b"       " + line),
    # Around it.
    "Jira": _around(b"Seen on prod:\n{noformat}\n", b"{noformat}\n"),
    "Markdown": _around(b"<details>\n\n```text\n", b"```\n\n</details>\n"),
    "a reply": _around(b"On Mon, A. B. wrote:\n\n", b"\n-- \nA. B.\n"),
    "PowerShell": _around(b"PS C:\\tmp> adb shell cat x\n", b"PS C:\\tmp>\n"),
    "a root prompt": _around(b"[root@host ~]# cat x\n", b"[root@host ~]# \n"),
    "script": _around(b"Script started on 2024-01-01\n", b"Script done on 2024-01-01\n"),
    "a here-document": _around(b"cat > x <<'EOF'\n", b"EOF\n"),
    # To its bytes.
    "HTML": lambda text: html.escape(text.decode(), quote=False).encode(),
    "ANSI, bold": _lines(lambda _, line: b"\x1b[1m" + line + b"\x1b[0m" if line else line),
    "CR LF and a mark": lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"),
    "tabs for eight blanks": lambda text: text.replace(b"        ", b"\t"),
    "wrapped at 78": lambda text: wrap(text, 78),
    "wrapped at 100": lambda text: wrap(text, 100),
    "a narrow space": lambda text: re.sub(rb"(?m)^ ", b"\xe2\x80\xaf", text),
}

ACCOUNT_TEXTS: dict[Kind, bytes] = {
    Kind.MEMINFO: b"MemTotal:        1218344 kB\nMemFree:          712888 kB\n"
    b"Slab:              90012 kB\nHugePages_Total:       0\nPercpu:             4200 kB\n",
    Kind.BUDDYINFO: b"Node 0, zone      DMA      1      0      0      0      2      1      1 \n"
    b"Node 0, zone    DMA32    119     61     30     12      4      9     11 \n",
    Kind.SLABINFO: b"slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> "
    b"<objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata "
    b"<active_slabs> <num_slabs> <sharedavail>\n"
    b"ext4_inode_cache     1219   1219   1176   53   16 : tunables    0    0    0 : slabdata     "
    b"23     23      0\nkmalloc-8k            104    104   8192    8   16 : tunables    0    0    "
    b"0 : slabdata     13     13      0\n",
    Kind.VMALLOCINFO: b"0xffffc90000000000-0xffffc90000002000    8192 "
    b"hpet_enable+0x36/0x4a0 phys=0x00000000fed00000 ioremap\n"
    b"0xffffc90000002000-0xffffc90000007000   20480 dup_task_struct+0x5b/0x1a0 pages=4 "
    b"vmalloc N0=4\n",
    Kind.ALLOCINFO: b"allocinfo - version: 1.0\n#     <size>  <calls> <tag info>\n"
    b"       32768        8 mm/slub.c:3059 func:alloc_slab_page \n"
    b"     1048576      256 fs/ext4/inode.c:12 [ext4] func:ext4_bread \n",
}


def rows_of(kind: Kind, text: bytes) -> list[Any]:
    """The rows of an account, wherever they stand."""
    items: list[Any] = [
        item for item in parse_account(kind, [text]) if not isinstance(item, Reject | Filler)
    ]
    return [replace(item, at=NOWHERE) if hasattr(item, "at") else item for item in items]


def is_right(kind: Kind, text: bytes, changed: bytes) -> bool:
    """Whether a changed text is read as the text itself."""
    try:
        if kind in ACCOUNT_KINDS:
            account = read_posted_account(changed)
            found, read = (account.kind, account.text) if account else (kind, changed)
            return found is kind and rows_of(kind, read) == rows_of(kind, text)
        posted = read_posted(changed)
        found, read = (posted.kind, posted.text) if posted else (kind, changed)
        return found is kind and told(kind, read) == told(kind, text)
    except AssertionError:  # of `told`, where there are rejects
        return False


def variants(kind: Kind) -> Iterator[tuple[str, Mangle]]:
    """Each variant, and a sample of those combined with what the readers were written with."""
    chosen = random.Random(kind.value)  # noqa: S311  # a sample, the same each time
    for name, change in VARIANTS.items():
        yield name, change
    for _ in range(PAIRS_A_KIND):
        name, other = chosen.choice(sorted(VARIANTS)), chosen.choice(sorted(MANGLINGS))
        steps = [VARIANTS[name], MANGLINGS[other]]
        if other in ENCODINGS:
            yield f"{name}, then {other}", _both(*steps)
        else:
            yield f"{other}, then {name}", _both(*reversed(steps))


def _both(first: Mangle, second: Mangle) -> Mangle:
    return lambda text: second(first(text))


def wrong_of(kind: Kind) -> tuple[int, list[str]]:
    """How many variants there are of a kind, and those that are read wrongly."""
    text = {**TEXTS, **ACCOUNT_TEXTS}[kind]
    made = list(variants(kind))
    return len(made), [name for name, change in made if not is_right(kind, text, change(text))]


@pytest.mark.sampled
@pytest.mark.parametrize("kind", [*TEXTS, *ACCOUNT_TEXTS])
def test_the_share_read_right_is_what_the_document_says(kind: Kind) -> None:
    made, wrong = wrong_of(kind)
    said = DOCUMENT.read_text(encoding="utf-8")
    row = f"| {kind} | {made} | {made - len(wrong)} | {1 - len(wrong) / made:.1%} |"
    assert row in said, (row, wrong)


@pytest.mark.parametrize("kind", ACCOUNT_TEXTS)
@pytest.mark.parametrize("name", MANGLINGS)
def test_a_mangled_account_is_read_as_it_was(kind: Kind, name: str) -> None:
    # A name of allocinfo may end in =20; screens break numbers.
    if name != "wrapped by a screen" and (kind, name) != (Kind.ALLOCINFO, "quoted-printable"):
        text = ACCOUNT_TEXTS[kind]
        assert is_right(kind, text, mangle(text, name))


@pytest.mark.parametrize("name", ["t2.meminfo", "slabinfo", "zoneinfo", "t2.allocinfo"])
def test_a_real_account_is_read_by_the_strict_rule(name: str) -> None:
    raw = lzma.decompress((FIXTURES / "linux-7.3" / f"{name}.xz").read_bytes())
    assert read_posted_account(raw) is None


def test_a_posted_account_is_loaded_with_a_word(tool: Tool, tmp_path: Path) -> None:
    """Its bytes are hashed as they came, and what was done is kept; --strict refuses it."""
    dump = FIXTURES / "linux-7.3" / "boot.txt.xz"
    posted = tmp_path / "memory.txt"
    posted.write_bytes(b"$ cat /proc/meminfo\n" + mangle(ACCOUNT_TEXTS[Kind.MEMINFO], "quoted"))
    done = tool.ok("load", dump, "--with", posted)
    assert f"{posted}: read as posted text: a prefix of 2 bytes taken off 5 lines" in done.err
    sql = "SELECT kind, len(repairs) > 0 AS done, bytes FROM account_files WHERE source = $source"
    assert tool.rows(sql, source=str(posted)) == [("meminfo", True, posted.stat().st_size)]
    assert tool.rows("SELECT count(*) FROM meminfo WHERE field = 'MemTotal'") == [(1,)]
    strict = tool.run("load", dump, "--label", "x", "--with", posted, "--strict")
    assert "is not as the kernel printed it (a prefix of 2 bytes" in strict.err


def test_posted_logs_in_a_folder_are_read(tool: Tool, tmp_path: Path) -> None:
    """What their kind cannot be told by is read as well; other files are no dumps."""
    log = TEXTS[Kind.DMESG]
    (tmp_path / "utf16.log").write_bytes(log.decode().encode("utf-16"))
    (tmp_path / "wrapped.log").write_bytes(b"words\n" * 20_000 + wrap(log))
    (tmp_path / "notes.txt").write_bytes(b"a page was allocated via order somewhere\n")
    done = tool.ok("load", tmp_path)
    labels = {label for (label,) in tool.rows("SELECT label FROM dumps")}
    assert labels == {"utf16", "wrapped"}
    assert "utf16: read as posted text: byte order mark of UTF-16-LE" in done.err
    assert "notes.txt: skipped: no dump" in done.err


@pytest.mark.sampled
@pytest.mark.parametrize("missing", range(1, 60, 7))
def test_a_wrapped_record_that_is_cut_in_its_stack_is_read_and_marked(
    tool: Tool, tmp_path: Path, missing: int
) -> None:
    path = tmp_path / "cut.txt"
    path.write_bytes(wrap(RECORD)[:-missing])
    done = tool.ok("load", path)
    assert "the last one cut short" in done.out
    assert "wrapped header joined" in done.err

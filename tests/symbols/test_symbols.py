"""symbols: frames of real dumps become source lines, the ones that addr2line gives."""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread

import pytest

from pageowner_sql.symbols.kernel_map import LoadedModule, read_modules
from pageowner_sql.symbols.symbol_file import read_symbol_file
from tests.support.runs import json_rows
from tests.support.tool import Tool

BUILT_IN = "/usr/src/linux/"
NO_LINE = "no line here (assembly, or code without DWARF)"
NO_FUNCTION = "an address in no known function"


@pytest.mark.thorough
def test_every_frame_is_resolved_or_the_reason_is_counted(resolved: Tool) -> None:
    rows = json_rows(resolved.ok("symbols", "--format", "json").out)
    reasons = Counter({row["reasons"]: row["other_frames"] for row in rows if row["other_frames"]})
    assert set(reasons) == {NO_LINE, NO_FUNCTION}
    [(frames, without)] = resolved.rows(
        "SELECT count(*), count(*) FILTER (WHERE file IS NULL) FROM frames"
    )
    assert sum(row["resolved_frames"] + row["other_frames"] for row in rows) == frames
    assert without == sum(reasons.values()) < 0.01 * int(str(frames))


# GNU's program does not follow the partial units that dwz makes: it lacks most inlined functions.
@pytest.mark.thorough
@pytest.mark.parametrize("program", ["addr2line", "llvm-addr2line"])
def test_lines_are_those_of_addr2line(resolved: Tool, vmlinux: Path, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"no {program} on PATH (apt-get install binutils llvm)")
    places = resolved.rows(PLACES)
    assert len(places) == 300
    command = [program, "-i", "-f", "-a", "-e", str(vmlinux), *(f"{at:x}" for _, at in places)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = [
        chain(block.splitlines()[1:]) for block in re.split("^0x", out, flags=re.MULTILINE)[1:]
    ]
    ours = [[plain(each) for each in frames] for frames, _ in places]  # type: ignore[attr-defined]
    if program == "addr2line":
        lines = [
            (one[0].split()[-1], two[0].split()[-1]) for one, two in zip(ours, theirs, strict=True)
        ]
        known = [each for each in lines if each[1] != "??:?"]
        assert len(known) > 250
        assert all(one == two for one, two in known)
        return
    assert ours == theirs
    assert sum(len(each) > 1 for each in ours) > 50


def chain(lines: list[str]) -> list[str]:
    """`function file:line` of each function, from the two lines that the program prints of it."""
    pairs = zip(lines[::2], lines[1::2], strict=True)
    return [plain(f"{name} {posixpath.normpath(at.partition(' (')[0])}") for name, at in pairs]


def plain(line: str) -> str:
    """Without what a compiler adds to a name, and without the folder of the build."""
    name, _, place = line.partition(" ")
    return f"{name.partition('.')[0]} {place.removeprefix(BUILT_IN)}"


# Distinct frames of the kernel whose function has one address, in an order that is not theirs.
PLACES = """
    WITH places AS (
        SELECT function, "offset", min(stack_id * 100 + pos) AS at
        FROM frames
        WHERE module IS NULL AND file IS NOT NULL
        GROUP BY function, "offset"
    ),
    kernel AS (
        SELECT name, min(address) AS address
        FROM symbols JOIN symbol_files USING (file_id)
        WHERE module = 'vmlinux'
        GROUP BY name
        HAVING count(*) = 1
    )
    SELECT
        list(s.function || ' ' || s.file || ':' || s.line ORDER BY s.depth),
        any_value(k.address + p."offset" - 1)
    FROM places p
    JOIN kernel k ON k.name = p.function
    JOIN source_frames s ON s.stack_id * 100 + s.pos = p.at
    GROUP BY p.function, p."offset"
    ORDER BY md5(p.function || p."offset")
    LIMIT 300
"""


@pytest.mark.thorough
def test_a_later_load_is_resolved_without_the_file(resolved: Tool, shared: Path) -> None:
    resolved.ok("load", shared / "dumps" / "linux-7.3-modules" / "r2.txt.xz")
    [(frames, resolved_frames)] = resolved.rows("""
        SELECT count(*), count(file) FROM frames
        WHERE stack_id IN (SELECT stack_id FROM allocations WHERE dump = 'r2')
    """)
    assert int(str(resolved_frames)) > 0.99 * int(str(frames))


@pytest.mark.thorough
def test_what_is_removed_leaves_no_line(resolved: Tool) -> None:
    resolved.ok("symbols", "rm", "brd", "vmlinux")
    modules = resolved.rows("SELECT DISTINCT module FROM frames WHERE file IS NOT NULL")
    assert sorted(modules) == [("zram",), ("zsmalloc",)]
    resolved.ok("symbols", "rm")
    assert resolved.rows("SELECT count(*) FROM source_lines") == [(0,)]
    told = "brd: no symbol file is of this module or path"
    assert resolved.fails(1, "symbols", "rm", "brd") == told


@pytest.mark.thorough
def test_a_file_of_another_build_is_refused(tool: Tool, shared: Path, modules: Path) -> None:
    other = shared / "dumps" / "linux-6.1" / "t0.txt.xz"
    tool.ok("load", other)
    system_map = shared / "kernel" / "System.map.xz"
    told = tool.fails(1, "symbols", "add", system_map)
    assert told.startswith(f"{system_map}: is of another build than the dumps: of the ")
    tool.ok("load", shared / "dumps" / "linux-7.3-modules" / "r0.txt.xz")
    out = tool.ok("symbols", "add", system_map, modules).out
    assert "vmlinux: 36,387 functions, no lines, fits 1 dumps" in out
    [(resolved,)] = tool.rows("""
        SELECT count(*) FROM source_lines
        WHERE reason IS NULL AND stack_id IN (SELECT stack_id FROM allocations WHERE dump = 't0')
    """)
    assert resolved == 0


@pytest.mark.thorough
def test_modules_that_lie_somewhere_place_addresses(tool: Tool, shared: Path) -> None:
    tool.ok("load", shared / "dumps" / "linux-7.3-modules" / "r0.txt.xz")
    listed = shared / "dumps" / "linux-7.3-modules" / "modules"
    assert tool.ok("symbols", "add", listed).out.startswith("modules: 7 modules placed")


def record(stack: str) -> str:
    return (
        "Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 1, tgid 1 (init), ts 1 ns\n"
        "PFN 0x1 type Unmovable Block 0 type Unmovable Flags 0x0(node=0|zone=0)\n"
        f"{stack}\n\n"
    )


@pytest.fixture
def dump_of_tiny(tool: Tool, tiny: Path) -> Tool:
    """Return the program on a dump with a frame of the small module."""
    from pageowner_sql.symbols.elf import ElfFile

    elf = ElfFile(tiny.read_bytes(), "tiny.ko")
    sizes = {each.name: each.span for each in elf.functions()}
    path = tool.folder / "dump.txt"
    frames = [f" {name}+0x4/{sizes[name]:#x} [tiny]" for name in ("first", "second")]
    path.write_text(record("\n".join(frames)))
    tool.ok("load", path)
    return tool


def test_a_module_resolves_its_frames(dump_of_tiny: Tool, tiny: Path) -> None:
    out = dump_of_tiny.ok("symbols", "add", tiny.parent).out
    assert out.startswith("tiny: ")
    assert out.endswith(" functions, fits 1 dumps\n")
    rows = dump_of_tiny.rows("SELECT function, file, line FROM frames ORDER BY pos")
    assert [Path(str(row[1])).name for row in rows] == ["tiny.c", "tiny.c"]
    assert dump_of_tiny.ok("symbols", "rm", "tiny").out == f"{tiny}: removed\n"


def test_a_module_with_other_sizes_is_refused(tool: Tool, tiny: Path) -> None:
    path = tool.folder / "dump.txt"
    path.write_text(record(" first+0x4/0x999 [tiny]\n second+0x4/0x998 [tiny]"))
    tool.ok("load", path)
    told = tool.fails(1, "symbols", "add", tiny)
    assert told == (
        f"{tiny}: is of another build than the dumps: of the 2 functions of tiny that they name, "
        f"0 have its sizes"
    )
    assert tool.rows("SELECT count(*) FROM symbol_files") == [(0,)]
    tool.fails(1, "symbols", "add", tiny, "--kernel", "nothing")


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["--kernel", "--label"])
def test_a_dump_that_gets_its_kernel_later_is_resolved(
    dump_of_tiny: Tool, tiny: Path, name: str
) -> None:
    resolved = "SELECT count(*) FROM frames WHERE file IS NOT NULL"
    other = dump_of_tiny.folder / "other.txt"
    other.write_text((dump_of_tiny.folder / "dump.txt").read_text() * 2)
    dump_of_tiny.ok("load", other, "--kernel", "6.18")
    dump_of_tiny.ok("dumps", "set", "other", "--kernel", "7.3")
    dump_of_tiny.ok("symbols", "add", tiny, "--kernel", "7.3")
    assert dump_of_tiny.rows(resolved) == [(2,)]
    dump_of_tiny.ok("dumps", "set", "other", "--kernel", "6.18")
    assert dump_of_tiny.rows(resolved) == [(0,)]
    dump_of_tiny.ok("dumps", "set", "other", name, "7.3")
    assert dump_of_tiny.rows(resolved) == [(2,)]


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as it is called there
        del format, args


@contextmanager
def served(folder: Path) -> Iterator[str]:
    handler = partial(Quiet, directory=str(folder))
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.thorough
def test_a_debuginfod_server_is_asked_by_build_id(
    dump_of_tiny: Tool, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_id = "0123456789abcdef0123"
    told = dump_of_tiny.fails(2, "symbols", "add", build_id)
    assert told.startswith("a build id: name a server with --debuginfod URL or $DEBUGINFOD_URLS")
    folder = dump_of_tiny.folder / "www" / "buildid" / build_id
    folder.mkdir(parents=True)
    shutil.copy(tiny, folder / "debuginfo")
    with served(dump_of_tiny.folder / "www") as url:
        monkeypatch.setenv("DEBUGINFOD_URLS", url)
        done = dump_of_tiny.ok("symbols", "add", build_id)
        assert done.out.startswith("tiny: ")
        assert done.err == f"{build_id}: from {url}\n"
        other = dump_of_tiny.fails(1, "symbols", "add", "f" * 20)
        assert other.startswith(f"{'f' * 20}: no server has this build id ({url}: 404 ")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DEBUGINFOD_URLS")
        dump_of_tiny.fails(2, "symbols", "add", build_id, "--debuginfod", "file:///etc")


@pytest.fixture
def tiny_lines(dump_of_tiny: Tool, tiny: Path) -> Tool:
    dump_of_tiny.ok("symbols", "add", tiny)
    return dump_of_tiny


@pytest.mark.thorough
def test_stacks_have_lines_where_they_are_wanted(tiny_lines: Tool) -> None:
    [row] = json_rows(tiny_lines.ok("top", "--format", "json").out)
    assert "tiny.c" not in row["stack"]
    [row] = json_rows(tiny_lines.ok("top", "--lines", "--format", "json").out)
    frames = row["stack"].split("\n")
    assert re.fullmatch(r"first\+0x4/0x\w+ \[tiny\] \(.*tiny\.c:\d+\)", frames[-2])
    assert re.fullmatch(r"second\+0x4/0x\w+ \[tiny\] \(.*tiny\.c:\d+\)", frames[-1])
    url = "https://example.org/{file}?x=$1#n{line}"
    [row] = json_rows(tiny_lines.ok("top", "--source-url", url, "--format", "json").out)
    assert re.search(r"\(https://example\.org/.*tiny\.c\?x=\$1#n\d+\)$", row["stack"])


@pytest.mark.thorough
def test_the_sql_of_rows_with_lines_runs_elsewhere(tiny_lines: Tool) -> None:
    words = ("--lines", "--where", "pages > 0", "--limit", "9")
    shown = tiny_lines.ok("top", *words, "--show-sql").out
    rows = tiny_lines.ok("top", *words, "--format", "json").out
    assert tiny_lines.ok("sql", shown, "--format", "json").out == rows


@pytest.mark.thorough
def test_explained_frames_have_their_lines(tiny_lines: Tool) -> None:
    rows = json_rows(tiny_lines.ok("explain", "first", "--lines", "--format", "json").out)
    assert [re.sub(r".*/|:\d+", "", row["source"]) for row in rows] == ["tiny.c", "tiny.c"]


@pytest.mark.thorough
def test_frames_of_a_flame_graph_have_lines(tiny_lines: Tool) -> None:
    tiny_lines.ok("flame", "dump", "--lines", "-o", tiny_lines.folder / "x.folded")
    [line] = (tiny_lines.folder / "x.folded").read_text().splitlines()
    assert re.fullmatch(r"second \[tiny\] \(.*tiny\.c:\d+\);first \[tiny\] .*", line)


URL = "https://example.org/tree/{file}?h=v7.3#n{line}"


@pytest.mark.thorough
def test_stacks_of_a_report_link_to_their_lines(tiny_lines: Tool) -> None:
    page = tiny_lines.folder / "r.html"
    tiny_lines.ok("report", "dump", "--source-url", URL, "-o", page)
    text = page.read_text("utf-8")
    [data] = re.findall(r'id="report-data">(.*?)</script>', text)
    tables = json.loads(data)["tables"].values()
    [stacks] = [table for table in tables if table["name"] == "stacks"]
    assert stacks["sourceUrl"] == URL
    frames = stacks["rows"][0][2]
    assert re.fullmatch(r"second \(.*tiny\.c:\d+\)", frames[-1])
    assert re.search(r'href="https://example\.org/tree/[^"<]*tiny\.c\?h=v7\.3#n\d+"', text)


def test_a_page_links_into_the_web_only(tiny_lines: Tool) -> None:
    for url in ("javascript:alert('{file}')", "data:{file}", "https://{file}/x", "{file}"):
        for command in ("report", "flame"):
            told = tiny_lines.fails(
                2, command, "dump", "--source-url", url, "-o", tiny_lines.folder / "x.html"
            )
            assert told.startswith("--source-url: a page links to https://HOST/")


@pytest.mark.thorough
def test_lines_that_nobody_knows_are_an_error(dump_of_tiny: Tool, tiny: Path) -> None:
    told = "--lines: no frame has a source line"
    assert told in dump_of_tiny.fails(1, "top", "dump", "--lines")
    dump_of_tiny.ok("symbols", "add", tiny)
    told = "--lines: shows the lines of stacks; group --by stack"
    assert dump_of_tiny.fails(2, "top", "dump", "--lines", "--by", "comm") == told
    assert dump_of_tiny.fails(2, "top", "--source-url", "x").startswith(
        "--source-url: has no {file}"
    )


@pytest.mark.thorough
def test_a_broken_budget_is_placed_at_the_owners_line(tiny_lines: Tool) -> None:
    budget = tiny_lines.folder / "x.toml"
    budget.write_text("[[budget]]\nname = 'x'\nby = 'owner'\nmax_bytes = 0\n")
    done = tiny_lines.run("check", "dump", "--budget", budget, "--format", "sarif")
    assert done.code == 4
    [run] = json.loads(done.out)["runs"]
    [place] = run["results"][0]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"].endswith("tiny.c")
    assert place["logicalLocations"][0]["name"] in ("first", "second")


@pytest.mark.thorough
def test_a_bare_address_is_placed_in_its_module(tool: Tool, tiny: Path) -> None:
    [file] = read_symbol_file(str(tiny))
    first = min(file.functions, key=lambda each: each.address)
    path, listed = tool.folder / "dump.txt", tool.folder / "modules"
    path.write_text(record(" 0xffffffffa0000004\n 0xffffffffa0200000"))
    listed.write_text(
        "tiny 4096 0 - Live 0xffffffffa0000000\nother 4096 1 tiny, Live 0xffffffffa0100000\n"
        "third 4096 0 - Live 0xffffffffa0120000 (O)\n"
    )
    tool.ok("load", path)
    assert tool.ok("symbols", "add", listed).out.startswith("modules: 3 modules placed")
    tool.ok("symbols", "add", tiny)
    rows = tool.rows("SELECT function, file, reason FROM source_frames ORDER BY pos, depth")
    assert rows[-1] == ("0xffffffffa0200000", None, NO_FUNCTION)
    assert rows[-2][0] == first.name
    assert Path(str(rows[-2][1])).name == "tiny.c"


def test_a_module_with_numbers_that_no_kernel_prints_is_left_out() -> None:
    lines = ("a 1 0 - Live 0x10", f"b {'9' * 5000} 0 - Live 0x10", f"c 1 0 - Live 0x{'f' * 17}")
    assert read_modules("\n".join(lines)) == [LoadedModule("a", 1, 16)]


def test_bare_addresses_are_placed_by_kallsyms(tool: Tool) -> None:
    path, listed = tool.folder / "dump.txt", tool.folder / "kallsyms"
    path.write_text(record(" alpha+0x4/0x10\n 0xffffffff81000018\n 0xffffffff81000030"))
    listed.write_text(
        "ffffffff81000000 T alpha\nffffffff81000010 t beta\nffffffff81000020 D data\n"
    )
    tool.ok("load", path)
    out = tool.ok("symbols", "add", listed).out
    assert out == "vmlinux: 2 functions, no lines, fits 1 dumps\n"
    rows = tool.rows("SELECT function, reason FROM source_frames ORDER BY pos")
    no_lines = "the file has symbols, no lines"
    assert rows == [
        ("alpha", no_lines),
        ("beta", no_lines),
        ("0xffffffff81000030", NO_FUNCTION),
    ]

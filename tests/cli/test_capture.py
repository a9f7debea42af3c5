import contextlib
import errno
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

import pageowner_sql as po
from pageowner_sql import captures
from pageowner_sql.errors import UsageError
from pageowner_sql.live.bundle import BundleWriter
from tests.conftest import DumpPath
from tests.support.live_file import Manner, StandIn, machine_folder
from tests.support.tool import Tool

ACCOUNTS = ("meminfo", "zoneinfo", "buddyinfo", "pagetypeinfo", "slabinfo", "vmallocinfo")


class Captured:
    """A machine to capture: a folder with its files, and a stand-in for the live one."""

    def __init__(self, root: Path, file: StandIn) -> None:
        self.root = root
        self.file = file


@pytest.fixture
def machine(tmp_path: Path, dump: DumpPath, monkeypatch: pytest.MonkeyPatch) -> Captured:
    texts: dict[str, str | bytes] = {
        f"proc/{name}": dump(f"linux-7.3/{name}").read_bytes() for name in ACCOUNTS[1:]
    }
    texts["proc/meminfo"] = dump("linux-7.3/t0.meminfo").read_bytes()
    root = machine_folder(tmp_path / "root", texts)
    file = StandIn(first_records(dump("linux-7.3/t0.txt"), 6000))
    monkeypatch.setattr(captures, "SYSTEM", file.calls)
    return Captured(root, file)


def first_records(path: Path, number: int) -> bytes:
    """As many as several readers take several ranges of pages for."""
    return b"".join(record + b"\n\n" for record in path.read_bytes().split(b"\n\n")[:number])


def test_a_machine_goes_into_the_database(tool: Tool, machine: Captured) -> None:
    done = tool.ok("capture", "--root", machine.root, "--label", "now", "--readers", "3")
    assert done.out.startswith(f"now: {len(machine.file.records):,} records, 0 rejected")
    assert tool.text("now") == machine.file.text
    [(host, kernel, boot, size, given)] = tool.rows(
        "SELECT host, kernel, boot_id, page_size, page_size_given FROM dumps"
    )
    assert (host, kernel, size, given) == ("node7", "7.3.4", 4096, True)
    assert str(boot).startswith("c5b1fd0e")
    accounts = tool.rows("SELECT kind FROM account_files ORDER BY kind")
    assert [kind for (kind,) in accounts] == sorted(ACCOUNTS)
    assert tool.rows("SELECT tgid, comm, start_ts, cgroup FROM processes ORDER BY tgid") == [
        (1, "in) it", 520_000_000, "/init.scope"),
        (77, "a\nb", 9_000_000_000, "/box"),
    ]
    assert tool.rows("SELECT module, bytes, uses FROM modules ORDER BY module") == [
        ("veth", 40960, 0),
        ("zram", 49152, 1),
    ]


@pytest.mark.thorough
def test_the_label_is_the_host_and_the_time(tool: Tool, machine: Captured) -> None:
    tool.ok("capture", "--root", machine.root)
    [label] = tool.labels()
    assert label.startswith("node7-20")


@pytest.mark.sampled
@pytest.mark.parametrize("ending", [".tar.zst", ".tar.gz", ".tar"])
def test_a_bundle_holds_the_same(
    tool: Tool, machine: Captured, tmp_path: Path, ending: str
) -> None:
    bundle = tmp_path / f"now{ending}"
    tool.ok("capture", "--root", machine.root, "-o", bundle)
    assert not tool.db.exists()
    tool.ok("load", bundle)
    assert tool.labels() == ["now"]
    assert tool.text("now") == machine.file.text
    assert tool.rows("SELECT host, page_size_given FROM dumps") == [("node7", True)]
    assert tool.rows("SELECT count(*) FROM account_files") == [(len(ACCOUNTS),)]
    assert tool.rows("SELECT count(*) FROM processes") == [(2,)]
    assert tool.ok("load", bundle).out == f"{bundle}: is in the database already, as now\n"


def test_tar_can_list_a_bundle(tool: Tool, machine: Captured, tmp_path: Path) -> None:
    tool.ok("capture", "--root", machine.root, "-o", tmp_path / "now.tar")
    with tarfile.open(tmp_path / "now.tar") as file:
        names = file.getnames()
        pieces = [file.extractfile(name) for name in names if name.startswith("page_owner/")]
        text = b"".join(piece.read() for piece in pieces if piece)
    assert names[0] == "pageowner_sql/moment"
    assert names[-1] == "pageowner_sql/end"
    assert text == machine.file.text


@pytest.mark.sampled
@pytest.mark.parametrize("size", [100, 600, 5000, 1 << 20, -2000])
def test_a_bundle_that_is_cut_short_is_not_loaded(
    tool: Tool, machine: Captured, tmp_path: Path, size: int
) -> None:
    whole = tmp_path / "now.tar"
    tool.ok("capture", "--root", machine.root, "-o", whole)
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole.read_bytes()[:size])
    assert tool.run("load", cut).code == 1
    assert not tool.db.exists()


def test_a_damaged_bundle_is_not_loaded(tool: Tool, machine: Captured, tmp_path: Path) -> None:
    whole = tmp_path / "now.tar"
    tool.ok("capture", "--root", machine.root, "-o", whole)
    data = bytearray(whole.read_bytes())
    data[data.index(b"meminfo\0") + 3] ^= 1
    whole.write_bytes(data)
    assert tool.fails(1, "load", whole) == f"{whole}: is damaged: a header was altered"


@pytest.mark.parametrize("name", ["meminfo", "pageowner_sql/moment"])
def test_a_bundle_with_a_member_twice_is_not_loaded(
    tool: Tool, machine: Captured, tmp_path: Path, name: str
) -> None:
    """Neither is the true one, and joining them would take the square of their number."""
    bundle = tmp_path / "now.tar"
    with bundle.open("wb") as file:
        writer = BundleWriter(file, {"host": "a"})
        writer.add("meminfo", b"MemTotal: 1 kB\n")
        writer.add_piece(machine.file.text)
        writer.add(name, b"MemTotal: 2 kB\n")
        writer.end()
    assert tool.fails(1, "load", bundle) == f"{bundle}: is damaged: {name!r} is there twice"
    assert not tool.db.exists()


def test_a_bundle_with_an_endless_label_is_not_loaded(
    tool: Tool, machine: Captured, tmp_path: Path
) -> None:
    bundle = tmp_path / "now.tar"
    with bundle.open("wb") as file:
        writer = BundleWriter(file, {"label": "x" * 1_000_000})
        writer.add_piece(machine.file.text)
        writer.end()
    told = tool.fails(1, "load", bundle)
    assert told == f"{bundle}: is not a bundle that capture made: a fact is too long"


@pytest.fixture
def by_handles(machine: Captured, dump: DumpPath, monkeypatch: pytest.MonkeyPatch) -> Captured:
    machine.file = StandIn(dump("linux-7.3/t2.stack_handle.txt").read_bytes(), Manner.SETTINGS)
    folder = machine.root / "sys/kernel/debug/page_owner_stacks"
    folder.mkdir(parents=True)
    (folder / "show_stacks_handles").write_bytes(
        dump("linux-7.3/show_stacks_handles.txt").read_bytes()
    )
    monkeypatch.setattr(captures, "SYSTEM", machine.file.calls)
    return machine


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("bundle", [True, False])
def test_handles_lose_no_stack(
    tool: Tool, by_handles: Captured, tmp_path: Path, bundle: bool
) -> None:
    if bundle:
        tool.ok("capture", "--root", by_handles.root, "-o", tmp_path / "now.tar")
        tool.ok("load", tmp_path / "now.tar")
    else:
        tool.ok("capture", "--root", by_handles.root, "--label", "now")
    assert tool.text("now") == by_handles.file.as_shown("handle")
    assert tool.labels() == ["now", "now.handles"]
    tool.ok("capture", "--root", by_handles.root, "--label", "stacks", "--mode", "stack")
    assert tool.text("stacks") == by_handles.file.as_shown("stack")
    sql = """
        SELECT stack, count(*), sum(pages) FROM live_allocations WHERE dump = $dump
        GROUP BY stack ORDER BY stack
    """
    assert tool.rows(sql, dump="now") == tool.rows(sql, dump="stacks")
    assert tool.ok("top").err.startswith("stacks: the dump loaded last")


@pytest.mark.thorough
def test_nodes_are_selected(tool: Tool, by_handles: Captured) -> None:
    tool.ok("capture", "--root", by_handles.root, "--nid", "0", "--label", "node0")
    assert tool.rows("SELECT DISTINCT node FROM allocations") == [(0,)]


def test_what_the_kernel_cannot_do_is_said(tool: Tool, machine: Captured) -> None:
    said = tool.fails(1, "capture", "--root", machine.root, "--mode", "handle")
    assert said.endswith("this kernel cannot print handles; use --mode stack")
    said = tool.fails(1, "capture", "--root", machine.root, "--nid", "0")
    assert said.endswith("cannot give the pages of nodes 0; leave out --nid")
    machine.file.refusal = OSError(errno.ENOENT, "No such file or directory")
    said = tool.fails(1, "capture", "--root", machine.root)
    assert said.endswith("debugfs is not mounted; mount -t debugfs none /sys/kernel/debug")


def test_a_bundle_needs_a_name_that_says_so(tool: Tool, machine: Captured, tmp_path: Path) -> None:
    said = tool.fails(2, "capture", "--root", machine.root, "-o", tmp_path / "now.txt")
    assert said.endswith("not a bundle's name; use NAME.tar.zst, or .tar, .gz, .xz, …")


SHELLS = [
    pytest.param(command, marks=pytest.mark.skipif(not shutil.which(command[0]), reason="not here"))
    for command in (["dash"], ["busybox", "sh"], ["mksh"], ["bash", "--posix"])
]


def run_script(shell: list[str], script: str, root: Path, **extra: str) -> bytes:
    env = {"PATH": os.environ["PATH"], "PROC": f"{root}/proc", "SYS": f"{root}/sys", **extra}
    command = [*shell, "-s"]
    done = subprocess.run(command, input=script.encode(), capture_output=True, env=env, check=False)
    assert done.stderr == b""
    return done.stdout


def with_ordinary_file(machine: Captured) -> None:
    """Let the script read the dump, from which dd takes 64 KiB a read instead of a record."""
    path = machine.root / "sys/kernel/debug/page_owner"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(machine.file.text)


@pytest.mark.sampled
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("compress", ["cat", "gzip -1"])
def test_the_script_makes_the_same_bundle(
    tool: Tool, machine: Captured, tmp_path: Path, shell: list[str], compress: str
) -> None:
    with_ordinary_file(machine)
    script = tool.ok("capture", "--print-script", "--label", "it's now").out
    bundle = tmp_path / "script.tar"
    bundle.write_bytes(run_script(shell, script, machine.root, COMPRESS=compress))
    tool.ok("load", bundle)
    assert tool.labels() == ["it's now"]
    assert tool.text("it's now") == machine.file.text
    accounts = tool.rows("SELECT kind FROM account_files ORDER BY kind")
    assert [kind for (kind,) in accounts] == sorted(ACCOUNTS)
    ours = tmp_path / "ours.tar"
    tool.ok("capture", "--root", machine.root, "-o", ours)
    assert members(bundle) == members(ours)


@pytest.mark.thorough
@pytest.mark.skipif(not shutil.which("toybox"), reason="toybox is not here")
@pytest.mark.skipif(not shutil.which("busybox"), reason="busybox is not here")
def test_toybox_is_enough(tool: Tool, machine: Captured, tmp_path: Path) -> None:
    """Its tools, as Android has them; Debian's lacks dd and gzip, which busybox lends."""
    with_ordinary_file(machine)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ["cat", "date", "id", "mktemp", "od", "printf", "rm", "sed", "sleep", "wc"]:
        (tools / name).symlink_to(str(shutil.which("toybox")))
    for name in ("dd", "gzip"):
        (tools / name).symlink_to(str(shutil.which("busybox")))
    shell = shutil.which("mksh") or shutil.which("dash") or "sh"
    script = tool.ok("capture", "--print-script", "--label", "phone").out
    bundle = tmp_path / "phone.tar.gz"
    bundle.write_bytes(run_script([shell], script, machine.root, PATH=str(tools)))
    tool.ok("load", bundle)
    assert tool.text("phone") == machine.file.text


def stand_in(folder: Path, name: str, machine: Captured, body: str) -> str:
    """A program that runs a command in the machine's stead, as adb and the like do."""
    path = folder / name
    env = f"export PROC={machine.root}/proc SYS={machine.root}/sys"
    path.write_text(f"#!/bin/sh\n{env}\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("name", "words", "body"),
    [
        # ssh, adb and a serial console's program give one line to a shell.
        ("ssh", "root@host", 'shift; exec sh -c "$*"'),
        ("adb", "shell -T", 'shift 2; exec sh -c "$*"'),
        # These execute words, after an end of their own options.
        ("kubectl", "exec -i pod --", 'shift 4; exec "$@"'),
        ("docker", "exec -i box", 'shift 3; exec "$@"'),
    ],
)
def test_each_way_to_another_machine(  # fixtures
    tool: Tool, machine: Captured, tmp_path: Path, name: str, words: str, body: str
) -> None:
    with_ordinary_file(machine)
    program = stand_in(tmp_path, name, machine, body)
    tool.ok("capture", "--via", f"{program} {words}", "--label", name)
    assert tool.text(name) == machine.file.text


def test_a_terminal_in_between_is_told(tool: Tool, machine: Captured, tmp_path: Path) -> None:
    """It turns each line feed of the bundle into two characters, as `adb shell` may."""
    with_ordinary_file(machine)
    program = stand_in(tmp_path, "adb", machine, "sh | sed 's/$/\\r/'")
    done = tool.run("capture", "--via", f"{program} shell", "--label", "phone")
    assert done.code == 1
    assert not tool.db.exists()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.skipif(not Path("/usr/sbin/sshd").exists(), reason="sshd is not here")
@pytest.mark.skipif(os.geteuid() != 0, reason="sshd takes root")
def test_a_real_ssh_reaches_another_machine(tool: Tool, machine: Captured, tmp_path: Path) -> None:
    with_ordinary_file(machine)
    Path("/run/sshd").mkdir(exist_ok=True)
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    port = free_port()
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nPermitRootLogin yes\n"
        f"PasswordAuthentication no\nUsePAM no\n"
        f"SetEnv PROC={machine.root}/proc SYS={machine.root}/sys\n"
    )
    with subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "config")]) as server:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.1)
            via = (
                f"ssh -q -p {port} -i {folder}/user -F none -o StrictHostKeyChecking=no "
                f"-o UserKnownHostsFile={folder}/known root@127.0.0.1"
            )
            tool.ok("capture", "--via", via, "--label", "there")
        finally:
            server.kill()
    assert tool.text("there") == machine.file.text


def members(bundle: Path) -> dict[str, bytes]:
    """The small files of a bundle."""
    with tarfile.open(bundle) as file:
        found = {name: file.extractfile(name) for name in file.getnames()}
        return {
            name: member.read()
            for name, member in found.items()
            if member and not name.startswith(("page_owner/", "pageowner_sql/"))
        }


def test_a_command_captures_another_machine(tool: Tool, machine: Captured, tmp_path: Path) -> None:
    with_ordinary_file(machine)
    via = f"env PROC={machine.root}/proc SYS={machine.root}/sys"
    done = tool.ok("capture", "--via", via, "--label", "there")
    assert done.out.startswith(f"there: {len(machine.file.records):,} records")
    assert tool.text("there") == machine.file.text
    tool.ok("capture", "--via", via, "-o", tmp_path / "copy.tar.zst")
    assert "is in the database already, as there" in tool.ok("load", tmp_path / "copy.tar.zst").out


def test_a_command_that_fails_loads_nothing(tool: Tool, machine: Captured) -> None:
    done = tool.run("capture", "--via", f"env PROC={machine.root}/proc SYS={machine.root}/sys")
    assert done.code == 1
    assert "debugfs is not mounted; mount -t debugfs none" in done.err
    assert not tool.db.exists()
    said = tool.fails(1, "capture", "--via", "/no/such/program")
    assert said.startswith("--via /no/such/program: ")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "--via: is empty; name a command that runs sh, as 'ssh root@host'"),
        ("ssh 'host", "--via: no closing quotation: ssh 'host"),
    ],
)
def test_what_is_no_command_is_said(tool: Tool, command: str, said: str) -> None:
    assert tool.fails(2, "capture", "--via", command) == said


@pytest.mark.parametrize("option", [["--readers", "2"], ["--mode", "handle"], ["--root", "/other"]])
def test_what_the_script_cannot_do_is_said(tool: Tool, option: list[str]) -> None:
    assert tool.fails(2, "capture", "--via", "true", *option).startswith("--via: ")


def test_a_bundle_replaces_no_file_in_use(tool: Tool, machine: Captured, tmp_path: Path) -> None:
    tool.ok("capture", "--root", machine.root, "--label", "now")
    live = tmp_path / "live.txt"
    live.write_bytes(b"read as it is\n")
    words = ("capture", "--root", machine.root, "--file", live, "-o")
    for place, said in (
        (tool.db, "belongs to the database in use; give another file"),
        (live, "is an input; give another file to write to"),
        (machine.root / "proc/meminfo", "is an input; give another file to write to"),
    ):
        before = place.read_bytes()
        link = tmp_path / "x.tar"
        link.unlink(missing_ok=True)
        link.hardlink_to(place)
        assert tool.fails(2, *words, link) == f"{link}: {said}"
        with po.open(tool.db) as db, pytest.raises(UsageError, match=said.split(";")[0]):
            db.capture(link, root=machine.root, file=live)
        assert place.read_bytes() == before


@pytest.fixture
def summing(machine: Captured, dump: DumpPath) -> Captured:
    """A 7.3 machine, which has sums of stacks too."""
    folder = machine.root / "sys/kernel/debug/page_owner_stacks"
    folder.mkdir(parents=True)
    for name in ("show_stacks", "show_handles", "show_stacks_handles"):
        (folder / name).write_bytes(dump(f"linux-7.3/{name}.txt").read_bytes())
    return machine


def test_a_bundle_is_taken_whole(tool: Tool, summing: Captured, tmp_path: Path) -> None:
    """The kernel's sums of stacks are a sample, which no question adds to the dump."""
    tool.ok("capture", "--root", summing.root, "-o", tmp_path / "now.tar")
    with tarfile.open(tmp_path / "now.tar") as file:
        names = file.getnames()
    done = tool.ok("load", tmp_path / "now.tar")
    assert "now: with show_handles as sample @20" in done.err
    assert "; show_stacks says the same" in done.err
    assert tool.labels() == ["now"]
    kept = {kind for (kind,) in tool.rows("SELECT kind FROM account_files")}
    kept |= {source for (source,) in tool.rows("SELECT source FROM samples")}
    kept |= {"processes", "modules", "show_stacks_handles", "show_stacks"}
    files = {name for name in names if not name.startswith(("pageowner_sql/", "page_owner/"))}
    assert files <= kept
    [(sample, dump)] = tool.rows("SELECT s.taken_at, d.captured_at FROM samples s, dumps d")
    assert sample == dump
    lines = (summing.root / "sys/kernel/debug/page_owner_stacks/show_handles").read_text()
    pages = sum(int(line.split()[1]) for line in lines.splitlines() if "nr_base_pages" in line)
    assert tool.rows("SELECT sum(bytes) FROM sampled") == [(pages * 4096,)]
    [(bytes_,)] = tool.rows("SELECT sum(pages) * 4096 FROM dumps")
    rows = json.loads(tool.ok("top", "--by", "subsystem", "--format", "json").out)
    assert sum(row["bytes"] for row in rows) == bytes_
    tool.ok("top", f"@{sample:%Y-%m-%dT%H:%M:%S}")


def test_sums_of_stacks_are_kept_once(tool: Tool, summing: Captured, tmp_path: Path) -> None:
    tool.ok("capture", "--root", summing.root, "-o", tmp_path / "now.tar")
    for _ in range(2):
        tool.ok("load", tmp_path / "now.tar")
        tool.ok("dumps", "rm", "now")
    assert tool.rows("SELECT count(*) FROM samples") == [(1,)]


@pytest.mark.parametrize(
    ("facts", "sums", "said"),
    [
        ({}, b" f+0x1/0x2\nnr_base_pages: 5\n\n", "show_stacks: skipped: the capture has no time"),
        ({"captured_at": "1"}, b"nothing\n", "show_stacks: skipped: no stack with its count"),
        (
            {"captured_at": "1", "page_size": "1048576", "uptime": "inf"},
            b" f+0x1/0x2\nnr_base_pages: 9999999999\n\n" * 500,
            "counts more memory than there can be",
        ),
    ],
)
def test_hostile_sums_of_stacks(
    tool: Tool, machine: Captured, tmp_path: Path, facts: dict[str, str], sums: bytes, said: str
) -> None:
    with (tmp_path / "x.tar").open("wb") as file:
        writer = BundleWriter(file, facts)
        writer.add("show_stacks", sums)
        writer.add_piece(machine.file.text)
        writer.end()
    done = tool.ok("load", tmp_path / "x.tar")
    assert said in done.err
    assert tool.rows("SELECT count(*) FROM samples") == [(0,)]

import errno
import os
from pathlib import Path

import pytest

from pageowner_sql.live.access import explain_failure
from pageowner_sql.live.machine import PAGE_OWNER, Machine
from tests.support.live_file import machine_folder

MOUNTED = {"proc/mounts": "debugfs /sys/kernel/debug debugfs rw 0 0\n"}
MISSING = OSError(errno.ENOENT, "No such file or directory")
ON = "add page_owner=on to the kernel's command line and boot again"


@pytest.mark.parametrize(
    ("texts", "error", "said"),
    [
        ({}, MISSING, "debugfs is not mounted; mount -t debugfs none /sys/kernel/debug"),
        ({"proc/filesystems": "tmpfs\n"}, MISSING, "this kernel has no debugfs"),
        (MOUNTED, MISSING, f"page_owner is off ({ON}), or this kernel was built without"),
        (
            {**MOUNTED, "boot/config-7.3.4": "\nCONFIG_PAGE_OWNER=y\n"},
            MISSING,
            f"page_owner is off; {ON}",
        ),
        (
            {**MOUNTED, "boot/config-7.3.4": "\n# CONFIG_PAGE_OWNER is not set\n"},
            MISSING,
            "this kernel was built without CONFIG_PAGE_OWNER",
        ),
        (
            {**MOUNTED, "proc/cmdline": "page_owner=on\n"},
            MISSING,
            "page_owner=on is given, but this kernel was built without CONFIG_PAGE_OWNER",
        ),
        (
            {"sys/kernel/security/lockdown": "none [integrity] confidentiality\n"},
            PermissionError(errno.EPERM, "Operation not permitted"),
            "kernel lockdown (integrity) forbids debugfs",
        ),
        (
            {},
            PermissionError(errno.EPERM, "Operation not permitted"),
            "root may not read it (Operation not permitted); a container needs",
        ),
    ],
)
def test_the_reason_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    texts: dict[str, str | bytes],
    error: OSError,
    said: str,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine = Machine(str(machine_folder(tmp_path, texts)))
    path = str(machine.path(PAGE_OWNER))
    assert str(explain_failure(machine, path, error)).startswith(f"{path}: {said}")


def test_only_root_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    machine = Machine(str(machine_folder(tmp_path)))
    error = PermissionError(errno.EACCES, "Permission denied")
    said = str(explain_failure(machine, str(machine.path(PAGE_OWNER)), error))
    assert said.endswith("only root may read it; run this with sudo")

"""Why a machine's page_owner file cannot be opened, and what to do about it."""

from __future__ import annotations

import errno
import gzip
import os
import re
from contextlib import suppress

from pageowner_sql.errors import InputError
from pageowner_sql.live.machine import PAGE_OWNER, Machine

_ON = "add page_owner=on to the kernel's command line and boot again"
_LOCKED = re.compile(r"\[(integrity|confidentiality)\]")


def explain_failure(machine: Machine, path: str, error: OSError) -> InputError:
    """The reason that `path` cannot be opened. Reads the machine's state if the file is its own."""
    if path != str(machine.path(PAGE_OWNER)):
        return InputError(f"{path}: {error.strerror}")
    return InputError(f"{path}: {_reason(machine, error)}")


def _reason(machine: Machine, error: OSError) -> str:
    lockdown = _LOCKED.search(machine.word("sys/kernel/security/lockdown"))
    if error.errno in (errno.EACCES, errno.EPERM):
        if os.geteuid() != 0:
            return "only root may read it; run this with sudo"
        if lockdown:
            return (
                f"kernel lockdown ({lockdown[1]}) forbids debugfs; switch Secure Boot off, or boot "
                f"without lockdown= on the command line"
            )
        return f"root may not read it ({error.strerror}); a container needs the host's debugfs"
    if error.errno != errno.ENOENT:
        return f"cannot be opened: {error.strerror}"
    return _missing(machine)


def _missing(machine: Machine) -> str:
    built = _is_built(machine)
    if built is False:
        return "this kernel was built without CONFIG_PAGE_OWNER; build it with that"
    if b"debugfs" not in machine.text("proc/filesystems"):
        return (
            "this kernel has no debugfs; build it with CONFIG_DEBUG_FS, and boot without "
            "debugfs=off on the command line"
        )
    if not _is_mounted(machine):
        return "debugfs is not mounted; mount -t debugfs none /sys/kernel/debug"
    if "page_owner=on" in machine.word("proc/cmdline").split() and built is None:
        return "page_owner=on is given, but this kernel was built without CONFIG_PAGE_OWNER"
    if built:
        return f"page_owner is off; {_ON}"
    return f"page_owner is off ({_ON}), or this kernel was built without CONFIG_PAGE_OWNER"


def _is_mounted(machine: Machine) -> bool:
    mounts = [line.split() for line in machine.text("proc/mounts").splitlines()]
    places = {words[1] for words in mounts if len(words) > 2 and words[2] == b"debugfs"}
    return b"/sys/kernel/debug" in places


def _is_built(machine: Machine) -> bool | None:
    """Whether the kernel's configuration has page_owner; None where it cannot be found."""
    release = machine.word("proc/sys/kernel/osrelease")
    texts = [machine.text("proc/config.gz"), machine.text(f"boot/config-{release}")]
    with suppress(OSError, EOFError):
        texts[0] = gzip.decompress(texts[0])
    known = next((text for text in texts if b"CONFIG_" in text), None)
    return None if known is None else b"\nCONFIG_PAGE_OWNER=y" in known

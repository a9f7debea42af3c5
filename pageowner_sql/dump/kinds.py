"""The files this project can read, as a closed set of words."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a file is. The words are the kernel's file names, or those of the tool that wrote it."""

    PAGE_OWNER = "page_owner"
    SHOW_STACKS = "show_stacks"
    SHOW_HANDLES = "show_handles"
    SHOW_STACKS_HANDLES = "show_stacks_handles"
    SORTED = "sorted"
    DMESG = "dmesg"
    GDB = "lx-dump-page-owner"
    CRASH = "crash-owner"
    MINIDUMP = "minidump"
    PAGE_TRACKING = "page_tracking"
    PAGE_FREQUENCY = "page_frequency"
    PAGEOWNER_DUMP = "pageowner_dump"
    MEMINFO = "meminfo"
    ALLOCINFO = "allocinfo"
    SLABINFO = "slabinfo"
    BUDDYINFO = "buddyinfo"
    PAGETYPEINFO = "pagetypeinfo"
    VMALLOCINFO = "vmallocinfo"
    ZONEINFO = "zoneinfo"
    BUNDLE = "bundle"
    UNKNOWN = "unknown"


# Dumps that say who owns memory, in less detail than page_owner itself.
SUMMARY_KINDS = frozenset(
    {
        Kind.SHOW_STACKS,
        Kind.SHOW_HANDLES,
        Kind.SHOW_STACKS_HANDLES,
        Kind.SORTED,
        Kind.DMESG,
        Kind.GDB,
        Kind.CRASH,
        Kind.MINIDUMP,
        Kind.PAGE_TRACKING,
        Kind.PAGE_FREQUENCY,
        Kind.PAGEOWNER_DUMP,
    }
)

# Files that lie beside a dump and say how much memory there is.
ACCOUNT_KINDS = frozenset(
    {
        Kind.MEMINFO,
        Kind.ALLOCINFO,
        Kind.SLABINFO,
        Kind.BUDDYINFO,
        Kind.PAGETYPEINFO,
        Kind.VMALLOCINFO,
        Kind.ZONEINFO,
    }
)

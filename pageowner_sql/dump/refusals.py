"""Error messages for files that are not dumps, or were mangled."""

from __future__ import annotations

import re

from pageowner_sql.dump.formats import START
from pageowner_sql.dump.sniff import BUNDLE_START
from pageowner_sql.errors import InputError

_PREFIXED = re.compile(
    rb"^([^\n]{1,80}?)Page allocated via order \d+, mask [^\n]*\n([^\n]{1,80}?)PFN ", re.MULTILINE
)
# A tar of anything, and zip, 7z, rar, compress, lzma and lzip.
_TAR = re.compile(rb"[^\0].{256}ustar[ \0]", re.DOTALL)
_OTHERS = (
    (b"PK\3\4", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\7", "a rar archive"),
    (b"\x1f\x9d", "a file of compress"),
    (b"\x5d\0\0\x80\0\xff", "an lzma file"),
    (b"\x5d\0\0\0\4\xff", "an lzma file"),
    (b"LZIP", "an lzip file"),
    (b"\x1f\x8b\x08", "a gzip file, compressed twice"),
    (b"\xfd7zXZ\0", "an xz file, compressed twice"),
    (b"\x28\xb5\x2f\xfd", "a zstd file, compressed twice"),
)


def refuse_archive(name: str, head: bytes) -> None:
    """Raise InputError where `head`, the start of a text, is that of a file of other files."""
    what = next((what for magic, what in _OTHERS if head.startswith(magic)), "")
    if _TAR.match(head) and not head.startswith(BUNDLE_START):
        what = "a tar archive"
    if what:
        raise InputError(f"{name}: is {what}; unpack it, and load what is in it")


def refuse_mangled(name: str, head: bytes) -> None:
    """Raise InputError where `head`, the start of a dump, was altered on its way here."""
    # Every line, because a process can put a CR and a newline into its own name.
    if START in head and head.count(b"\r\n") == head.count(b"\n") > 1:
        raise InputError(
            f"{name}: the lines end in CR LF; give back the kernel's with "
            f"`tr -d '\\r' <FILE` and load that"
        )
    if head.startswith(START) or b"\n" + START in head:
        return
    widths = {(len(header), len(pfn)) for header, pfn in _PREFIXED.findall(head)}
    if len(widths) == 1 and len(set(*widths)) == 1:
        width = widths.pop()[0]
        raise InputError(
            f"{name}: every line seems to have a prefix of {width} bytes; take it off with "
            f"`cut -b {width + 1}- FILE` and load that"
        )


def no_record(name: str, size: int, first: tuple[int, str] | None = None) -> str:
    """The message for a text of `size` bytes that is not a dump.

    `first` is the line of the first reject that begins like a record, and its reason.
    """
    if not size:
        return f"{name}: is empty"
    if first:
        return f"{name}: holds no page_owner record that can be read; line {first[0]:,}: {first[1]}"
    return f"{name}: holds no page_owner record; a record begins with 'Page allocated via order '"

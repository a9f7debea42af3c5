"""Posted accounts of memory (meminfo, slabinfo, …) -> the lines as the kernel printed them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pageowner_sql.dump.accounts import parse_account
from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.lines import Filler, Reject
from pageowner_sql.dump.posted.lines import PostedLine, decode, remove_double_spacing, split
from pageowner_sql.dump.posted.prefixes import take_off
from pageowner_sql.dump.posted.repairs import Repairs
from pageowner_sql.dump.sniff import sniff_kind

# No machine's accounts are larger; allocinfo has some thousand lines.
LARGEST = 8 << 20

# In these each line is read by itself; the others have sections.
_OF_LINES = frozenset(
    {Kind.MEMINFO, Kind.ALLOCINFO, Kind.SLABINFO, Kind.BUDDYINFO, Kind.VMALLOCINFO}
)
_MOST_PARTS = 4
_SLABINFO = b"slabinfo - version: "
# What can follow a whole line of vmallocinfo.
_VMALLOC_END = re.compile(
    rb"(?:\S+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[[\w-]+\])?)?"
    rb"(?:(?:pages|phys|N[0-9]+)=\S++|ioremap|vmalloc|vmap|user|vpages|dma-coherent|unpurged"
    rb"|[ \t])*"
)


@dataclass(frozen=True)
class PostedAccount:
    """An account as the kernel printed it, and what was done to the posted text, in words."""

    kind: Kind
    text: bytes
    repairs: tuple[str, ...]


def read_posted_account(raw: bytes) -> PostedAccount | None:
    """Read an account as posted; None where the strict reading gives as much."""
    before = _judge(sniff_kind(raw), raw)
    mine = before.rows and not before.rejects
    if len(raw) > LARGEST or (mine and (_SLABINFO not in raw or raw.startswith(_SLABINFO))):
        return None
    repairs = Repairs()
    lines = split(decode(raw, repairs), repairs)
    lines = remove_double_spacing(take_off(lines, repairs), repairs)
    repairs.count("{} tab(s) made blanks", sum(line.text.count(b"\t") for line in lines))
    lines = [line._replace(text=line.text.replace(b"\t", b" ")) for line in lines]
    text = b"".join(line.text + b"\n" for line in lines)
    kind = sniff_kind(b"\n".join(line.text.strip(b" \t") for line in lines))
    if kind not in ACCOUNT_KINDS:
        return None
    if kind in _OF_LINES:
        text = _joined(kind, lines, repairs)
    after = _judge(kind, text)
    if after.score <= before.score:
        return None
    repairs.count("{} line(s) around it skipped", sum(bool(each.strip()) for each in after.rejects))
    return PostedAccount(kind, after.kept, repairs.words() or ("lines written as the kernel does",))


@dataclass(frozen=True)
class _Judged:
    """What the strict reading makes of a text: rows, rejected lines, and the text without those."""

    rows: int
    rejects: tuple[bytes, ...]
    kept: bytes

    @property
    def score(self) -> tuple[int, int, bool]:
        # Of slabinfo a prefix reads as a part of the cache's name, but not in its first line.
        return self.rows, -len(self.rejects), self.kept.startswith(_SLABINFO)


def _judge(kind: Kind, text: bytes) -> _Judged:
    if kind not in ACCOUNT_KINDS:
        return _Judged(0, (), b"")
    items = list(parse_account(kind, [text]))
    rejects = [item for item in items if isinstance(item, Reject)]
    rows = sum(not isinstance(item, Reject | Filler) for item in items)
    kept, done = [], 0
    for item in rejects:
        kept.append(text[done : item.at.offset])
        done = item.at.offset + item.at.size
    return _Judged(rows, tuple(item.raw for item in rejects), b"".join([*kept, text[done:]]))


def _joined(kind: Kind, lines: list[PostedLine], repairs: Repairs) -> bytes:
    """The lines without the blanks around them, those joined that a mail program broke."""
    texts = [line.text.strip(b" \t") for line in lines]
    out: list[bytes] = []
    at = 0
    while at < len(texts):
        text, used = texts[at], 1
        whole = _is_row(kind, text)
        # The heading of slabinfo is none of the rows, but a name can hold anything.
        most = 1 if text.startswith(b"#") or b"<" in text else _MOST_PARTS
        for more in range(2, most + 1):
            part = texts[at + more - 1] if at + more <= len(texts) else b""
            if not part or _is_row(kind, part) or (whole and not _VMALLOC_END.fullmatch(part)):
                break
            longer = b" ".join(texts[at : at + more])
            if _is_row(kind, longer):
                text, used, whole = longer, more, True
        repairs.count("{} wrapped line(s) joined", used > 1)
        out.append(text)
        at += used
    return b"".join(text + b"\n" for text in out)


def _is_row(kind: Kind, text: bytes) -> bool:
    return any(
        not isinstance(item, Reject | Filler) for item in parse_account(kind, [text + b"\n"])
    )

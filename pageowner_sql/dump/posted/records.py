"""Posted records of page_owner -> the records as the kernel printed them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pageowner_sql.dump.kernel_form import TRAILER, kernel_record, regions
from pageowner_sql.dump.posted.frames import ELIDED, read_frame
from pageowner_sql.dump.posted.lines import BLANKS, PostedLine
from pageowner_sql.dump.posted.repairs import Repairs
from pageowner_sql.dump.posted.wrapping import MOST_PARTS, join

HEADER_START = b"Page allocated via order "
_MASK = rb"0x[0-9a-f]{1,16}(?:\([^()\n]*\))?"
_TASK = rb"(?:, pid -?[0-9]+(?:, tgid -?[0-9]+)?(?: \((?P<comm>.*)\))?)?"
HEADER = re.compile(
    rb"Page allocated via order [0-9]+(?:, mask " + _MASK + rb")?" + _TASK + rb"(?:, ts [0-9]+ ns)?"
    rb"(?:, free_ts [0-9]+ ns)?"
)
_PFN = rb"PFN (?:0x[0-9a-f]+|[0-9]+)(?: type \S+)? +Block [0-9]+ type \S+(?: +\S+)?? +Flags"
_PFN_LINE = re.compile(_PFN + rb" 0x[0-9a-f]+\([^()\n]*\)")
# With letters, or none, for the flags.
_OLD_PFN_LINE = re.compile(_PFN + rb"(?: [^0\n][^\n]*|)")
_PFN_START = re.compile(rb"PFN (?:0x)?[0-9a-f]+(?:\s|\Z)")
_VENDOR = re.compile(rb"(?:SLAB_PAGE|FILE_PAGE|ANON_PAGE) .*")
_STOPS = re.compile(rb"Page allocated via order |PFN (?:0x)?[0-9a-f]+ |[0-9]+ times[:,]")
MOST_LINES = 600
REWRITTEN = "{} frame(s) written as the kernel does"
MOVED = "blanks before {} frame(s) made one"


@dataclass
class Canonical:
    """Lines as the kernel printed them, and for each the number of the posted line it is from."""

    lines: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def add(self, number: int, *lines: bytes) -> None:
        """Add lines that come from one."""
        self.lines.extend(lines)
        self.numbers.extend([number] * len(lines))

    def add_frames(self, line: PostedLine, frames: list[bytes], repairs: Repairs) -> None:
        """Add the frames of a line, each with the one blank that the kernel prints before it.

        arm's lines begin with the frame that the line before ended with; it is added once.
        """
        if len(frames) > 1 and self.lines and _name(self.lines[-1]) == b" " + frames[0]:
            self.add(line.number, *(b" " + frame for frame in frames[1:]))
            return
        self.add(line.number, *(b" " + frame for frame in frames))
        repairs.count(REWRITTEN, line.text.strip() != b" ".join(frames))
        repairs.count(MOVED, not line.text.startswith(b" " + frames[0][:1]))

    def add_all(self, other: Canonical) -> None:
        """Add what another reading gave."""
        self.lines.extend(other.lines)
        self.numbers.extend(other.numbers)


class PostedReader:
    """A place in the posted lines, and what is done to them."""

    def __init__(self, lines: list[PostedLine], repairs: Repairs) -> None:
        self.lines = lines
        self.at = 0
        self.repairs = repairs
        self.out = Canonical()

    @property
    def done(self) -> bool:
        """Nothing is left."""
        return self.at >= len(self.lines)

    @property
    def line(self) -> PostedLine:
        """The next line."""
        return self.lines[self.at]

    @property
    def text(self) -> bytes:
        """Its text without the blanks around it."""
        return self.lines[self.at].text.strip(BLANKS)

    def texts(self, count: int) -> list[bytes]:
        """The next lines' texts."""
        return [line.text.strip(BLANKS) for line in self.lines[self.at : self.at + count]]

    def skip_to(self, sign: re.Pattern[bytes]) -> bool:
        """Skip lines up to one that begins so; whether there is one."""
        start = self.at
        while not self.done and not sign.match(self.text):
            self.at += 1
        said = sum(bool(line.text.strip()) for line in self.lines[start : self.at])
        self.repairs.count("{} line(s) around it skipped", said)
        return not self.done

    def joined(
        self, whole: re.Pattern[bytes], stops: re.Pattern[bytes], *, longest: bool = False
    ) -> tuple[bytes, int] | None:
        """The next line, joined where it was broken, and of how many parts."""
        ahead = range(self.at, min(self.at + MOST_PARTS, len(self.lines)))
        texts = (self.lines[at].text.strip(BLANKS) for at in ahead)
        return join(texts, whole, stops, longest=longest)

    def take_joined(
        self,
        whole: re.Pattern[bytes],
        stops: re.Pattern[bytes],
        what: str,
        *,
        longest: bool = False,
    ) -> None:
        """Take the next line, joined where it was broken, or as it is where it is not whole."""
        text, used = self.joined(whole, stops, longest=longest) or (self.text, 1)
        self.repairs.count(f"{{}} wrapped {what}(s) joined", used > 1)
        self.out.add(self.line.number, text)
        self.at += used

    def take_frames(self, trailer: re.Pattern[bytes], stops: re.Pattern[bytes]) -> None:
        """Take frames, and other lines of the record that are known, up to its end."""
        end = min(len(self.lines), self.at + MOST_LINES)
        while self.at < end and not stops.match(self.text):
            line, text = self.line, self.text
            if not text and not self._goes_on(trailer):
                return
            if trailer.fullmatch(text):
                self.out.add(line.number, text)
            elif frames := read_frame(line.text, bare=True):
                self.out.add_frames(line, frames, self.repairs)
            elif text:
                self._pass_over(text)
            self.at += 1

    def _pass_over(self, text: bytes) -> None:
        if ELIDED.fullmatch(text):
            self.repairs.count("{} line(s) of elided frames")
        elif not self._extend(text):
            self.repairs.count("{} line(s) between skipped")

    def _extend(self, text: bytes) -> bool:
        """Join what was broken off the frame before: its module, or its place in the source."""
        if not self.out.lines or not self.out.lines[-1].startswith(b" "):
            return False
        frames = read_frame(self.out.lines[-1] + b" " + text)
        if len(frames) != 1:
            return False
        self.out.lines[-1] = b" " + frames[0]
        self.repairs.count("{} wrapped frame(s) joined")
        return True

    def _goes_on(self, trailer: re.Pattern[bytes]) -> bool:
        """Whether more of the record stands behind empty lines."""
        for line in self.lines[self.at + 1 : self.at + 4]:
            if text := line.text.strip(BLANKS):
                sure = b"+" in text or b"(null)" in text
                return bool(trailer.fullmatch(text)) or (
                    sure and bool(read_frame(text) or ELIDED.fullmatch(text))
                )
        return False


def _name(frame: bytes) -> bytes:
    return frame.partition(b"+")[0]


def read_records(lines: list[PostedLine], repairs: Repairs) -> Canonical:
    """Return the page_owner records among the lines; what is between them is skipped.

    A record that is in the kernel's form without its prefix stays so, whatever its process is
    called.
    """
    text = b"".join(line.text + b"\n" for line in lines)
    out = Canonical()
    found = regions(text)
    done = index = 0
    PostedReader(lines[: text.count(b"\n", 0, found[0][0]) if found else None], repairs).skip_to(
        _NOTHING
    )
    for start, end in found:
        index += text.count(b"\n", done, start)
        done = start
        size = kernel_record(text[start:end])
        count = text.count(b"\n", start, end)
        if size is None:
            out.add_all(_read_lines(lines[index : index + count], repairs))
            continue
        kept = text[start : start + size].rstrip(b"\n").split(b"\n")
        for at, line in enumerate(kept):
            out.add(lines[index + at].number, line)
        out.add(lines[index + len(kept) - 1].number, b"")
        PostedReader(lines[index + len(kept) : index + count], repairs).skip_to(_NOTHING)
    return out


_START = re.compile(re.escape(HEADER_START))
_NOTHING = re.compile(rb"(?!)")


def _read_lines(lines: list[PostedLine], repairs: Repairs) -> Canonical:
    reader = PostedReader(lines, repairs)
    while reader.skip_to(_START):
        reader.take_joined(HEADER, _STOPS, "header", longest=True)
        _take_pfn_line(reader)
        reader.take_frames(TRAILER, _STOPS)
        reader.out.add(lines[min(reader.at, len(lines) - 1)].number, b"")
    return reader.out


def _take_pfn_line(reader: PostedReader) -> None:
    """Take the PFN line, and before it the lines that some vendors print there."""
    above: list[bytes] = []
    for text in reader.texts(8):
        if text.startswith(HEADER_START):
            return
        if _PFN_START.match(text):
            break
        above.append(text)
    else:
        return
    for text in above:
        if _VENDOR.fullmatch(text):
            reader.out.add(reader.line.number, text)
        else:
            reader.repairs.count("{} line(s) between skipped", bool(text))
        reader.at += 1
    whole = _PFN_LINE if reader.joined(_PFN_LINE, _STOPS_PFN) else _OLD_PFN_LINE
    reader.take_joined(whole, _STOPS_PFN, "PFN line")


_STOPS_PFN = re.compile(rb"Page allocated via order |\S+\+0x|\[<|Slab cache|Charged |handle: ")

"""Posted kernel logs -> the page reports in them, as dump_page() prints them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from pageowner_sql.dump.page_reports import BAD_PAGE, BECAUSE, PAGE, TRACKS, read_owner
from pageowner_sql.dump.posted.frames import ELIDED, read_frame
from pageowner_sql.dump.posted.lines import BLANKS, PostedLine
from pageowner_sql.dump.posted.records import Canonical
from pageowner_sql.dump.posted.repairs import Repairs
from pageowner_sql.dump.posted.wrapping import MOST_PARTS, join

HEADER_START = re.compile(rb"page (?:last )?allocated via order ")
_MASK = rb"gfp_mask 0x[0-9a-f]{1,8}\([^()\n]*\)"
_TIMES = rb", ts [0-9]{1,20}(?:, free_ts [0-9]{1,20})?"
_TASK = rb"(?:, pid -?[0-9]{1,10}(?:, tgid -?[0-9]{1,10} \(.*\))?" + _TIMES + rb")?"
HEADER = re.compile(
    rb"page (?:last )?allocated via order [0-9]{1,2}, migratetype [A-Za-z]{2,16}, " + _MASK + _TASK
)
_STOPS = re.compile(
    rb"page (?:last )?(?:allocated|free)|page_owner |page has been|\[<|\S+\+0x|set_page_owner\b"
    rb"|post_alloc_hook\b|prep_new_page\b|save_stack\b|flags: |raw: "
)
_FREE_START = re.compile(rb"page last free (?:pid|ts|stack)")
_FREE = re.compile(
    rb"page last free (?:pid -?[0-9]{1,10} tgid -?[0-9]{1,10} )?(?:ts [0-9]{1,20} )?stack trace:"
)
_PAGE_START = re.compile(rb"page: ?(?:\S+ )?(?:ref)?count:")
_MISSING = re.compile(rb"page_owner (?:allocation|free) stack trace missing")
_MIGRATED = re.compile(rb"page has been migrated, last migrate reason: [\w-]{1,40}")
_PAGE_WHOLE = re.compile(rb"page: ?(?:\S+ )?(?:ref)?count:.* pfn:0x[0-9a-f]+(?: .*)?")
# What comes behind a report and can bring stacks of its own.
_ENDS = re.compile(
    rb"page: ?(?:\S+ )?(?:ref)?count:|"
    rb"Call [Tt]race:|CPU: |Modules linked in|Hardware name|BUG: |WARNING: |Memory state around"
    rb"|={8,}|-{3,}\[|Unloaded tainted|</?(?:TASK|IRQ|NMI)>|Disabling lock|Kernel panic"
    rb"|raw: |flags: |Allocated by task|Freed by task|The buggy address|Stack:|Backtrace"
)
# Most lines of other messages between two frames of a stack.
MOST_BETWEEN = 12
# Most lines from a page's first line down to the line of its owner.
REPORT_HEAD = 48


@dataclass
class _Report:
    """One report while its lines come in."""

    pfn: bytes = b""
    because: bytes = b""
    tracks: bytes = b""
    time: int | None = None
    lines: Canonical = field(default_factory=Canonical)
    number: int = 0


def read_reports(lines: list[PostedLine], repairs: Repairs) -> Canonical:
    """Return the page reports of a log, each whole, in the order of their owners' lines."""
    streams: dict[bytes, list[PostedLine]] = defaultdict(list)
    for line in lines:
        streams[line.caller].append(line)
    reports = [report for stream in streams.values() for report in _Stream(stream, repairs).read()]
    reports.sort(key=lambda report: report.number)
    _say_interleaved(streams, reports, repairs)
    out = Canonical()
    for report in reports:
        stamp = b"" if report.time is None else b"[%5d.%06d] " % divmod(report.time, 1_000_000)
        for number, text in zip(report.lines.numbers, report.lines.lines, strict=True):
            out.add(number, stamp + text)
        # An empty line ends the report, so that nothing runs into the next.
        out.add(report.lines.numbers[-1], b"")
    return out


def _say_interleaved(
    streams: dict[bytes, list[PostedLine]], reports: list[_Report], repairs: Repairs
) -> None:
    spans = sorted((each.lines.numbers[0], each.lines.numbers[-1]) for each in reports)
    between = sum(after[0] < before[1] for before, after in pairwise(spans))
    if between:
        repairs.say(f"reports of {len(streams)} callers told apart")


class _Stream:
    """The lines of one caller."""

    def __init__(self, lines: list[PostedLine], repairs: Repairs) -> None:
        self.lines = lines
        self.repairs = repairs
        self.at = 0

    def read(self) -> list[_Report]:
        """Return the caller's reports."""
        reports: list[_Report] = []
        report = _Report()
        age = 0
        while self.at < len(self.lines):
            text = self._text()
            if HEADER_START.match(text):
                self._take_owner(report)
                reports.append(report)
                report = _Report()
                continue
            if begun := self._begin(report, text, age):
                report, age = begun, 0
            elif age > REPORT_HEAD:
                report = _Report()
            elif BECAUSE.fullmatch(text):
                report.because = text
            elif TRACKS.fullmatch(text):
                report.tracks = text
            age += 1
            self.at += 1
        return reports

    def _text(self) -> bytes:
        return self.lines[self.at].text.strip(BLANKS)

    def _begin(self, report: _Report, text: bytes, age: int) -> _Report | None:
        """A new report where its first lines are here, with the page's number that they tell."""
        if found := BAD_PAGE.fullmatch(text):
            return _Report(pfn=found[1])
        if not _PAGE_START.match(text):
            return None
        texts = [each.text for each in self.lines[self.at : self.at + 3]]
        whole = join(texts, _PAGE_WHOLE, _STOPS)
        if found := PAGE.match(whole[0] if whole else text):
            return _Report(pfn=found[1])
        return _Report(pfn=report.pfn if age < 4 else b"")

    def _take_owner(self, report: _Report) -> None:
        line = self.lines[self.at]
        report.number, report.time = line.number, line.time
        if report.pfn:
            report.lines.add(line.number, b"page: refcount:0 pfn:0x" + report.pfn.lower())
        for text in (report.because, report.tracks):
            if text:
                report.lines.add(line.number, text)
        self._take_header(report)
        self._take_frames(report)

    def _take_header(self, report: _Report) -> None:
        ahead = self.lines[self.at : self.at + MOST_PARTS]
        texts = [line.text for line in ahead]
        # A name with newlines first, as the strict reading has it: that one no name can disturb.
        owner = read_owner(texts[:16]) or read_owner([texts[0].rstrip()])
        if owner and not owner.truncated:
            taken, used = [*texts[: owner.lines - 1], texts[owner.lines - 1].rstrip()], owner.lines
        elif joined := join((text.strip() for text in texts), HEADER, _STOPS, longest=True):
            taken, used = [joined[0]], joined[1]
            self.repairs.count("{} wrapped header(s) joined", used > 1)
        else:
            taken, used = [texts[0].strip()], 1
        report.lines.add(ahead[0].number, *taken)
        self.at += used

    def _take_frames(self, report: _Report) -> None:
        """Take the stacks, and the lines about them; those of others between are skipped."""
        between = 0
        while self.at < len(self.lines) and between <= MOST_BETWEEN and not self._ends():
            line, text = self.lines[self.at], self._text()
            if not text:
                pass
            elif frames := read_frame(line.text, bare=not between):
                report.lines.add_frames(line, frames, self.repairs)
                self.repairs.count("{} line(s) of others between frames skipped", between)
                between = 0
            elif self._take_other(report, line, text) or self._extend(report, text):
                between = 0
            else:
                between += 1
            self.at += 1

    def _ends(self) -> bool:
        """Whether the report ends here: what comes next is another, or brings its own stacks."""
        text = self._text()
        return bool(
            not self._goes_on() if not text else _ENDS.match(text) or HEADER_START.match(text)
        )

    def _take_other(self, report: _Report, line: PostedLine, text: bytes) -> bool:
        """Take a line that is not a frame; whether it belongs to the report."""
        if _FREE_START.match(text):
            ahead = [each.text for each in self.lines[self.at : self.at + 4]]
            taken, used = join(ahead, _FREE, _STOPS) or (text, 1)
            self.repairs.count("{} wrapped line(s) joined", used > 1)
            report.lines.add(line.number, taken)
            self.at += used - 1
            return True
        if _MISSING.fullmatch(text) or _MIGRATED.fullmatch(text):
            report.lines.add(line.number, text)
            return True
        if ELIDED.fullmatch(text):
            self.repairs.count("{} line(s) of elided frames")
            return True
        return False

    def _goes_on(self) -> bool:
        """Whether more of a stack stands behind an empty line that no prefix was taken off."""
        line = self.lines[self.at]
        if line.caller or line.time is not None or self.at + 1 >= len(self.lines):
            return False
        text = self.lines[self.at + 1].text.strip()
        return bool((b"+0x" in text and read_frame(text)) or _FREE_START.match(text))

    def _extend(self, report: _Report, text: bytes) -> bool:
        """Join what was broken off the frame before: its module, or its place in the source."""
        last = report.lines.lines[-1]
        frames = read_frame(last + b" " + text) if last.startswith(b" ") else []
        if len(frames) != 1:
            return False
        report.lines.lines[-1] = b" " + frames[0]
        self.repairs.count("{} wrapped frame(s) joined")
        return True

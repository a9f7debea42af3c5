"""The text within a mail, a web page, JSON or CSV, as people save and export posts and logs."""

from __future__ import annotations

import binascii
import json
import quopri
import re
from collections.abc import Iterator
from typing import Any

from pageowner_sql.dump.posted.repairs import Repairs

# What no text of the kernel is without, if it is of any use here.
_SIGN = re.compile(rb"allocated via order |nr_base_pages: |stack_count: |handle: |MemTotal: ")

_ENCODING = re.compile(
    rb"^Content-Transfer-Encoding:[ \t]*(?P<how>base64|quoted-printable)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_BOUNDARY = re.compile(rb"^--[-=_0-9A-Za-z'()+,./:?]{8,80}[ \t]*$", re.MULTILINE)

_TAG_NAMES = (
    rb"a|b|i|p|br|hr|li|ol|ul|td|th|tr|div|pre|tbody|table|thead|html|head|body|code|span|font"
)
_TAG_NAMES += rb"|strong|em|samp|tt|title|blockquote|h[1-6]|section|article|figure|details|summary"
_TAG = re.compile(rb"</?(?:" + _TAG_NAMES + rb")(?:[ \t][^<>\n]{0,2000})?/?>", re.IGNORECASE)
_BREAK = re.compile(rb"<br[ \t]*/?>(?:[ \t]*\n)?", re.IGNORECASE)
_BLOCK = re.compile(
    rb"</?(?:pre|p|blockquote|h[1-6]|body|table)(?:[ \t][^<>\n]{0,2000})?>"
    rb"|</(?:div|tr|li)>(?!\s*\n)",
    re.IGNORECASE,
)
_CELL = re.compile(rb"</?t[dh](?:[ \t][^<>\n]{0,2000})?>", re.IGNORECASE)

# A line of a log in JSON: journald's, Docker's, a test lab's.
_FIELD = re.compile(rb'"(?:MESSAGE|message|log|msg)" ?: ?(?P<said>"(?:[^"\\\n]|\\.)*+")')
_JOURNAL = re.compile(rb' *\{.*"MESSAGE" ?:')
_QUOTED = re.compile(rb'(?:[^",\n]{0,200},)?"(?P<said>(?:[^"\n]|"")*+)",?')
_ESCAPED = re.compile(rb"\\([_|*<>\[\]()#~+.\-])")


def unpack(text: bytes, repairs: Repairs) -> bytes:
    """Return the text that a document holds; `text` itself where it is none."""
    if not text.strip():
        return text
    for take, what in (
        (_from_mail, "parts of a mail decoded"),
        (_from_json, "texts taken from JSON"),
        (_from_json_lines, "messages taken from lines of JSON"),
        (_from_quoted, "quotes around lines taken off"),
        (_from_html, "HTML tags taken out"),
        (_from_markdown, "backslashes of Markdown taken out"),
    ):
        found = take(text)
        if found is not None and _SIGN.search(found):
            repairs.say(what)
            text = found
    return text


def _from_mail(text: bytes) -> bytes | None:
    plain = text.replace(b"\r\n", b"\n")
    kept: list[bytes] = []
    at = 0
    while found := _ENCODING.search(plain, at):
        start = plain.find(b"\n\n", found.end() - 1) + 2
        if start < 2:
            break
        boundary = _BOUNDARY.search(plain, start)
        end = boundary.start() if boundary else len(plain)
        kept += [plain[at:start], _decoded(plain[start:end], found["how"].lower()), b"\n"]
        at = end
    return b"".join([*kept, plain[at:]]) if kept else None


def _decoded(body: bytes, how: bytes) -> bytes:
    if how == b"quoted-printable":
        return quopri.decodestring(body)
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        return body


def _from_json(text: bytes) -> bytes | None:
    said = text.strip()
    if said[:1] + said[-1:] not in (b"{}", b"[]"):
        return None
    try:
        whole = json.loads(said)
    except (ValueError, RecursionError):
        return None
    return b"\n".join(each.encode("utf-8", "replace") for each in _texts(whole))


def _texts(whole: Any) -> Iterator[str]:
    """The texts in a JSON value that have several lines; a list of texts is one."""
    waiting = [whole]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += reversed(value.values())
        elif isinstance(value, list):
            if len(value) > 1 and all(isinstance(each, str) for each in value):
                yield "\n".join(each.removesuffix("\n") for each in value) + "\n"
            else:
                waiting += reversed(value)
        elif isinstance(value, str) and "\n" in value:
            yield value


def _from_json_lines(text: bytes) -> bytes | None:
    # From journald's lines, posted/lines.py takes the times too.
    lines = (line for line in text.split(b"\n") if not _JOURNAL.match(line))
    found = [_FIELD.search(line) for line in lines]
    said = [each["said"] for each in found if each]
    if len(said) < 2:
        return None
    out: list[bytes] = []
    for each in said:
        try:
            out.append(json.loads(each).encode("utf-8", "replace").removesuffix(b"\n") + b"\n")
        except ValueError:
            continue
    return b"".join(out)


def _from_quoted(text: bytes) -> bytes | None:
    lines = text.replace(b"\r\n", b"\n").split(b"\n")
    found = [_QUOTED.fullmatch(line) for line in lines]
    if 2 * sum(map(bool, found)) <= len(lines):
        return None
    if not found[0]:
        # The names of the columns.
        lines, found = lines[1:], found[1:]
    return b"".join(
        (each["said"].replace(b'""', b'"') if each else line) + b"\n"
        for line, each in zip(lines, found, strict=True)
    )


def _from_html(text: bytes) -> bytes | None:
    # A process can be called <b>, but what stands in front of a header is none of its names.
    text = _BREAK.sub(b"\n", text)
    before = (line.partition(b"allocated via order ")[0] for line in text.split(b"\n"))
    if sum(len(_TAG.findall(each)) for each in before) < 2:
        return None
    return _TAG.sub(b"", _CELL.sub(b" ", _BLOCK.sub(b"\n", text)))


def _from_markdown(text: bytes) -> bytes | None:
    outside = b"\n".join(line.partition(b" (")[0] for line in text.split(b"\n"))
    return _ESCAPED.sub(rb"\1", text) if outside.count(b"\\_") > 2 else None

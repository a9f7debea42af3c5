"""Posted text within a mail, a web page, JSON or CSV is read as what the kernel printed."""

from __future__ import annotations

import base64
import html
import json
import quopri
from collections.abc import Callable

import pytest

from pageowner_sql.dump.kernel_log import parse_dmesg
from pageowner_sql.dump.kinds import Kind
from pageowner_sql.dump.page_reports import PageReport
from pageowner_sql.dump.posted.text import read_posted
from tests.dump.test_posted_text import TEXTS, read, told

Wrap = Callable[[bytes], bytes]

MAIL = b"From: a@b\nSubject: leak\nContent-Type: text/plain; charset=utf-8\n"
KINDS = (Kind.PAGE_OWNER, Kind.DMESG)


def _lines(how: Callable[[int, str], object]) -> Wrap:
    def change(text: bytes) -> bytes:
        lines = text.decode().removesuffix("\n").split("\n")
        return b"".join(_line(how(at, line)) + b"\n" for at, line in enumerate(lines))

    return change


def _line(made: object) -> bytes:
    return made.encode() if isinstance(made, str) else json.dumps(made).encode()


def _entities(text: bytes) -> bytes:
    return html.escape(text.decode()).encode()


def _quoted(line: str) -> str:
    return '"' + line.replace('"', '""') + '"'


def _parts(text: bytes) -> bytes:
    return (
        b"Content-Type: multipart/mixed; boundary=abcdefgh\n\n--abcdefgh\n"
        b"Content-Transfer-Encoding: quoted-printable\n\nHi=3D\n--abcdefgh\n"
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(text) + b"--abcdefgh--\n"
    )


DOCUMENTS: dict[str, Wrap] = {
    "quoted-printable": lambda text: (
        MAIL + b"Content-Transfer-Encoding: quoted-printable\n\nHi,\n\n" + quopri.encodestring(text)
    ),
    "base64": lambda text: (
        MAIL + b"Content-Transfer-Encoding: BASE64\n\n" + base64.encodebytes(text)
    ),
    "an attachment": _parts,
    "pre": lambda text: b"<p>see</p><pre>" + _entities(text) + b"</pre>\n",
    "pre with code": lambda text: b'<pre class="x"><code>' + _entities(text) + b"</code></pre>\n",
    "br": lambda text: b"<div>" + _entities(text).replace(b"\n", b"<br/>") + b"</div>",
    "br at line ends": lambda text: b"<p>" + _entities(text).replace(b"\n", b"<br>\n") + b"</p>\n",
    "a table": _lines(
        lambda at, line: f'<tr><td class="n">{at}</td><td>{html.escape(line)}</td></tr>'
    ),
    "spans": _lines(lambda _, line: f'<span class="line">{html.escape(line)}</span>'),
    "an answer of an API": lambda text: json.dumps({"a": [{"body": text.decode()}]}).encode(),
    "an array": lambda text: json.dumps(text.decode().split("\n"), indent=1).encode(),
    "Docker's log": _lines(lambda at, line: {"log": line + "\n", "time": f"00:{at:02}"}),
    "a lab's log": _lines(lambda at, line: f'- {{"dt": "{at}", "msg": {json.dumps(line)}}}'),
    "json-seq": _lines(lambda _, line: "\x1e" + json.dumps({"P": "4", "MESSAGE": line})),
    "json-pretty": _lines(lambda _, line: json.dumps({"MESSAGE": line, "P": "4"}, indent="\t")),
    "CSV": lambda text: b"Line\r\n" + _lines(lambda _, line: _quoted(line) + "\r")(text),
    "CSV with a time": _lines(lambda at, line: f"2026-11-28T00:00:{at:02}Z,{_quoted(line)}"),
    "Markdown": lambda text: text.replace(b"_", b"\\_").replace(b"|", b"\\|"),
    "cat -A": _lines(lambda _, line: line + "$"),
    "some lines of DOS": _lines(lambda at, line: line + "\r" * (at % 3 == 1)),
    "a NUL at line ends": _lines(lambda _, line: line + "\0"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_text_in_a_document_is_read_as_it_was(kind: Kind, name: str) -> None:
    text = TEXTS[kind]
    assert read(kind, DOCUMENTS[name](text)) == told(kind, text)


RUNNING_IN: dict[str, bytes] = {
    "a terminal's code": b"\x1b[?2004l\r",
    "a prompt": b"root@host:~# ",
    "prose": b"I see: ",
}


@pytest.mark.parametrize("name", RUNNING_IN)
def test_what_runs_into_the_first_record_does_not_cost_it(name: str) -> None:
    text = TEXTS[Kind.PAGE_OWNER]
    assert read(Kind.PAGE_OWNER, RUNNING_IN[name] + text) == told(Kind.PAGE_OWNER, text)


def test_a_prefix_of_another_shape_in_the_first_line_does_not_cost_its_record() -> None:
    text = TEXTS[Kind.PAGE_OWNER]
    first, _, rest = text.decode().partition("\n")
    logged = _lines(lambda at, line: f"[  +0.{at:06}] {line}")(rest.encode())
    posted = f"[Nov28 19:24] {first}\n".encode() + logged
    assert read(Kind.PAGE_OWNER, posted) == told(Kind.PAGE_OWNER, text)


@pytest.mark.parametrize("between", [b"--\n", b"\n--\n", b""])
def test_records_that_no_empty_line_ends_are_read(between: bytes) -> None:
    """As `grep -A` prints them."""
    text = TEXTS[Kind.PAGE_OWNER]
    posted = text.replace(b"\n\n", b"\n" + between)
    assert read(Kind.PAGE_OWNER, posted) == told(Kind.PAGE_OWNER, text)


def test_a_time_of_day_is_not_a_place_in_the_source() -> None:
    text = TEXTS[Kind.SHOW_STACKS]
    posted = b"bob  7:24 PM\n" + text + b"alice  7:25 PM\n"
    assert read(Kind.SHOW_STACKS, posted) == told(Kind.SHOW_STACKS, text)


@pytest.mark.parametrize(
    "text",
    [
        b"{" * 99_999,
        b"[" * 99_999 + b"]" * 99_999,
        b"Content-Transfer-Encoding: base64\n" * 9_999,
        b"Content-Transfer-Encoding: base64\n\n!\n\n" * 9_999,
        b"<p " * 99_999,
        b'"' * 99_999,
    ],
)
def test_a_document_without_a_text_is_no_posted_text(text: bytes) -> None:
    assert read_posted(text) is None


@pytest.mark.parametrize("cut", ["+", "+0", "+0x", "+0x7", "+0x77/", "+0x77/0", "+0x77/0x"])
def test_a_frame_that_the_texts_end_cuts_is_left_out_and_marked(cut: str) -> None:
    text = TEXTS[Kind.PAGE_OWNER].replace(b"\n", b"\n> ")
    whole, frame, _ = text.rpartition(b" ext4_bread")
    posted = read_posted(b"> " + whole + frame + cut.encode())
    assert posted is not None
    assert posted.text.endswith(whole.split(b"\n> ")[-2] + b"\n")


def test_a_log_that_ends_within_a_frame_is_marked() -> None:
    text = TEXTS[Kind.DMESG].rpartition(b"\npage last free")[0] + b"\n free_unref_page+0x77/"
    report = list(parse_dmesg([text]))[-2]
    assert isinstance(report, PageReport)
    assert report.truncated

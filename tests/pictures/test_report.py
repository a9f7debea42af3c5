"""The report: what is in it, that names in it are inert, and what redaction leaves."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.output import page as page_module
from pageowner_sql.output.flame.files import flame_html
from pageowner_sql.output.page import content_security_policy, embedded_json
from pageowner_sql.output.report.html import report_html
from pageowner_sql.output.report.markdown import code, escape, report_markdown
from pageowner_sql.output.report.redact import (
    Redactor,
    redact_flame,
    redact_map,
    redact_report,
)
from pageowner_sql.sql.query import Query, inline
from tests.pictures import sample

JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


class _Elements(HTMLParser):
    """Every element a browser would make of a page, with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@given(JSON)
def test_embedded_json_is_inert_and_reads_back(value: object) -> None:
    text = embedded_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&")
    assert text.isascii()


def test_the_policy_names_two_texts_and_allows_nothing_else() -> None:
    policy = content_security_policy("run()", "b{}")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_no_name_becomes_an_element() -> None:
    page = report_html(sample.report(compared=True))
    elements = _Elements(page).found
    scripts = [attributes for tag, attributes in elements if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "report-data"}, {}]
    assert not [tag for tag, _ in elements if tag in {"img", "link", "iframe", "base", "form"}]
    assert not [name for _, attributes in elements for name in attributes if name[:2] == "on"]
    assert not [attributes for _, attributes in elements if "style" in attributes]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", page)


def test_every_figure_has_its_statement() -> None:
    page = report_html(sample.report())
    shown = page.count('<details class="sql">')
    # facts, breakdowns, table, flame graph, map, histogram, timeline, suspects
    figures = 2 + 4 + 1 + 1 + 1 + 1 + 1 + 1
    assert shown == figures
    assert "WHERE comm &lt;&gt; &#39;&lt;/script&gt;&#39;" in page


def test_totals_are_those_of_the_samples() -> None:
    page = report_html(sample.report())
    data = json.loads(re.findall(r'id="report-data">(.*?)</script>', page)[0])
    now, _ = sample.total(sample.graph())
    own = data["flames"]["flame-0"]["own"]
    assert [sum(column) for column in own] == [now.records, now.pages, now.bytes]
    rows = data["tables"]["stacks-0"]["rows"]
    assert sum(row[4] for row in rows) == sample.total(sample.graph(compared=True))[0].bytes


def test_the_flame_page_carries_both_sides() -> None:
    graph = sample.graph(compared=True)
    data = json.loads(re.findall(r'id="flame-data">(.*?)</script>', flame_html(graph))[0])
    now, old = sample.total(graph)
    sums = [sum(column) for column in data["own"]]
    assert sums == [now.records, now.pages, now.bytes, old.records, old.pages, old.bytes]


def test_without_the_bundle_one_line_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "_ASSETS", "no-such-folder")
    page_module.read_bundle.cache_clear()
    with pytest.raises(PageOwnerError, match="browser part of pageowner-sql is missing") as error:
        flame_html(sample.graph())
    page_module.read_bundle.cache_clear()
    assert "\n" not in str(error.value)


def _texts(markdown: str) -> set[str]:
    tokens = [t for block in MARKDOWN.parse(markdown) for t in (block.children or [block])]
    return {token.type for token in tokens}


@given(st.text(st.sampled_from("a`|\\<>*_[](){}#+-!&;@~ \n\x1b漢"), max_size=12))
def test_a_name_in_markdown_is_its_own_text(name: str) -> None:
    shown = name.replace("\n", r"\x0a").replace("\x1b", r"\x1b")
    row = f"| {code(name)} | x |\n|---|---|\n"
    cells = [t for t in MARKDOWN.parse(row) if t.type == "inline"]
    assert len(cells) == 2
    spans = [t.content for t in cells[0].children or [] if t.type == "code_inline"]
    assert [span.strip() for span in spans] == [shown.strip()]


@given(st.text(st.sampled_from("a`|\\<>*_[](){}#!&;@~ 漢"), max_size=12))
def test_a_title_in_markdown_is_plain_text(name: str) -> None:
    (inline,) = [t for t in MARKDOWN.parse(f"# x{escape(name)}x") if t.type == "inline"]
    kinds = {t.type for t in inline.children or []}
    assert kinds <= {"text", "text_special"}
    assert "".join(t.content for t in inline.children or []) == f"x{name}x"


def test_markdown_holds_the_figures_and_no_html_of_a_name() -> None:
    text = report_markdown(sample.report(compared=True))
    kinds = _texts(text)
    assert "table_open" in kinds
    html = [t.content for t in MARKDOWN.parse(text) if t.type == "html_block"]
    assert {line.split(">")[0] for line in html} <= {"<details", "</details"}
    assert "```sql" in text
    assert "more rows." in text


def test_redaction_hashes_names_the_same_way_everywhere() -> None:
    report = sample.report(compared=True)
    redacted = redact_report(report, Redactor(b"key"))
    texts = [report_html(redacted), report_markdown(redacted)]
    private = ("sockleak", "app.slice", "secret-host", "/home/me", "DROP TAB", "red\\x1b")
    for text in texts:
        assert not [name for name in private if name in text]
        assert "alloc_skb_with_frags" in text
    flame = redact_flame(sample.graph(), Redactor(b"key"))
    hashed = {sample.roots[0] for sample in flame.samples}
    assert {row[0] for row in redacted.sections[2].blocks[0].rows} == hashed  # type: ignore[union-attr]  # the sample's third section is a table


def test_redaction_needs_a_key_to_be_undone_and_draws_its_own() -> None:
    names = {Redactor().hashed("comm", "bash") for _ in range(5)}
    assert len(names) == 5
    assert all(re.fullmatch(r"comm-[0-9a-f]{10}", name) for name in names)


def test_redaction_hides_addresses_but_not_symbols() -> None:
    redactor = Redactor(b"key")
    frames = ["0xffffffffc0a1b2c3 [secret]", "zram_rw_page.4e8b0154c58f", "f+0x10/0x4b0"]
    hidden = [redactor.frame(frame) for frame in frames]
    assert re.fullmatch(r"address-[0-9a-f]{10} \[secret\]", hidden[0])
    assert hidden[1:] == frames[1:]


def test_a_redacted_map_counts_frames_from_its_first_block() -> None:
    memory = sample.memory()
    moved = replace(
        memory, cells=tuple(replace(cell, pfn=cell.pfn + 0x1200) for cell in memory.cells)
    )
    redacted = redact_map(moved, Redactor(b"key"))
    assert [cell.pfn for cell in redacted.cells] == [cell.pfn for cell in memory.cells]
    named = {name for layer in redacted.layers for cell in layer.shares for name, _ in cell}
    assert not named & set(sample.HOSTILE)


def test_redaction_reaches_every_value_that_a_statement_selects_by() -> None:
    redactor = Redactor(b"key")
    sql = "-- it's\nSELECT $comm, $labels, $pid, $since, $old, $limit"
    secret = {"comm": ["it's"], "labels": ["monday"], "pid": [4711], "since": 99, "old": None}
    shown = inline(redactor.query(Query(sql, {**secret, "limit": 20})))
    assert not [word for word in ("['it", "monday", "4711", "99") if word in shown]
    assert redactor.hashed("comm", "it's") in shown
    assert shown.endswith(", NULL, 20")

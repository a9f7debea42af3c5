"""The report of real dumps, as the command makes it, in a browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.conftest import DumpPath
from tests.support.tool import Tool

pytestmark = pytest.mark.browser


@pytest.mark.thorough
def test_a_report_of_real_dumps_opens_and_works(
    tool: Tool, dump: DumpPath, open_page: OpenPage
) -> None:
    tool.ok("load", dump("linux-7.3/t0.txt"), dump("linux-7.3/t2.txt"))
    tool.ok("report", "t2", "t0", "-o", tool.folder / "r.html")
    page = open_page((tool.folder / "r.html").read_text("utf-8")).page
    expect(page.locator(".finding-alert code").first).to_have_text("unix_dgram_sendmsg")
    sections = ("changes", "composition", "flame", "holders", "map", "time", "fragmentation")
    for name in sections:
        page.locator(f"#{name}").scroll_into_view_if_needed()
        expect(page.locator(f"#{name} h2")).to_be_visible()
    owners = page.locator("#holders-0")
    owners.scroll_into_view_if_needed()
    expect(owners.locator(".tabulator-row").first).to_contain_text("unix_dgram_sendmsg")
    owners.locator("input").first.fill("ext4")
    expect(owners.locator(".tabulator-row").first).to_contain_text("ext4_da_write_begin")


@pytest.mark.thorough
def test_why_something_is_a_suspect_can_be_read(
    tool: Tool, dump: DumpPath, open_page: OpenPage
) -> None:
    """Neither the verdicts nor what they rest on are cut, on a laptop's screen."""
    tool.ok("load", *(dump(f"linux-7.3/{name}.txt") for name in ("t0", "t1", "t2")))
    tool.ok("report", "t2", "t0", "t1", "-o", tool.folder / "r.html")
    page = open_page((tool.folder / "r.html").read_text("utf-8")).page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#leaks").scroll_into_view_if_needed()
    expect(page.locator("#leaks .tabulator-row").first).to_contain_text("of the old still there")
    cut = """cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth
        || cell.scrollHeight > cell.clientHeight + 1).map(cell => cell.textContent)"""
    for cells in (".kind-status", ".kind-rate", ".wraps"):
        found = page.locator(f"#leaks .tabulator-row .tabulator-cell{cells}")
        assert found.count() > 5
        assert found.evaluate_all(cut) == []


@pytest.mark.thorough
def test_a_report_of_an_old_kernel_opens(tool: Tool, dump: DumpPath, open_page: OpenPage) -> None:
    tool.ok("load", dump("linux-5.10/t0.txt"))
    tool.ok("report", "t0", "-o", tool.folder / "r.html")
    page = open_page((tool.folder / "r.html").read_text("utf-8")).page
    expect(page.locator("#time")).to_contain_text("no allocation times")
    expect(page.locator("#summary")).to_contain_text("does not tell")

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
    lead = page.locator("#summary .suspect")
    expect(lead.locator("code").first).to_have_text("sockleak")
    sections = (
        "leaks",
        "changes",
        "composition",
        "flame",
        "holders",
        "map",
        "time",
        "fragmentation",
    )
    for name in sections:
        page.locator(f"#{name}").scroll_into_view_if_needed()
        expect(page.locator(f"#{name} h2")).to_be_visible()
    owners = page.locator("#holders-0")
    owners.scroll_into_view_if_needed()
    expect(owners.locator(".tabulator-row").first).to_contain_text("unix_dgram_sendmsg")
    owners.locator("input").first.fill("ext4")
    expect(owners.locator(".tabulator-row").first).to_contain_text("ext4_da_write_begin")


@pytest.mark.thorough
def test_the_leak_leads_and_jumps_to_its_row_and_its_flame(
    tool: Tool, dump: DumpPath, open_page: OpenPage
) -> None:
    tool.ok("load", *(dump(f"linux-7.3/{name}.txt") for name in ("t0", "t1", "t2")))
    tool.ok("report", "t2", "t0", "t1", "-o", tool.folder / "r.html")
    page = open_page((tool.folder / "r.html").read_text("utf-8")).page
    lead = page.locator("#content .card").first
    for words in ("sockleak", "unix_dgram_sendmsg", "net/unix", "sock_sendmsg_nosec"):
        expect(lead).to_contain_text(words)
    lead.get_by_text("All its owners").click()
    expect(page.locator("#suspect-1")).to_be_in_viewport()
    page.go_back()
    lead.get_by_text("Its frame").click()
    expect(page.locator("#flame-0")).to_be_in_viewport()
    crumbs = page.locator("#flame-0 .flame-crumbs button")
    expect(crumbs.last).to_have_text("unix_dgram_sendmsg")
    expect(page.locator("#leaks .badge-up").get_by_text("leak", exact=True)).to_have_count(1)


@pytest.mark.thorough
def test_a_report_of_an_old_kernel_opens(tool: Tool, dump: DumpPath, open_page: OpenPage) -> None:
    tool.ok("load", dump("linux-5.10/t0.txt"))
    tool.ok("report", "t0", "-o", tool.folder / "r.html")
    page = open_page((tool.folder / "r.html").read_text("utf-8")).page
    expect(page.locator("#time")).to_contain_text("no allocation times")
    expect(page.locator("#summary")).to_contain_text("does not tell")

"""The explorer's page in Chromium, on the real dumps."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.cli.test_record import keep
from tests.pictures.programs import install_npm_packages
from tests.support.sampling import TRUTHS, samples
from tests.support.server import Server, running
from tests.support.synth import ERAS
from tests.support.tool import Tool

pytestmark = pytest.mark.browser

Open = Callable[[str], Page]

THREE = "dump=7.3/t0&dump=7.3/t1&dump=7.3/t2"
VIEWS = {
    "overview": "",
    "difference": "dump=7.3/t0&dump=7.3/t2&view=owners",
    "trend": f"{THREE}&view=processes",
    "memcgs": "dump=7.3/t2&view=memcgs",
    "modules": "dump=7.3/t2&view=modules",
    "stacks": "dump=7.3/t2&view=stacks&comm=cat*",
    "group": "dump=7.3/t2&view=group&by=order&by=migratetype",
    "flame": "dump=7.3/t0&dump=7.3/t2&view=flame",
    "map": "dump=7.3/t2&view=map",
    "ages": "dump=7.3/t2&view=ages",
    "fragmentation": "dump=7.3/t2&view=fragmentation",
    "leaks": f"{THREE}&view=leaks",
    "timeline": f"{THREE}&view=timeline",
    "samples": "view=samples",
    "queries": "view=queries",
    "query": "dump=7.3/t2&view=query&query=stacks/through&param.function=vfs_write&run=1",
    "sql": f"view=sql&sql={quote('SELECT label, bytes FROM dumps ORDER BY label')}",
    "rows": "dump=7.3/t2&view=rows&owner=unix_dgram_sendmsg",
    "stack": "dump=7.3/t2&view=stack&stack=LARGEST",
    "page": "dump=7.3/t2&view=page&place=pfn:0x8000-pfn:0x81ff",
}


def settle(page: Page) -> Page:
    """Wait until every part of a view is there."""
    page.locator("main[aria-busy=false]").wait_for(timeout=60_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)
    return page


@pytest.fixture(scope="module")
def server(real_runs: Path) -> Iterator[Server]:
    with running(real_runs) as started:
        yield started


@pytest.fixture(scope="module")
def views(server: Server) -> dict[str, str]:
    """The views, with the number that the largest stack has in this database."""
    largest = server.api("top", dump="7.3/t2", by="stack", limit="1").rows[0]["stack_id"]
    return {view: words.replace("LARGEST", str(largest)) for view, words in VIEWS.items()}


@pytest.fixture
def opened(server: Server, context: BrowserContext) -> Iterator[Open]:
    """Return a function that opens a view; nothing may be said, or asked of others."""
    said: list[str] = []
    asked: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)

    def open_view(words: str) -> Page:
        page.goto(f"{server.origin}/?{words}")
        return settle(page)

    yield open_view
    # What a reply of 4xx makes Chromium say is no fault of the page.
    assert [line for line in said if "the server responded with a status of 4" not in line] == []
    assert [url for url in asked if not url.startswith(f"{server.origin}/")] == []


@pytest.mark.sampled
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_shows_its_answer_and_its_sql(
    opened: Open, views: dict[str, str], view: str
) -> None:
    page = opened(views[view])
    expect(page.locator(".error")).to_have_count(0)
    if view != "queries":
        page.locator("details.sql > summary").first.click()
        expect(page.locator("details.sql pre").first).to_contain_text(
            re.compile("SELECT|FROM", re.IGNORECASE)
        )
    assert not page.evaluate("document.body.scrollWidth > innerWidth")


def test_the_token_is_not_in_the_address(server: Server, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(server.url)
    settle(page)
    assert page.url == f"{server.origin}/"
    assert server.token not in page.content()


def test_the_frame_needs_no_answer(server: Server, context: BrowserContext) -> None:
    """What is painted first waits for nothing: one document, and no question answered."""
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.route("**/api/**", lambda _: None)
    page.goto(f"{server.url}&view=leaks")
    expect(page.locator("h1")).to_have_text("Leaks")
    expect(page.get_by_role("link", name="Map of memory")).to_be_visible()
    expect(page.get_by_role("button", name="Add filter")).to_be_visible()
    # The address with the token leads to the one without.
    assert asked == ["/", "/", "/api/dumps", "/api/query/samples/times"]


@pytest.mark.thorough
def test_a_number_opens_its_rows(opened: Open) -> None:
    page = opened("dump=7.3/t2&view=owners&limit=5")
    row = page.locator("tbody tr").first
    number = row.locator("td.number").first.inner_text()
    row.locator("td.number a").first.click()
    settle(page)
    assert page.locator("h1").inner_text() == "Allocations"
    assert "owner=unix_dgram_sendmsg" in page.url
    rows = page.locator("tbody tr").count()
    assert rows == min(100, int(number.replace(",", "")))
    page.go_back()
    settle(page)
    assert page.locator("h1").inner_text() == "Owners"


@pytest.mark.thorough
def test_a_hunt_takes_five_clicks_at_most(opened: Open) -> None:
    """From the first page of `serve t0 t1 t2` to the line of the frame that leaks."""
    page = opened(THREE)
    clicks = 0

    def click(what: str, role: Any = "link") -> None:
        nonlocal clicks
        clicks += 1
        page.get_by_role(role, name=what, exact=True).first.click()

    click("Leaks")
    settle(page)
    expect(page.locator("tbody tr").first).to_contain_text("leak")
    click("explain")
    settle(page)
    owner = page.locator("tr.is-owner")
    expect(owner).to_contain_text("unix_dgram_sendmsg")
    expect(page.get_by_role("region", name="comm, pid")).to_contain_text("sockleak")
    assert clicks <= 5


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("words", "title", "place"),
    [
        ("dump=7.3/t2&view=ages", "time/rate", 1),
        ("dump=7.3/t0&view=timeline", "runs/timeline", 1),
        ("dump=7.3/t2&view=query&query=stacks/top&run=1", "Rows", 1),
        ("dump=7.3/t2&view=stacks", "owner, stack", 1),
    ],
)
def test_numbers_of_other_rows_open_their_rows(
    opened: Open, words: str, title: str, place: int
) -> None:
    page = opened(words)
    table = page.get_by_role("region", name=title)
    at = table.locator("th").all_inner_texts().index("records")
    cell = table.locator("tbody tr").nth(place).locator("td").nth(at)
    number = int(cell.inner_text().replace(",", ""))
    cell.locator("a").click()
    settle(page)
    assert page.locator("h1").inner_text() == "Allocations"
    assert page.locator("tbody tr").count() == min(100, number)


@pytest.mark.thorough
def test_filters_hold_for_all_views(opened: Open) -> None:
    page = opened("dump=7.3/t2&view=processes")
    page.get_by_label("Key to filter by").select_option("comm")
    page.get_by_label("Value, * for any text").fill("cat*")
    page.get_by_role("button", name="Add filter").click()
    settle(page)
    page.get_by_label("Relation").select_option("is not")
    page.get_by_label("Value, * for any text").fill("1")
    page.get_by_label("Key to filter by").select_option("pid")
    page.get_by_role("button", name="Add filter").click()
    settle(page)
    assert "comm=cat*" in page.url
    assert "not_pid=1" in page.url
    for view in ("Owners", "Map of memory", "Flame graph", "Allocations"):
        page.get_by_role("link", name=view, exact=True).click()
        settle(page)
        expect(page.locator(".chip")).to_have_count(2)
        expect(page.locator(".error")).to_have_count(0)
    page.get_by_role("button", name="Remove filter comm = cat*").click()
    settle(page)
    expect(page.locator(".chip")).to_have_count(1)


@pytest.mark.thorough
def test_a_range_of_time_holds_for_all_views(opened: Open) -> None:
    page = opened("dump=7.3/t2&view=owners")
    page.locator(".time-box > summary").click()
    after = page.get_by_label("Allocated after")
    after.focus()
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".chip")).to_contain_text("since = boot+")
    settle(page)
    expect(page.get_by_label("Allocated after")).to_be_focused()
    expect(page.locator(".time-range output")).to_contain_text("to the dump")
    for view in ("Map of memory", "Flame graph", "Allocations"):
        page.get_by_role("link", name=view, exact=True).click()
        settle(page)
        expect(page.locator(".error")).to_have_count(0)
    place = page.locator("th").all_inner_texts().index("alloc ts") + 1
    times = [int(text) for text in page.locator(f"tbody td:nth-child({place})").all_inner_texts()]
    found = re.search(r"since=boot%2B([0-9.]+)s", page.url)
    assert found
    assert min(times) >= float(found[1]) * 1e9


@pytest.mark.thorough
def test_dumps_are_chosen(opened: Open) -> None:
    page = opened("dump=7.3/t2&view=owners")
    page.locator(".chooser summary").click()
    page.locator(".dump-form input[value='7.3/t0']").check()
    page.get_by_role("button", name="Show these").click()
    settle(page)
    expect(page.locator(".chooser summary")).to_contain_text("7.3/t0 → 7.3/t2")
    expect(page.locator("th", has_text="delta bytes")).to_be_visible()


@pytest.mark.thorough
def test_the_map_zooms_to_pages(opened: Open) -> None:
    page = opened("dump=7.3/t2&view=map")
    page.locator("canvas").first.click(position={"x": 20, "y": 20})
    settle(page)
    assert page.locator("h1").inner_text() == "Pages"
    expect(page.locator(".page-grid i")).to_have_count(512)
    page.locator("tbody td a").first.click()
    settle(page)
    page.go_back()
    page.go_back()
    settle(page)
    canvas = page.locator("canvas").first
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settle(page)
    assert page.locator("h1").inner_text() == "Pages"


def pages_shown(page: Page) -> int:
    """How many page frames the address of a map selects."""
    found = re.search("pages=pfn%3A0x([0-9a-f]+)-pfn%3A0x([0-9a-f]+)", page.url)
    assert found, page.url
    return int(found[2], 16) - int(found[1], 16) + 1


@pytest.mark.thorough
def test_the_map_zooms_inside_its_picture(opened: Open) -> None:
    page = opened("dump=7.3/t2&view=map")
    expect(page.locator(".map-range")).to_have_text("all memory")
    page.locator("canvas").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    settle(page)
    seen = [pages_shown(page)]
    while seen[-1] > 1 and len(seen) < 10:
        page.get_by_role("button", name="Zoom in").click()
        settle(page)
        seen.append(pages_shown(page))
    assert seen[0] > 512
    assert {512, 1} <= set(seen)
    expect(page.get_by_role("button", name="Zoom in")).to_be_disabled()
    page.locator("canvas").click()
    settle(page)
    expect(page.locator(".caption")).to_contain_text(re.compile(r"page \d+ \(pfn 0x"))


@pytest.mark.thorough
def test_the_map_zooms_out_and_to_a_zone(opened: Open) -> None:
    page = opened("dump=7.3/t2&view=map&pages=pfn:0x8041-pfn:0x8041")
    page.locator("canvas").focus()
    page.keyboard.press("-")
    settle(page)
    assert pages_shown(page) == 8
    page.locator("canvas").hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, 100)
    page.keyboard.up("Control")
    settle(page)
    assert pages_shown(page) == 64
    page.go_back()
    settle(page)
    assert pages_shown(page) == 8
    page.get_by_role("button", name="All memory").click()
    settle(page)
    assert "pages=" not in page.url
    page.get_by_role("button", name="Only this: node 0").first.click()
    settle(page)
    expect(page.locator("canvas")).to_have_count(1)


@pytest.mark.thorough
def test_sql_is_completed_and_told_where_it_is_wrong(opened: Open) -> None:
    page = opened("dump=7.3/t2&view=sql")
    area = page.get_by_label("SQL", exact=True)
    area.fill("")
    area.press_sequentially("SELECT label, page_si")
    page.locator("#sql-names [role=option]").first.wait_for()
    page.keyboard.press("Tab")
    assert area.input_value() == "SELECT label, page_size"
    area.press_sequentially(" FROM dumps WHERE nothing = $n ORDER BY ALL")
    page.get_by_label("$n").fill("1")
    page.keyboard.press("Escape")
    area.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("line 1, column 42")
    chosen = area.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
    assert chosen == "nothing"


@pytest.mark.thorough
def test_rows_of_sql_open_what_they_name(opened: Open) -> None:
    sql = (
        "SELECT dump, owner, comm, stack_id, pfn, bytes FROM live_allocations "
        "WHERE dump = '7.3/t2' ORDER BY pfn LIMIT 1"
    )
    page = opened(f"view=sql&sql={quote(sql)}")
    links = page.locator("tbody tr a")
    expect(links).to_have_count(5)
    searches = links.evaluate_all("links => links.map(link => link.search)")
    views = [parse_qs(search)["view"] for search in searches]
    # The number may be of anything.
    assert views == [["owners"], ["stacks"], ["owners"], ["stack"], ["page"]]
    links.nth(3).click()
    settle(page)
    expect(page.locator(".is-owner")).to_have_count(1)


@pytest.mark.thorough
def test_rows_become_charts_and_downloads(opened: Open, tmp_path: Path) -> None:
    page = opened(VIEWS["sql"])
    page.locator(".chart-box > summary").click()
    expect(page.locator(".bars li").first).to_be_visible()
    for kind in ("Line", "Scatter", "Histogram"):
        page.locator(".chart-box .choice").get_by_text(kind).click()
        expect(page.locator(".chart svg")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "rows.csv")
    assert (tmp_path / "rows.csv").read_text().startswith("label,bytes\n5.10/boot,")


@pytest.mark.thorough
def test_a_query_is_stopped(opened: Open, server: Server) -> None:
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    page = opened("view=sql")
    page.get_by_label("SQL", exact=True).fill(endless)
    page.get_by_role("button", name="Run").click()
    # DuckDB says how far it is, so the bar moves.
    expect(page.locator("progress[value]")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert")).to_contain_text("Stopped")
    assert server.api("sql", sql="SELECT 1 AS n").rows == [{"n": 1}]


@pytest.mark.thorough
def test_the_keyboard_reaches_everything(opened: Open) -> None:
    page = opened("dump=7.3/t2&view=owners&limit=3")
    page.evaluate("document.activeElement.blur()")
    seen = set()
    for _ in range(70):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim()"))
    assert {"Skip to the content", "Leaks", "Add filter", "SQL", "CSV"} <= seen
    page.get_by_role("button", name="bytes", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)


@pytest.mark.thorough
def test_it_fits_a_telephone(opened: Open, views: dict[str, str]) -> None:
    page = opened("view=queries")
    page.set_viewport_size({"width": 390, "height": 800})
    widths = {
        view: opened(words).evaluate("document.documentElement.scrollWidth")
        for view, words in views.items()
    }
    assert {view: width for view, width in widths.items() if width > 390} == {}


@pytest.mark.thorough
def test_it_fits_when_magnified(opened: Open) -> None:
    """A window of 1280 at 200 % is as wide as 640."""
    page = opened("view=queries")
    page.set_viewport_size({"width": 640, "height": 400})
    for view in ("overview", "leaks", "map", "sql"):
        page = opened(VIEWS[view])
        assert page.evaluate("document.documentElement.scrollWidth") <= 640


@pytest.mark.thorough
def test_it_is_printed_without_its_controls(opened: Open) -> None:
    page = opened(VIEWS["leaks"])
    page.emulate_media(media="print")
    for part in (".views", ".filter-form", ".downloads", "#theme"):
        expect(page.locator(part).first).to_be_hidden()
    expect(page.locator("tbody tr").last).to_be_visible()


@pytest.fixture(scope="session")
def axe() -> str:
    return (install_npm_packages() / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("colors", ["light", "dark"])
def test_axe_finds_nothing(
    server: Server, views: dict[str, str], browser: Browser, axe: str, colors: Any
) -> None:
    # The page's policy keeps out other scripts, this one too.
    context = browser.new_context(bypass_csp=True, color_scheme=colors)
    page = context.new_page()
    page.goto(server.url)
    told = {}
    for view, words in views.items():
        page.goto(f"{server.origin}/?{words}")
        settle(page)
        page.evaluate(axe)
        for each in page.evaluate("axe.run()")["violations"]:
            told[view, each["id"]] = [node["html"][:120] for node in each["nodes"][:3]]
    context.close()
    assert told == {}


@pytest.mark.thorough
def test_two_tabs_keep_their_own_state(
    opened: Open, server: Server, context: BrowserContext
) -> None:
    first = opened("dump=7.3/t2&view=owners")
    second = context.new_page()
    second.goto(f"{server.origin}/?dump=7.3/t0&view=map")
    settle(second)
    first.reload()
    settle(first)
    assert first.locator("h1").inner_text() == "Owners"
    assert second.locator("h1").inner_text() == "Map of memory"


@pytest.mark.thorough
def test_a_server_that_was_killed_is_waited_for(
    real_runs: Path, browser: Browser, tmp_path: Path
) -> None:
    token = ("--token-file", str(tmp_path / "token"))
    context = browser.new_context()
    page = context.new_page()
    with running(real_runs, *token) as server:
        page.goto(f"{server.url}&dump=7.3/t2")
        settle(page)
        server.process.kill()
        server.process.wait()
    page.get_by_role("link", name="Owners", exact=True).click()
    expect(page.locator("main")).to_contain_text("The server does not answer")
    with running(real_runs, *token, "--port", str(server.port)):
        settle(page)
        expect(page.locator("tbody tr").first).to_be_visible()
        assert page.locator("h1").inner_text() == "Owners"
    context.close()


@pytest.mark.thorough
def test_a_load_may_change_the_database_while_the_page_is_open(
    real_runs: Path, browser: Browser, tool: Tool
) -> None:
    shutil.copy(real_runs, tool.db)
    context = browser.new_context()
    page = context.new_page()
    with running(tool.db) as server:
        page.goto(f"{server.url}&dump=7.3/t2&view=owners")
        settle(page)
        # The server lets go of the file after a second.
        time.sleep(2)
        tool.ok("dumps", "set", "7.3/t2", "--label", "renamed")
        page.get_by_role("link", name="Processes", exact=True).click()
        expect(page.get_by_role("alert").first).to_contain_text("no dump has this label")
        page.locator(".chooser summary").click()
        page.locator(".dump-form input[value='renamed']").check()
        page.get_by_role("button", name="Show these").click()
        settle(page)
        expect(page.locator("tbody tr").first).to_be_visible()
    context.close()


@pytest.mark.thorough
def test_a_dump_may_be_replaced_while_the_page_is_open(
    tmp_path: Path, browser: Browser, tool: Tool
) -> None:
    from tests.test_api import small

    file = small(tmp_path, "one")
    tool.ok("load", file)
    context = browser.new_context()
    page = context.new_page()
    with running(tool.db) as server:
        page.goto(f"{server.url}&dump=one&view=owners")
        expect(settle(page).locator("tbody tr").first).to_be_visible()
        # The server lets go of the file after a second.
        time.sleep(2)
        tool.ok("dumps", "rm", "one")
        file.write_bytes(ERAS[2].record(b"replaced", 1))
        tool.ok("load", file, small(tmp_path, "two"))
        page.get_by_role("link", name="Processes", exact=True).click()
        settle(page)
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator("tbody")).to_contain_text("replaced")
        page.locator(".chooser > summary").click()
        expect(page.locator(".dump-form input[value='two']")).to_be_visible()
        expect(page.locator(".error")).to_have_count(0)
    context.close()


@pytest.mark.thorough
def test_samples_are_shown_over_time(tmp_path: Path, browser: Browser) -> None:
    database = tmp_path / "samples.duckdb"
    keep(database, list(samples(200, 1200, TRUTHS)))
    context = browser.new_context()
    page = context.new_page()
    with running(database) as server:
        page.goto(f"{server.url}&view=samples")
        settle(page)
        expect(page.locator(".timeline svg")).to_be_visible()
        expect(page.locator(".legend")).to_contain_text("make_trend")
        expect(page.get_by_role("region", name="Shapes")).to_contain_text("spike")
        page.get_by_label("Samples since").fill("2026-11-30 00:00")
        page.get_by_role("button", name="Show", exact=True).click()
        settle(page)
        assert "param.since=2026-11-30" in page.url
        expect(page.locator(".timeline svg")).to_be_visible()
        expect(page.locator(".error")).to_have_count(0)
    context.close()


@pytest.mark.thorough
def test_samples_are_chosen_as_dumps_are(tmp_path: Path, browser: Browser) -> None:
    database = tmp_path / "samples.duckdb"
    keep(database, list(samples(9, 600, TRUTHS)))
    context = browser.new_context()
    page = context.new_page()
    chosen = page.locator(".chooser > summary")
    rows = page.locator("tbody tr")
    with running(database) as server:
        # Where there are no dumps, the last sample is looked at.
        page.goto(f"{server.url}&view=owners")
        expect(settle(page).locator("tbody")).to_contain_text("make_trend")
        expect(chosen).to_contain_text("@2026-11-28T01:20:00")
        chosen.click()
        page.locator(".dump-form input[value='@2026-11-28T00:00:00']").check()
        page.get_by_role("button", name="Show these").click()
        expect(settle(page).locator(".chooser > summary")).to_contain_text("Difference")
        expect(rows.filter(has_text="make_step")).to_contain_text("grown")
        page.get_by_role("link", name="Stacks", exact=True).click()
        settle(page).get_by_role("link", name="explain").first.click()
        frames = settle(page).get_by_role("region", name="Frames")
        expect(frames).to_contain_text("do_syscall_64")
        chosen.click()
        for time_ in ("00:00", "01:20"):
            page.locator(f".dump-form input[value='@2026-11-28T{time_}:00']").uncheck()
        page.get_by_label("Another time").fill("00:00..01:20")
        page.get_by_role("button", name="Show these").click()
        page.get_by_role("link", name="Leaks", exact=True).click()
        expect(settle(page).locator("tbody")).to_contain_text("make_trend")
        expect(rows.filter(has_text="make_trend")).to_contain_text("trend")
        expect(page.locator(".error")).to_have_count(0)
    context.close()


def test_hostile_names_are_text(tmp_path: Path, browser: Browser, tool: Tool) -> None:
    from tests.test_api import small

    tool.ok("load", small(tmp_path))
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    with running(tool.db) as server:
        page.goto(f"{server.url}&view=processes")
        settle(page)
        expect(page.locator("tbody")).to_contain_text("<script>al")
        assert page.locator("tbody script").count() == 0
        shown = page.locator("tbody").inner_text()
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
        page.locator("tbody a", has_text="<script>al").first.click()
        settle(page)
        expect(page.locator(".chip")).to_contain_text("<script>al")
        expect(page.locator(".error")).to_have_count(0)
    assert said == []
    context.close()


HOSTILE = [
    *(b"</script><script>alert(1)</script>", b'"><img src=x onerror=alert(1)>', b"'; DROP TABLE x"),
    *("\u202eevil".encode(), b"\x1b]0;x\x07\x1b[31m", b"two\nlines", b"\xff\xfe", b"x" * 4096),
]


@pytest.mark.thorough
def test_hostile_names_are_text_in_every_view(tmp_path: Path, browser: Browser, tool: Tool) -> None:
    file = tmp_path / "hostile.txt"
    file.write_bytes(b"".join(ERAS[2].record(each, at) for at, each in enumerate(HOSTILE)))
    tool.ok("load", file)
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    with running(tool.db) as server:
        page.goto(server.url)
        for view, words in VIEWS.items():
            dumps = re.sub("dump=7.3/t[0-9]&?|(comm|owner)=[^&]*&?", "", words)
            page.goto(f"{server.origin}/?dump=hostile&{dumps.replace('LARGEST', '1')}")
            shown = settle(page).locator("body").inner_text()
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown), view
            assert page.locator("main script, main img").count() == 0, view
            assert not page.evaluate("document.body.scrollWidth > innerWidth"), view
    assert said == []
    context.close()

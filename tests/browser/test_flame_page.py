"""The interactive flame graph."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from pageowner_sql.output import units
from pageowner_sql.output.flame.files import flame_html
from pageowner_sql.output.model import NOTHING, FlameGraph, FlameSample
from tests.browser.conftest import OpenPage
from tests.pictures import sample

pytestmark = pytest.mark.browser


def frame(page: Page, name: str) -> Locator:
    return page.locator(f'.frame[name="{name}"]').first


def width(page: Page, name: str) -> float:
    return float(frame(page, name).get_attribute("width") or 0)


def fill(page: Page, name: str) -> str:
    return frame(page, name).locator("rect").get_attribute("fill") or ""


def tip(page: Page) -> Locator:
    return page.locator(".tip")


def share(graph: FlameGraph, holds: Callable[[FlameSample], bool]) -> str:
    found = sum((s.weights for s in graph.samples if holds(s)), NOTHING)
    return units.share(found.bytes / sample.total(graph)[0].bytes)


@pytest.mark.thorough
def test_the_root_holds_the_whole(open_page: OpenPage) -> None:
    graph = sample.graph()
    page = open_page(flame_html(graph)).page
    now, _ = sample.total(graph)
    expect(page.locator("#total-bytes")).to_have_text(units.size(now.bytes))
    frame(page, "all").hover()
    for text in (units.size(now.bytes), units.count(now.pages), units.count(now.records)):
        expect(tip(page)).to_contain_text(text)


@pytest.mark.thorough
def test_the_heaviest_threshold_loses_nothing(open_page: OpenPage) -> None:
    graph = sample.graph()
    page = open_page(flame_html(graph, threshold=0.05)).page
    now, _ = sample.total(graph)
    frame(page, "all").hover()
    expect(tip(page)).to_contain_text(units.count(now.records))
    frame(page, "(other)").hover()
    expect(tip(page)).to_contain_text("stacks below 5.0 % of the whole")


@pytest.mark.thorough
def test_hovering_tells_weights_and_owner(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    frame(page, "comm=sockleak").hover()
    expect(tip(page)).to_contain_text("comm=sockleak")
    expect(tip(page)).to_contain_text(re.compile(r"bytes.*pages.*records.*owner"))
    expect(tip(page)).to_contain_text("alloc_skb_with_frags")
    page.mouse.move(2, 2)
    expect(tip(page)).to_be_hidden()


@pytest.mark.thorough
def test_a_click_zooms_and_the_path_leads_back(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    before = width(page, "comm=cat")
    frame(page, "comm=cat").click()
    expect(page.locator(".flame-crumbs")).to_contain_text("comm=cat")
    expect(frame(page, "comm=cat")).to_have_attribute("width", f"{width(page, 'all'):.0f}")
    expect(frame(page, "comm=sockleak")).to_have_count(0)
    page.locator(".flame-crumbs button").first.click()
    expect(page.locator(".flame-crumbs")).to_be_hidden()
    assert width(page, "comm=cat") == pytest.approx(before, abs=1)


@pytest.mark.thorough
def test_a_zoom_outlives_another_weight(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    frame(page, "comm=cat").click()
    page.get_by_text("Records", exact=True).click()
    expect(page.locator(".flame-crumbs button").last).to_have_text("comm=cat")


@pytest.mark.thorough
def test_the_search_counts_each_stack_once(open_page: OpenPage) -> None:
    graph = sample.graph()
    page = open_page(flame_html(graph, threshold=0)).page
    # The page paints before it makes the graph; only then is there a search to go to.
    expect(frame(page, "all")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("UNIX_")
    expected = share(graph, lambda s: any("unix_" in name for name in s.frames))
    expect(page.locator(".flame-result b")).to_have_text(expected)
    plain = fill(page, "vfs_write")
    assert fill(page, "unix_dgram_sendmsg") != plain
    page.get_by_label("Search the flame graph").fill("")
    expect(page.locator(".flame-result")).to_have_text("")


@pytest.mark.thorough
def test_a_search_is_not_a_pattern(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph(), threshold=0)).page
    page.get_by_label("Search the flame graph").fill("c` *d*")
    expect(page.locator(".flame-result")).to_contain_text("in 1 frames")
    page.get_by_label("Search the flame graph").fill("(((")
    expect(page.locator(".flame-result")).to_contain_text("in 1 frames")


@pytest.mark.thorough
def test_inverted_the_sites_come_first(open_page: OpenPage) -> None:
    graph = sample.graph(roots=())
    page = open_page(flame_html(graph, threshold=0)).page
    page.get_by_text("Allocator frames").click()
    page.get_by_text("Allocation sites").click()
    sites = sum((s.weights for s in graph.samples if s.frames[0] == "post_alloc_hook"), NOTHING)
    part = sites.bytes / sample.total(graph)[0].bytes
    assert width(page, "post_alloc_hook") == pytest.approx(part * width(page, "all"), abs=1)
    assert width(page, "vfs_write") < 0.5 * width(page, "all")


@pytest.mark.thorough
def test_the_allocators_frames_are_there_on_demand(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    expect(frame(page, "alloc_skb_with_frags")).to_be_visible()
    expect(frame(page, "get_page_from_freelist")).to_have_count(0)
    page.get_by_text("Allocator frames").click()
    expect(frame(page, "get_page_from_freelist")).to_be_visible()
    page.get_by_text("Allocator frames").click()
    frame(page, "all").hover()
    expect(tip(page)).to_contain_text(units.count(sample.total(sample.graph())[0].records))


@pytest.mark.thorough
def test_weights_change_the_widths(open_page: OpenPage) -> None:
    graph = sample.graph()
    page = open_page(flame_html(graph)).page
    now, _ = sample.total(graph)
    own = sum((s.weights for s in graph.samples if s.roots == ("sockleak",)), NOTHING)
    for name, part in (("Bytes", own.bytes / now.bytes), ("Records", own.records / now.records)):
        page.get_by_text(name, exact=True).click()
        drawn = width(page, "comm=sockleak") / width(page, "all")
        assert drawn == pytest.approx(part, abs=0.005)


@pytest.mark.thorough
def test_a_flame_has_its_root_below(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page

    def top(name: str) -> float:
        box = frame(page, name).locator("rect").bounding_box()
        assert box
        return box["y"]

    assert top("all") < top("comm=sockleak")
    page.get_by_text("Flame", exact=True).click()
    assert top("all") > top("comm=sockleak")


@pytest.mark.thorough
def test_the_keyboard_moves_zooms_and_tells(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    page.locator(".flame-chart").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(".flame-status")).to_contain_text("comm=cat: ")
    expect(page.locator(".cursor")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".flame-crumbs button").last).to_have_text("comm=cat")
    page.keyboard.press("Escape")
    expect(page.locator(".flame-crumbs")).to_be_hidden()


@pytest.mark.thorough
def test_a_difference_shows_what_went_and_what_came(open_page: OpenPage) -> None:
    came = FlameSample(("new_f",), sample.weights(1, 10))
    went = FlameSample(("old_f",), NOTHING, sample.weights(2, 30))
    same = FlameSample(("same_f",), sample.weights(3, 20), sample.weights(3, 20))
    graph = FlameGraph("t0 to t2", "t2", (came, went, same), "t0")
    page = open_page(flame_html(graph)).page
    assert width(page, "old_f") == pytest.approx(width(page, "all") * 30 / 60, abs=1)
    assert len({fill(page, name) for name in ("new_f", "old_f", "same_f")}) == 3
    frame(page, "old_f").hover()
    expect(tip(page)).to_contain_text("\N{MINUS SIGN}120 KiB")
    page.get_by_text("Change", exact=True).click()
    assert width(page, "new_f") == pytest.approx(width(page, "all") * 10 / 40, abs=1)
    expect(frame(page, "same_f")).to_have_count(0)
    page.locator(".choice").get_by_text("t2", exact=True).click()
    assert width(page, "new_f") == pytest.approx(width(page, "all") * 10 / 30, abs=1)


@pytest.mark.thorough
def test_hostile_names_are_text(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph(), threshold=0)).page
    page.get_by_text("Records", exact=True).click()
    names = page.locator(".frame").evaluate_all("all => all.map(g => g.getAttribute('name'))")
    assert {"comm=<script>al", "comm=</script>", r"comm=\x1b[31mred\x1b[0m"} <= set(names)
    assert page.locator("script").count() == 2
    assert page.locator("img").count() == 0


@pytest.mark.thorough
def test_the_theme_changes_colours_and_stays(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    light = fill(page, "comm=sockleak")
    page.get_by_text("Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert fill(page, "comm=sockleak") != light
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.thorough
def test_the_statement_is_a_click_away(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    expect(page.locator("details.sql pre")).to_be_hidden()
    page.get_by_text("SQL", exact=True).click()
    expect(page.locator("details.sql pre")).to_have_text(sample.SQL)
    page.get_by_text("Copy SQL").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == sample.SQL


def shown(page: Page, hash_: str) -> Page:
    """Open the same page with this state in its address, as a link does."""
    address = page.url.partition("#")[0]
    page.goto("about:blank")
    page.goto(f"{address}#{hash_}")
    expect(frame(page, "all")).to_be_visible()
    return page


@pytest.mark.thorough
def test_a_search_can_be_a_pattern(open_page: OpenPage) -> None:
    graph = sample.graph()
    page = open_page(flame_html(graph, threshold=0)).page
    expect(frame(page, "all")).to_be_visible()
    page.get_by_text("Allocator frames").click()
    search = page.get_by_label("Search the flame graph")
    page.get_by_text("Regex").click()
    search.fill("^unix_(dgram|stream)_")
    pattern = re.compile("^unix_(dgram|stream)_")
    expected = share(graph, lambda s: any(pattern.search(name) for name in s.frames))
    expect(page.locator(".flame-result b")).to_have_text(expected)
    search.fill("(((")
    expect(page.locator(".flame-result")).to_contain_text("Invalid regular expression")


@pytest.mark.thorough
def test_a_note_goes_with_a_click_and_with_escape(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    frame(page, "comm=cat").hover()
    expect(tip(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip(page)).to_be_hidden()
    frame(page, "comm=sockleak").hover()
    expect(tip(page)).to_be_visible()
    frame(page, "comm=sockleak").click()
    expect(page.locator(".flame-crumbs button").last).to_have_text("comm=sockleak")
    page.wait_for_timeout(300)  # for what is drawn below a pointer that rests
    expect(tip(page)).to_be_hidden()


@pytest.mark.thorough
def test_a_zoom_moves_nothing_else(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    page.set_viewport_size({"width": 900, "height": 400})
    frame(page, "comm=cat").scroll_into_view_if_needed()
    where = """() => [scrollY, document.documentElement.scrollHeight,
        document.querySelector('.flame-chart').getBoundingClientRect().top]"""
    before = page.evaluate(where)
    frame(page, "comm=cat").click()
    expect(page.locator(".flame-crumbs button").last).to_have_text("comm=cat")
    assert page.evaluate(where) == before


@pytest.mark.thorough
def test_the_address_tells_what_is_shown_and_back_leads_back(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    page.get_by_text("Records", exact=True).click()
    frame(page, "comm=cat").click()
    page.get_by_label("Search the flame graph").fill("ext4")
    expect(page.locator(".flame-result")).to_contain_text("frames")
    expect(page).to_have_url(re.compile("flame.search=ext4"))
    state = page.url.partition("#")[2]
    found = page.locator(".flame-result").inner_text()
    shown(page, state)
    expect(page.locator(".flame-crumbs button").last).to_have_text("comm=cat")
    expect(page.locator(".flame-result")).to_have_text(found)
    expect(page.get_by_label("Records", exact=True)).to_be_checked()
    page.locator(".flame-crumbs button").first.click()
    expect(page.locator(".flame-crumbs button")).to_have_count(1)
    page.go_back()
    expect(page.locator(".flame-crumbs button").last).to_have_text("comm=cat")
    page.go_forward()
    expect(page.locator(".flame-crumbs button")).to_have_count(1)


@pytest.mark.thorough
def test_a_hostile_name_in_the_address_is_a_name(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph(), threshold=0)).page
    frame(page, "comm=</script>").dispatch_event("click")
    expect(page.locator(".flame-crumbs button").last).to_have_text("comm=</script>")
    shown(page, page.url.partition("#")[2])
    expect(page.locator(".flame-crumbs button").last).to_have_text("comm=</script>")
    shown(page, "?flame.zoom=%zz&flame.weight=%3Cimg%3E&flame.peek=%3Cimg src=x%3E&nothing=1")
    assert page.locator("img").count() == 0


@pytest.mark.thorough
def test_a_link_names_a_function_and_gets_its_place(open_page: OpenPage) -> None:
    page = open_page(flame_html(sample.graph())).page
    shown(page, "?flame.frame=unix_dgram_sendmsg")
    expect(page.locator(".flame-crumbs button").last).to_have_text("unix_dgram_sendmsg")
    assert "flame.zoom=comm" in page.url


@pytest.mark.thorough
def test_callers_and_callees_of_a_function_add_up(open_page: OpenPage) -> None:
    graph = sample.graph()
    page = open_page(flame_html(graph, threshold=0)).page
    shown(page, "?flame.frame=unix_dgram_sendmsg")
    page.get_by_role("button", name="Callers and callees").click()
    own = [s for s in graph.samples if "unix_dgram_sendmsg" in s.frames]
    held = sum((s.weights for s in own), NOTHING)
    expect(page.locator(".peek-self")).to_contain_text(units.size(held.bytes))
    callees = {s.frames[s.frames.index("unix_dgram_sendmsg") - 1] for s in own}
    assert set(page.locator(".peek-callee .link").all_inner_texts()) == callees
    page.locator(".peek-callee .link").first.click()
    expect(page.locator(".peek-caller")).to_contain_text(["unix_dgram_sendmsg"])
    page.go_back()
    expect(page.locator(".peek-self")).to_contain_text("unix_dgram_sendmsg")


@pytest.mark.thorough
def test_a_frame_links_to_its_line(open_page: OpenPage) -> None:
    frames = ("alloc (mm/page_alloc.c:7)", "f [mod] (a b/<img>.c:12)", "g (x.c:3)")
    url = "https://example.org/{file}?a=1&b#n{line}"
    made = FlameSample(frames, sample.weights(1, 10), owner=frames[1])
    graph = FlameGraph("t", "t", (made,), source_url=url)
    page = open_page(flame_html(graph)).page
    frame(page, frames[1]).hover()
    expect(tip(page).locator(".tip-title")).to_have_text("f [mod]")
    expect(tip(page).locator(".tip-place")).to_have_text("a b/<img>.c:12")
    frame(page, frames[1]).click()
    link = page.locator(".flame-detail a")
    expect(link).to_have_text("a b/<img>.c:12")
    expect(link).to_have_attribute("href", "https://example.org/a%20b/%3Cimg%3E.c?a=1&b#n12")
    expect(link).to_have_attribute("rel", "noreferrer noopener")
    page.get_by_role("button", name="Callers and callees").click()
    expect(page.locator(".peek-self")).to_contain_text("f [mod]")
    expect(page.locator(".peek-callee .link")).to_have_text("alloc")


@pytest.mark.thorough
def test_a_template_that_is_not_the_webs_makes_no_link(open_page: OpenPage) -> None:
    made = FlameSample(("f (x.c:1)",), sample.weights(1, 10))
    graph = FlameGraph("t", "t", (made,), source_url="javascript:alert('{file}')")
    page = open_page(flame_html(graph)).page
    frame(page, "f (x.c:1)").click()
    expect(page.locator(".flame-detail code")).to_have_text("x.c:1")
    expect(page.locator(".flame-detail a")).to_have_count(0)

"""The report in a browser."""

import csv
import io
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from pageowner_sql.output.report.cells import cell_text
from pageowner_sql.output.report.html import report_html
from tests.browser.conftest import OpenPage
from tests.pictures import sample

pytestmark = pytest.mark.browser


def sizes() -> list[int]:
    """What the table's rows hold, in bytes."""
    return [row[4] for row in sample.table().rows if isinstance(row[4], int)]


def open_report(open_page: OpenPage, *, compared: bool = True) -> Page:
    return open_page(report_html(sample.report(compared=compared))).page


def stacks(page: Page) -> Locator:
    page.locator("#stacks").scroll_into_view_if_needed()
    panel = page.locator("#stacks-0")
    expect(panel.locator(".tabulator-row").first).to_be_visible()
    return panel


def column(panel: Locator, place: int) -> list[str]:
    cells = panel.locator(f'.tabulator-row .tabulator-cell[tabulator-field="c{place}"]')
    return [text.strip() for text in cells.all_inner_texts()]


@pytest.mark.thorough
def test_the_conclusion_is_there_before_any_script(open_page: OpenPage) -> None:
    page = open_report(open_page)
    expect(page.locator(".finding-alert code").first).to_have_text("<script>al")
    expect(page.locator("h1")).to_have_text("Memory of </script>")
    assert page.evaluate("document.contentType") == "text/html"


@pytest.mark.thorough
def test_the_policy_is_in_force(open_page: OpenPage) -> None:
    watched = open_page(report_html(sample.report()))
    page = watched.page
    blocked = page.evaluate(
        """() => new Promise(resolve => {
            document.addEventListener('securitypolicyviolation', e => resolve(e.violatedDirective));
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.body.append(script);
        })"""
    )
    assert blocked == "script-src-elem"
    assert page.evaluate("window.ran") is None
    refused = page.evaluate("fetch('file:///etc/hostname').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    assert all("Content Security Policy" in text for text in watched.said)
    watched.said.clear()


@pytest.mark.thorough
def test_the_tables_write_numbers_as_the_page_does(open_page: OpenPage) -> None:
    panel = stacks(open_report(open_page))
    table = sample.table()
    shown = panel.locator(".tabulator-row").first.locator(".tabulator-cell").all_inner_texts()
    for text, value, spec in zip(shown, table.rows[0], table.columns, strict=True):
        if spec.kind not in {"stack", "series"}:
            assert text.strip() == cell_text(value, spec.kind)


@pytest.mark.thorough
def test_sorting_is_by_value_and_missing_values_come_last(open_page: OpenPage) -> None:
    panel = stacks(open_report(open_page))
    panel.locator(".tabulator-col").nth(4).click()
    largest = sorted(sizes(), reverse=True)
    assert column(panel, 4)[:15] == [cell_text(size, "bytes") for size in largest[:15]]
    for _ in range(2):
        panel.locator(".tabulator-col").nth(8).click()
        assert "\N{EN DASH}" not in column(panel, 8)


@pytest.mark.thorough
def test_a_header_sorts_by_key(open_page: OpenPage) -> None:
    panel = stacks(open_report(open_page))
    header = panel.locator(".tabulator-col").nth(7)
    header.focus()
    header.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    header.press("Enter")
    expect(header).to_have_attribute("aria-sort", "ascending")


@pytest.mark.thorough
def test_the_filter_looks_into_stacks_and_counts(open_page: OpenPage) -> None:
    panel = stacks(open_report(open_page))
    rows = sample.table().rows
    found = [row for row in rows if any("ext4_da_write" in str(value) for value in row)]
    panel.get_by_label("Filter Stacks").fill("EXT4_da_write")
    expect(panel.locator(".table-count")).to_have_text(f"{len(found)} of {len(rows)} rows")
    panel.get_by_label("Filter Stacks").fill("no such thing")
    expect(panel.get_by_text("No rows match")).to_be_visible()
    panel.get_by_label("Filter Stacks").fill("")
    expect(panel.locator(".table-count")).to_have_text(f"{len(rows)} rows")


@pytest.mark.thorough
def test_csv_holds_every_row_that_is_let_through(open_page: OpenPage) -> None:
    page = open_report(open_page)
    panel = stacks(page)
    panel.get_by_text("Copy as CSV").click()
    expect(panel.get_by_text("Copied")).to_be_visible()
    copied = list(csv.reader(io.StringIO(page.evaluate("navigator.clipboard.readText()"))))
    assert copied[0] == [each.name for each in sample.table().columns]
    assert len(copied) == len(sizes()) + 1
    assert {row[0] for row in copied} >= {
        "<script>al",
        "</script>",
        "'; DROP TAB--",
        r"two\x0alines",
    }
    assert sum(int(row[4]) for row in copied[1:]) == sum(sizes())


@pytest.mark.thorough
def test_a_stack_opens_in_its_row(open_page: OpenPage) -> None:
    panel = stacks(open_report(open_page))
    stack = panel.locator("details.stack").first
    expect(stack.locator("summary")).to_contain_text("\N{HORIZONTAL ELLIPSIS} < ")
    stack.locator("summary").press("Enter")
    frames = sample.table().rows[0][2]
    assert isinstance(frames, tuple)
    assert stack.locator("li").all_inner_texts() == list(frames)
    expect(stack.locator("li").last).to_be_visible()


@pytest.mark.thorough
def test_the_flame_graph_and_the_map_are_drawn_when_they_come_near(open_page: OpenPage) -> None:
    page = open_report(open_page)
    page.locator("#flame").scroll_into_view_if_needed()
    expect(page.locator('#flame-0 .frame[name="all"]')).to_have_count(1)
    page.locator("#map").scroll_into_view_if_needed()
    expect(page.locator("#map-0 canvas").first).to_be_visible()


@pytest.mark.thorough
def test_the_map_tells_range_and_owners_by_mouse_and_by_key(open_page: OpenPage) -> None:
    page = open_report(open_page)
    page.locator("#map").scroll_into_view_if_needed()
    canvas = page.locator("#map-0 canvas").first
    canvas.hover(position={"x": 3, "y": 3})
    expect(page.locator(".tip")).to_contain_text("frames 0x0-0xf")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    status = page.locator("#map-0").get_by_role("status")
    expect(status).to_contain_text("0x10-0x1f")
    first = sample.memory().cells[0]
    for _ in range(first.pfn // 16):
        page.keyboard.press("ArrowRight")
    expect(status).to_contain_text("pages allocated")


@pytest.mark.thorough
def test_the_map_takes_another_key_and_shows_strays_alone(open_page: OpenPage) -> None:
    page = open_report(open_page)
    page.locator("#map").scroll_into_view_if_needed()
    panel = page.locator("#map-0")
    picture = "c => c.toDataURL()"
    drawn = [panel.locator("canvas").first.evaluate(picture)]
    panel.get_by_text("age", exact=True).click()
    drawn.append(panel.locator("canvas").first.evaluate(picture))
    panel.get_by_text("Only unmovable pages in movable pageblocks (2)").click()
    drawn.append(panel.locator("canvas").first.evaluate(picture))
    assert len(set(drawn)) == 3
    panel.get_by_text("process", exact=True).click()
    expect(panel.locator(".legend")).to_contain_text("</script>")


@pytest.mark.thorough
def test_the_timeline_takes_another_key_and_tells_each_dump(open_page: OpenPage) -> None:
    page = open_report(open_page)
    page.locator("#timeline").scroll_into_view_if_needed()
    panel = page.locator("#timeline-0")
    expect(panel.locator("polygon")).to_have_count(10)
    panel.get_by_text("order", exact=True).click()
    expect(panel.locator("polygon")).to_have_count(2)
    expect(page).to_have_url(re.compile("timeline-0.by=order"))
    panel.locator("svg").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(panel.get_by_role("status")).to_have_text("t1: 45 B; 3 15 B, 0 30 B")
    panel.locator(".legend button").first.click()
    expect(panel.locator("polygon")).to_have_count(1)
    panel.locator("svg").hover(position={"x": 80, "y": 60})
    expect(page.locator(".tip")).to_contain_text("</script>: 1 B")
    page.reload()
    page.locator("#timeline").scroll_into_view_if_needed()
    expect(panel.locator("polygon")).to_have_count(1)


@pytest.mark.thorough
def test_hostile_names_are_text_everywhere(open_page: OpenPage) -> None:
    page = open_report(open_page)
    for section in ("stacks", "flame", "map", "age", "timeline", "leaks"):
        page.locator(f"#{section}").scroll_into_view_if_needed()
    expect(page.locator("#map-0 canvas").first).to_be_visible()
    stacks(page).get_by_label("Filter Stacks").fill("<img")
    assert page.locator("script").count() == 2
    assert page.locator("img, iframe, link").count() == 0


@pytest.mark.thorough
def test_the_theme_is_a_choice(open_page: OpenPage) -> None:
    page = open_report(open_page)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_text("Dark", exact=True).click()
    assert page.evaluate(ground) != light


@pytest.mark.thorough
def test_the_system_decides_unless_told_otherwise(open_page: OpenPage) -> None:
    page = open_report(open_page)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) != light


@pytest.mark.thorough
@pytest.mark.parametrize("width", [1366, 1024, 700, 390])
def test_nothing_hangs_over_the_edge(open_page: OpenPage, width: int) -> None:
    page = open_report(open_page)
    page.set_viewport_size({"width": width, "height": 768})
    for section in ("stacks", "flame", "map", "timeline"):
        page.locator(f"#{section}").scroll_into_view_if_needed()
    expect(page.locator("#map-0 canvas").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


PRINT = "window.dispatchEvent(new Event('beforeprint'))"


@pytest.mark.thorough
def test_paper_gets_whole_tables_and_drawings(open_page: OpenPage) -> None:
    """Also those that nobody scrolled to: all of it at once, without a frame to wait for."""
    page = open_report(open_page)
    page.get_by_text("Dark", exact=True).click()
    drawn = """() => { window.dispatchEvent(new Event('beforeprint'));
        const widths = [...document.querySelectorAll('#flame-0 .frame rect')].map(rect =>
            Number(rect.getAttribute('width')));
        return [document.querySelectorAll('#stacks-0 table.plain tbody tr').length,
            widths.length > 3 && widths.every(width => width > 0),
            document.querySelectorAll('#timeline-0 polygon').length,
            document.querySelectorAll('details.part:not([open])').length,
            document.documentElement.dataset.theme]; }"""
    assert page.evaluate(drawn) == [len(sizes()), True, 10, 0, "light"]
    page.emulate_media(media="print")
    expect(page.locator("#stacks-0 table.plain")).to_be_visible()
    expect(page.locator("#stacks-0 .table")).to_be_hidden()
    expect(page.locator("#flame-0 .legend")).to_be_visible()
    expect(page.locator(".contents")).to_be_hidden()
    assert page.pdf()[:5] == b"%PDF-"
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.thorough
def test_nothing_is_cut_on_paper(open_page: OpenPage) -> None:
    page = open_report(open_page)
    page.evaluate(PRINT)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1000})
    cut = "() => [...document.querySelectorAll('table.plain, .table-panel, .flame-chart svg')]"
    cut += ".filter(each => each.getBoundingClientRect().right > innerWidth).map(e => e.className)"
    assert page.evaluate(cut) == []


@pytest.mark.thorough
def test_a_narrow_screen_gets_cards_without_blank_rows(open_page: OpenPage) -> None:
    page = open_report(open_page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#stacks").scroll_into_view_if_needed()
    panel = page.locator("#stacks-0")
    cards = panel.locator(".row-card")
    expect(cards).to_have_count(5)
    panel.get_by_text("Show more").click()
    expect(cards).to_have_count(10)
    tall = cards.evaluate_all("all => all.filter(each => each.clientHeight > 500).length")
    assert tall == 0
    panel.get_by_label("Sort by").select_option("bytes")
    largest = cell_text(max(sizes()), "bytes")
    expect(cards.first.locator(".kind-bytes dd")).to_have_text(largest)
    panel.get_by_label("Filter Stacks").fill("<img")
    expect(cards.first).to_contain_text("<img")
    expect(page.locator("#leaks td").first).to_have_css("display", "grid")
    page.set_viewport_size({"width": 1200, "height": 844})
    expect(panel.locator(".tabulator-row").first).to_contain_text("<img")


@pytest.mark.thorough
def test_the_address_keeps_filter_and_order(open_page: OpenPage) -> None:
    page = open_report(open_page)
    panel = stacks(page)
    panel.get_by_label("Filter Stacks").fill("skb")
    panel.locator(".tabulator-col").nth(4).click()
    expect(page).to_have_url(re.compile("stacks-0.filter=skb.*stacks-0.sort=-bytes"))
    shown = column(panel, 4)
    page.reload()
    page.locator("#stacks").scroll_into_view_if_needed()
    # A reload draws the whole page again, which takes a busy machine some seconds.
    panel.locator(".tabulator-row").first.wait_for()
    expect(panel.get_by_label("Filter Stacks")).to_have_value("skb")
    assert column(panel, 4) == shown


@pytest.mark.thorough
def test_a_printer_finds_the_flame_graph_drawn_and_scales_it(open_page: OpenPage) -> None:
    page = open_report(open_page)
    whole = page.locator('#flame-0 .frame[name="all"]')
    # Nobody scrolled there, and paper waits for no timer.
    expect(whole).to_have_attribute("width", re.compile(r"^[1-9]\d{2,}"))
    drawn = page.locator("#flame-0 .flame-chart svg")
    expect(drawn).to_have_attribute("viewBox", re.compile("."))
    width = drawn.evaluate("canvas => canvas.width.baseVal.value")
    assert (drawn.get_attribute("viewBox") or "").startswith(f"0 0 {width:g} ")
    page.emulate_media(media="print")
    # A change of media draws anew.
    page.wait_for_function(
        "() => { const drawn = document.querySelector('#flame-0 .flame-chart svg');"
        " return drawn && drawn.clientWidth <= drawn.parentElement.clientWidth; }"
    )


@pytest.mark.thorough
def test_without_scripts_the_figures_are_there(open_page: OpenPage, browser: object) -> None:
    html = report_html(sample.report()).rpartition("<script>")[0]
    page = open_page(html).page
    assert browser
    expect(page.locator("#stacks-0 table.plain tbody tr")).to_have_count(12)
    expect(page.locator("#summary-1")).to_contain_text("Allocated")

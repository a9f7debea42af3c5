"""speedscope opens what we write: its own importer, in the page that people use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pageowner_sql.output.flame.folded import folded_lines
from pageowner_sql.output.flame.pprof import pprof_gz
from pageowner_sql.output.flame.speedscope import speedscope_json
from pageowner_sql.output.model import NOTHING
from tests.pictures import sample

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def speedscope(page: Page, npm_packages: Path) -> Iterator[Page]:
    """Open speedscope from its npm package."""
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("dialog", lambda dialog: failures.append(dialog.message))
    app = npm_packages / "speedscope" / "dist" / "release" / "index.html"
    page.goto(app.as_uri())
    yield page
    assert failures == []


def _shown(page: Page, file: Path) -> dict[str, str]:
    """Import a file; return what speedscope's table says each function holds in total."""
    page.set_input_files("input[type=file]", str(file))
    page.get_by_text("Sandwich").click()
    expect(page.get_by_text("Symbol Name")).to_be_visible()
    rows = page.locator("tr").all_inner_texts()
    cells = [row.replace("\n", "\t").split("\t") for row in rows[1:]]
    return {parts[-1].strip(): parts[0].split("(")[0].strip() for parts in cells}


def _held() -> int:
    graph = sample.graph()
    own = (s.weights for s in graph.samples if "post_alloc_hook" in s.frames)
    return sum(own, NOTHING).bytes


@pytest.mark.thorough
def test_speedscope_reads_its_own_format(speedscope: Page, tmp_path: Path) -> None:
    file = tmp_path / "graph.speedscope.json"
    file.write_text(speedscope_json(sample.graph()), "utf-8")
    shown = _shown(speedscope, file)
    assert shown["post_alloc_hook"] == f"{_held() / 2**20:.2f} MB"
    expect(speedscope).to_have_title("By process - speedscope")
    expect(speedscope.get_by_text("t2: bytes (1/3)")).to_be_visible()


@pytest.mark.thorough
def test_speedscope_reads_pprof(speedscope: Page, tmp_path: Path) -> None:
    file = tmp_path / "graph.pb.gz"
    file.write_bytes(pprof_gz(sample.graph()))
    assert _shown(speedscope, file)["post_alloc_hook"] == f"{_held() / 2**20:.2f} MB"


@pytest.mark.thorough
def test_speedscope_reads_folded_stacks(speedscope: Page, tmp_path: Path) -> None:
    file = tmp_path / "graph.folded"
    file.write_text("\n".join(folded_lines(sample.graph())) + "\n", "utf-8")
    assert _shown(speedscope, file)["post_alloc_hook"] == f"{_held():,}"

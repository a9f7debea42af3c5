"""What a notebook shows, and the notebook in examples/."""

from pathlib import Path
from typing import Any, cast

import pytest

import pageowner_sql as po
from pageowner_sql.output.flame.svg import flame_svg
from tests.pictures import sample
from tests.support import ROOT

NOTEBOOK = ROOT / "examples" / "notebooks" / "leak.ipynb"


def html(result: Any) -> str:
    text = result._repr_html_()
    assert isinstance(text, str)
    return text


def test_dumps_and_queries_are_tables_with_units(real_runs: Path) -> None:
    with po.open(real_runs) as db:
        dumps = html(db.dumps())
        assert "<th" in dumps
        assert "7.3/t2" in dumps
        assert "61,080" in dumps
        assert " MiB</td>" in dumps
        assert "stacks/top" in html(db.queries())
        assert " GiB<" in html(db.sql("SELECT sum(bytes) AS held FROM allocations"))
    assert "<tbody>" in html(po.open().dumps())


@pytest.mark.thorough
def test_a_flame_graph_is_a_picture(real_runs: Path) -> None:
    with po.open(real_runs) as db:
        graph: Any = db.flame("7.3/t2")
        svg = graph._repr_svg_()
        assert svg.startswith("<svg ")
        assert "unix_dgram_sendmsg: 2" in svg
        memory: Any = db.map("7.3/t2")
        assert memory._repr_png_().startswith(b"\x89PNG")


@pytest.mark.thorough
def test_a_difference_is_a_picture_and_a_report_is_text(real_runs: Path) -> None:
    with po.open(real_runs) as db:
        compared: Any = db.flame("7.3/t2", "7.3/t0")
        assert " records, +182 MiB</title>" in compared._repr_svg_()
        report: Any = db.report("7.3/t2")
        assert report._repr_markdown_().startswith("# ")


def test_names_that_attack_are_text_in_the_picture() -> None:
    svg = flame_svg(sample.graph())
    for name in ("<script>", "<img", "\x1b"):
        assert name not in svg
    assert "&lt;script&gt;" in svg


@pytest.mark.thorough
@pytest.mark.slow
def test_the_example_runs() -> None:
    import nbclient
    import nbformat

    notebook = cast(Any, nbformat).reads(NOTEBOOK.read_text("utf-8"), as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    client = nbclient.NotebookClient(
        notebook, timeout=200, resources={"metadata": {"path": NOTEBOOK.parent}}
    )
    client.execute()
    seen: set[str] = set()
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert output["output_type"] != "error"
            seen |= output.get("data", {}).keys()
    assert {"text/html", "image/svg+xml", "image/png"} <= seen

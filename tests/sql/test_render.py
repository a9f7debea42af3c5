"""Compiled templates are kept where Python keeps its own, and are never stale."""

import sys
from pathlib import Path

import pytest

from pageowner_sql.sql import render


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(render, "cache_from_source", lambda _: str(tmp_path / "render.pyc"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path


def code_of(name: str) -> str:
    column = {"name": "<b>", "right": False}
    template = render.html_environment().get_template(name)
    return template.render(columns=[column], rows=[["<i>"]], more=False)


def test_the_second_process_reads_what_the_first_compiled(folder: Path) -> None:
    first = code_of("rows.html.j2")
    [kept] = folder.iterdir()
    assert kept.name.endswith(".jinja2")
    written = kept.stat().st_mtime_ns
    assert code_of("rows.html.j2") == first
    assert kept.stat().st_mtime_ns == written
    kept.write_bytes(kept.read_bytes()[:100])
    assert code_of("rows.html.j2") == first


def test_what_is_kept_fits_how_it_was_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code_of("rows.html.j2")
    with monkeypatch.context() as other:
        other.setattr(render, "_ESCAPED", ("svg.j2",))
        assert "<i>" in code_of("rows.html.j2")
    assert "<i>" not in code_of("rows.html.j2")
    assert len(list(folder.iterdir())) == 2


def test_nobody_minds_a_folder_that_cannot_be_written_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "cache_from_source", lambda _: str(folder / "none" / "x.pyc"))
    assert "&lt;i&gt;" in code_of("rows.html.j2")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(render, "cache_from_source", lambda _: str(folder / "x.pyc"))
    assert "&lt;i&gt;" in code_of("rows.html.j2")
    assert list(folder.iterdir()) == []

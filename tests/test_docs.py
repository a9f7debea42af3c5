"""The documents are what the program says: written by `make docs`, compared here."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pageowner_sql.cli import drop_in, entry
from pageowner_sql.cli.commands import program
from pageowner_sql.watch_rules import read_rule
from tests.support import FIXTURES, ROOT
from tests.support.tool import environment


def script(name: str) -> ModuleType:
    """Return scripts/NAME.py as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    return script("reference")


@pytest.mark.sampled
@pytest.mark.parametrize(
    "page", ["cli", "schema", "queries", "tutorial", "leak-hunting", "bug-report", "tutorial-80x24"]
)
def test_a_page_is_up_to_date(reference: ModuleType, page: str, tmp_path: Path) -> None:
    written = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert getattr(reference, page.replace("-", "_"))() == written, "run: make docs"
    assert not re.search(r"/(tmp|root|home)/", written)
    assert tmp_path.name not in written


@pytest.mark.thorough
def test_what_the_readme_shows_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, fixture in (("monday.txt", "t0"), ("friday.txt.xz", "t2"), ("page_owner.txt", "t0")):
        packed = FIXTURES / "linux-7.3" / f"{fixture}.txt.xz"
        text = packed.read_bytes() if name.endswith(".xz") else _unpacked(packed)
        (tmp_path / name).write_bytes(text)
    use = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Use")[2]
    blocks = re.findall(r"```(python)?\n(.*?)```", use, re.DOTALL)
    assert len(blocks) == 4
    for language, block in blocks:
        if language == "python":
            subprocess.run([sys.executable, "-c", block], check=True, env=environment())
            continue
        for line in block.splitlines():
            program, *arguments = shlex.split(line, comments=True)
            if program == "page_owner_sort":
                assert drop_in.run(arguments) == 0
            elif arguments[0] not in ("serve", "shell"):
                code = entry.run(arguments)
                assert code == 0, capfd.readouterr().err
                assert program == "pageowner-sql"
    assert (tmp_path / "friday.txt").read_bytes() == _unpacked(tmp_path / "friday.txt.xz")
    for made in ("sorted.txt", "report.html", "friday.html", "grown.html"):
        assert (tmp_path / made).stat().st_size > 1000


def test_the_readme_leads_to_every_document_and_variable() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name}" in readme
    for source in (ROOT / "pageowner_sql").rglob("*.py"):
        for name in re.findall(r'environ[.\w]*[\[(]"(PAGE_?OWNER_\w+)"', source.read_text("utf-8")):
            assert f"`{name}`" in readme


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{name}.md" for name in ("live", "fleet", "ci", "filters"))]
)
def test_the_parser_takes_each_command_line_of_a_page(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    lines = re.findall(r"^(?:\$ )?(?:sudo )?pageowner-sql (.*)$", blocks, re.MULTILINE)
    assert lines
    for line in lines:
        words = shlex.split(line, comments=True)
        context = parsed([word for word in words if not word.startswith(">")])
        if context.info_name == "sort":
            continue
        assert context.info_name in line
        for rule in context.params.get("when") or ():
            read_rule(rule, context.params["by"].value)


def parsed(arguments: list[str]) -> Any:
    """What Typer makes of a command line. Raises what it refuses it with."""
    command, name, context = program(), "pageowner-sql", None
    while True:
        context = command.make_context(name, arguments, parent=context)
        arguments = [*getattr(context, "_protected_args", ()), *context.args]
        if not arguments or not hasattr(command, "resolve_command"):
            return context
        name, command, arguments = command.resolve_command(context, arguments)


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_the_paths_that_a_page_names_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    words = re.findall(r"(?<![\w/.])(?:\.?\w[\w.-]*/)+[\w.-]*", text)
    tops = ("pageowner_sql/", "tests/", "docs/", "queries/", "fixtures/", "web/", "benchmarks/")
    named = {word.rstrip(".") for word in words if word.startswith(tops)}
    patterns = {name for name in named if "NAME" in name or "THEME" in name}
    assert len(named) > 10
    assert [name for name in sorted(named - patterns) if not (ROOT / name).exists()] == []


def _unpacked(path: Path) -> bytes:
    import lzma

    return lzma.decompress(path.read_bytes())


def test_the_script_needs_no_place_of_its_own(reference: ModuleType) -> None:
    assert Path(reference.ROOT) == ROOT
    assert sys.executable not in (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def test_the_reference_has_the_commands_of_commands_too() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name in ("rm", "set", "compact"):
        assert f"### dumps {name}\n" in text


def test_man_pages_and_completions_are_up_to_date() -> None:
    share = ROOT / "share"
    written = {
        path.relative_to(share).as_posix(): path.read_text(encoding="utf-8")
        for path in share.rglob("*")
        if path.is_file()
    }
    assert script("shipped").files() == written, "run: make docs"


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_roff_has_nothing_to_say_about_the_man_pages() -> None:
    pages = sorted((ROOT / "share" / "man" / "man1").iterdir())
    assert len(pages) > 15
    for page in pages:
        command = ["groff", "-k", "-man", "-Tutf8", "-ww", "-z", str(page)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stderr == "", page.name


@pytest.mark.thorough
@pytest.mark.slow
def test_the_site_has_no_link_that_leads_nowhere(tmp_path: Path) -> None:
    site = tmp_path / "site"
    command = [sys.executable, str(ROOT / "scripts" / "web_site.py"), str(site)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"index.html", "tutorial.html", "cli.html"} <= {path.name for path in site.iterdir()}
    assert "http://" not in (site / "index.html").read_text("utf-8").partition("<body")[0]


def test_the_tutorial_fits_a_terminal_of_80_columns() -> None:
    text = (ROOT / "docs" / "tutorial-80x24.md").read_text(encoding="utf-8")
    screens = text[text.index("```console") :].splitlines()
    assert [line for line in screens if len(line) > 80 and not line.startswith("$ ")] == []
    assert text.count("\n$ ") == (ROOT / "docs" / "tutorial.md").read_text("utf-8").count("\n$ ")

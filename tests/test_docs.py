"""The documents are what the program says: written by `make docs`, compared here."""

import importlib.util
import re
import shlex
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support import FIXTURES, ROOT
from tests.tool import Tool


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["cli", "schema", "queries", "tutorial", "leak-hunting"])
def test_a_page_is_up_to_date(reference: ModuleType, page: str, tmp_path: Path) -> None:
    written = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert getattr(reference, page.replace("-", "_"))() == written, "run: make docs"
    assert not re.search(r"/(tmp|root|home)/", written)
    assert tmp_path.name not in written


def test_what_the_readme_shows_works(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, fixture in (("monday.txt", "t0"), ("friday.txt.xz", "t2")):
        packed = FIXTURES / "linux-7.3" / f"{fixture}.txt.xz"
        text = packed.read_bytes() if name.endswith(".xz") else _unpacked(packed)
        (tmp_path / name).write_bytes(text)
    use = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Use")[2]
    [block, *_] = re.findall(r"```\n(.*?)```", use, re.DOTALL)
    for line in block.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        assert program == "pageowner-sql"
        if arguments[0] != "shell":
            tool.ok(*arguments)
    assert (tmp_path / "friday.txt").read_bytes() == _unpacked(tmp_path / "friday.txt.xz")


def _unpacked(path: Path) -> bytes:
    import lzma

    return lzma.decompress(path.read_bytes())


def test_the_script_needs_no_place_of_its_own(reference: ModuleType) -> None:
    assert Path(reference.ROOT) == ROOT
    assert sys.executable not in (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")

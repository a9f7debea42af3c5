"""The browser's sources hold their types and their format."""

import subprocess
from pathlib import Path

import pytest

from tests.pictures.programs import WEB, node

pytestmark = pytest.mark.slow


@pytest.mark.thorough
@pytest.mark.parametrize(
    "tool",
    [
        ("typescript/bin/tsc", "--noEmit"),
        ("prettier/bin/prettier.cjs", "--check", "src", "build.mjs"),
    ],
)
def test_the_tool_finds_nothing(npm_packages: Path, tool: tuple[str, ...]) -> None:
    command = [node(), str(npm_packages / tool[0]), *tool[1:]]
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""The questions of docs/cookbook.md, each asked as a command and as SQL."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.conftest import DumpPath
from tests.support import ROOT
from tests.support.tool import Tool

PAGE = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
QUESTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def loaded(tool: Tool, dump: DumpPath) -> Tool:
    paths = [dump(f"linux-7.3/{name}.txt") for name in ("t0", "t2")]
    tool.once(__name__, lambda: tool.ok("load", *paths))
    return tool


def test_there_are_ten_questions() -> None:
    assert len(QUESTIONS) == 10


@pytest.mark.sampled
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_twice(loaded: Tool, question: str) -> None:
    [command] = re.findall(r"```sh\npageowner-sql (.*?)\n```", QUESTIONS[question])
    [sql] = re.findall(r"```sql\n(.*?)```", QUESTIONS[question], re.DOTALL)
    assert len(loaded.ok(*shlex.split(command)).out.splitlines()) > 2
    assert len(loaded.ok("sql", sql, "--format", "csv").out.splitlines()) > 1


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--allocator", "SLAB"), "slab: a page counts for the function that made its cache grow"),
        (("--class", "kernel stacks", "--by", "comm"), "the thread that forked"),
    ],
)
def test_the_answer_says_what_a_dump_cannot_tell(
    loaded: Tool, words: tuple[str, ...], said: str
) -> None:
    assert said in loaded.ok("top", "t2", *words).err
    assert said not in loaded.ok("top", "t2", "--by", "owner").err

"""Every dependency is bounded, and docs/decisions.md says why it is there."""

import tomllib
from collections.abc import Iterator
from itertools import chain

import pytest
from packaging.requirements import Requirement

from tests.support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DECISIONS = (ROOT / "docs" / "decisions.md").read_text()


def declared() -> Iterator[Requirement]:
    """Yield what the project, its extras, its groups and its build ask for."""
    project = PROJECT["project"]
    groups = project["optional-dependencies"] | PROJECT["dependency-groups"]
    build = PROJECT["build-system"]["requires"]
    asked = chain(project["dependencies"], build, *groups.values())
    return (Requirement(text) for text in asked if isinstance(text, str))


@pytest.mark.parametrize("requirement", sorted(set(map(str, declared()))))
def test_a_dependency_is_bounded_and_justified(requirement: str) -> None:
    asked = Requirement(requirement)
    assert any(each.operator in {"<", "<=", "==", "~="} for each in asked.specifier)
    assert asked.name in DECISIONS

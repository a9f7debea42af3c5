"""Fixtures of the picture tests."""

from pathlib import Path

import pytest

from tests.pictures.programs import install_npm_packages


@pytest.fixture(scope="session")
def npm_packages() -> Path:
    """Return web/node_modules, filled."""
    return install_npm_packages()

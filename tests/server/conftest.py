"""A server on the real dumps."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import Server, running


@pytest.fixture(scope="package")
def server(real_runs: Path) -> Iterator[Server]:
    with running(real_runs, "--timeout", "5s") as started:
        yield started

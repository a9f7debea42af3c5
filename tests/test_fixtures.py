"""The fixtures hold what their README says of them."""

import pytest

from tests.conftest import DumpPath
from tests.support import PAGE_OWNER_DUMPS
from tests.support.golden import Golden, goldens


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGE_OWNER_DUMPS)
def test_every_real_dump_unpacks_to_records(dump: DumpPath, name: str) -> None:
    with dump(name).open("rb") as file:
        assert file.read(25) == b"Page allocated via order "


def test_every_recorded_run_names_a_real_dump() -> None:
    assert {golden.dump for golden in goldens()} <= set(PAGE_OWNER_DUMPS)


@pytest.mark.parametrize("golden", [each for each in goldens() if each.file is not None], ids=str)
def test_every_kept_output_is_the_recorded_one(golden: Golden) -> None:
    recorded = golden.recorded()
    assert recorded is not None
    assert golden.matches(recorded)

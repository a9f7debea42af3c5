"""A file's ending decides its format."""

import pytest

from pageowner_sql.errors import UsageError
from pageowner_sql.output.flame.files import flame_file
from pageowner_sql.output.memory_map.files import map_file
from tests.pictures import sample


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.html", b"<!doctype html>"),
        ("a.folded", b"comm="),
        ("a.b.speedscope.json", b'{"$schema":"https://www.speedscope.app/'),
        ("a.pb.gz", b"\x1f\x8b"),
        ("a.svg", b"<svg "),
    ],
)
def test_flame_graphs(name: str, start: bytes) -> None:
    assert flame_file(sample.graph(), name).startswith(start)


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<svg ")])
def test_maps(name: str, start: bytes) -> None:
    assert map_file(sample.memory(), "subsystem", name).startswith(start)


def test_another_ending_is_refused_with_those_that_work() -> None:
    with pytest.raises(UsageError, match=r"\.html, \.folded, \.speedscope\.json, \.pb\.gz"):
        flame_file(sample.graph(), "a.json")
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        map_file(sample.memory(), "subsystem", "a.gif")

"""Links to source lines: taken apart and escaped."""

import pytest

from pageowner_sql.output.source_links import is_web_template, source_link, split_frame

URL = "https://example.org/tree/{file}#n{line}"


def test_a_frame_is_its_function_and_its_place() -> None:
    frame = split_frame("f [mod] (net/unix/af_unix.c:12)")
    assert (frame.name, frame.file, frame.line) == ("f [mod]", "net/unix/af_unix.c", "12")
    assert frame.place == "net/unix/af_unix.c:12"
    assert source_link(URL, frame) == "https://example.org/tree/net/unix/af_unix.c#n12"


@pytest.mark.parametrize("text", ["f", "f (x.c)", "f (x.c:1", "(x.c:y)", "", "f(x.c:1)"])
def test_a_frame_without_a_place_is_a_name(text: str) -> None:
    assert split_frame(text).place == ""
    assert source_link(URL, split_frame(text)) == ""


def test_a_hostile_file_is_a_part_of_a_path() -> None:
    frame = split_frame('f (a"><script>?#&{line} \u202e:3)')
    address = source_link(URL, frame)
    assert address.startswith("https://example.org/tree/a%22%3E%3Cscript%3E%3F%23%26")
    assert address.endswith("#n3")
    assert not set(address) & set("<>\"' ")


@pytest.mark.parametrize(
    ("template", "fits"),
    [
        ("https://example.org/{file}", True),
        ("http://localhost:8080/?f={file}", True),
        ("https://{file}/", False),
        ("https://example.org{file}", False),
        ("javascript:{file}", False),
        ("//example.org/{file}", False),
        ("https://a b/{file}", False),
    ],
)
def test_links_lead_into_the_web(template: str, *, fits: bool) -> None:
    assert is_web_template(template) is fits
    frame = split_frame("f (x.c:1)")
    assert bool(source_link(template, frame)) is fits

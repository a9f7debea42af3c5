"""The rules of ownership as data: what a rules file may say, and what its errors say."""

from collections import Counter
from pathlib import Path

import pytest

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.store.owner_rules import BUILT_IN, ROLES, RuleSet, read_rules
from tests.support import ROOT

MINE = """
[[subsystem]]
name = "mine"
owner = ["my_*"]

[[frame]]
name = "my wrappers"
role = "plumbing"
function = ["my_alloc"]
module = ["vmlinux", "my*"]
note = "They only forward."
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "rules.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_built_in_rules_are_valid_and_know_every_role_but_owner() -> None:
    roles = {rule.role for rule in read_rules().rules if rule.kind == "frame"}
    assert roles == set(ROLES) - {"owner"}


def test_no_function_is_named_by_two_built_in_frame_rules() -> None:
    names = Counter(
        pattern
        for rule in read_rules().rules
        if rule.kind == "frame"
        for pattern in rule.patterns["function"]
    )
    assert [name for name, times in names.items() if times > 1] == []


def test_frame_rules_are_about_the_kernel_itself_unless_they_say_otherwise() -> None:
    page_allocator = next(r for r in read_rules().rules if r.name == "page allocator")
    assert page_allocator.patterns["module"] == ("vmlinux",)


def test_a_users_rules_come_first(tmp_path: Path) -> None:
    rules = read_rules([written(tmp_path, MINE)]).rules
    assert [(r.rule_id, r.name, r.source == BUILT_IN) for r in rules[:3]] == [
        (1, "my wrappers", False),
        (2, "mine", False),
        (3, "page_owner's own recording", True),
    ]
    assert rules[0].patterns == {"function": ("my_alloc",), "module": ("vmlinux", "my*")}
    assert rules[0].note == "They only forward."


def test_the_digest_follows_rules_and_sql(tmp_path: Path) -> None:
    built_in, own = read_rules(), read_rules([written(tmp_path, MINE)])
    assert built_in.digest("sql") == read_rules().digest("sql")
    assert len({built_in.digest("sql"), built_in.digest("other"), own.digest("sql")}) == 3


def test_no_rules_at_all_still_make_columns() -> None:
    assert set(RuleSet(()).columns) == set(read_rules().columns)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"\xff\xfe", "is not UTF-8"),
        ("[[frame", "not TOML"),
        ("[[rule]]\nname = 'x'", "unknown table 'rule'; known are [[frame]], [[subsystem]]"),
        ("[frame]\nname = 'x'", "two brackets"),
        ("frame = [1]", "[[frame]] number 1 is not a table"),
        ("[[frame]]\nrole = 'plumbing'\nfunction = ['a']", "name is missing"),
        ("[[frame]]\nname = 'x'\nfunction = ['a']", "role must be one of plumbing, helper"),
        ("[[frame]]\nname = 'x'\nrole = 'drain'\nfunction = ['a']", "role must be one of"),
        ("[[frame]]\nname = 'x'\nrole = ['owner']\nfunction = ['a']", "role must be one of"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'", "function is missing"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'\nfunction = []", "a list of names that is not"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'\nfunction = 'a'", "a list of names that is not"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'\nfunction = [1]", "not a name: 1"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'\nfunction = ['a b']", "not a name: 'a b'"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'\nfunction = ['[a-z]']", "not a name: '[a-z]'"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'\nfunction = ['*']", "would match every function"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'\nfunction = ['a', 'a']", "names 'a' twice"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'\nfunction = ['a_noprof']", "without '_noprof'"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'\nfunction = ['a.isra.0']", "without '.isra.0'"),
        ("[[frame]]\nname = 'x'\nrole = 'owner'\nowner = ['a']", "unknown key 'owner'"),
        ("[[subsystem]]\nname = 'x'", "it matches nothing"),
        ("[[subsystem]]\nname = 'x'\nrole = 'owner'", "unknown key 'role'; known are name, note"),
        ("[[subsystem]]\nname = 'x'\nowners = ['a']", "unknown key 'owners'"),
        ('[[subsystem]]\nname = "a\\u001b[31m"\nowner = ["a"]', "one line of at most 200"),
        ("[[subsystem]]\nname = 'x'\nowner = ['a']\nnote = 3", "note must be one line"),
        ("[a" + ".a" * 100_000 + "]", "a key of too many parts"),
        ("[a" + ".a" * 2000 + "]\n" + "".join(f"k{n} = 1\n" for n in range(10)), "too many parts"),
        ("frame = " + "[" * 100_000, "not TOML: maximum recursion"),
        ("frame = 1" + "0" * 5000, "not TOML: Exceeds the limit"),
        (f"[[frame]]\nname = 0x{'f' * 5000}", "a number of too many digits"),
        ("#" * (1 << 20) + "\n", "larger than 1 MiB"),
    ],
)
def test_says_what_is_wrong_with_a_file_and_where(
    tmp_path: Path, text: str | bytes, complaint: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PageOwnerError) as caught:
        read_rules([path])
    message = str(caught.value)
    assert complaint in message
    assert str(path) in message
    assert message.isprintable()


def test_a_name_twice_among_very_many_is_found(tmp_path: Path) -> None:
    names = [*(f"f{number}" for number in range(60_000)), "z", "z"]
    path = written(tmp_path, f"[[frame]]\nname = 'x'\nrole = 'owner'\nfunction = {names!r}")
    with pytest.raises(PageOwnerError, match="names 'z' twice"):
        read_rules([path])


def test_says_that_a_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PageOwnerError, match="No such file"):
        read_rules([tmp_path / "none.toml"])


def test_the_documented_example_is_a_rules_file(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ownership.md").read_text()
    example = text.split("```toml\n")[1].split("```")[0]
    rules = read_rules([written(tmp_path, example)]).rules
    assert [rule.name for rule in rules[:2]] == ["acme wrappers", "acme ({module})"]

"""page_owner_sort's arguments are read as the C tool reads them."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.errors import UsageError
from pageowner_sql.sort.getopt import (
    SortArguments,
    long_options,
    read_options,
    short_options,
    split_options,
)
from pageowner_sql.sort.options import BY_TIMES, Compat, CullKey, SortBy, SortKey
from tests.oracle.options import INPUT, OUTPUT, Options, ToolFailed, Version, parse

FILES = [INPUT, OUTPUT]
WORDS = """-m -mp -tt -x -d -df -ra -pp -P -s -n -f -h --help --h --pid --p=1 --pi 1 --pid=1,x
    --pid=+1 --pid= --pid=4294967297 --pid=9223372036854775807
    --pid=-9223372036854775809 --pid=99999999999999999999
    --pid=1,2,-1 --t --tg=1,2 --n cat --na=x --name= --name=a,,b --c=st --cull= --cull=pid,
    --cull=f,st --cull=free --cull=at --cull ator,n --s=pid --sort= --sort=- --sort=+-pid
    --sort=pid,,n --sort=-at,+T,tg --sort=ft --sort=f --=1 --bogus -W --pid=0x1""".split()  # noqa: SIM905 - forty words read better without quotes


def read(words: list[str], compat: Compat | None = None) -> SortArguments:
    options, files = split_options(words, short_options(compat), long_options(compat))
    return read_options(options, files, compat)


@pytest.mark.parametrize(("compat", "version"), [(Compat.V6_1, "6.1"), (Compat.V7_3, "7.3")])
@given(words=st.lists(st.sampled_from(WORDS), max_size=4))
def test_a_tool_s_own_reading(compat: Compat, version: Version, words: list[str]) -> None:
    expected = model(words, version)
    try:
        call = read([*words, *FILES], compat)
    except UsageError:
        assert expected is None
        return
    if call.help:
        assert compat is Compat.V7_3
    if call.help or len(call.files) < 2 or call.files[:2] != tuple(FILES):
        assert expected is None
        return
    assert expected is not None
    assert as_options(call) == expected


def model(words: list[str], version: Version) -> Options | None:
    try:
        return parse(words, version)
    except ToolFailed:
        return None


def as_options(call: SortArguments) -> Options:
    picked = call.selection
    return Options(
        sort=[(str(by.key), -1 if by.descending else 1) for by in picked.sort],
        cull={str(key) for key in picked.cull},
        pids=None if picked.pids is None else list(picked.pids),
        tgids=None if picked.tgids is None else list(picked.tgids),
        names=None if picked.names is None else list(picked.names),
        unreleased=picked.unreleased_only,
    )


def test_without_compat_the_order_named_last_counts() -> None:
    assert read(["-m", "--sort=-pid,at"]).selection.sort == (
        SortBy(SortKey.PID, descending=True),
        SortBy(SortKey.ALLOC_TS),
    )
    assert read(["--sort=pid", "-mp", "-m"]).selection.sort[0].key is SortKey.PAGES
    assert read([]).selection.sort == BY_TIMES


def test_without_compat_every_option_of_old_and_new_is_taken() -> None:
    call = read(["-f", "in", "--cull=f", "-r", "out", "--name=na,\udcff"])
    assert call.files == ("in", "out")
    assert call.selection.unreleased_only
    assert call.selection.cull == {CullKey.FREE}
    assert call.selection.sort == (SortBy(SortKey.FREE_TS),)
    assert call.selection.names == (b"na", os.fsencode("\udcff"))


def test_words_behind_two_dashes_are_files() -> None:
    assert read(["--", "-m", "-p"]).files == ("-m", "-p")


def test_the_5_10_tool_has_no_options() -> None:
    assert read(["in", "out"], Compat.V5_10).selection.sort == BY_TIMES
    with pytest.raises(UsageError):
        read(["-m", "in", "out"], Compat.V5_10)


def test_a_mistake_behind_help_is_not_seen() -> None:
    for words in (["-h", "--bogus"], ["--help", "--pid=x"], ["-mph"], ["-hx"], ["-m", "-p", "--h"]):
        assert read(words, Compat.V7_3).help
    for words in (["--bogus", "-h"], ["--pid=x", "-h"], ["-xh"]):
        with pytest.raises(UsageError):
            read(words, Compat.V7_3)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--h"]])
def test_the_6_1_tool_has_no_help(words: list[str]) -> None:
    with pytest.raises(UsageError):
        read(words, Compat.V6_1)


def test_a_pid_that_is_none_is_refused_by_us_and_cut_by_the_tools() -> None:
    assert read(["--pid=4294967297"], Compat.V6_1).selection.pids == (1,)
    assert read(["--tgid= +0000000000000000000007"]).selection.tgids == (7,)
    with pytest.raises(UsageError):
        read(["--pid=4294967297"])


def test_our_own_options_take_no_abbreviation_away() -> None:
    own = ("compat=", "dump=", "show-sql")
    words = ["--c=st", "--s", "pid", "--compat", "6.1", "--show-sql", "--dump=x"]
    options, _ = split_options(words, short_options(None), long_options(None), own)
    assert [name for name, _ in options] == ["--cull", "--sort", "--compat", "--show-sql", "--dump"]
    for word in ("--comp=6.1", "--du=x"):
        with pytest.raises(UsageError):
            split_options([word], short_options(None), long_options(None), own)


def test_posixly_correct_ends_the_options_at_the_first_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSIXLY_CORRECT", "1")
    assert read(["-m", "in", "-p"]).files == ("in", "-p")

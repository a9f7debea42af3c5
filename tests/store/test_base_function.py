"""base_function(): what a function is called in the source, whatever the compiler made of it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.store.database import Database, Mode

LTO_HASH = "4e8b0154c58fdc3bb3a8f6a5b6f8f4d1"


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with Database.open("", Mode.MEMORY) as opened:
        yield opened


def base(database: Database, name: str | None) -> object:
    return database.value("SELECT base_function($name)", {"name": name})


@pytest.mark.parametrize(
    ("printed", "source"),
    [
        ("alloc_pages_current", "alloc_pages_current"),
        ("bucket_table_alloc.isra.21", "bucket_table_alloc"),
        ("sk_prot_alloc.constprop.27", "sk_prot_alloc"),
        ("vfs_kern_mount.part.0", "vfs_kern_mount"),
        ("do_exit.cold", "do_exit"),
        ("do_exit.cold.12", "do_exit"),
        ("binder_ioctl.cfi_jt", "binder_ioctl"),
        ("binder_ioctl.cfi", "binder_ioctl"),
        ("zram_write_page.llvm.14412037432100817312", "zram_write_page"),
        (f"zram_rw_page.{LTO_HASH}", "zram_rw_page"),
        (f"zram_rw_page.{LTO_HASH}.cfi_jt", "zram_rw_page"),
        ("probe.__uniq.288018923", "probe"),
        ("probe.lto_priv.0", "probe"),
        ("probe.1234", "probe"),
        ("alloc_pages_noprof", "alloc_pages"),
        ("foo.isra.0.cold", "foo"),
        ("khugepaged_enter.constprop.0.isra.0", "khugepaged_enter"),
        ("foo_noprof.constprop.0", "foo"),
        ("__alloc_pages_noprof.part.0.isra.0.cold.3", "__alloc_pages"),
        (".schedule_timeout", "schedule_timeout"),
        ("cold", "cold"),
        ("set_cold", "set_cold"),
        ("a.b", "a.b"),
        ("a.coldish", "a.coldish"),
        ("a_noprof_b", "a_noprof_b"),
        ("_noprof", "_noprof"),
        ("", ""),
        (None, None),
        ("'; DROP TABLE frames; --.cold", "'; DROP TABLE frames; --"),
        ("two\nlines.isra.0", "two\nlines"),
        ("\\xff\\x1b[31m.part.1", "\\xff\\x1b[31m"),
    ],
)
def test_drops_what_the_compiler_added(
    database: Database, printed: str | None, source: str | None
) -> None:
    assert base(database, printed) == source


SUFFIXES = st.sampled_from(
    [".isra.0", ".constprop.12", ".part.3", ".cold", ".cold.7", ".cfi_jt", ".llvm.99", ".5"]
)


@given(st.from_regex(r"[a-z_][a-z0-9_]{0,30}[a-z]", fullmatch=True), st.lists(SUFFIXES))
def test_any_pile_of_suffixes_comes_off(database: Database, name: str, suffixes: list[str]) -> None:
    bare = base(database, name)
    assert base(database, name + "".join(suffixes)) == bare
    assert base(database, f"{bare}_noprof" + "".join(suffixes)) == bare


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_never_empties_a_name(database: Database, name: str) -> None:
    assert base(database, name)

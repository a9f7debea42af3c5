"""Starting costs next to nothing."""

from pathlib import Path

from tests.support import run_python

# What starting must not pay for: each takes a tenth of a second or brings half of PyPI along.
HEAVY = frozenset({"duckdb", "jinja2", "nanoarrow", "numpy", "pandas", "pyarrow", "rich", "typer"})

LOADED = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"

IMPORT = f"import pageowner_sql; {LOADED}"

VERSION = f"""
from pageowner_sql.cli.entry import run
assert run(["--version"]) == 0
{LOADED}
"""


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert HEAVY.isdisjoint(run_python(IMPORT).split())


def test_asking_for_the_version_loads_nothing_heavy() -> None:
    version, loaded = run_python(VERSION).splitlines()
    assert (
        version.split()[-1] == run_python("import pageowner_sql as p; print(p.__version__)").strip()
    )
    assert HEAVY.isdisjoint(loaded.split())


RECORD = b"""\
Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 1, tgid 1 (init), ts 5 ns
PFN 0x10 type Unmovable Block 0 type Unmovable Flags 0x0(node=0|zone=0)
 alloc_pages+0x1/0x2

"""

# More would be paid for at every start, and read by everyone who follows a record.
MODULES_OF_A_LOAD = 50

LOAD = """
import sys
from pageowner_sql.cli.entry import run
assert run(["--db", sys.argv[1], "load", sys.argv[2]]) == 0
print(*sorted(name for name in sys.modules if name.startswith("pageowner_sql")))
"""


def test_a_load_imports_few_modules(tmp_path: Path) -> None:
    record = tmp_path / "one.txt"
    record.write_bytes(RECORD)
    *_, loaded = run_python(LOAD, str(tmp_path / "x.duckdb"), str(record)).splitlines()
    assert len(loaded.split()) <= MODULES_OF_A_LOAD, loaded

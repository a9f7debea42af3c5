"""Starting costs next to nothing."""

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

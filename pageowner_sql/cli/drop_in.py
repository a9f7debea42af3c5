"""The `page_owner_sort` script: the C tool's own arguments, exit 1 where it would complain."""

from __future__ import annotations

import sys

from pageowner_sql.cli.entry import exit_code_of, leave, prepare


def main() -> None:
    """Run this process's arguments as page_owner_sort would and exit."""
    prepare()
    leave(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run one call; the exit code."""

    def work() -> int:
        from pageowner_sql.cli.sort import drop_in

        return drop_in(words)

    code = exit_code_of(work)
    # The C tool knows one exit code for all that goes wrong.
    return 1 if code == 2 else code

"""Where both console scripts begin, so that an interrupt leaves no traceback while they import."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Run `pageowner-sql`."""
    _end_at_interrupt()
    from pageowner_sql.cli.entry import main as run

    run()


def page_owner_sort() -> None:
    """Run `page_owner_sort`."""
    _end_at_interrupt()
    from pageowner_sql.cli.drop_in import main as run

    run()


def _end_at_interrupt() -> None:
    """End quietly at Ctrl-C, until what is being imported has a handler of its own."""

    def end(*_: object) -> None:
        os.write(2, b"interrupted\n")
        os._exit(128 + signal.SIGINT)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)


if __name__ == "__main__":
    main()

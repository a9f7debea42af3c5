"""Where both console scripts begin, so that an interrupt leaves no traceback while they import."""

# Module signal would first make enumerations of all signals.
import _signal  # type: ignore[import-not-found]  # built in, and without stubs
import os


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
        os._exit(128 + _signal.SIGINT)

    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, end)


if __name__ == "__main__":
    main()

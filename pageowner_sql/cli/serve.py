"""`serve`: the explorer, a page in a browser over the database, and its JSON API."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated
from urllib.parse import urlencode

import typer

from pageowner_sql.cli.bounds import seconds
from pageowner_sql.cli.completions import labels as complete_labels
from pageowner_sql.cli.shared import say, session, shared
from pageowner_sql.errors import InstallationError

Labels = Annotated[
    list[str] | None,
    typer.Argument(
        autocompletion=complete_labels,
        metavar="[LABEL…]",
        help="Dumps to show first, or their files: one, two for a difference, many for a timeline",
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="0 for any that is free")]
Host = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Where to listen; the default is this machine only")
]
Open = Annotated[bool, typer.Option("--open", help="Open the page in the browser")]
TokenFile = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Keep the token there, for the next start [a new one]"),
]
Timeout = Annotated[str, typer.Option(metavar="DURATION", help="How long an answer may take")]


def serve(
    context: typer.Context,
    labels: Labels = None,
    *,
    port: Port = 7393,
    host: Host = "127.0.0.1",
    open_: Open = False,
    token_file: TokenFile = None,
    timeout: Timeout = "60s",
) -> None:
    """Explore the database in a browser.

    It listens on this machine only, and answers only those who have the token of the address that
    it prints. It only reads: SQL of the page has no files, network, extensions or settings. A
    `load` may add or replace dumps while it runs. /api/openapi.json describes the JSON API.
    """
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise InstallationError("serve needs: pip install 'pageowner-sql[serve]'")
    from pageowner_sql.server.limits import Limits
    from pageowner_sql.server.run import address, listen, serve_database
    from pageowner_sql.server.token import kept_token, new_token

    token = kept_token(token_file) if token_file else new_token()
    limits = Limits(
        seconds=seconds(timeout) or Limits.seconds, memory_limit=shared(context).memory_limit
    )
    with session(context) as db:
        chosen = [dump.label for dump in db.find(*(labels or ()))]
        # Where there is no database, this says so.
        db.dumps()
        file = db.let_go()
        with listen(host, port) as listener:
            words = [("token", token), *(("dump", label) for label in chosen)]
            url = f"{address(host, listener)}/?{urlencode(words)}"

            def ready() -> None:
                say(f"open {url}")
                say("Ctrl-C ends it")
                if open_:
                    typer.launch(url)

            serve_database(file, listener, host, token, limits, ready)

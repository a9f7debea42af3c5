"""Runs the server until it is told to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from pageowner_sql.errors import InputError
from pageowner_sql.server.app import application
from pageowner_sql.server.limits import Limits, process_bound
from pageowner_sql.server.readers import ReaderPool


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections; port 0 is any that is free. Raises InputError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # It listens at once, so whoever is told the address is not refused.
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"{host}, port {port}: {error.strerror}; give another with --host or --port"
        ) from error


def address(host: str, listener: socket.socket) -> str:
    """The address to open in a browser on this machine."""
    name = "localhost" if host in ("0.0.0.0", "::") else host  # noqa: S104  # compared with
    return f"http://{f'[{name}]' if ':' in name else name}:{listener.getsockname()[1]}"


def serve_database(  # what a server is made of
    path: Path,
    listener: socket.socket,
    host: str,
    token: str,
    limits: Limits,
    ready: Callable[[], None],
) -> None:
    """Serve the database at `path` until a signal ends that; `ready` is called before."""
    app = application(ReaderPool(path, limits), token, host, listener.getsockname()[1])
    # An access log would hold what was asked for, and the token.
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        limit_concurrency=256,
        timeout_graceful_shutdown=2,
    )
    ready()
    with process_bound(limits):
        uvicorn.Server(config).run(sockets=[listener])

"""An object store with S3's protocol on this machine, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager

BUCKET = "fleet"
_SERVER = "from moto.server import main; main()"


@contextmanager
def object_store() -> Iterator[dict[str, str]]:
    """A store with an empty bucket; the variables that tell a client of it."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-c", _SERVER, "-H", "127.0.0.1", "-p", port]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=dict(os.environ)) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            _make_bucket(f"{url}/{BUCKET}")
            yield {
                "AWS_ACCESS_KEY_ID": "key",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": url,
                "AWS_ALLOW_HTTP": "true",
            }
        finally:
            server.kill()


def _make_bucket(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method="PUT")):  # noqa: S310  # our own http
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"{url}: does not answer")

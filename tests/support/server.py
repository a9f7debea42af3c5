"""A server as its users start it, in a process of its own, and requests as anyone may send them."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support import ROOT
from tests.support.tool import environment

Words = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def rows(self) -> list[dict[str, Any]]:
        assert self.status == 200, self.body
        rows: list[dict[str, Any]] = self.json["rows"]
        return rows

    @property
    def error(self) -> str:
        assert self.status >= 400, self.body
        return str(self.json["error"]["message"])


@dataclass(frozen=True)
class Server:
    """A server that runs, and what it printed."""

    process: subprocess.Popen[str]
    url: str

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def token(self) -> str:
        return parse_qs(urlsplit(self.url).query)["token"][0]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(
        self,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes | None = None,
        host: str | None = None,
    ) -> Reply:
        """Send one request, with the headers given and no other."""
        connection = self.connect()
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or f"127.0.0.1:{self.port}")
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        try:
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def api(self, path: str, words: Words = (), **named: str) -> Reply:
        """Ask the API as those may who have the token."""
        asked = urlencode([*words, *named.items()])
        bearer = {"Authorization": f"Bearer {self.token}"}
        return self.ask(f"/api/{path}?{asked}", headers=bearer)

    def stop(self) -> str:
        """End it as Ctrl-C does; what it said after its address."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=20)
        return said


@contextmanager
def running(database: Path | None, *words: str, folder: Path = ROOT) -> Iterator[Server]:
    """Run `serve` on a database, on any free port unless `words` name one."""
    port = () if "--port" in words else ("--port", "0")
    named = ("--db", str(database)) if database else ()
    command = [sys.executable, "-m", "pageowner_sql", *named, "serve"]
    process = subprocess.Popen(
        [*command, *port, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(),
    )
    assert process.stderr is not None
    try:
        said = [""]
        while not said[-1].startswith("open http"):
            said.append(process.stderr.readline())
            assert said[-1], said
        process.stderr.readline()
        yield Server(process, said[-1].split()[1])
    finally:
        process.kill()
        process.communicate()

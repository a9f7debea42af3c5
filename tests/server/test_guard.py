"""Nobody else gets in: other names, other sites, no token."""

from __future__ import annotations

import gzip
import socket
from contextlib import suppress
from urllib.parse import urlencode

import pytest

from tests.support.server import Server


def bearer(server: Server) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.token}"}


def test_without_the_token_nothing_is_answered(server: Server) -> None:
    for path in ("/", "/api/dumps", "/api/openapi.json", "/api/sql?sql=SELECT+1", "/nothing"):
        assert server.ask(path).status == 401
        assert server.ask(path, headers={"Authorization": "Bearer wrong"}).status == 401
        assert server.ask(path, headers={"Cookie": f"pageowner-sql-{server.port}=x"}).status == 401
    assert server.ask("/?token=wrong").status == 401
    assert server.ask(f"/api/dumps?token={server.token}").status == 401


def test_the_token_of_the_address_becomes_a_cookie(server: Server) -> None:
    reply = server.ask(f"/?token={server.token}&dump=7.3%2Ft2&view=owners")
    assert reply.status == 303
    assert reply.headers["location"] == "/?dump=7.3%2Ft2&view=owners"
    cookie = str(reply.headers["set-cookie"])
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    name, _, rest = cookie.partition("=")
    with_cookie = {"Cookie": f"{name}={rest.partition(';')[0]}"}
    assert server.ask("/api/dumps", headers=with_cookie).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.", "", "[x"]
)
def test_a_name_that_was_rebound_is_refused(server: Server, host: str) -> None:
    reply = server.ask("/api/dumps", headers=bearer(server), host=host or " ")
    assert reply.status in (400, 421)
    assert b"7.3/t2" not in reply.body


@pytest.mark.parametrize("host", ["localhost:{}", "127.0.0.1", "[::1]:{}", "LOCALHOST"])
def test_this_machines_own_names_are_answered(server: Server, host: str) -> None:
    reply = server.ask("/api/dumps", headers=bearer(server), host=host.format(server.port))
    assert reply.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_are_refused_even_with_the_token(
    server: Server, headers: dict[str, str]
) -> None:
    for path in ("/api/dumps", "/api/sql?sql=SELECT+1"):
        reply = server.ask(path, headers={**bearer(server), **headers})
        assert reply.status == 403
        assert "access-control-allow-origin" not in reply.headers


def test_the_pages_own_requests_are_answered(server: Server) -> None:
    own = {"Origin": server.origin, "Sec-Fetch-Site": "same-origin"}
    assert server.ask("/api/dumps", headers={**bearer(server), **own}).status == 200
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert server.ask(f"/?token={server.token}", headers=link).status == 303


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_refused(server: Server, method: str) -> None:
    reply = server.ask("/api/dumps", method=method, headers=bearer(server), body=b"")
    assert reply.status == 405


@pytest.mark.parametrize(
    "path",
    ["/../etc/passwd", "/%2e%2e/etc/passwd", "/api/../../etc/passwd", "/static/x", "//etc/passwd"],
)
def test_paths_lead_to_no_file(server: Server, path: str) -> None:
    reply = server.ask(path, headers=bearer(server))
    assert reply.status == 404
    assert b"root:" not in reply.body


def test_every_reply_says_what_browsers_may_do_with_it(server: Server) -> None:
    page = server.ask("/", headers=bearer(server))
    for reply in (page, server.ask("/"), server.ask("/api/dumps", headers=bearer(server))):
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert "unsafe" not in reply.headers["content-security-policy"]
    assert "connect-src 'self'" in page.headers["content-security-policy"]


def test_words_of_the_address_make_no_headers(server: Server) -> None:
    reply = server.ask(f"/?token={server.token}&view=a%0d%0aSet-Cookie:%20b=c")
    assert reply.status == 303
    assert "\r" not in str(reply.headers["location"])
    assert len(reply.headers.get_all("set-cookie") or []) == 1
    name = "query/stacks%2ftop%0d%0aX-Mine:%20yes"
    reply = server.api(name, format="csv")
    assert reply.status >= 400
    assert "x-mine" not in reply.headers


def test_the_token_is_told_to_nobody(server: Server) -> None:
    """Neither a page's address nor an answer holds it, and no request names the page."""
    reply = server.ask(f"/?token={server.token}&view=owners")
    assert server.token not in str(reply.headers["location"])
    page = server.ask("/", headers=bearer(server))
    assert page.headers["referrer-policy"] == "no-referrer"
    assert server.token.encode() not in page.body
    refused = server.ask(f"/api/dumps?token={server.token}")
    assert server.token.encode() not in refused.body


def test_half_requests_hold_nobody_up(server: Server) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]
    try:
        for each in slow:
            each.sendall(b"POST /api/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n")
        assert server.api("dumps").status == 200
    finally:
        for each in slow:
            each.close()


def test_large_and_packed_requests_are_refused(server: Server) -> None:
    # It is closed before all of it was read.
    with suppress(ConnectionError):
        assert (
            server.ask("/api/dumps", headers={**bearer(server), "X": "x" * 200_000}).status == 400
        )
    form = {"Content-Type": "application/x-www-form-urlencoded", **bearer(server)}
    body = gzip.compress(urlencode({"sql": "SELECT 1" + " " * (50 << 20)}).encode())
    packed = {**form, "Content-Encoding": "gzip"}
    assert server.ask("/api/sql", method="POST", headers=packed, body=body).status == 400

"""Who may ask: this machine's own names, this page's own requests, and only with the token."""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response

from pageowner_sql.server.replies import error_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "token"  # noqa: S105  # a parameter's name
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # compared with, not bound

HEADERS: Mapping[str, str] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """Lets requests pass to the application that come with the token, from where they may come.

    A site that has its own name point here (DNS rebinding) sends that name as Host; a page of
    another site sends its Origin, or has its browser say that it is one.
    """

    def __init__(self, app: ASGIApp, token: str, host: str, port: int) -> None:
        self.app = app
        self.token = token
        self.host = host
        self.cookie = f"pageowner-sql-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']}: is not spoken here")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self.app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.getlist("host")
        if len(host) != 1 or not self._is_here(_name(host[0])):
            return error_response(421, "Host", "this server does not answer for that host name")
        if not _is_own(headers, host[0], is_page=scope["path"] == "/"):
            return error_response(403, "Origin", "requests of other sites are refused")
        words = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in words if name == TOKEN]
        if scope["path"] == "/" and given:
            return self._log_in(given[-1], [pair for pair in words if pair[0] != TOKEN])
        if self._has_token(headers):
            return None
        return error_response(
            401, "Token", "open the address that pageowner-sql serve printed, token included"
        )

    def _log_in(self, token: str, words: list[tuple[str, str]]) -> Response:
        """Take the token out of the address and into a cookie, where no history shows it."""
        if not self._is_token(token):
            return error_response(
                401, "Token", "the token is wrong; open the address that serve printed last"
            )
        response = RedirectResponse(f"/?{urlencode(words)}" if words else "/", 303)
        response.set_cookie(self.cookie, self.token, httponly=True, samesite="strict")
        return response

    def _has_token(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._is_token(token.strip())
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return False
        return cookie is not None and self._is_token(cookie.value)

    def _is_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.token.encode())

    def _is_here(self, name: str) -> bool:
        if self.host not in _EVERYWHERE:
            return name in _LOOPBACK or name == self.host.lower()
        # An address cannot be rebound; of names only this machine's own.
        return name in _LOOPBACK or _is_address(name) or name == socket.gethostname().lower()


def _name(host: str) -> str:
    """The name of a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_own(headers: Headers, host: str, *, is_page: bool) -> bool:
    """Whether a request is not of another site's page, but for a link to this one's."""
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return False
    site = headers.get("sec-fetch-site", "none")
    is_link = is_page and headers.get("sec-fetch-mode") == "navigate"
    return site in ("none", "same-origin") or is_link

"""The application: the page, and the API behind the guard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pageowner_sql.errors import PageOwnerError, UsageError
from pageowner_sql.server.arguments import Arguments
from pageowner_sql.server.endpoints import ENDPOINTS, Endpoint
from pageowner_sql.server.guard import Guard
from pageowner_sql.server.openapi import openapi
from pageowner_sql.server.page import explorer_page
from pageowner_sql.server.replies import error_reply, error_response, reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from pageowner_sql.server.readers import ReaderPool

_MOST_BYTES = 1 << 20
_FORM = "application/x-www-form-urlencoded"

# The name that a question goes by, for those who ask how far its answer is.
_NAME = "x-question"

Handler = Callable[["Request"], Awaitable[Response]]


def application(readers: ReaderPool, token: str, host: str, port: int) -> ASGIApp:
    """Return the application; it closes `readers` at its end."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await readers.close()

    async def document(_: Request) -> Response:
        return JSONResponse(openapi(ENDPOINTS))

    async def progress(request: Request) -> Response:
        return JSONResponse({"share": readers.progress(request.query_params.get("of", ""))})

    routes = [
        Route("/", _page),
        Route("/api/progress", progress),
        Route("/api/openapi.json", document),
        *(_route(endpoint, readers) for endpoint in ENDPOINTS),
    ]
    handlers = {HTTPException: _refused}
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)  # type: ignore[arg-type]  # handlers take the exception that they are for
    return Guard(app, token, host, port)


async def _page(_: Request) -> Response:
    try:
        page = explorer_page()
    except PageOwnerError as error:
        return error_reply(error)
    return Response(
        page.html, media_type="text/html", headers={"content-security-policy": page.csp}
    )


async def _refused(_: Request, error: HTTPException) -> Response:
    message = "there is nothing at this address" if error.status_code == 404 else error.detail
    return error_response(error.status_code, "Address", message)


def _route(endpoint: Endpoint, readers: ReaderPool) -> Route:
    async def handle(request: Request) -> Response:
        try:
            arguments = Arguments.read(await _words(request), endpoint.parameters)
            body = await readers.run(
                lambda session, said: endpoint.answer(session, arguments, said),
                request.is_disconnected,
                request.headers.get(_NAME),
            )
        except PageOwnerError as error:
            return error_reply(error)
        return reply(body)

    path = endpoint.path.replace("{name}", "{name:path}")
    methods = ["GET", "POST"] if endpoint.posts else ["GET"]
    return Route(f"/api/{path}", handle, methods=methods)


async def _words(request: Request) -> list[tuple[str, str]]:
    """The words of the address and of a form. Raises UsageError for another body."""
    words = [*request.path_params.items(), *request.query_params.multi_items()]
    if request.method != "POST":
        return words
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise UsageError(f"send the words as a form: {_FORM}")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise UsageError(f"the request is larger than {_MOST_BYTES:,} bytes")
    try:
        return [*words, *parse_qsl(body.decode(), keep_blank_values=True, errors="strict")]
    except ValueError as error:
        raise UsageError("the form is not UTF-8") from error

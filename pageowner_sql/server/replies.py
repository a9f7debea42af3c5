"""What goes back to a browser: answers, and errors with the messages of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from pageowner_sql.errors import (
    LabelError,
    MemoryLimitError,
    PageOwnerError,
    UsageError,
)
from pageowner_sql.server.answers import TooLargeError
from pageowner_sql.server.readers import (
    BusyError,
    StoppedError,
    TimeLimitError,
)
from pageowner_sql.server.shared_database import UnavailableError

if TYPE_CHECKING:
    from pageowner_sql.server.answers import Body

# The first that an error is one of; all else is a question that cannot be answered.
_STATUS: tuple[tuple[type[PageOwnerError], int], ...] = (
    (UsageError, 400),
    (LabelError, 404),
    (TooLargeError, 413),
    (StoppedError, 499),
    (BusyError, 503),
    (UnavailableError, 503),
    (TimeLimitError, 504),
    (MemoryLimitError, 507),
)


def reply(body: Body) -> Response:
    """An answer; a file is to be kept rather than shown."""
    headers = {}
    if body.file is not None:
        headers["content-disposition"] = f'attachment; filename="{body.file}"'
    return Response(body.content, media_type=body.media_type, headers=headers)


def error_reply(error: PageOwnerError) -> Response:
    """An error as JSON, with its place in SQL where it has one."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 422)
    kind = type(error).__name__.removesuffix("Error")
    line, column = error.place or (None, None)
    response = error_response(status, kind, str(error), line, column)
    if status == 503:
        response.headers["retry-after"] = "1"
    return response


def error_response(
    status: int, kind: str, message: str, line: int | None = None, column: int | None = None
) -> Response:
    """An error of a kind, in one line."""
    error: dict[str, object] = {"kind": kind, "message": message}
    if line is not None:
        error |= {"line": line, "column": column}
    return JSONResponse({"error": error}, status)

"""The API's own description, in OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Sequence

from pageowner_sql import __version__
from pageowner_sql.server.answers import Json
from pageowner_sql.server.arguments import PARAMS, Parameter
from pageowner_sql.server.endpoints import Endpoint

_ERRORS = {
    "400": "The request is wrong",
    "401": "The token is missing or wrong",
    "403": "The request is another site's",
    "404": "No dump has this label",
    "413": "The file is larger than a download may be",
    "421": "The host name is not this server's",
    "422": "The question cannot be answered, or the SQL failed",
    "503": "The database is being loaded, or too many requests wait; try again",
    "504": "The answer took too long",
    "507": "The answer needs too much memory",
}


def openapi(endpoints: Sequence[Endpoint]) -> Json:
    """The document of these endpoints."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "pageowner-sql serve", "version": __version__},
        "security": [{"token": []}],
        "paths": {f"/api/{each.path}": _path(each) for each in endpoints},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Rows": _ROWS, "Error": _ERROR},
        },
    }


def _path(endpoint: Endpoint) -> Json:
    operation = {
        "summary": endpoint.summary,
        "operationId": endpoint.path.partition("/")[0],
        "parameters": [_parameter(each, endpoint) for each in endpoint.parameters],
        "responses": _responses(endpoint),
    }
    if not endpoint.posts:
        return {"get": operation}
    form = {"type": "object", "additionalProperties": {"type": "string"}}
    body = {"content": {"application/x-www-form-urlencoded": {"schema": form}}}
    posted = {
        **operation,
        "operationId": f"post_{operation['operationId']}",
        "parameters": [],
        "requestBody": body,
    }
    return {"get": operation, "post": posted}


def _parameter(parameter: Parameter, endpoint: Endpoint) -> Json:
    in_path = f"{{{parameter.name}}}" in endpoint.path
    schema: Json = {"type": parameter.type}
    if parameter.values:
        schema["enum"] = list(parameter.values)
    if parameter.repeats:
        schema = {"type": "array", "items": schema}
    made: Json = {
        "name": parameter.name,
        "in": "path" if in_path else "query",
        "description": parameter.help,
        "required": parameter.required or in_path,
        "schema": schema,
    }
    if parameter == PARAMS:
        schema = {"type": "object", "additionalProperties": {"type": "string"}}
        made |= {"name": "param", "style": "form", "schema": schema}
    return made


def _responses(endpoint: Endpoint) -> Json:
    schema = {"$ref": "#/components/schemas/Rows"} if endpoint.gives_rows else {"type": "object"}
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "200": {"description": "The answer", "content": {"application/json": {"schema": schema}}},
        **{code: {"description": what, "content": error} for code, what in _ERRORS.items()},
    }


_TEXT: Json = {"type": "string"}
_NULLABLE: Json = {"type": ["string", "null"]}
_ROWS: Json = {
    "type": "object",
    "required": ["columns", "rows", "truncated", "sql", "caption", "notes", "trend", "seconds"],
    "properties": {
        "columns": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "type", "kind"],
                "properties": {"name": _TEXT, "type": _TEXT, "kind": _NULLABLE},
            },
        },
        "rows": {"type": "array", "items": {"type": "object"}},
        "truncated": {"type": "boolean"},
        "sql": _TEXT,
        "caption": _NULLABLE,
        "notes": {"type": "array", "items": _TEXT},
        "trend": {"type": ["object", "null"]},
        "seconds": {"type": "number"},
    },
}
_ERROR: Json = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["kind", "message"],
            "properties": {
                "kind": _TEXT,
                "message": _TEXT,
                "line": {"type": "integer"},
                "column": {"type": "integer"},
            },
        }
    },
}

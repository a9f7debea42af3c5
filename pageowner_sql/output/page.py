"""A self-contained page: what it may load is nothing, what it may run is named by its hash."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Literal

from pageowner_sql.output import units
from pageowner_sql.output.bundled import bundled
from pageowner_sql.output.plain import printable, printable_lines
from pageowner_sql.sql.render import html_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

# `<` alone is enough to leave a script element or to open a comment in it.
_JSON_ESCAPES = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})

_FILTERS = {
    "printable": printable,
    "printable_lines": printable_lines,
    "size": units.size,
    "count": units.count,
    "share": units.share,
}


def embedded_json(value: object) -> str:
    """Return JSON that is inert inside a script element and reads back as `value`."""
    # All that is not ASCII is escaped too, so U+2028 needs no case of its own.
    return json.dumps(value, separators=(",", ":")).translate(_JSON_ESCAPES)


def content_security_policy(script: str, style: str) -> str:
    """Allow these two texts and nothing else: no request, no other code, no form, no base."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def render_page(
    template: str, bundle: Literal["report", "flame"], data: Mapping[str, object], **values: object
) -> str:
    """Render a template around a bundle; `data` becomes one JSON block a name.

    Raises PageOwnerError where the bundle was not built.
    """
    script = bundled("report.js" if bundle == "report" else "flame.js")
    style = bundled("report.css" if bundle == "report" else "flame.css")
    environment = html_environment()
    environment.filters.update(_FILTERS)
    return environment.get_template(template).render(
        script=script,
        style=style,
        csp=content_security_policy(script, style),
        data={name: embedded_json(value) for name, value in data.items()},
        **values,
    )

"""Self-contained pages: they load nothing and run only scripts whose hash is listed."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.output import units
from pageowner_sql.output.plain import printable, printable_lines
from pageowner_sql.sql.render import html_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

# Escaping `<` suffices: it ends a script element and opens a comment in it.
_JSON_ESCAPES = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})

_FILTERS = {
    "printable": printable,
    "printable_lines": printable_lines,
    "size": units.size,
    "count": units.count,
    "share": units.share,
}


_ASSETS = "assets"
_MISSING = (
    "the browser part of pageowner-sql is missing ({name}): it is bundled when the package is "
    "installed, which needs npm packages; reinstall with `pip install --force-reinstall "
    "pageowner-sql` where the registries can be reached"
)

Bundle = Literal["report", "flame", "explorer"]

_SELF, _NONE = "'self'", "'none'"


@cache
def read_bundle(bundle: Bundle, kind: Literal["js", "css"]) -> str:
    """Return a script or style that the build bundles from web/ into assets/.

    Raises PageOwnerError if the package was built without it.
    """
    name = f"{bundle}.{kind}"
    asset = files("pageowner_sql.output").joinpath(_ASSETS, name)
    try:
        return asset.read_text(encoding="utf-8")
    except FileNotFoundError as e:
        raise PageOwnerError(_MISSING.format(name=name)) from e


def embedded_json(value: object) -> str:
    """Return JSON that is inert in a script element and parses to `value`."""
    # All non-ASCII characters are escaped, so U+2028 needs no special case.
    return json.dumps(value, separators=(",", ":")).translate(_JSON_ESCAPES)


def content_security_policy(script: str, style: str, *, connect: bool = False) -> str:
    """Allow only this script and this style: no requests, other code, forms or base.

    With `connect` the script may ask the server that the page is from.
    """
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        f"connect-src {_SELF if connect else _NONE}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def render_page(
    template: str,
    bundle: Bundle,
    data: Mapping[str, object],
    *,
    connect: bool = False,
    **values: object,
) -> str:
    """Render a template with a bundle; `data` becomes one JSON block per name.

    With `connect` the page may ask the server that it is from.
    Raises PageOwnerError if the bundle was not built.
    """
    script, style = read_bundle(bundle, "js"), read_bundle(bundle, "css")
    environment = html_environment()
    environment.filters.update(_FILTERS)
    return environment.get_template(template).render(
        script=script,
        style=style,
        csp=content_security_policy(script, style, connect=connect),
        data={name: embedded_json(value) for name, value in data.items()},
        **values,
    )

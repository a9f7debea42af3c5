"""Reads the scripts and styles of pages, which the build bundles from web/ into assets/."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from pageowner_sql.errors import PageOwnerError

_ASSETS = "assets"
_MISSING = (
    "the browser part of pageowner-sql is missing ({name}): it is bundled when the package is "
    "installed, which needs npm packages; reinstall with `pip install --force-reinstall "
    "pageowner-sql` where the registries can be reached"
)


Bundle = Literal["report", "flame", "explorer"]


@cache
def bundled(bundle: Bundle, kind: Literal["js", "css"]) -> str:
    """Return one file's text. Raises PageOwnerError if the package was built without it."""
    name = f"{bundle}.{kind}"
    asset = files("pageowner_sql.output").joinpath(_ASSETS, name)
    try:
        return asset.read_text(encoding="utf-8")
    except FileNotFoundError as e:
        raise PageOwnerError(_MISSING.format(name=name)) from e

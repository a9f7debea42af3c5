"""The explorer's page: one document with its script, which asks the API for everything else."""

from __future__ import annotations

from dataclasses import dataclass

from pageowner_sql import __version__
from pageowner_sql.output.page import content_security_policy, read_bundle, render_page
from pageowner_sql.questions.flame import ROOTS
from pageowner_sql.questions.memory_map import LayerKey
from pageowner_sql.sql.grouping import Key


@dataclass(frozen=True)
class Page:
    """HTML, and the policy that it is sent with."""

    html: str
    csp: str


def explorer_page() -> Page:
    """The page. Raises PageOwnerError if the package was built without its browser part."""
    html = render_page(
        "explorer.html.j2",
        "explorer",
        {
            "explorer-data": {
                "version": __version__,
                "keys": [{"name": key.column, "number": key.is_number} for key in Key],
                "roots": [key.column for key in ROOTS],
                "layers": list(LayerKey),
            }
        },
        connect=True,
    )
    script, style = read_bundle("explorer", "js"), read_bundle("explorer", "css")
    csp = content_security_policy(script, style, connect=True)
    return Page(html, f"{csp}; frame-ancestors 'none'")

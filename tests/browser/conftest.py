"""A page opened from disk, offline, and watched."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request

from tests.pictures.programs import install_npm_packages


@dataclass
class Watched:
    """A page with all that it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


OpenPage = Callable[[str], Watched]


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """Stay offline, in a window as small as a laptop's."""
    size = {"width": 1366, "height": 768}
    return {**browser_context_args, "offline": True, "viewport": size}


@pytest.fixture
def open_page(context: BrowserContext, page: Page, tmp_path: Path) -> Iterator[OpenPage]:
    """Return a function that opens HTML from disk; after the test nothing may have leaked."""
    watched = Watched(page)
    file = tmp_path / "page.html"
    # Two ways to copy: the clipboard, and what a page without leave to use it does.
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    def listen(request: Request) -> None:
        if request.url.partition("#")[0] != file.as_uri():
            watched.asked.append(request.url)

    page.on("request", listen)
    page.on("console", lambda message: watched.said.append(message.text))
    page.on("pageerror", lambda error: watched.said.append(str(error)))
    page.on("dialog", lambda dialog: watched.said.append(f"dialog: {dialog.message}"))

    def open_html(html: str) -> Watched:
        file.write_text(html, "utf-8")
        page.goto(file.as_uri())
        return watched

    yield open_html
    assert watched.said == []
    assert watched.asked == []


@pytest.fixture(scope="session")
def npm_packages() -> Path:
    """Return web/node_modules, filled."""
    return install_npm_packages()

"""Make the pictures of the documents from real dumps: scripts/pictures.py FOLDER.

Needs the packages of `make venv`, and Chromium. Pictures that show lines of source need the dumps'
kernel too: `kernel/` in ../shared, or in $PAGEOWNER_SQL_SHARED; without it they stay as they are.
"""

import lzma
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
# Relative to ROOT, so that no picture shows a path of the machine.
DUMPS = [f"fixtures/linux-7.3/{name}.txt.xz" for name in ("t0", "t1", "t2")]
SHARED = Path(os.environ.get("PAGEOWNER_SQL_SHARED", ROOT.parent / "shared"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def main(target: Path) -> None:
    """Load the dumps, draw them, and take the pictures."""
    if CHROMIUM is None:
        sys.exit("scripts/pictures.py: needs Chromium; install it with: apt-get install chromium")
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(folder, "load", *DUMPS)
        run(folder, "report", "t2", "t0", "t1", "-o", folder / "report.html")
        run(folder, "flame", "t2", "-o", folder / "flame.html")
        take(folder, target)
        explore(folder, target)
        if (kernel := SHARED / "kernel" / "vmlinux.debug.xz").exists():
            with lzma.open(kernel) as packed, (folder / "vmlinux").open("wb") as plain:
                shutil.copyfileobj(packed, plain)
            run(folder, "symbols", "add", folder / "vmlinux")
            with explorer(folder, "t0", "t1", "t2") as (page, address):
                for step, _ in enumerate(hunt(page, address)):
                    page.screenshot(path=target / f"explorer-hunt-{step}.png")


def run(folder: Path, *words: str | Path) -> None:
    """Run one command on a database in `folder`."""
    database = str(folder / "pictures.duckdb")
    command = [sys.executable, "-m", "pageowner_sql", "--db", database, *map(str, words)]
    subprocess.run(command, check=True, cwd=ROOT)


def take(folder: Path, target: Path) -> None:
    """Take the pictures of the pages in `folder`."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_page(viewport={"width": 1200, "height": 720}, color_scheme="light")
        page.goto((folder / "report.html").as_uri())
        page.locator("#summary .suspect").wait_for()
        page.screenshot(path=target / "report.png")
        section(page, "timeline", target / "report-timeline.png")
        section(page, "flame", target / "report-difference.png")
        page.set_viewport_size({"width": 1200, "height": 440})
        page.goto((folder / "flame.html").as_uri())
        page.get_by_text("Allocation sites").first.click()
        page.wait_for_timeout(1000)
        page.screenshot(path=target / "flame.png")
        dark = browser.new_page(viewport={"width": 1200, "height": 720}, color_scheme="dark")
        dark.goto((folder / "report.html").as_uri())
        section(dark, "map", target / "report-map.png")
        browser.close()


def explore(folder: Path, target: Path) -> None:
    """Take the pictures of the explorer on a database in `folder`."""
    with explorer(folder) as (page, address):
        views = {
            "explorer": "",
            "explorer-map": "&dump=t2&view=map&pages=pfn:0x8000-pfn:0x81ff",
        }
        for name, words in views.items():
            page.goto(f"{address}{words}")
            settle(page)
            page.screenshot(path=target / f"{name}.png")


@contextmanager
def explorer(folder: Path, *labels: str) -> Iterator[tuple[Page, str]]:
    """A page for the explorer on a database in `folder`, and its address."""
    database = str(folder / "pictures.duckdb")
    words = ["--db", database, "serve", "--port", "0", *labels]
    command = [sys.executable, "-m", "pageowner_sql", *words]
    with (
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server,
        sync_playwright() as playwright,
    ):
        address = next(line.split()[1] for line in server.stderr or () if line.startswith("open "))
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_page(viewport={"width": 1200, "height": 720}, color_scheme="light")
        yield page, address
        browser.close()
        server.terminate()


def hunt(page: Page, address: str) -> Iterator[str]:
    """From the first page of three dumps to the line that leaks; yields each click, "" before."""
    page.goto(address)
    settle(page)
    yield ""
    for link in ("Leaks", "explain"):
        page.get_by_role("link", name=link, exact=True).first.click()
        settle(page)
        yield link


def settle(page: Page) -> None:
    """Wait until every part of the explorer's view is there."""
    page.locator("main[aria-busy=false]").wait_for()
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)


def section(page: Page, name: str, target: Path) -> None:
    """Take a picture of one section."""
    found = page.locator(f"#{name}")
    found.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    found.screenshot(path=target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A hunt in the explorer, on real dumps and with their kernel, to the line that leaks."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.pictures import hunt
from tests.conftest import DumpPath
from tests.support.server import running
from tests.support.tool import Tool

pytestmark = [pytest.mark.browser, pytest.mark.thorough]


def test_five_clicks_lead_to_the_line(
    tool: Tool, dump: DumpPath, vmlinux: Path, page: Page
) -> None:
    tool.ok("load", *(dump(f"linux-7.3/t{at}.txt") for at in range(3)))
    tool.ok("symbols", "add", vmlinux)
    with running(tool.db, "t0", "t1", "t2") as server:
        clicks = [click for click in hunt(page, server.url) if click]
        assert len(clicks) <= 5
        expect(page.locator("tr.is-owner")).to_contain_text("unix_dgram_sendmsg")
        expect(page.locator("tr.is-owner")).to_contain_text("net/unix/af_unix.c:2144")
        expect(page.get_by_role("region", name="comm, pid")).to_contain_text("sockleak")

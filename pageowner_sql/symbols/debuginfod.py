"""Debug files from debuginfod servers, by build id."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from pageowner_sql.errors import InputError, UsageError

BUILD_ID = re.compile(r"[0-9a-f]{16,64}")

# What a server may send at most, bytes; the largest debug files of kernels have 1 GiB.
_MOST = 8 << 30
_SECONDS = 90


def servers(named: str | None) -> list[str]:
    """The servers to ask: those named, else those of $DEBUGINFOD_URLS.

    Raises UsageError where there is none, or one that is not on the web.
    """
    found = (named or os.environ.get("DEBUGINFOD_URLS", "")).split()
    if not found:
        raise UsageError("a build id: name a server with --debuginfod URL or $DEBUGINFOD_URLS")
    for url in found:
        if urlsplit(url).scheme not in ("http", "https"):
            raise UsageError(f"debuginfod: not a web address: {url}")
    return found


def fetch(build_id: str, urls: Sequence[str], target: Path) -> str:
    """Write the debug file of a build id to `target`; which server had it.

    Raises InputError where none has it.
    """
    failed = []
    for url in urls:
        address = f"{url.rstrip('/')}/buildid/{build_id}/debuginfo"
        try:
            request = Request(address, headers={"User-Agent": "pageowner-sql"})  # noqa: S310  # checked: http or https
            with urlopen(request, timeout=_SECONDS) as answer, target.open("wb") as file:  # noqa: S310  # the same
                # A server need not say a length, nor keep to it.
                while block := answer.read(1 << 20):
                    if file.tell() + len(block) > _MOST:
                        raise InputError(f"{url}: the file of {build_id} is too large")
                    file.write(block)
        except HTTPError as error:
            failed.append(f"{url}: {error.code} {error.reason}")
        except (URLError, OSError) as error:
            failed.append(f"{url}: {getattr(error, 'reason', error)}")
        else:
            return url
    raise InputError(f"{build_id}: no server has this build id ({'; '.join(failed)})")

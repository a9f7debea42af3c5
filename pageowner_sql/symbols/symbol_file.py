"""A symbol file read whole: which module it is of, its functions, and the cache of its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path

from pageowner_sql.dump.source import open_source
from pageowner_sql.errors import InputError
from pageowner_sql.symbols.elf import MAGIC, ElfFile, Function
from pageowner_sql.symbols.kernel_map import (
    KERNEL,
    LoadedModule,
    is_module_list,
    is_symbol_list,
    read_modules,
    read_symbols,
)
from pageowner_sql.symbols.maintainers import Entry, is_maintainers, read_maintainers
from pageowner_sql.symbols.source_lines import SourceLines, make_cache
from pageowner_sql.temp_files import temp_folder

_BLOCK = 1 << 20
# What is text beside debug files of 100 MB.
_MOST_TEXT = 256 << 20
# The largest debug files of kernels have 1 GiB.
_MOST_ELF = 8 << 30
_UNKNOWN = "neither an ELF file, nor MAINTAINERS, System.map, kallsyms or /proc/modules"


@dataclass(frozen=True)
class SymbolFile:
    """Functions of one module; `cache` has their lines, counted from address `base`.

    `root` is the folder that the sources were built in. `places` are modules of a running kernel,
    `entries` those of MAINTAINERS.
    """

    path: str
    module: str
    functions: list[Function]
    build_id: str | None = None
    cache: bytes | None = None
    base: int = 0
    root: str = ""
    places: list[LoadedModule] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def symbol_paths(word: str) -> list[str]:
    """The file, or the modules and images below a folder. Raises InputError where there is none."""
    path = Path(word)
    if not path.is_dir():
        return [word]
    named = re.compile(r"(vmlinux(\.debug)?|System\.map.*|.+\.ko(\.debug)?)(\.(xz|zst|gz))?")
    found = sorted(str(each) for each in path.rglob("*") if named.fullmatch(each.name))
    if not found:
        raise InputError(f"{word}: holds no vmlinux, System.map or *.ko")
    return found


def read_symbol_file(path: str) -> list[SymbolFile]:
    """The symbols of a file; of a list of symbols, those of each module.

    Raises InputError where it cannot be read or holds no symbols.
    """
    with _unpacked(path) as plain:
        with plain.open("rb") as file:
            head = file.read(4096)
        if head.startswith(MAGIC):
            return [_of_elf(path, plain)]
        if plain.stat().st_size <= _MOST_TEXT:
            return list(_of_text(path, plain.read_text(encoding="utf-8", errors="replace")))
    raise InputError(f"{path}: {_UNKNOWN}")


@contextmanager
def _unpacked(path: str) -> Iterator[Path]:
    """The file itself, or what is compressed in it."""
    if not Path(path).exists():
        raise InputError(f"{path}: no such file")
    with open_source(path) as source, temp_folder() as folder:
        if not source.compression:
            yield Path(path)
            return
        plain = folder / "symbols"
        block = memoryview(bytearray(_BLOCK))
        with plain.open("wb") as file:
            most = 0
            while size := source.fill(block):
                most = most or (_MOST_ELF if block[: len(MAGIC)] == MAGIC else _MOST_TEXT)
                if file.tell() + size > most:
                    raise InputError(f"{path}: too large for symbols: over {most >> 20:,} MiB")
                file.write(block[:size])
        yield plain


def _of_elf(path: str, plain: Path) -> SymbolFile:
    with plain.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        elf = ElfFile(data, path)
        functions = list(elf.functions())
        if not functions:
            raise InputError(f"{path}: has no symbol table")
        module = (elf.module_name or _stem(path)) if elf.is_module else KERNEL
        base = 0 if elf.is_module else elf.load_address
        cache, root = None, ""
        if elf.has_lines:
            cache = make_cache(elf.relocated() if elf.is_module else str(plain), path)
            root = SourceLines(cache, base, path).root(each.address for each in functions)
        return SymbolFile(path, module, functions, elf.build_id, cache, base, root)


def _stem(path: str) -> str:
    return Path(path).name.partition(".ko")[0].replace("-", "_")


def _of_text(path: str, text: str) -> Iterator[SymbolFile]:
    if is_maintainers(text):
        yield SymbolFile(path, "maintainers", [], entries=read_maintainers(text))
        return
    if is_module_list(text):
        places = read_modules(text)
        if not places:
            raise InputError(f"{path}: hides the addresses of modules; read it as root")
        yield SymbolFile(path, "modules", [], places=places)
        return
    found = read_symbols(text) if is_symbol_list(text) else {}
    if not found:
        raise InputError(f"{path}: {_UNKNOWN} with addresses")
    for module, functions in sorted(found.items()):
        yield SymbolFile(path, module, functions)

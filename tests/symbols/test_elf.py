"""ELF files: their functions, and modules made readable."""

from __future__ import annotations

import lzma
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pageowner_sql.errors import InputError
from pageowner_sql.symbols import symbol_file
from pageowner_sql.symbols.elf import MODULE_BASE, ElfFile
from pageowner_sql.symbols.source_lines import SourceLines
from pageowner_sql.symbols.symbol_file import read_symbol_file
from tests.support import FIXTURES


def test_a_module_has_its_name_and_functions(tiny: Path) -> None:
    elf = ElfFile(tiny.read_bytes(), "tiny.ko")
    assert elf.is_module
    assert elf.module_name == "tiny"
    functions = {each.name: each for each in elf.functions()}
    assert {"first", "second"} <= set(functions)
    assert min(each.address for each in functions.values()) == MODULE_BASE
    assert functions["first"].size > 0
    assert functions["first"].span >= functions["first"].size


def test_a_relocated_module_has_the_lines_of_its_functions(tiny: Path) -> None:
    [file] = read_symbol_file(str(tiny))
    assert file.cache is not None
    lines = SourceLines(file.cache, file.base, file.path)
    for function, line in (("first", 10), ("second", 14)):
        [symbol] = [each for each in file.functions if each.name == function]
        found = lines.at(symbol.address)
        assert found[-1].function == function
        assert Path(found[-1].file or "").name == "tiny.c"
        assert found[-1].line in (line, line + 1)
    [first] = [each for each in file.functions if each.name == "first"]
    seen = {each.function for at in range(first.size) for each in lines.at(first.address + at)}
    assert seen == {"first", "helper"}


@given(data=st.data())
def test_a_damaged_file_is_an_error_of_ours(tiny: Path, data: st.DataObject) -> None:
    content = bytearray(tiny.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(4, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(4, len(content)))
    with suppress(InputError):
        elf = ElfFile(bytes(content[:cut]), "x")
        list(elf.functions())
        elf.relocated()
    with suppress(InputError):
        elf = ElfFile(bytes(content[:cut]), "x")
        _ = elf.build_id, elf.load_address


def elf_of(content: bytes, *sections: tuple[int, int, int, int, int]) -> bytes:
    """A file of `content`, at byte 64, and sections: name, type, flags, offset, size."""
    facts = (2, 62, 1, 0, 0, 64 + len(content), 0, 64, 56, 0, 64, len(sections), 0)
    made = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", *facts)
    headers = (
        struct.pack("<IIQQQQIIQQ", name, kind, flags, 0, offset, size, 0, 0, 1, 0)
        for name, kind, flags, offset, size in sections
    )
    return b"".join((made, content, *headers))


def test_names_that_lie_in_each_other_are_refused() -> None:
    content = b"A" * 65_000 + b"\0"
    text = (0, 1, 6, 64, 10)
    damaged = elf_of(content, (0, 3, 0, 64, len(content)), *([text] * 60_000))
    with pytest.raises(InputError, match="names overlap"):
        ElfFile(damaged, "x")
    symbols = b"".join(struct.pack("<IBBHQQ", 1, 2, 0, 2, at, 1) for at in range(10_000))
    table = (65_000, 2, 0, 64 + len(content), len(symbols))
    named = elf_of(content + symbols, (65_000, 3, 0, 64, 9), table, (65_000, 1, 6, 64, 1 << 40))
    # A section's names lie where the section that it links to, here the first, begins.
    with pytest.raises(InputError, match="names overlap"):
        list(ElfFile(named, "x").functions())


@pytest.mark.parametrize(("name", "flags"), [(b".debug_info", 0x800), (b".zdebug_info", 0)])
def test_sections_that_say_they_are_huge_are_refused(name: bytes, flags: int) -> None:
    size = struct.pack("<IIQQ", 1, 0, 1 << 60, 1) if flags else b"ZLIB" + struct.pack(">Q", 1 << 60)
    content = b"\0" + name + b"\0" + size
    at = 64 + len(name) + 2
    damaged = elf_of(content, (0, 3, 0, 64, len(name) + 2), (1, 1, flags, at, len(size)))
    with pytest.raises(InputError, match="too large unpacked"):
        assert ElfFile(damaged, "x").has_lines


def test_a_compressed_file_is_unpacked_no_further_than_it_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(symbol_file, "_MOST_TEXT", 1 << 20)
    bomb = tmp_path / "System.map.xz"
    bomb.write_bytes(lzma.compress(bytes(3 << 20)))
    with pytest.raises(InputError, match="too large for symbols: over 1 MiB"):
        read_symbol_file(str(bomb))


def test_what_is_no_symbol_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("nothing of that kind\n")
    with pytest.raises(InputError, match="neither an ELF file, nor"):
        read_symbol_file(str(path))
    path.write_bytes(b"\x7fELF\x01")
    with pytest.raises(InputError, match="not a 64-bit ELF file"):
        read_symbol_file(str(path))


@pytest.mark.parametrize("machine", ["aarch64", "riscv64", "s390x", "powerpc64le"])
def test_a_module_of_another_machine_has_its_lines(machine: str) -> None:
    """Code lies in three sections, so every line depends on a relocation."""
    [file] = read_symbol_file(str(FIXTURES / "modules" / f"{machine}.ko"))
    assert file.module == "tiny"
    assert file.cache is not None
    lines = SourceLines(file.cache, file.base, file.path)
    source = (FIXTURES / "modules" / "tiny.s").read_text().splitlines()
    for function in file.functions:
        first = source.index(f"{function.name}:") + 2
        [at] = lines.at(function.address)
        assert (at.function, at.file, at.line) == (function.name, "/usr/src/tiny.s", first)
        [at] = lines.at(function.address + function.size - 1)
        assert source[(at.line or 0)].startswith(f"\t.size {function.name},")
    assert {each.name for each in file.functions} == {"first", "second", "third", "begin"}

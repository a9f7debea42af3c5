"""An ELF file's functions, build id and load address; a module relocated for readers of DWARF.

A kernel module is a relocatable file: its sections have no addresses, and its DWARF points nowhere.
`relocated` gives code sections addresses one behind the other, and writes them into the DWARF.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from typing import NamedTuple

from pageowner_sql.errors import InputError

MAGIC = b"\x7fELF"

# Where the code of a module begins here: readers of DWARF take 0 for code that was left out.
MODULE_BASE = 0x10000

_REL, _DYN = 1, 3
_SYMTAB, _RELA, _NOBITS, _NOTE = 2, 4, 8, 7
_ALLOC, _EXECUTABLE, _COMPRESSED = 2, 4, 0x800
_RESERVED = 0xFF00
_NOTYPE, _OBJECT, _FUNCTION = 0, 1, 2
# Relocations that write an address, by machine and type: bytes that they write.
_ABSOLUTE = {
    62: {1: 8, 10: 4, 11: 4},  # x86-64: R_X86_64_64, _32, _32S
    183: {257: 8, 258: 4},  # AArch64: R_AARCH64_ABS64, _ABS32
    243: {2: 8, 1: 4, 54: 1, 55: 2, 56: 4},  # RISC-V: R_RISCV_64, _32, _SET8, _SET16, _SET32
    21: {38: 8, 1: 4},  # PowerPC 64: R_PPC64_ADDR64, _ADDR32
    22: {22: 8, 4: 4},  # s390: R_390_64, _32
}
# Those that add an address to what is there, or subtract one: RISC-V's linker moves code, so every
# distance in its DWARF is a difference of two symbols.
_ADDED = {243: {33: 1, 34: 2, 35: 4, 36: 8}}  # R_RISCV_ADD8, …, _ADD64
_SUBTRACTED = {243: {37: 1, 38: 2, 39: 4, 40: 8}}  # R_RISCV_SUB8, …, _SUB64


# The longest name of a section or symbol; the kernel allows 512 bytes, C++ and Rust write more.
_LONGEST = 1 << 16

# Names of a damaged file may lie in each other; those of a whole one are shorter than this many
# files, and so are its compressed sections.
_NAMES_AT_MOST = 4
_UNPACKED_AT_MOST = 64

# What reading at an offset that a damaged file gives raises.
_DAMAGE = (struct.error, IndexError, ValueError, OverflowError)


class Function(NamedTuple):
    """A function's name, address, size, and the bytes up to the next symbol, as kallsyms counts."""

    name: str
    address: int
    size: int
    span: int


@dataclass(frozen=True)
class _Section:
    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    header_at: int

    @property
    def is_code(self) -> bool:
        wanted = _ALLOC | _EXECUTABLE
        return self.flags & wanted == wanted


class ElfFile:
    """A 64-bit ELF file in memory or mapped. Raises InputError where it is none, or damaged."""

    def __init__(self, data: bytes | mmap, path: str) -> None:
        self._data = data
        self.path = path
        try:
            if data[:4] != MAGIC or data[4] != 2:
                raise InputError(f"{path}: not a 64-bit ELF file")
            self._order = "<" if data[5] == 1 else ">"
            self.type, self._machine = self._unpack("HH", 16)
            self._sections = self._read_sections()
        except _DAMAGE as error:
            raise InputError(f"{path}: a damaged ELF file ({error})") from error

    def _unpack(self, form: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from(self._order + form, self._data, at)

    def _read_sections(self) -> list[_Section]:
        (table,) = self._unpack("Q", 40)
        size, number, names = self._unpack("HHH", 58)
        headers = [
            (at, self._unpack("IIQQQQIIQ", at))
            for at in range(table, table + size * number, size or 64)
        ]
        if names >= len(headers):
            return []
        texts = headers[names][1][4]
        made = []
        room = _NAMES_AT_MOST * len(self._data)
        for at, (name, kind, flags, address, offset, length, link, info, align) in headers:
            text = self._text(texts + name, room)
            room -= len(text)
            made.append(_Section(text, kind, flags, address, offset, length, link, info, align, at))
        return made

    def _text(self, at: int, room: int) -> str:
        end = self._data.find(b"\0", at, at + _LONGEST)
        if end < 0:
            raise ValueError("a name without an end")
        if end - at > room:
            raise ValueError("names overlap")
        return self._data[at:end].decode(errors="replace")

    @property
    def is_module(self) -> bool:
        """Whether it is a relocatable file, as kernel modules are."""
        return self.type == _REL

    @property
    def load_address(self) -> int:
        """The address of the first segment that is loaded; 0 where there is none."""
        try:
            (table,) = self._unpack("Q", 32)
            size, number = self._unpack("HH", 54)
            for at in range(table, table + size * number, size or 56):
                if self._unpack("I", at)[0] == 1:
                    return self._unpack("Q", at + 16)[0]
        except _DAMAGE as error:
            raise InputError(f"{self.path}: a damaged ELF file ({error})") from error
        return 0

    @property
    def build_id(self) -> str | None:
        """The GNU build id in hex."""
        room = len(self._data)
        for section in self._sections:
            if section.type != _NOTE or section.size > min(_LONGEST, room):
                continue
            room -= section.size
            at, end = section.offset, min(section.offset + section.size, len(self._data))
            while at + 12 <= end:
                name, length, kind = self._unpack("III", at)
                content = at + 12 + (name + 3) // 4 * 4
                if kind == 3 and self._data[at + 12 : at + 16] == b"GNU\0":
                    return self._data[content : content + length].hex()
                at = content + (length + 3) // 4 * 4
        return None

    @property
    def module_name(self) -> str | None:
        """The module's name, as the kernel prints it behind its functions."""
        found = (each for each in self._sections if each.name == ".modinfo")
        section = next(found, None)
        if section is None or section.type == _NOBITS:
            return None
        content = self._data[section.offset : section.offset + section.size]
        name = re.search(rb"(?:^|\0)name=([\w.-]+)", content)
        return name[1].decode() if name else None

    @property
    def has_lines(self) -> bool:
        """Whether it has DWARF line tables.

        Raises InputError where they are compressed more than any compiler's are.
        """
        if self._unpacked_size() > _UNPACKED_AT_MOST * len(self._data):
            raise InputError(f"{self.path}: a damaged ELF file (its DWARF is too large unpacked)")
        names = {section.name for section in self._sections if section.type != _NOBITS}
        return {".debug_info", ".debug_line"} <= names

    def _unpacked_size(self) -> int:
        """The bytes that compressed sections say they hold."""
        size = 0
        for section in self._sections:
            if section.type == _NOBITS:
                continue
            try:
                if section.flags & _COMPRESSED:
                    size += self._unpack("Q", section.offset + 8)[0]
                elif section.name.startswith(".zdebug_"):
                    size += struct.unpack_from(">Q", self._data, section.offset + 4)[0]
            except _DAMAGE as error:
                raise InputError(f"{self.path}: a damaged ELF file ({error})") from error
        return size

    def functions(self) -> Iterator[Function]:
        """Every function of the symbol table. Raises InputError where the table is damaged."""
        addresses = self._addresses()
        found: dict[int, list[tuple[int, int, str, bool]]] = {}
        try:
            for name, info, index, value, size in self._symbols():
                kind = info & 15
                if index in addresses and kind in (_NOTYPE, _OBJECT, _FUNCTION) and name:
                    symbol = (value, size, name, kind != _OBJECT)
                    found.setdefault(index, []).append(symbol)
        except _DAMAGE as error:
            raise InputError(f"{self.path}: a damaged symbol table ({error})") from error
        for index, symbols in found.items():
            section = self._sections[index]
            base = addresses[index]
            above = section.size + (0 if self.is_module else section.address)
            at = None
            for value, size, name, is_function in sorted(symbols, reverse=True):
                if at is not None and value < at:
                    above = at
                at = value
                if is_function:
                    yield Function(name, base + value, size, max(above - value, 0))

    def _addresses(self) -> dict[int, int]:
        """For each section of code what is added to its symbols' values."""
        if not self.is_module:
            return {at: 0 for at, section in enumerate(self._sections) if section.is_code}
        placed = {}
        end = MODULE_BASE
        # What runs once lies elsewhere and is given back: behind what stays.
        code = [at for at, section in enumerate(self._sections) if section.is_code]
        for at in sorted(code, key=lambda at: self._sections[at].name.startswith(".init")):
            section = self._sections[at]
            align = max(section.align, 1)
            end = (end + align - 1) // align * align
            placed[at] = end
            end += section.size
        return placed

    def _symbols(self) -> Iterator[tuple[str, int, int, int, int]]:
        """Name, info, section, value and size of every symbol, in their order."""
        for section in [each for each in self._sections if each.type == _SYMTAB][:1]:
            texts = self._sections[section.link].offset
            content = self._data[section.offset : section.offset + section.size // 24 * 24]
            room = _NAMES_AT_MOST * len(self._data)
            for name, info, _, index, value, size in struct.iter_unpack(
                self._order + "IBBHQQ", content
            ):
                text = self._text(texts + name, room) if name and index < _RESERVED else ""
                room -= len(text)
                skipped = text.startswith((".L", "$"))
                yield "" if skipped else text, info, index, value, size

    def relocated(self) -> bytes:
        """The module with addresses in its section headers, symbols and DWARF.

        Raises InputError for a machine whose relocations are not known here.
        """
        if self._machine not in _ABSOLUTE:
            raise InputError(f"{self.path}: modules of machine {self._machine} cannot be read")
        if sum(each.size for each in self._sections if each.type == _RELA) > len(self._data):
            raise InputError(f"{self.path}: a damaged module (its relocations overlap)")
        addresses = self._addresses()
        made = bytearray(self._data[:])
        try:
            values = self._place(made, addresses)
            for section in self._sections:
                if section.type != _RELA or section.info >= len(self._sections):
                    continue
                target = self._sections[section.info]
                if target.name.startswith(".debug_") and not target.flags & _COMPRESSED:
                    self._apply(made, section, target, values)
        except _DAMAGE as error:
            raise InputError(f"{self.path}: a damaged module ({error})") from error
        struct.pack_into(self._order + "H", made, 16, _DYN)
        return bytes(made)

    def _place(self, made: bytearray, addresses: dict[int, int]) -> list[int]:
        """Write the addresses of sections and symbols; the value of every symbol."""
        for index, address in addresses.items():
            struct.pack_into(self._order + "Q", made, self._sections[index].header_at + 16, address)
        [table] = [section for section in self._sections if section.type == _SYMTAB][:1]
        values = []
        for at, (_, _, index, value, _) in enumerate(self._symbols()):
            values.append(value + addresses.get(index, 0))
            struct.pack_into(self._order + "Q", made, table.offset + 24 * at + 8, values[-1])
        return values

    def _apply(
        self, made: bytearray, section: _Section, target: _Section, values: list[int]
    ) -> None:
        content = self._data[section.offset : section.offset + section.size // 24 * 24]
        forms = {
            width: self._order + form for width, form in zip((1, 2, 4, 8), "BHIQ", strict=True)
        }
        # Bytes that a relocation writes; factors of what is there, and of the address.
        kinds = {
            kind: (width, factors)
            for table, factors in ((_ABSOLUTE, (0, 1)), (_ADDED, (1, 1)), (_SUBTRACTED, (1, -1)))
            for kind, width in table.get(self._machine, {}).items()
        }
        for offset, info, addend in struct.iter_unpack(self._order + "QQq", content):
            width, (kept, added) = kinds.get(info & 0xFFFFFFFF, (0, (0, 0)))
            if not width or offset + width > target.size:
                continue
            at = target.offset + offset
            [there] = struct.unpack_from(forms[width], made, at)
            value = kept * there + added * (values[info >> 32] + addend)
            struct.pack_into(forms[width], made, at, value & ((1 << 8 * width) - 1))

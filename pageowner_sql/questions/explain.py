"""Why a stack has its owner: the stack that people mean, found or read, and what decided."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pageowner_sql.dump.texts import escape, read_frames
from pageowner_sql.errors import InputError
from pageowner_sql.output.plain import printable
from pageowner_sql.questions.plan import Plan
from pageowner_sql.questions.prepare import prepare_owners
from pageowner_sql.sql.query import Query
from pageowner_sql.store.database import Database, Mode, statement
from pageowner_sql.store.owners import Explanation, explain_stack
from pageowner_sql.store.stacks import StackTables

_NUMBER = re.compile(r"[0-9]{1,9}")
_NAME = re.compile(r"[^\s+]+")
# What a kernel log or a paste puts before a frame, and a frame itself.
_BEFORE = re.compile(r"^(?:<[0-9]>)?(?:\[ *[0-9]+\.[0-9]+\](?:\[[^\]]*\])?)?\s*(?:\? )?")
_FRAME = re.compile(r"(?:\S+\+0x[0-9a-f]+/0x[0-9a-f]+|0x[0-9a-f]+|\[<[0-9a-f]+>\] \S+)(?: \[.+\])?")

FRAMES = "SELECT pos, function, module, role, rule, is_owner, subsystem_by"


@dataclass(frozen=True)
class Meant:
    """A stack, in a database that is open for reading, with owners.

    `others`: how many more stacks the word could have meant. `loaded`: it is of a dump; else it
    was read from the text, and the database is one in memory.
    """

    database: Database
    stack_id: int
    others: int = 0
    loaded: bool = True

    def explanation(self) -> Explanation:
        """What was decided, and why. Raises InputError where there is no such stack."""
        return explain_stack(self.database, self.stack_id)

    def plan(self, *, evidence: bool) -> Plan:
        """A row a frame, innermost first; without `evidence` only what fits a screen."""
        sql = f"{'SELECT *' if evidence else FRAMES}\nFROM explain_stack($stack_id)\nORDER BY pos"
        return Plan(Query(sql, {"stack_id": self.stack_id}))


def meant(db_path: str, word: str) -> Meant:
    """The stack that `word` means: its number, a function in it, or its text.

    A text that no dump has is explained as well. Raises InputError where nothing fits, and what
    opening raises.
    """
    word = word.strip()
    if not word:
        raise InputError("there is no stack to explain: give its number, a function, or its text")
    if _NUMBER.fullmatch(word) or _NAME.fullmatch(word):
        return _known(db_path, word)
    text = stack_in(word)
    if Path(db_path).exists():
        database = _opened(db_path)
        found = database.value("SELECT stack_id FROM stacks WHERE text = $text", {"text": text})
        if found is not None:
            return Meant(database, found)
        database.close()
    database = Database.open("", Mode.MEMORY)
    [stack_id] = StackTables(database).ids([text])
    prepare_owners(database)
    return Meant(database, stack_id, loaded=False)


def stack_in(text: str) -> str:
    """A stack as table `stacks` has it, from a pasted one: of lines that are no frames, the rest.

    Where no line is a frame each is taken for a function's name.
    """
    lines = [_BEFORE.sub("", line).rstrip() for line in text.splitlines()]
    frames = [line for line in lines if _FRAME.fullmatch(line)]
    return escape("\n".join(frames or filter(None, lines)).encode(errors="surrogateescape"))


def _known(db_path: str, word: str) -> Meant:
    database = _opened(db_path)
    if _NUMBER.fullmatch(word):
        return Meant(database, int(word))
    name = read_frames(word)[0].function or word
    found = database.rows(statement("explain_find"), {"function": name})
    if not found:
        database.close()
        raise InputError(f"{printable(word)}: no stack in {db_path} has this function")
    return Meant(database, found[0][0], len(found) - 1)


def _opened(db_path: str) -> Database:
    database = Database.open(db_path, Mode.READ)
    try:
        prepare_owners(database)
    except BaseException:
        database.close()
        raise
    return database

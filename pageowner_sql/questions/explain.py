"""Why a stack has its owner: finds or parses the stack, and shows the rule that decided."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pageowner_sql.dump.fields import escape, read_frames
from pageowner_sql.errors import InputError
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count
from pageowner_sql.questions.plan import Answer, Plan
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


_OWNER_BY = {
    "first": "the first frame past the plumbing",
    "helper": "the outermost helper: no other frame stands inside the boundary",
    "boundary": "the boundary itself: nothing but plumbing stands inside it",
    "plumbing": "the outermost frame: the stack holds nothing but plumbing",
    "none": "it has no frames",
}


@dataclass(frozen=True)
class StackRef:
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


def find_stack(database: Database | None, word: str, path: str) -> StackRef:
    """The stack that `word` means: its number, a function in it, or its text.

    `database` is None where there is none at `path`. A text that no dump has is explained as well,
    in a database of its own. Raises InputError where nothing fits.
    """
    word = word.strip()
    if not word:
        raise InputError("there is no stack to explain: give its number, a function, or its text")
    is_name = _NUMBER.fullmatch(word) or _NAME.fullmatch(word)
    if database is None and is_name:
        database = Database.open(path, Mode.READ)
    if database is not None:
        prepare_owners(database)
        if is_name:
            return _known(database, word, path)
        text = stack_in(word)
        found = database.value("SELECT stack_id FROM stacks WHERE text = $text", {"text": text})
        if found is not None:
            return StackRef(database, found)
    scratch = Database.open("", Mode.MEMORY)
    [stack_id] = StackTables(scratch).ids([stack_in(word)])
    prepare_owners(scratch)
    return StackRef(scratch, stack_id, loaded=False)


def stack_answer(found: StackRef, word: str, *, evidence: bool) -> Answer:
    """A row a frame, what was decided in a line, and how many more stacks the word could mean."""
    explanation = found.explanation()
    others = (
        f"{word}: this is the largest of {count(found.others + 1)} stacks that it owns or is "
        f"in; pageowner-sql query stacks/through --param function={word} lists those of a dump"
    )
    return Answer(
        found.plan(evidence=evidence),
        caption=lambda: _decided(found, explanation),
        notes=lambda: [others] if found.others else [],
    )


def _decided(found: StackRef, explanation: Explanation) -> str:
    """What was decided, in one line."""
    decision = explanation.decision
    stack = f"stack {found.stack_id}" if found.loaded else "a stack of no dump here"
    module = f" [{printable(decision.owner_module)}]" if decision.owner_module else ""
    by = "by no rule"
    if decision.rule is not None:
        by = f"by rule {decision.rule} ({printable(decision.source or '')})"
    return (
        f"{stack}: owner {printable(decision.owner)}{module} "
        f"({_OWNER_BY[decision.owner_by]}), subsystem {decision.subsystem} {by}"
    )


def stack_in(text: str) -> str:
    """A stack as table `stacks` has it, from a pasted one: of lines that are not frames, the rest.

    Where no line is a frame each is taken for a function's name.
    """
    lines = [_BEFORE.sub("", line).rstrip() for line in text.splitlines()]
    frames = [line for line in lines if _FRAME.fullmatch(line)]
    return escape("\n".join(frames or filter(None, lines)).encode(errors="surrogateescape"))


def _known(database: Database, word: str, path: str) -> StackRef:
    if _NUMBER.fullmatch(word):
        return StackRef(database, int(word))
    name = read_frames(word)[0].function or word
    found = database.rows(statement("explain_find"), {"function": name})
    if not found:
        raise InputError(f"{printable(word)}: no stack in {path} has this function")
    return StackRef(database, found[0][0], len(found) - 1)

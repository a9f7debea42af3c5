"""A dump's records that are alike in all their texts, counted: all that a culled report needs."""

from __future__ import annotations

from dataclasses import dataclass

from pageowner_sql.dump.digest import Digest
from pageowner_sql.dump.refusals import no_record
from pageowner_sql.dump.stream import DigestStream
from pageowner_sql.errors import InputError
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.layouts import LayoutTable
from pageowner_sql.store.rows import GroupRows
from pageowner_sql.store.texts import TextTables, known_fields

# Groups that are written together: some ten megabytes.
PENDING = 200_000

# The only dump of a temporary database.
DUMP_ID = 1


@dataclass(frozen=True)
class Tallied:
    """What a tally found: records in all, those rejected, and the fields that the format has."""

    records: int
    rejected: int
    fields: frozenset[str]


class _Tally:
    def __init__(self, database: Database, stream: DigestStream) -> None:
        self.database = database
        self.stream = stream
        self.texts = TextTables(database, DUMP_ID)
        self.layouts = LayoutTable(database, DUMP_ID)
        self.groups = GroupRows()
        self.rejected = 0
        database.script("load/tally_begin")

    def run(self) -> Tallied:
        for digest in self.stream:
            self._count(digest)
            if len(self.groups) > PENDING:
                self._write()
        self._write()
        self.texts.finish()
        self.layouts.keep(self.stream.reader.layouts)
        [(records, timed)] = self.database.rows(statement("load/tally_times"))
        if not records:
            raise InputError(no_record(self.stream.source.name, self.stream.bytes))
        fields = known_fields(self.database, DUMP_ID, timed)
        return Tallied(records, self.rejected, frozenset(fields))

    def _count(self, digest: Digest) -> None:
        self.rejected += sum(bool(left.reason) and not left.continues for left in digest.leftovers)
        for records in digest.records:
            self.groups.add(records, self.texts.match(records), self.layouts.base)

    def _write(self) -> None:
        if len(self.groups):
            self.database.feed("groups", self.groups.take())
            self.database.run(statement("load/tally_groups"), {"dump_id": DUMP_ID})


def tally(database: Database, stream: DigestStream) -> Tallied:
    """Fill table `alike`, and those of the texts, of a temporary database with a dump.

    Raises InputError where the text cannot be read or holds no record.
    """
    return _Tally(database, stream).run()

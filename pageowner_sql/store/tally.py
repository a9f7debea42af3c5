"""A dump's records that are alike in all their texts, counted: all that a culled report needs."""

from __future__ import annotations

from dataclasses import dataclass

from pageowner_sql.dump.records import Chunk
from pageowner_sql.dump.stream import ChunkStream
from pageowner_sql.errors import InputError
from pageowner_sql.store.arrow import batch_array
from pageowner_sql.store.database import Database, statement
from pageowner_sql.store.layouts import LayoutTable
from pageowner_sql.store.load import no_record
from pageowner_sql.store.texts import TextTables, known_fields

# Groups whose texts stand for themselves: some fifty megabytes.
PENDING = 50_000

# The only dump of a temporary database.
DUMP_ID = 1


@dataclass(frozen=True)
class Tallied:
    """What a tally found: records in all, those rejected, and the fields that the format has."""

    records: int
    rejected: int
    fields: frozenset[str]


class _Tally:
    def __init__(self, database: Database, stream: ChunkStream) -> None:
        self.database = database
        self.stream = stream
        self.texts = TextTables(database, DUMP_ID)
        self.layouts = LayoutTable(database, DUMP_ID)
        self.rejected = 0
        self._pending = 0
        database.script("load/tally_begin")

    def run(self) -> Tallied:
        for chunk in self.stream:
            self._count(chunk)
            if self._pending > PENDING:
                self._settle()
        self._settle()
        self.layouts.keep(self.stream.reader.layouts)
        [(records, timed)] = self.database.rows(statement("load/tally_times"))
        if not records:
            raise InputError(no_record(self.stream.source.name, self.stream.bytes))
        fields = known_fields(self.database, DUMP_ID, timed)
        return Tallied(records, self.rejected, frozenset(fields))

    def _count(self, chunk: Chunk) -> None:
        self.rejected += sum(bool(left.reason) and not left.continues for left in chunk.leftovers)
        if chunk.batches:
            self.database.feed("batch", batch_array(chunk.batches))
            self._pending += int(self.database.value(statement("load/tally_chunk")))

    def _settle(self) -> None:
        """Give the pending groups the numbers of their texts."""
        if not self._pending:
            return
        self.database.feed_result("load_groups", statement("load/tally_groups"))
        pending = int(self.database.value("SELECT sum(times) FROM load_groups"))
        if self._match() < pending:
            # Two texts have one hash: from here on the texts themselves are the keys.
            self.texts.compare_texts()
            self._match()
        matched = {"dump_id": DUMP_ID, "layout_base": self.layouts.base, **self.texts.bases}
        self.database.run(statement("load/tally_matched"), matched)
        self.rejected += int(self.database.value(statement("load/tally_refused")))
        self.database.run("DELETE FROM tally_new")
        self._pending = 0

    def _match(self) -> int:
        """Find the groups' texts; how many records have all of theirs."""
        self.texts.learn()
        matched = "SELECT coalesce(sum(times), 0) FROM load_matched WHERE same"
        return int(self.database.value(matched))


def tally(database: Database, stream: ChunkStream) -> Tallied:
    """Fill table `alike`, and those of the texts, of a temporary database with a dump.

    Raises InputError where the text cannot be read or holds no record.
    """
    with database.joins_as_written():
        return _Tally(database, stream).run()

"""How much each key held in several dumps, for the sparklines of a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from pageowner_sql.errors import PageOwnerError
from pageowner_sql.output.trend import Trend
from pageowner_sql.questions.boots import in_order
from pageowner_sql.questions.leaks import latest_boot
from pageowner_sql.questions.plan import run
from pageowner_sql.questions.top import top_plan
from pageowner_sql.sql.grouping import Key, Where, grouping
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump, all_dumps
from pageowner_sql.store.write import text_rows

# Each costs a query of its own; a longer line says no more.
_MOST = 16


def trend_until(database: Database, dump: Dump, keys: Sequence[Key], where: Where) -> Trend | None:
    """What keys held in the dumps of one boot up to `dump`; None where there are no others."""
    dumps = [each for each in all_dumps(database) if each.dump_id != dump.dump_id]
    try:
        _, ordered = in_order(latest_boot(database, [*dumps, dump], keys))
    except PageOwnerError:
        return None
    last = next((at for at, each in enumerate(ordered) if each.dump_id == dump.dump_id), -1)
    return trend_of(database, ordered[: last + 1], keys, where)


def trend_of(
    database: Database, dumps: Sequence[Dump], keys: Sequence[Key], where: Where
) -> Trend | None:
    """Bytes that keys held in each of `dumps`, the last 16; None where that is not a series."""
    dumps = dumps[-_MOST:]
    # What the newest dump has may be in none of the others.
    where = replace(where, is_checked=True)
    names = grouping(keys).result_names
    held: defaultdict[tuple[object, ...], list[int]] = defaultdict(lambda: [0] * len(dumps))
    try:
        for place, dump in enumerate(dumps):
            stream = run(database, top_plan(database, [dump], keys, where))
            shown = [column.name for column in stream.columns]
            of_keys, of_bytes = [shown.index(name) for name in names], shown.index("bytes")
            with closing(text_rows(stream)) as rows:
                for row in rows:
                    held[tuple(row[at] for at in of_keys)][place] = row[of_bytes] or 0
    except PageOwnerError:
        # One of them lacks a field of the keys: the table has no sparklines.
        return None
    return Trend(names, [dump.label for dump in dumps], held) if len(dumps) > 1 else None

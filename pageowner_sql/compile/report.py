"""What only a report asks: histograms of time, pageblocks, and what could not be read."""

from __future__ import annotations

from pageowner_sql.compile.memory_map import AGES
from pageowner_sql.compile.query import Query, render
from pageowner_sql.compile.rows import Where


def ages_query(where: Where) -> Query:
    """Rows label, bucket (among AGE_NAMES; NULL: no time), records, pages, bytes."""
    return render("report_histogram", where.parameters(), where=where, ages=AGES)


def times_query(where: Where, width: int) -> Query:
    """The same by the time of allocation: bucket n begins n * `width` ns after boot."""
    parameters = {**where.parameters(), "width": width}
    return render("report_histogram", parameters, where=where, ages=())


def pageblocks_query(where: Where, block_order: int) -> Query:
    """One row: pageblocks and pages by whether they can move.

    Columns: blocks, movable_blocks, fixed_blocks, fixed_pages, hostage_pages, stray_blocks,
    stray_pages. Fixed is what is not Movable, stray what is Unmovable in a Movable pageblock.
    """
    parameters = {**where.parameters(), "cell_order": block_order}
    return render("report_pageblocks", parameters, where=where)


def strays_query(where: Where, block_order: int, limit: int) -> Query:
    """Owners of stray pages: owner, subsystem, blocks (pageblocks), pages, bytes."""
    parameters = {**where.parameters(), "cell_order": block_order, "limit": limit}
    return render("report_strays", parameters, where=where)


def rejects_query(label: str) -> Query:
    """Rows reason, records, line (the first, from 1)."""
    return render("report_rejects", {"label": label})

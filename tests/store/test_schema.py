"""`schema`: everything people can ask is named and commented, for other DuckDB clients too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.asking import ask_official_client, csv_rows
from tests.support.tool import Tool

OBJECTS = """
    SELECT table_name FROM duckdb_tables() WHERE NOT internal AND {missing}
    UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal AND {missing}
    UNION ALL SELECT function_name FROM duckdb_functions() WHERE NOT internal AND {missing}
    UNION ALL
    SELECT table_name || '.' || column_name FROM duckdb_columns() WHERE NOT internal AND {missing}
"""


@pytest.fixture
def real(tool: Tool, real_runs: Path) -> Tool:
    """Return the program with the database of all real dumps."""
    tool.db = real_runs
    return tool


def test_every_table_view_column_and_macro_is_commented(real: Tool) -> None:
    assert real.rows(OBJECTS.format(missing="coalesce(comment, '') = ''")) == []
    assert len(real.rows(OBJECTS.format(missing="true"))) > 200


def test_everything_is_listed(real: Tool) -> None:
    rows = csv_rows(real.ok("schema", "--format", "csv").out)
    kinds = {row["name"].partition("(")[0]: row["kind"] for row in rows}
    assert kinds["live_allocations"] == "view"
    assert kinds["stacks"] == "table"
    assert "records" not in kinds
    assert kinds["human_bytes"] == "macro"
    assert kinds["dump"] == "table macro"
    assert all(row["comment"] for row in rows)
    everything = csv_rows(real.ok("schema", "--all", "--format", "csv").out)
    internal = {row["name"].partition("(")[0] for row in everything} - set(kinds)
    assert {"records", "headers", "rests", "known_rests", "layouts"} <= internal


def test_one_object_shows_its_columns(real: Tool) -> None:
    done = real.ok("schema", "live_allocations", "--format", "json")
    assert "One row an allocation" in done.err
    columns = [row[0] for row in real.rows("DESCRIBE live_allocations")]
    assert [f'"column":"{name}"' in done.out for name in columns] == [True] * len(columns)
    assert "human_bytes(n)" in real.ok("schema", "human_bytes").out


def test_an_unknown_name_is_answered_with_near_ones(real: Tool) -> None:
    assert "; there is live_allocations" in real.fails(1, "schema", "live_alocations")


@pytest.mark.thorough
def test_the_official_client_reads_every_view_and_macro(real: Tool) -> None:
    views = [row["name"] for row in csv_rows(real.ok("schema", "--format", "csv").out)]
    for name in (name for name in views if "(" not in name):
        ask_official_client(real.db, f'SELECT * FROM "{name}" LIMIT 1;\n')
    sql = """
        SELECT
            (SELECT count(*) FROM dump('7.3/t2')) AS records,
            human_bytes(1536) AS size,
            stack_text((SELECT min(stack_id) FROM stacks)) IS NOT NULL AS text,
            visible('a' || chr(27)) AS seen,
            base_function('vfs_write.cold') AS base,
            hex(comm_bytes('\\xff')) AS bytes;
    """
    assert csv_rows(ask_official_client(real.db, sql)) == [
        {
            "records": "61080",
            "size": "1.5 KiB",
            "text": "true",
            "seen": r"a\x1b",
            "base": "vfs_write",
            "bytes": "FF",
        }
    ]

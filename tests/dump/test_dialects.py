"""Every shape a record can have: each field comes out right, and the bytes come back."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from pageowner_sql.dump import formats as known
from pageowner_sql.store.database import Database, Mode
from pageowner_sql.store.load import LoadOptions, load
from tests.support import FIXTURES
from tests.support.synth import source_of

FOLDER = FIXTURES / "dialects"
DIALECTS = sorted(path.stem for path in FOLDER.glob("*.txt"))


def rows_of(database: Database, label: str) -> list[dict[str, Any]]:
    """The records of a dump as the database has them, each with its frames."""
    frames: dict[int, list[list[Any]]] = {}
    sql = 'SELECT stack_id, function, "offset", size, module, address FROM frames ORDER BY 1, pos'
    for stack_id, *frame in database.rows(sql):
        frames.setdefault(stack_id, []).append(frame)
    columns = [row[0] for row in database.rows("DESCRIBE allocations")]
    found = database.rows("FROM allocations WHERE dump = $dump ORDER BY ord", {"dump": label})
    rows = [dict(zip(columns, row, strict=True)) for row in found]
    return [row | {"stack": frames.get(row["stack_id"], [])} for row in rows]


@pytest.fixture(scope="module")
def memory() -> Iterator[Database]:
    """One database for all dialects."""
    with Database.open("", Mode.MEMORY) as database:
        yield database


def loaded(database: Database, text: bytes) -> str:
    """The label of this text, which is loaded where it was not."""
    return load(database, source_of(text), LoadOptions(label=sha256(text).hexdigest())).label


@pytest.mark.sampled
@pytest.mark.parametrize("name", DIALECTS)
def test_every_field_comes_out_right(memory: Database, name: str) -> None:
    expected = json.loads((FOLDER / f"{name}.expected.json").read_text())
    label = loaded(memory, (FOLDER / f"{name}.txt").read_bytes())
    found = [{key: row[key] for key in expected["records"][0]} for row in rows_of(memory, label)]
    assert found == expected["records"]
    sql = "SELECT fields, rejected FROM dumps WHERE label = $label"
    [(fields, rejected)] = memory.rows(sql, {"label": label})
    assert (sorted(fields), rejected) == (expected["fields"], 0)


@pytest.mark.sampled
@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("times", [1, 40])
def test_the_bytes_come_back(memory: Database, name: str, times: int) -> None:
    text = times * (FOLDER / f"{name}.txt").read_bytes()
    sql = """
        SELECT raw FROM dump_texts JOIN dumps USING (dump_id)
        WHERE label = $label ORDER BY ord, piece
    """
    raw = memory.rows(sql, {"label": loaded(memory, text)})
    assert b"".join(bytes(each) for (each,) in raw) == text


def test_all_dialects_in_one_file(memory: Database) -> None:
    """Fields are sniffed one by one: what a record is does not hang on those around it."""
    whole = [name for name in DIALECTS if name != "linux-6.7"] + ["linux-6.7"]
    text = b"".join((FOLDER / f"{name}.txt").read_bytes() for name in whole)
    expected = [
        record
        for name in whole
        for record in json.loads((FOLDER / f"{name}.expected.json").read_text())["records"]
    ]
    rows = rows_of(memory, loaded(memory, text))
    found = [{key: row[key] for key in right} for row, right in zip(rows, expected, strict=True)]
    assert found == expected


def test_the_readme_names_every_dialect() -> None:
    readme = (FOLDER / "README.md").read_text()
    assert [name for name in DIALECTS if f"`{name}`" not in readme] == []


def test_the_commits_of_the_readme_are_those_of_the_code() -> None:
    table = [line for line in (known.__doc__ or "").splitlines() if line.startswith("| ")][2:]
    readme = (FOLDER / "README.md").read_text()
    commits = [line.split("|")[3].strip() for line in table]
    assert len(commits) > 6
    assert [commit for commit in commits if commit not in readme] == []

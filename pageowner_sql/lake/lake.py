"""A lake in Python: dumps of many machines, added, asked and compacted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pageowner_sql.errors import PageOwnerError, UsageError
from pageowner_sql.lake.delta import DeltaLake
from pageowner_sql.workspace import OpenResults, Say, say_nothing

if TYPE_CHECKING:
    from pageowner_sql.lake.compactor import Compacted
    from pageowner_sql.lake.dump_rows import DumpRows
    from pageowner_sql.lake.loader import AddOptions, Found
    from pageowner_sql.lake.spark import Spark
    from pageowner_sql.lake.writer import BatchOutcome
    from pageowner_sql.output.model import Report
    from pageowner_sql.questions.plan import Plan
    from pageowner_sql.questions.result import Result
    from pageowner_sql.questions.user_sql import UserScript
    from pageowner_sql.sql.catalog import ColumnDoc, NamedQuery
    from pageowner_sql.sql.query import Query
    from pageowner_sql.store.database import Database

Failed = Callable[[PageOwnerError], None]
DUCKDB: Final = "duckdb"
SPARK: Final = "spark"
ENGINES: Final = (DUCKDB, SPARK)


class Lake:
    """Delta tables in a folder, or below a URL. Close it, or use it in a `with`.

    Args:
        location: a folder, which `add` makes, or a URL (s3://…, gs://…, az://…), whose credentials
            are in the environment.
        say: gets lines for people.
        memory_limit, threads: as in `Session`.
        engine: `spark` has Apache Spark answer questions and load dumps; `duckdb` this process.
        master: Spark's: local[N], spark://…, yarn; sc://… for a Connect server.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        say: Say = say_nothing,
        memory_limit: int | None = None,
        threads: int | None = None,
        engine: str = DUCKDB,
        master: str | None = None,
    ) -> None:
        from pageowner_sql.store.limits import settings_of

        if engine not in ENGINES:
            raise UsageError(f"--engine: {engine} is not an engine; there is {', '.join(ENGINES)}")
        if master is not None and engine != SPARK:
            raise UsageError("--master: is Spark's; give --engine spark, too")

        self.location = str(location)
        # The master of Spark, None for DuckDB.
        self._master = (master or "local[*]") if engine == SPARK else None
        self._say = say
        self._settings = settings_of(memory_limit, threads)
        self._tables = DeltaLake(self.location)
        self._results = OpenResults()
        self._spark: Spark | None = None

    def add(  # noqa: PLR0913  # as many as a dump has properties
        self,
        *inputs: str | Path,
        host: str | None = None,
        kernel: str | None = None,
        captured_at: datetime | None = None,
        boot_id: str | None = None,
        page_size: int | None = None,
        tags: Mapping[str, str] | None = None,
        from_path: str | None = None,
        records: bool = False,
        redact: bool = False,
        redact_key: str | Path | None = None,
        strict: bool = False,
        added: Say | None = None,
        failed: Failed | None = None,
    ) -> int:
        """Add dumps, each once, whoever else adds it; how many were new.

        Args:
            inputs: files, folders and globs, as in `Session.load`.
            from_path: a regular expression, searched in each path; its groups (?P<host>…),
                kernel, captured_at and boot_id are facts, all others tags.
            records: keep every record, not only what records add up to.
            redact: hash names of processes, cgroups, hosts and dumps, and addresses in stacks.
            redact_key: a file with the key of these hashes, which makes them equal in later calls.
            strict: add no dump with rejected records.
            added: gets a line for each dump.
            failed: gets the error of a dump that cannot be added; the others are added still.

        Raises:
            InputError, DatabaseError, UsageError.
        """
        from pageowner_sql.lake.loader import AddOptions, find_dumps
        from pageowner_sql.lake.path_facts import PathFacts
        from pageowner_sql.store.load import LoadOptions

        options = AddOptions(
            LoadOptions(
                label="",
                host=host,
                kernel=kernel,
                captured_at=captured_at,
                boot_id=boot_id,
                page_size=page_size,
                tags=dict(tags or {}),
                strict=strict,
            ),
            PathFacts(from_path) if from_path is not None else None,
            records,
            _redactor(redact_key, redact=redact, records=records),
            self._settings,
        )
        dumps = find_dumps([str(each) for each in inputs], self._say)
        self._tables.make()
        return self._add(dumps, options, added or self._say, failed)

    def _add(
        self, dumps: Sequence[Found], options: AddOptions, tell: Say, failed: Failed | None
    ) -> int:
        from pageowner_sql.lake.writer import Batch, known_dumps
        from pageowner_sql.output.units import count

        known = known_dumps(self._tables, [each.sha256 for each in dumps if each.sha256])
        for dump in dumps:
            if dump.sha256 in known:
                tell(f"{dump.path}: is in the lake already")
        new = [dump for dump in dumps if dump.sha256 not in known]
        names: dict[str, str] = {}
        number = 0

        def written(done: BatchOutcome) -> None:
            nonlocal number
            number += len(done.added)
            for sha256 in done.added:
                tell(names[sha256])
            for sha256 in done.known:
                tell(f"{names[sha256].partition(': ')[0]}: is in the lake already")

        batch = Batch(self._tables, written)
        for path, rows in self._rows_of(new, options, failed):
            names[rows.sha256] = f"{path}: added, {count(len(rows.tables['groups']))} groups"
            batch.add(rows)
        batch.write()
        return number

    def _rows_of(
        self, dumps: Sequence[Found], options: AddOptions, failed: Failed | None
    ) -> Iterator[tuple[str, DumpRows]]:
        if self._master is not None:
            from pageowner_sql.lake.spark import load_on_spark

            return load_on_spark(self._master, dumps, options, failed)
        from pageowner_sql.lake.loader import rows_of

        return rows_of(dumps, options, self._say, failed)

    def compact(self, *, keep_days: int | None = None, grace_hours: int = 168) -> list[Compacted]:
        """Make large files of small ones, while others read and add; what became of each table.

        Args:
            keep_days: remove dumps of days before the last so many.
            grace_hours: delete files that no table uses any more after so many hours. A query
                that began before may need them, and a writer the files that it has not yet named.
        """
        from pageowner_sql.lake.compactor import compact

        today = datetime.now(UTC).date()
        return compact(
            self._tables, self._settings, keep_days=keep_days, grace_hours=grace_hours, today=today
        )

    # Questions.

    def query(
        self, name: str | NamedQuery, /, *, limit: int | None = None, **params: Any
    ) -> Result:
        """Run a named query of a lake: `lake.query("fleet/prevalence", owner="x")`.

        Raises UsageError for an unknown name or wrong parameters.
        """
        return self.query_values(name, params, limit)

    def query_values(
        self, name: str | NamedQuery, params: Mapping[str, Any], limit: int | None = None
    ) -> Result:
        """As `query`, for parameters whose names `query` has for its own."""
        from pageowner_sql.questions.plan import Answer
        from pageowner_sql.questions.result import Result

        database, plan = self._plan(name, params, limit)
        return self._results.keep(Result(database, Answer(plan)))

    def query_sql(
        self, name: str | NamedQuery, params: Mapping[str, Any], limit: int | None = None
    ) -> str:
        """The SQL of a named query, ready for any DuckDB shell."""
        if self._master is not None:
            return _shown_by_spark(self._query(name, params, limit)[1])
        database, plan = self._plan(name, params, limit)
        with database:
            return plan.shown()

    def _query(
        self, name: str | NamedQuery, params: Mapping[str, Any], limit: int | None
    ) -> tuple[NamedQuery, Query]:
        from pageowner_sql.questions.named_query import lake_query
        from pageowner_sql.questions.query_catalog import catalog_in_force

        wanted = catalog_in_force().find(name) if isinstance(name, str) else name
        return wanted, lake_query(wanted, params, limit)

    def _plan(
        self, name: str | NamedQuery, params: Mapping[str, Any], limit: int | None
    ) -> tuple[Database, Plan]:
        from pageowner_sql.questions.plan import Plan

        wanted, query = self._query(name, params, limit)
        if self._master is not None:
            return self._plan_of_spark(query, wanted.columns)
        database, views = self._open()
        return database, Plan(query, tuple(views))

    def _plan_of_spark(
        self, query: Query, columns: Sequence[ColumnDoc] = ()
    ) -> tuple[Database, Plan]:
        """The rows that Spark gives, in a database of their own."""
        from pageowner_sql.lake.reader import open_rows
        from pageowner_sql.lake.spark import Spark
        from pageowner_sql.questions.plan import Plan
        from pageowner_sql.sql.query import Query

        if self._spark is None:
            self._spark = Spark(self._tables, str(self._master))
        database, sql = open_rows(self._spark.rows(query), columns, self._settings)
        return database, Plan(Query(sql, readable=lambda: Query(_shown_by_spark(query))))

    def report(self, *, title: str | None = None) -> Report:
        """What the lake covers, what changed between kernels, what grows and what stands out.

        `output.report.html.report_html` writes it as a page, `markdown.report_markdown` as text.
        """
        from pageowner_sql.lake.report import lake_report
        from pageowner_sql.questions.query_catalog import catalog_in_force

        def ask(query: NamedQuery, params: Mapping[str, Any]) -> list[dict[str, Any]]:
            result = self.query_values(query, params)
            try:
                return result.dicts()
            finally:
                result.close()

        return lake_report(self.location, catalog_in_force().find, ask, title)

    def sql(self, text: str, /, **params: Any) -> Result:
        """Run SQL on the tables dumps, stacks, groups and records; `params` are `$name` in it.

        Of several statements the last one's rows are given. Raises SqlError with line and column.
        Spark takes one SELECT in DuckDB's dialect, too, and translates it.
        """
        from pageowner_sql.questions.result import Result

        if self._master is not None:
            from pageowner_sql.questions.plan import Answer
            from pageowner_sql.sql.query import Query

            database, plan = self._plan_of_spark(Query(text, params))
            return self._results.keep(Result(database, Answer(plan)))
        database, script = self._script("SQL", text, params)
        return self._results.keep(Result.of_script(database, script))

    def spark_sql(self, text: str, params: Mapping[str, Any]) -> str:
        """The SQL that Spark runs for `text`, its values written into it."""
        from pageowner_sql.sql.query import Query

        return _shown_by_spark(Query(text, params))

    @contextmanager
    def script(
        self, text: str, params: Mapping[str, Any] | None = None, *, name: str = "SQL"
    ) -> Iterator[UserScript]:
        """Statements to be run one after the other (`streams`); `name`: what errors call them."""
        database, script = self._script(name, text, params or {})
        with database:
            yield script

    def _script(
        self, name: str, text: str, params: Mapping[str, Any]
    ) -> tuple[Database, UserScript]:
        from pageowner_sql.questions.user_sql import UserScript
        from pageowner_sql.sql.grouping import Where
        from pageowner_sql.store.sql_errors import Script

        database, views = self._open()
        for view in views:
            database.run(view.sql)
        return database, UserScript(database, Script(name, text), params, Where())

    def _open(self) -> tuple[Database, list[Query]]:
        from pageowner_sql.lake.reader import open_views

        return open_views(self._tables, self._settings)

    def close(self) -> None:
        """Close every result, and Spark's session."""
        self._results.close()
        if self._spark is not None:
            self._spark.close()
            self._spark = None

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<pageowner_sql lake in {self.location}>"


def _shown_by_spark(query: Query) -> str:
    from pageowner_sql.lake.spark import spark_sql
    from pageowner_sql.sql.query import inline

    return f"{spark_sql(inline(query))};\n"


def _redactor(key: str | Path | None, *, redact: bool, records: bool) -> Any:
    from pageowner_sql.lake.writer import read_redact_key
    from pageowner_sql.output.report.redact import Redactor

    if not redact and key is None:
        return None
    if records:
        raise UsageError("--records: keeps addresses of pages, which --redact leaves out; give one")
    return Redactor(read_redact_key(key)) if key is not None else Redactor()

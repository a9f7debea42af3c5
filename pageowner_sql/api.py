"""The Python API: everything that the command line does, with results as objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from pageowner_sql.errors import InputError, PageOwnerError, UsageError
from pageowner_sql.input_files import is_span
from pageowner_sql.store.database import MEMORY
from pageowner_sql.store.dumps import Dump
from pageowner_sql.workspace import (
    Ask,
    Failed,
    OpenResults,
    Progress,
    Say,
    ShowProgress,
    Workspace,
    say_nothing,
)

if TYPE_CHECKING:
    from threading import Event

    from pageowner_sql.lake.lake import Lake
    from pageowner_sql.output.gate.model import GateReport
    from pageowner_sql.output.model import FlameGraph, MemoryMap, Report, Timeline
    from pageowner_sql.questions.lines import Lines
    from pageowner_sql.questions.plan import Answer
    from pageowner_sql.questions.result import Result
    from pageowner_sql.questions.user_sql import UserScript
    from pageowner_sql.sort.options import Selection
    from pageowner_sql.sql.catalog import NamedQuery
    from pageowner_sql.sql.filters import where
    from pageowner_sql.sql.grouping import Key, Where
    from pageowner_sql.store.database import Database
    from pageowner_sql.watches import Round

__all__ = [
    "Dump",
    "Key",
    "Lake",
    "NamedQuery",
    "PageOwnerError",
    "Progress",
    "Result",
    "Session",
    "Where",
    "open",
    "where",
]

Keys: TypeAlias = "str | Key | Sequence[str | Key]"
DumpName: TypeAlias = str | Path
Item = TypeVar("Item")

# What a notebook shows of dumps.
_DUMP_COLUMNS = ("label", "kind", "records", "rejected", "pages", "bytes", "captured_at")


def open(path: str | Path = MEMORY) -> Session:  # noqa: A001  # po.open, as the command line's --db
    """Open a database of dumps; a file that is not there is made by the first `load`.

    The file is held for writing only while something is loaded or changed, so other processes can
    read it. Without a path the dumps are kept in memory and go with the session.
    """
    return Session(path)


class _Listing(list[Item]):
    """A list that a notebook shows as a table of these attributes of its items."""

    def __init__(self, items: Iterable[Item], attributes: Sequence[str]) -> None:
        super().__init__(items)
        self._attributes = attributes

    def _repr_html_(self) -> str:
        from pageowner_sql.output.notebook import html_listing

        return html_listing(self, self._attributes)


class Session:
    """A database of dumps. Close it, or use it in a `with`.

    Args:
        path: the DuckDB file; `:memory:` keeps the dumps in memory.
        say: gets lines for people, such as which files were skipped.
        progress: gets a `Progress` (bytes of the file, records) while something is loaded.
        dry: loads files into a copy that goes with the session, and draws nothing: results and
            pictures have their SQL.
        keep: a file that stands for a dump goes into the database; else into a copy of it, among
            temporary files, that goes with the session.
        files: SQL may read and write other files.
        sandbox: SQL has no files, network, extensions or settings and is a query; nothing is loaded
            or changed, and dumps are labels.
        memory_limit: bytes that this process may use, DuckDB included; where None, 512 MiB to load
            into a file, else a quarter of the machine's, up to 4 GiB.
        threads: threads that DuckDB may use; one for each processor where None.

    Wherever a dump is expected, its label or the path of a file does; a file is loaded first, once.
    """

    def __init__(  # noqa: PLR0913  # what may be given, by name
        self,
        path: str | Path = MEMORY,
        *,
        say: Say = say_nothing,
        progress: ShowProgress | None = None,
        dry: bool = False,
        keep: bool = True,
        files: bool = True,
        sandbox: bool = False,
        memory_limit: int | None = None,
        threads: int | None = None,
    ) -> None:
        from pageowner_sql.store.limits import settings_of

        self.path = str(path)
        self.dry = dry
        self._sandbox = sandbox
        self._results = OpenResults()
        self._closed = False
        self._settings = settings_of(memory_limit, threads)
        self._space = Workspace(
            self.path,
            say=say,
            progress=progress,
            dry=dry,
            keep=keep,
            files=files,
            sandbox=sandbox,
            settings=self._settings,
            released=self._results.close,
        )

    def reader(self, say: Say = say_nothing, *, loads: bool = False) -> Session:
        """A session for another thread on the same open database, in a sandbox as this one.

        Close it before this one; `say` gets its lines for people. One that `loads` is in no
        sandbox: what stands for a dump goes into a copy of the database, which goes with it.
        Raises UsageError without `sandbox`, DatabaseError where the database cannot be opened.
        """
        if not self._sandbox:
            raise UsageError("reader: only a session with sandbox=True has readers")
        self._check_open()
        made = Session(self.path, sandbox=True)
        made._space = self._space.reader(say, loads=loads)
        return made

    @property
    def assumed(self) -> Sequence[str]:
        """The files that a dry session has loaded into its copy."""
        return self._space.assumed

    # Dumps: loading, listing, changing.

    def load(  # noqa: PLR0913  # as many as a dump has properties
        self,
        *inputs: str | Path,
        label: str | None = None,
        host: str | None = None,
        kernel: str | None = None,
        captured_at: datetime | None = None,
        boot_id: str | None = None,
        page_size: int | None = None,
        tags: Mapping[str, str] | None = None,
        accounts: Sequence[str | Path] = (),
        strict: bool = False,
        loaded: Say | None = None,
        failed: Failed | None = None,
        ask: Ask | None = None,
    ) -> list[Dump]:
        """Load dumps, each once, all of it or nothing.

        Results of queries made before are closed.

        Args:
            inputs: files (plain or compressed, `-` for stdin), folders and globs.
            label: the dump's name here; None for the file's name without its endings.
            host, kernel, tags: where the dump comes from, for `dumps` to show and SQL to ask.
            boot_id: /proc/sys/kernel/random/boot_id, which tells boots apart.
            captured_at: when the dump was taken; UTC where it has no zone.
            page_size: bytes of a base page; 4096 is assumed where it is not given.
            accounts: files of that moment (meminfo, slabinfo, …), for one dump.
            strict: load no dump with rejected records.
            loaded: gets a line for each dump, instead of the session's `say`.
            failed: gets the error of a dump that cannot be loaded; the others are loaded still.
            ask: gets a question where folders hold more than 1,000 files or 5 GB; False ends it.

        Returns:
            The dumps that the inputs are, in that order.

        Raises:
            InputError, LabelError, DatabaseError, and RejectedRecordsError under `strict`.
        """
        from pageowner_sql.store.load import LoadOptions

        self._check_open()
        options = LoadOptions(
            label=label or "",
            host=host,
            kernel=kernel,
            captured_at=captured_at,
            boot_id=boot_id,
            page_size=page_size,
            tags=dict(tags or {}),
            strict=strict,
        )
        dumps = self._space.load(
            [str(each) for each in inputs],
            options,
            accounts=[str(each) for each in accounts],
            loaded=loaded,
            failed=failed,
            ask=ask,
        )
        return _Listing(dumps, _DUMP_COLUMNS)

    def capture(  # noqa: PLR0913  # how a machine is read, and what is said of it
        self,
        output: str | Path | None = None,
        *,
        label: str | None = None,
        readers: int | None = None,
        nid: str | None = None,
        mode: str = "auto",
        max_rate: int | None = None,
        file: str | Path | None = None,
        via: str | None = None,
        root: str | Path = "/",
        tags: Mapping[str, str] | None = None,
        loaded: Say | None = None,
    ) -> Dump | None:
        """Capture the machine that this runs on, with what belongs to the moment.

        Args:
            output: a bundle to write (`NAME.tar.zst`), which `load` takes; None for the database.
            label, tags: as in `load`; the host and the time are the label where none is given.
            readers: how many read the live file at once; one a processor but one, up to four.
            nid: NUMA nodes whose pages to read, as `0,2-3`; 7.x kernels can select them.
            mode: `handle` reads stacks once each, where the kernel can (7.x); `stack`; `auto`.
            max_rate: bytes a second to read at most.
            file: the live file, where it is elsewhere.
            via: a command that runs `sh` on another machine, to capture that one.
            root: where /proc and /sys lie.
            loaded: gets a line about the dump, instead of the session's `say`.

        Returns:
            The dump; None where a bundle was written.

        Raises:
            InputError, which says why the machine cannot be read and what to do.
        """
        from pageowner_sql.captures import CaptureOptions, capture
        from pageowner_sql.store.load import LoadOptions

        self._check_open()
        options = CaptureOptions(
            path=None if file is None else str(file),
            root=str(root),
            readers=readers,
            nodes=nid,
            mode=mode,
            max_rate=max_rate,
            via=via,
        )
        load = LoadOptions(label=label or "", tags=dict(tags or {}))
        target = None if output is None else str(output)
        return capture(self._space, target, options, load, loaded or self._space.say)

    def record(  # what is read, and when
        self,
        *,
        every: float = 10,
        during: float | None = None,
        sources: Sequence[str] = (),
        capture_every: int = 0,
        root: str | Path = "/",
    ) -> int:
        """Sample the cheap files of the machine that this runs on, into the database.

        Args:
            every: seconds between samples.
            during: seconds to go on; None for good.
            sources: show_handles, show_stacks, allocinfo, meminfo; those that there are.
            capture_every: capture page_owner itself after so many samples; 0 for never.
            root: where /proc and /sys lie.

        Returns:
            How many times samples were taken. `@TIME` means one where a dump is expected.
        """
        from pageowner_sql.recordings import RecordOptions, record

        self._check_open()
        options = RecordOptions(every, during, tuple(sources), str(root), capture_every)
        return record(self._space, options, self._space.say)

    def watch(  # noqa: PLR0913  # what is watched, and what is done
        self,
        *,
        by: str = "owner",
        every: float = 2,
        rounds: int | None = None,
        when: Sequence[str] = (),
        do: str | None = None,
        capture: bool = False,
        openmetrics: str | Path | None = None,
        root: str | Path = "/",
        stop: Event | None = None,
    ) -> Iterator[Round]:
        """Look again and again at who holds memory on the machine that this runs on.

        Args:
            by: `owner` or `stack`.
            every: seconds between looks.
            rounds: how many looks; None for good, until `stop` is set.
            when: rules such as `owner=NAME > 500M` or `leak of any > 50M/h`.
            do: a shell command to run when a rule begins to be broken.
            capture: capture page_owner then.
            openmetrics: a file for node_exporter's textfile collector, written anew each time.
            root: where /proc and /sys lie.

        Yields:
            Rounds, with `rows`, the largest first, and `broken`, the rules that are and by whom.
        """
        from pageowner_sql.watch_rules import read_rule
        from pageowner_sql.watches import WatchOptions, watch

        self._check_open()
        options = WatchOptions(
            by=by,
            every=every,
            rounds=rounds,
            root=str(root),
            rules=[read_rule(text, by) for text in when],
            command=do,
            captures=capture,
            openmetrics=None if openmetrics is None else str(openmetrics),
            **({} if stop is None else {"stop": stop}),
        )
        return watch(self._space, options, self._space.say)

    def capture_script(
        self,
        *,
        label: str | None = None,
        nid: str | None = None,
        max_rate: int | None = None,
        file: str | Path | None = None,
    ) -> str:
        """A POSIX sh script that captures the machine that it runs on; its output is a bundle.

        `label`, `nid`, `max_rate` and `file` are those of `capture`.
        """
        from pageowner_sql.captures import CaptureOptions, script

        path = None if file is None else str(file)
        return script(CaptureOptions(path=path, nodes=nid, max_rate=max_rate), label or "")

    def dumps(self) -> list[Dump]:
        """Every dump, in the order of loading; the fields are those of table `dumps`."""
        self._check_open()
        return _Listing(self._space.dumps(), _DUMP_COLUMNS)

    def find(self, *dumps: DumpName) -> list[Dump]:
        """The dumps that labels or files mean; files are loaded first. Raises LabelError."""
        return self._dumps(dumps)

    def let_go(self) -> Path:
        """Close the database until the next question; the file that it is in.

        That is a copy where dumps were not kept, and then goes away with the session.
        """
        self._check_open()
        self._space.release()
        return self._space.file

    def list_dumps(self, *, brief: bool = False) -> Result:
        """Every dump as a row; `brief`: label, kind, and the columns that fit a terminal."""
        from pageowner_sql.questions.plan import Answer, Plan
        from pageowner_sql.sql.query import Query
        from pageowner_sql.store.database import statement

        text = statement("dumps/short" if brief else "dumps/list")
        return self._result(self._cursor(), Answer(Plan(Query(text))))

    def remove(self, *labels: str) -> list[Dump]:
        """Remove the dumps with these `labels` and the stacks that only they had; what they were.

        All of them are removed, or none. `compact` gives their space back to the disk.
        Raises LabelError, DatabaseError.
        """
        from pageowner_sql.store.dumps import all_dumps, remove, the_dump

        self._check_open()
        with self._space.writing(make=False) as database:
            dumps = all_dumps(database)
            removed = [the_dump(dumps, label) for label in dict.fromkeys(labels)]
            for dump in removed:
                remove(database, dump)
        return removed

    def change(  # noqa: PLR0913  # as many as a dump has properties
        self,
        dump: str,
        *,
        label: str | None = None,
        host: str | None = None,
        kernel: str | None = None,
        captured_at: datetime | None = None,
        boot_id: str | None = None,
        page_size: int | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Say of `dump` what `load` was not told; None leaves what was said, "" takes it away.

        `host`, `kernel`, `captured_at`, `boot_id`, `page_size` and `tags` are those of `load`;
        `label` is the dump's new one.
        Frames are looked up again where symbol files are of one kernel or label.
        Tags are added to the dump's own. Raises UsageError where nothing is said, LabelError where
        no dump has the label, or another has the new one.
        """
        from pageowner_sql.store import dumps

        said = dumps.Change(
            label=label,
            host=host,
            kernel=kernel,
            captured_at=captured_at,
            boot_id=boot_id,
            page_size=page_size,
            tags=dict(tags or {}),
        )
        if said == dumps.Change():
            raise UsageError(
                "dumps set: say what to set: --label NEW, --tag K=V, --captured-at T, …"
            )
        self._check_open()
        with self._space.writing(make=False) as database, database.transaction():
            dumps.change(database, dumps.the_dump(dumps.all_dumps(database), dump), said)
            if (label, kernel) != (None, None) and dumps.has_symbols(database):
                from pageowner_sql.store.symbols import choose_files_again

                choose_files_again(database)

    def compact(self) -> tuple[int, int]:
        """Give the space of removed dumps back to the disk; bytes before and after.

        Raises DatabaseError where another process has the file, or the disk does not hold both.
        """
        from pageowner_sql.store.compact import compact

        self._check_open()
        self._space.release()
        return compact(self.path, self._settings)

    # Questions.

    def top(  # noqa: PLR0913  # what is asked, and how it is shown
        self,
        dump: DumpName | None = None,
        *,
        at: str | None = None,
        by: Keys | None = "stack",
        where: Where | None = None,
        limit: int | None = None,
        lines: bool = False,
        source_url: str | None = None,
    ) -> Result:
        """Who holds the memory of a dump: one row a group, the largest first.

        Args:
            dump: a label or a file; the dump loaded last where none is given.
            at: the time of a sample, in place of a dump: `12:30`, `2026-11-28T12:30`, or `10m`
                before the last one.
            by: one key or several (`po.Key`); None for owner and comm, or those that it has.
            where: the records to count (`po.where`).
            limit: rows at most.
            lines: source lines in the stacks (`add_symbols`); `source_url` writes them as links,
                with {file} and {line} in it.

        Returns:
            The keys, records, pages (base pages, 1 << order a record), bytes, share (of the bytes
            selected, 0 to 1). By function, a record counts for every function in its stack.

        Raises:
            MissingFieldError where the dump lacks what a key or `where` needs; LabelError,
            UsageError.
        """
        from pageowner_sql.questions.answers import top_answer
        from pageowner_sql.questions.lines import Lines, answer_with_lines
        from pageowner_sql.questions.top import readable_keys

        shown = Lines.of(lines=lines, source_url=source_url)
        word, where = self._samples([] if dump is None else [dump], at, where)
        if word is not None and is_span(word):
            raise UsageError("top: shows one moment; say --at TIME, or compare two with diff")
        about = self._dump(word or dump)
        keys = readable_keys(about) if by is None else _keys(by)
        database = self._cursor()
        answer = top_answer(database, about, keys, where, limit)
        return self._result(database, answer_with_lines(database, answer, keys, shown))

    def diff(  # noqa: PLR0913  # what is compared, and how it is shown
        self,
        old: DumpName | Sequence[DumpName] = (),
        new: DumpName | Sequence[DumpName] = (),
        *,
        by: Keys = "stack",
        where: Where | None = None,
        min_delta: int = 0,
        limit: int | None = None,
        lines: bool = False,
        source_url: str | None = None,
    ) -> Result:
        """What changed between two dumps, what changed most first.

        Args:
            old, new: a dump, or several, which count as their medians, number by number. None
                where the `since` and `until` of `where` are times of samples (`@12:30`, `12:30`).
            min_delta: bytes; groups that changed by less are one last row, `rest`.
            limit: rows at most; the others are in `rest` too.
            lines: source lines in the stacks (`add_symbols`); `source_url` writes them as links,
                with {file} and {line} in it.

        Returns:
            status (new, gone, grown, shrunk, same, rest), the keys, and old_, new_ and delta_ of
            records, pages and bytes.

        Raises:
            MissingFieldError, LabelError, UsageError.
        """
        from pageowner_sql.questions.answers import diff_answer
        from pageowner_sql.questions.lines import Lines, answer_with_lines

        shown = Lines.of(lines=lines, source_url=source_url)
        olds, news, keys = _several(old), _several(new), _keys(by)
        word, where = self._samples([*olds, *news], None, where)
        if word is not None:
            olds, news = ([end] for end in self._ends(word))
        if not olds or not news:
            raise UsageError("diff: give OLD and NEW, or times of samples with --since and --until")
        dumps = self._dumps([*olds, *news])
        sides = dumps[: len(olds)], dumps[len(olds) :]
        database = self._cursor()
        answer = diff_answer(database, sides, keys, where, min_delta=min_delta, limit=limit)
        return self._result(database, answer_with_lines(database, answer, keys, shown))

    def leaks(  # noqa: PLR0913  # what is asked, and how it is shown
        self,
        *dumps: DumpName,
        by: Keys = "stack",
        where: Where | None = None,
        limit: int | None = None,
        evidence: bool = True,
        period: float = 86400,
        lines: bool = False,
        source_url: str | None = None,
    ) -> Result:
        """What grows without end, the first suspect first.

        Args:
            dumps: dumps of one boot, in any order; those of the boot loaded last where none are
                given. Of one dump, suspects are told by the ages of its allocations. `@FROM..TO`
                are samples; so are times of samples that `where` has (`since="12:30"`).
            evidence: False leaves out the columns that do not fit a screen.
            limit: rows at most.
            period: seconds of the rhythm that is looked for in samples.
            lines, source_url: as in `top`.

        Returns:
            rank, verdict, the keys, slope_bytes_per_hour (Theil and Sen), then the evidence
            (docs/leak-hunting.md). Of a span of samples the verdict is how they move: trend, step,
            spike, rhythm, unclear or shrinking.

        Raises:
            InputError where the dumps are not of one boot, MissingFieldError, LabelError.
        """
        from pageowner_sql.questions.answers import leaks_answer
        from pageowner_sql.questions.leaks import latest_boot, one_boot
        from pageowner_sql.questions.lines import Lines, answer_with_lines

        shown = Lines.of(lines=lines, source_url=source_url)
        keys = _keys(by)
        word, where = self._samples(dumps, None, where)
        given = [str(each) for each in dumps] if word is None else [word]
        words = list(dict.fromkeys(self._space.expanded(given)))
        # Fewer have no shape.
        if len(given) == 1 and len(words) > 3:
            from pageowner_sql.questions.sample_leaks import sample_leaks_answer
            from pageowner_sql.sample_files import span_of

            [dump] = self._dumps(given)
            database = self._cursor()
            span = span_of(database, given[0], int(period * 1e9))
            answer = sample_leaks_answer(
                database, dump, span, keys, where, evidence=evidence, limit=limit
            )
            return self._result(database, answer_with_lines(database, answer, keys, shown))
        if words:
            found = list({dump.dump_id: dump for dump in self._dumps(words)}.values())
        else:
            found = latest_boot(self._database, self.dumps(), keys)
        database = self._cursor()
        boot = one_boot(database, found)
        answer = leaks_answer(database, boot, keys, where, evidence=evidence, limit=limit)
        return self._result(database, answer_with_lines(database, answer, keys, shown))

    def explain(
        self,
        stack: int | str,
        *,
        evidence: bool = True,
        lines: bool = False,
        source_url: str | None = None,
        maintainers: str | Path | None = None,
    ) -> Result:
        """Which rules gave a stack its owner and subsystem: one row a frame, innermost first.

        Args:
            stack: its number (stack_id), a function in it, or its text, pasted from anywhere. Of
                several stacks with a function, the one that it owns and that holds most.
            evidence: False leaves out the columns that do not fit a screen.
            lines: columns source and inlined, from symbol files; `source_url` as in `top`.
            maintainers: the kernel's MAINTAINERS file, for columns maintainer_entry, maintainers.

        Returns:
            pos, function, module, role, rule, is_owner, subsystem_by, and the rules' details.

        Raises:
            InputError where no stack fits.
        """
        from pageowner_sql.questions.explain import find_stack, stack_answer
        from pageowner_sql.questions.lines import Lines, explanation_with_lines
        from pageowner_sql.questions.maintainers import maintainers_answer

        shown = Lines.of(lines=lines, source_url=source_url)
        self._check_open()
        database = self._cursor() if self._space.exists else None
        found = find_stack(database, str(stack), self.path)
        if self.dry and not found.loaded:
            raise UsageError("--show-sql: no dump here has this stack, so no SQL can ask for it")
        if database is not None and found.database is not database:
            database.close()
        answer = stack_answer(found, str(stack), evidence=evidence)
        if maintainers is not None:
            answer = maintainers_answer(found.database, answer, str(maintainers))
        return self._result(found.database, explanation_with_lines(found.database, answer, shown))

    def page(
        self,
        place: int | str,
        dump: DumpName | None = None,
        *,
        where: Where | None = None,
        each: int | None = None,
        limit: int | None = None,
        evidence: bool = True,
    ) -> Result:
        """Whose a page is, or what lies in a range of pages.

        Args:
            place: a page frame number, a physical address as text (`0x4b2d000`), `pfn:0x4b2d`, or
                two of them with `-` between, both included.
            dump: a label or a file; the dump loaded last where none is given.
            each: rows of each part at most.
            limit: rows at most.
            evidence: False leaves out the columns that do not fit a screen.

        Returns:
            A row a block, or a sum. `part` says which: block (holds the page, or lies in the
            range), before and after (the nearest blocks beside it); of a page around (all blocks
            in the larger aligned block of that order) and pageblock (by owner and migratetype),
            of a range: range (by owner and migratetype). Sums count the pages inside only.

        Raises:
            UsageError for a word that names no page, MissingFieldError where the dump is a summary
            without page frame numbers, LabelError.
        """
        from pageowner_sql.questions.page import page_answer

        about, database = self._dump(dump), self._cursor()
        answer = page_answer(
            database,
            about,
            str(place),
            _selection(where),
            evidence=evidence,
            each=each,
            limit=limit,
        )
        return self._result(database, answer)

    def flame(  # noqa: PLR0913  # the command's options
        self,
        dump: DumpName | None = None,
        old: DumpName | None = None,
        *,
        at: str | None = None,
        root: Keys = (),
        labels: bool = False,
        where: Where | None = None,
        lines: bool = False,
        source_url: str | None = None,
    ) -> FlameGraph:
        """What each stack holds, or by how much that changed since an older dump.

        `output.flame.files.flame_file` writes it: .html, .folded, .speedscope.json, .pb.gz, .svg.

        Args:
            dump, old: None where samples are meant, by `at` or by the `since` and `until` of
                `where`, between which the difference is drawn.
            at: as in `top`.
            root: keys that stand below the outermost frames.
            lines: frames have source lines, and inlined functions are frames.
            source_url: where the page links lines to: https://…/{file}#L{line}.
            labels: keep what pprof can filter by: comm, pid, memcg, order, migratetype.

        Returns:
            Samples with frames (innermost first), records, base pages and bytes; `sql` is what
            was asked.

        Raises:
            UsageError where the dumps' page sizes differ, MissingFieldError, LabelError.
        """
        from pageowner_sql.output.notebook import FlamePicture, shown
        from pageowner_sql.questions.flame import flame_graph, label_keys, root_keys

        shown_lines = _page_lines(lines=lines, source_url=source_url)
        roots = root_keys(_keys(root))
        words = [each for each in (dump, old) if each is not None]
        word, where = self._samples(words, at, where)
        if word is not None:
            words = [*reversed(self._ends(word))] if is_span(word) else [word]
        if not words:
            raise UsageError("flame: name a dump, or a sample with --at TIME")
        dumps = self._dumps(words)
        with self._cursor() as database:
            graph = flame_graph(
                database,
                dumps[0],
                dumps[1] if len(dumps) > 1 else None,
                roots=roots,
                labels=label_keys(dumps) if labels else (),
                where=where,
                lines=shown_lines,
                dry=self.dry,
            )
        return shown(FlamePicture, graph)

    def map(
        self,
        dump: DumpName,
        *,
        by: str | Sequence[str] = "owner",
        where: Where | None = None,
        pages: str | None = None,
        most_cells: int = 30_000,
    ) -> MemoryMap:
        """Physical memory in cells of base pages, with a layer of values for each of `by`.

        `output.memory_map.files.map_file` writes it as .png or .svg.

        Args:
            by: owner, subsystem, migratetype, memcg, comm, order or age.
            pages: the page frames to show, as in `page`; all where it is not given.
            most_cells: cells at most; a cell is larger for that, 16 pages or, of `pages`, one at
                least.

        Raises:
            MissingFieldError where the dump lacks what a layer needs, LabelError, UsageError.
        """
        from pageowner_sql.output.notebook import MapPicture, shown
        from pageowner_sql.questions.memory_map import LayerKey, memory_map
        from pageowner_sql.questions.page import page_range

        try:
            layers = [LayerKey(by)] if isinstance(by, str) else [LayerKey(each) for each in by]
        except ValueError as error:
            raise UsageError(f"by: {error}; there is {', '.join(LayerKey)}") from error
        about = self._dump(dump)
        shown_pages = None if pages is None else page_range(pages, about.page_size)
        with self._cursor() as database:
            made = memory_map(
                database, about, layers, where, most_cells, pages=shown_pages, dry=self.dry
            )
        return shown(MapPicture, made)

    def timeline(self, *dumps: DumpName, where: Where | None = None) -> Timeline:
        """What three dumps or more held, by each key that all of them know.

        Raises InputError for fewer dumps, or where they know no key; LabelError.
        """
        from pageowner_sql.questions.report_timeline import timeline_of

        about = self._dumps(dumps)
        with self._cursor() as database:
            return timeline_of(database, about, _selection(where))

    def report(  # noqa: PLR0913  # what it is of, and how it is told
        self,
        dump: DumpName | None = None,
        *olds: DumpName,
        title: str | None = None,
        redact: bool = False,
        where: Where | None = None,
        period: float = 86400,
        lines: bool = False,
        source_url: str | None = None,
    ) -> Report:
        """What memory is, who holds it, and what changed since the oldest of `olds`.

        Of samples, how owners moved: give `@FROM..TO`, or `since` and `until` in `where`.

        `output.report.files.report_file` writes it as .html or .md.

        Args:
            title: the page's heading; the dumps' labels where None.
            lines: frames have source lines; `source_url` as in `flame`.
            period: seconds of the rhythm that is looked for in samples.
            redact: hash names of processes, cgroups and dumps, what was selected by, and addresses.

        Raises:
            MissingFieldError where a dump is a summary or lacks what `where` needs, LabelError.
        """
        shown = _page_lines(lines=lines, source_url=source_url)
        return self._report(dump, olds, title, where, period, redact=redact, lines=shown)[0]

    def report_sql(
        self,
        dump: DumpName | None = None,
        *olds: DumpName,
        where: Where | None = None,
        lines: bool = False,
        source_url: str | None = None,
    ) -> str:
        """The SQL of a report's questions, ready for any DuckDB shell on the file.

        `dump`, `olds`, `where`, `lines` and `source_url` are those of `report`.
        """
        shown = _page_lines(lines=lines, source_url=source_url)
        return self._report(dump, olds, None, where, 86400, redact=False, lines=shown)[1]

    def _report(  # noqa: PLR0913  # as report
        self,
        dump: DumpName | None,
        olds: Sequence[DumpName],
        title: str | None,
        where: Where | None,
        period: float,
        *,
        redact: bool,
        lines: Lines,
    ) -> tuple[Report, str]:
        from pageowner_sql.output.notebook import ReportText, shown
        from pageowner_sql.output.report.redact import Redactor

        words = [str(each) for each in (dump, *olds) if each is not None]
        word, where = self._samples(words, None, where)
        words = words if word is None else [word]
        if not words:
            raise UsageError("report: name a dump, or samples with --since TIME")
        redactor = Redactor() if redact else None
        if len(words) == 1 and is_span(words[0]):
            from pageowner_sql.questions.report_samples import SpanDumps, sample_report
            from pageowner_sql.sample_files import span_of

            first, last = self._ends(words[0])
            dumps = self._dumps([first, last, *words])
            with self._cursor() as database:
                span = span_of(database, words[0], int(period * 1e9))
                made, asked = sample_report(
                    database,
                    SpanDumps(span, *dumps),
                    title=title,
                    where=where,
                    lines=lines,
                    dry=self.dry,
                    redactor=redactor,
                )
            return shown(ReportText, made), asked.statements()
        from pageowner_sql.questions.report import report

        about, *older = self._dumps(words)
        with self._cursor() as database:
            made, asked = report(
                database,
                about,
                older,
                title=title,
                where=where,
                lines=lines,
                dry=self.dry,
                redactor=redactor,
            )
        return shown(ReportText, made), asked.statements()

    def check(
        self,
        dump: DumpName,
        *baselines: DumpName,
        budget: str | Path | Mapping[str, Any],
        today: date | None = None,
    ) -> GateReport:
        """Whether a dump keeps its budgets: every limit, and the groups that break it.

        `output.gate.formats.gate_output` writes it as text, JSON, JUnit XML, SARIF, and so on.

        Args:
            baselines: older dumps, for limits of growth; several count as their medians.
            budget: a TOML file (docs/ci.md), or what such a file says.
            today: suppressions that ended before count for nothing.

        Raises:
            InputError for a budget that is wrong or needs a baseline, and for dumps of two boots
            where verdicts are asked; MissingFieldError, LabelError.
        """
        from pageowner_sql.output.notebook import GateTable, shown
        from pageowner_sql.questions.budget import gate_report
        from pageowner_sql.questions.budget_file import parse_budgets, read_budgets

        if isinstance(budget, Mapping):
            budgets = parse_budgets("budget", budget)
        else:
            budgets = read_budgets(budget)
        about, *older = self._dumps([dump, *baselines])
        with self._cursor() as database:
            day = today or datetime.now(UTC).date()
            report = gate_report(database, about, older, budgets, day, dry=self.dry)
        return shown(GateTable, report)

    def make_budget(
        self, *dumps: DumpName, by: str | Key = "subsystem", headroom: float = 0.25
    ) -> str:
        """Return a budget file that these dumps keep: what each group `by` a key holds, and more.

        `headroom` is how much more, as a share of what it holds: 0.2 allows a fifth.
        """
        from pageowner_sql.questions.budget_maker import budget_text

        [key] = _keys(by)
        about = self._dumps(dumps)
        with self._cursor() as database:
            return budget_text(database, about, key, headroom)

    # Symbols.

    def symbols(self) -> Result:
        """Symbol files with the frames that they resolve; the other frames, by reason."""
        from pageowner_sql.questions.plan import Answer, Plan
        from pageowner_sql.sql.query import Query
        from pageowner_sql.store.database import statement

        return self._result(self._cursor(), Answer(Plan(Query(statement("symbols/list")))))

    def add_symbols(
        self, *files: str | Path, kernel: str | None = None, debuginfod: str | None = None
    ) -> list[str]:
        """Keep symbol files, and look up the source lines of every frame that they fit.

        Args:
            files: vmlinux, modules, System.map, /proc/kallsyms, /proc/modules, compressed or not;
                folders of these; build ids, which a debuginfod server is asked for.
            kernel: use them only for dumps of that kernel or label, not for all that they fit.
            debuginfod: servers, spaces between; $DEBUGINFOD_URLS where it is not given.

        Returns:
            What was kept, a line a module. In a folder, files of another build are left out, with
            a line to `say`.

        Raises:
            InputError for a file that cannot be read or is of another build; UsageError.
        """
        from pageowner_sql.symbol_files import add_files

        self._check_open()
        with self._space.writing(make=False) as database:
            return add_files(database, list(map(str, files)), kernel, debuginfod, self._space.say)

    def remove_symbols(self, *names: str) -> list[str]:
        """Remove symbol files by `names` of modules or paths, all where none is; their paths."""
        from pageowner_sql.store.symbols import remove_symbols

        self._check_open()
        with self._space.writing(make=False) as database:
            return remove_symbols(database, names)

    def sort(
        self, dump: DumpName, output: str | Path, *options: str, compat: str | None = None
    ) -> int:
        """Write page_owner_sort's report of a loaded dump, or of a file without loading it.

        Args:
            output: a file, whole afterwards or as it was; `-` is stdout.
            options: page_owner_sort's own words: "-m", "--cull=stacktrace", … .
            compat: "5.10", "6.1" or "7.3" gives that kernel's tools/mm/page_owner_sort.c byte for
                byte.

        Returns how many rejected records are left out; under `compat` none is.

        Raises:
            UsageError for an option that it does not have, InputError.
        """
        from pageowner_sql.sort.getopt import selection_of
        from pageowner_sql.sort.report import report_on_file
        from pageowner_sql.store.dumps import by_label

        selection = selection_of(options, compat)
        self._check_open()
        if self._space.exists and by_label(self._space.dumps(), str(dump)) is not None:
            return self.sort_loaded(dump, output, selection)
        return report_on_file(str(dump), selection, str(output), self._settings, self._space.say)

    def sort_loaded(self, dump: DumpName, output: str | Path, selection: Selection) -> int:
        """As `sort` of `dump` to `output`, with options as `selection`; a file is loaded first."""
        from pageowner_sql.sort.report import write_report

        database, dump_id = self._sorted_dump(dump)
        return write_report(database, dump_id, selection, str(output))

    def sort_sql(self, dump: DumpName, selection: Selection) -> str:
        """The SQL of the report that `sort_loaded` writes of `dump` for `selection`."""
        from pageowner_sql.sort.report import report_sql

        return report_sql(*self._sorted_dump(dump), selection)

    def _sorted_dump(self, dump: DumpName) -> tuple[Database, int]:
        [found] = self._dumps([dump])
        if found.kind != "page_owner":
            raise InputError(f"{found.label}: is a {found.kind} file; sort takes a page_owner dump")
        return self._database, found.dump_id

    # SQL.

    def queries(self, *folders: str | Path) -> list[NamedQuery]:
        """The named queries, each with its documentation; files that are wrong are left out.

        They are built in, or lie in `./queries`, in $PAGEOWNER_QUERIES or in `folders`.
        """
        from pageowner_sql.questions.query_catalog import catalog_in_force
        from pageowner_sql.sql.catalog import NamedQuery

        found = catalog_in_force([str(folder) for folder in folders])
        queries = (each for each in found if isinstance(each, NamedQuery))
        return _Listing(queries, ("name", "title", "question"))

    def query(
        self,
        name: str | NamedQuery,
        /,
        *dumps: DumpName,
        where: Where | None = None,
        limit: int | None = None,
        **params: Any,
    ) -> Result:
        """Run a named query: `db.query("stacks/top", "friday", top=10)`.

        `dumps` are labels or files, in the order of its parameters or by name in `params`. One that
        is not given is the one loaded last; `old` and `new` are the two newest of a boot. `where`
        selects records; `limit` is how many rows there are at most. Columns and units: `queries`.
        Raises UsageError for an unknown name or wrong parameters, MissingFieldError where a dump
        cannot answer.
        """
        return self.query_values(name, params, where, limit, dumps=dumps)

    def query_values(
        self,
        name: str | NamedQuery,
        params: Mapping[str, Any],
        where: Where | None = None,
        limit: int | None = None,
        *,
        dumps: Sequence[DumpName] = (),
        sandbox: bool = False,
    ) -> Result:
        """As `query`, for parameters whose names `query` has for its own.

        `name`, `dumps`, `params`, `where` and `limit` are those of `query`.
        With `sandbox` the session has no files, network, extensions or settings from then on:
        a query that lies in a folder that nobody named needs that.
        """
        from pageowner_sql.questions.named_query import chosen_dumps, dump_words, named_plan
        from pageowner_sql.questions.plan import Answer
        from pageowner_sql.questions.query_catalog import catalog_in_force

        wanted = catalog_in_force().find(name) if isinstance(name, str) else name
        words = dump_words(wanted, params, [str(dump) for dump in dumps])
        found = iter(self._dumps([word for word in words.values() if word is not None]))
        said = {param: next(found) if word else None for param, word in words.items()}
        database = self._cursor()
        if sandbox:
            from pageowner_sql.store.sandbox import lock_down

            lock_down(database)
        chosen = chosen_dumps(database, wanted, said, self._space.say)
        plan = named_plan(database, wanted, params, chosen, _selection(where), limit)
        return self._result(database, Answer(plan))

    def sql(self, text: str, /, *, where: Where | None = None, **params: Any) -> Result:
        """Run `text`, SQL on the tables and views (`schema`); `params` are `$name` in it.

        With `where` every view shows only the records that it selects. Of several statements the
        last one's rows are given. The database is not changed. In a sandbox only queries run.
        Raises SqlError with line and column.
        """
        from pageowner_sql.questions.result import Result
        from pageowner_sql.questions.user_sql import UserScript
        from pageowner_sql.store.sql_errors import Script

        database = self._cursor()
        script = UserScript(database, Script("SQL", text), params, _selection(where))
        if self._sandbox:
            script.sql.check_queries()
        return self._results.keep(Result.of_script(database, script))

    @contextmanager
    def script(
        self,
        text: str,
        params: Mapping[str, Any] | None = None,
        *,
        name: str = "SQL",
        where: Where | None = None,
        write: bool = False,
        sandbox: bool = False,
    ) -> Iterator[UserScript]:
        """Statements to be shown, or run one after the other (`streams`).

        Args:
            params, where: as in `sql`.
            name: what errors call the text.
            write: the statements may change the database.
            sandbox: no files, network, extensions or settings for the SQL.
        """
        from pageowner_sql.questions.user_sql import UserScript
        from pageowner_sql.store.sql_errors import Script

        if write and sandbox:
            raise UsageError("--sandbox: only reads; leave out --write")
        self._check_open()
        with self._for_script(write=write, sandbox=sandbox) as database:
            yield UserScript(database, Script(name, text), params or {}, _selection(where))

    @contextmanager
    def _for_script(self, *, write: bool, sandbox: bool) -> Iterator[Database]:
        if sandbox:
            from pageowner_sql.store.sandbox import open_sandbox

            with open_sandbox(self.path, self._settings) as database:
                yield database
        elif write:
            with self._space.writing(make=False, files=True) as database:
                yield database
        else:
            yield self._database

    def schema(self, name: str | None = None, *, everything: bool = False) -> Result:
        """The tables, views and macros, or the columns of one, with meaning and unit.

        `everything`: those too that only the program itself reads.
        Raises InputError where nothing has this name.
        """
        from pageowner_sql.questions.plan import Answer, Plan
        from pageowner_sql.sql.query import Query
        from pageowner_sql.store.describe import comment_on, description_sql

        database = self._cursor()
        plan = Plan(Query(*description_sql(database, name, everything=everything)))
        return self._result(
            database, Answer(plan, caption=lambda: comment_on(database, name) if name else None)
        )

    def names(self) -> Result:
        """Every name that SQL may have here, with its kind and comment, in order of completion."""
        from pageowner_sql.questions.plan import Answer, Plan
        from pageowner_sql.sql.query import Query
        from pageowner_sql.store.database import statement

        return self._result(self._cursor(), Answer(Plan(Query(statement("names")))))

    def export(
        self,
        dump: DumpName,
        target: str | Path,
        *,
        where: Where | None = None,
        show_stacks: bool = False,
    ) -> int:
        """Write a dump's own text to `target`, byte for byte; how many bytes.

        With `where` only the records that it selects. With `show_stacks` its stacks with their
        pages, as page_owner_stacks/show_stacks prints them (stack_print() in mm/page_owner.c), the
        largest first.
        `.gz .xz .zst .bz2 .lz4` compress, `-` is stdout.
        """
        from pageowner_sql.output.targets import binary_output
        from pageowner_sql.questions import export

        about = self._dump(dump)
        pieces = export.show_stacks if show_stacks else export.text
        with self._cursor() as database, binary_output(str(target)) as file:
            return sum(file.write(piece) for piece in pieces(database, about, _selection(where)))

    def text(
        self, dump: DumpName, *, where: Where | None = None, show_stacks: bool = False
    ) -> Result:
        """What `export` writes of `dump`, as rows: column raw, whose rows together are the bytes.

        `where` and `show_stacks` are those of `export`.
        """
        from pageowner_sql.questions.export import show_stacks_plan, text_plan
        from pageowner_sql.questions.plan import Answer

        about, database = self._dump(dump), self._cursor()
        plan = show_stacks_plan if show_stacks else text_plan
        return self._result(database, Answer(plan(database, about, _selection(where))))

    def allocations(
        self, dump: DumpName, *, where: Where | None = None, limit: int | None = None
    ) -> Result:
        """The rows of view `live_allocations` for one dump, in its order.

        `where` selects some of them; `limit` is how many rows there are at most.
        """
        from pageowner_sql.questions.export import rows_plan
        from pageowner_sql.questions.plan import Answer

        about, database = self._dump(dump), self._cursor()
        return self._result(database, Answer(rows_plan(database, about, _selection(where), limit)))

    def docs(self, page: str | None = None) -> str:
        """A page of the documentation as Markdown; without a name the names, a line each.

        Raises InputError where there is no page of that name.
        """
        from pageowner_sql.output.manual import manual_page, manual_pages

        return "\n".join(manual_pages()) if page is None else manual_page(page)

    # The rest.

    @property
    def _database(self) -> Database:
        self._check_open()
        return self._space.database

    def _cursor(self) -> Database:
        return self._database.cursor()

    def _check_open(self) -> None:
        if self._closed:
            raise InputError("this session is closed; make another with open(…)")

    def _dump(self, word: DumpName | None) -> Dump:
        self._check_open()
        return self._space.dump(None if word is None else str(word))

    def _dumps(self, words: Sequence[DumpName]) -> list[Dump]:
        self._check_open()
        return self._space.dumps_of([str(word) for word in words])

    def _samples(
        self, dumps: Sequence[DumpName], at: str | None, where: Where | None
    ) -> tuple[str | None, Where]:
        """The word for the samples that are meant, None for dumps; and what else is selected."""
        where = _selection(where)
        if at is None and where.since is None and where.until is None:
            return None, where
        from pageowner_sql.sample_files import samples_meant

        self._check_open()
        words = [str(each) for each in dumps]
        return samples_meant(words, at, where, no_dumps=self._space.has_only_samples)

    def _ends(self, word: str) -> tuple[DumpName, DumpName]:
        """The words for the first and the last sample of a span."""
        from pageowner_sql.sample_files import ends_of

        return ends_of(self._space.database, word)

    def _result(self, database: Database, answer: Answer) -> Result:
        from pageowner_sql.questions.result import Result

        return self._results.keep(Result(database, answer))

    def close(self) -> None:
        """Close the database and every result of it, for good."""
        self._results.close()
        self._space.close()
        self._closed = True

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<pageowner_sql session on {self.path}>"


def _selection(where: Where | None) -> Where:
    from pageowner_sql.sql.grouping import Where

    return where or Where()


def _keys(by: Keys) -> list[Key]:
    from pageowner_sql.sql.grouping import Key

    try:
        return [Key(key) for key in ([by] if isinstance(by, str) else by)]
    except ValueError as error:
        raise UsageError(f"by: {error}; keys are {', '.join(Key)}") from error


def _several(dumps: DumpName | Sequence[DumpName]) -> list[DumpName]:
    return [dumps] if isinstance(dumps, str | Path) else list(dumps)


# What a load does without, imported where it is asked for.
_LATER = {
    "Key": "pageowner_sql.sql.grouping",
    "Lake": "pageowner_sql.lake.lake",
    "NamedQuery": "pageowner_sql.sql.catalog",
    "Result": "pageowner_sql.questions.result",
    "Where": "pageowner_sql.sql.grouping",
    "where": "pageowner_sql.sql.filters",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def _page_lines(*, lines: bool, source_url: str | None) -> Lines:
    """Return what was asked for of a page. Raises UsageError for a URL that is not the web's."""
    from pageowner_sql.questions.lines import Lines

    return Lines.of_page(lines=lines, source_url=source_url)

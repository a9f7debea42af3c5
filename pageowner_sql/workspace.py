"""What a user names (a label, a path, `-`) -> an open database with those dumps in it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pageowner_sql.dump.kinds import ACCOUNT_KINDS, Kind
from pageowner_sql.dump.source import STDIN
from pageowner_sql.errors import (
    InputError,
    LabelError,
    PageOwnerError,
    RejectedRecordsError,
    UnloadedSamplesError,
    UsageError,
)
from pageowner_sql.input_files import InputFile, is_span, survey
from pageowner_sql.open_files import protect_database, protect_input, release_database
from pageowner_sql.output.plain import printable
from pageowner_sql.output.units import count, size
from pageowner_sql.store.database import MEMORY, Database, Mode, discard
from pageowner_sql.store.dumps import (
    Dump,
    all_dumps,
    by_label,
    check_label,
    doubts,
    free_label,
    has_samples,
    has_symbols,
    near,
)
from pageowner_sql.temp_files import TempFolder

if TYPE_CHECKING:
    from pageowner_sql.dump.source import Source
    from pageowner_sql.moments import Moment
    from pageowner_sql.questions.result import Result
    from pageowner_sql.sample_files import SampleFile
    from pageowner_sql.side_files import Inputs, SideFiles
    from pageowner_sql.store.load import LoadOptions

# Folders with more are loaded only if the user wants it.
MANY_FILES = 1000
MANY_BYTES = 5 * 10**9
# Skipped files that are named.
SKIPPED = 20

Say = Callable[[str], None]
Ask = Callable[[str], bool]
Failed = Callable[[PageOwnerError], None]


class Progress(NamedTuple):
    """How far a load is: bytes of the file read, its size where that is known, records so far."""

    label: str
    done: int
    total: int | None
    records: int


ShowProgress = Callable[[Progress], None]


def say_nothing(line: str) -> None:
    """Where nobody listens."""
    del line


class OpenResults:
    """The results that a session or a lake has given and that are open still."""

    def __init__(self) -> None:
        self._results: list[Result] = []

    def keep(self, result: Result) -> Result:
        """Keep `result`, to be closed; forget those that are closed."""
        self._results = [each for each in self._results if each.is_open]
        self._results.append(result)
        return result

    def close(self) -> None:
        """Close every result."""
        for result in self._results:
            result.close()
        self._results.clear()


class Workspace:
    """A database and the dumps in it, open for reading while they are asked. Close it.

    The file is held for writing only while something is loaded or changed; `released` is called
    before that. `say` gets lines for people, `progress` how far a load is. Without `keep`, files
    that stand for dumps go into a copy of the database, which goes away with the workspace; so they
    do with `dry`, which tells nobody; `assumed` are their paths. With `files`, SQL on the open
    database may read and write other files. With `sandbox` the database is only read, and SQL has
    no file but that. `settings` are DuckDB's.
    """

    def __init__(  # noqa: PLR0913  # what a session may be given
        self,
        path: str,
        *,
        say: Say = say_nothing,
        progress: ShowProgress | None = None,
        dry: bool = False,
        keep: bool = True,
        files: bool = False,
        sandbox: bool = False,
        settings: Mapping[str, str | int] | None = None,
        released: Callable[[], None] | None = None,
    ) -> None:
        self.path = path
        self._released = released
        self.say = say
        self.progress = progress
        self.assumed: list[str] = []
        self._dry = dry
        self._keep = keep and not dry
        self._copy: TempFolder | None = None
        self._files = files
        self._sandbox = sandbox
        self._settings = settings
        self._open: Database | None = None
        if path == MEMORY:
            self._open = Database.open(MEMORY, Mode.MEMORY, settings=settings)

    @property
    def exists(self) -> bool:
        """Whether there is a database; where not, the first load makes it."""
        return self._open is not None or Path(self.path).exists()

    @property
    def database(self) -> Database:
        """The database, open for reading. Raises DatabaseError where there is none."""
        if self._open is None:
            self._open = self._opened(self.file, Mode.READ, files=self._files)
        return self._open

    def _opened(self, path: str | Path, mode: Mode, *, files: bool = False) -> Database:
        if self._sandbox:
            from pageowner_sql.store.sandbox import open_sandbox

            return open_sandbox(path, self._settings, measured=True)
        return Database.open(path, mode, settings=self._settings, files=files)

    def reader(self, say: Say, *, loads: bool = False) -> Workspace:
        """Another workspace on the same open database, for a thread of its own.

        One that `loads` is in no sandbox, and does so into a copy.
        """
        made = Workspace(
            self.path, say=say, keep=not loads, sandbox=not loads, settings=self._settings
        )
        made._open = self.database.cursor()
        return made

    @contextmanager
    def protected(self) -> Iterator[None]:
        """Let no output replace the database, whether it is open or not."""
        protect_database(self.path)
        try:
            yield
        finally:
            release_database(self.path)

    @property
    def file(self) -> Path:
        """The database's file, or that of its copy once there is one."""
        path = Path(self.path)
        return self._copy.path / path.name if self._copy else path

    def release(self) -> None:
        """Let go of the file; the next question opens it again."""
        if self.path == MEMORY:
            return
        if self._released is not None:
            self._released()
        self._close_file()

    def close(self) -> None:
        """Close the database; one in memory is gone, and so is a copy."""
        self._close_file()
        if self._copy is not None:
            self._copy.close()
            self._copy = None

    def _close_file(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def dumps(self) -> list[Dump]:
        """Every dump, in the order of loading. Raises DatabaseError where there is no database."""
        return all_dumps(self.database)

    def has_only_samples(self) -> bool:
        """Whether the database holds samples and no dumps."""
        return self.exists and has_samples(self.database) and not self.dumps()

    def last(self) -> Dump:
        """The dump loaded last. Raises LabelError where there is none."""
        dumps = self.dumps()
        # Stacks of handles hold no memory.
        dumps = [each for each in dumps if each.kind != Kind.SHOW_STACKS_HANDLES] or dumps
        if not dumps:
            how = (
                "name their files"
                if self.path == MEMORY
                else "load one with: pageowner-sql load DUMP"
            )
            raise LabelError(f"{self.path}: holds no dumps; {how}")
        self.say(f"{dumps[-1].label}: the dump loaded last")
        return dumps[-1]

    def dump(self, word: str | None) -> Dump:
        """The dump that `word` means; None means the one loaded last."""
        return self.last() if word is None else self.dumps_of([word])[0]

    def dumps_of(self, words: Sequence[str]) -> list[Dump]:
        """The dumps that `words` mean, in that order: labels, else files.

        A file whose text is not in the database is loaded; only then is the database opened for
        writing. Raises LabelError for a word that is neither, UnloadedSamplesError in a sandbox
        for samples that are not dumps yet, and what opening and loading raise.
        """
        dumps = self.dumps() if self.exists else []
        found: dict[str, Dump] = {}
        files: list[InputFile] = []
        try:
            for word in dict.fromkeys(words):
                if dump := by_label(dumps, word):
                    found[word] = dump
                    continue
                if word.startswith("@") and (self._sandbox or not Path(word).exists()):
                    files.append(self._sample_file(word))
                elif self._sandbox:
                    raise LabelError(f"{word}: no dump has this label; {near(dumps, word)}")
                else:
                    files.append(_dump_file(word, dumps))
                if dump := find_loaded(dumps, files[-1]):
                    found[word] = dump
            return self._with_loaded(words, found, files)
        finally:
            for file in files:
                file.close()

    def _sample_file(self, word: str) -> SampleFile:
        from pageowner_sql.sample_files import SampleFile

        file = SampleFile(word, self.database)
        if file.caveat:
            self.say(file.caveat)
        return file

    def expanded(self, words: Sequence[str]) -> list[str]:
        """The words, with one for each sample where one means those of a span of time."""
        if not any(map(is_span, words)):
            return list(words)
        from pageowner_sql.sample_files import expand_span

        return [each for word in words for each in expand_span(self.database, word)]

    def _with_loaded(
        self, words: Sequence[str], found: dict[str, Dump], files: Sequence[InputFile]
    ) -> list[Dump]:
        new = [file for file in files if file.path not in found]
        if new and self._sandbox:
            raise UnloadedSamplesError(tuple(file.path for file in new))
        keeps = self._keep and not any(file.is_kept for file in new)
        if new and not keeps and self.path != MEMORY:
            self._load_into_copy(new, found)
        elif new:
            self._read_ahead(new)
            with self.writing() as database:
                self._load_words(database, new, found, self.say)
        return [found[word] for word in words]

    def _load_words(
        self, database: Database, files: Sequence[InputFile], found: dict[str, Dump], say: Say
    ) -> None:
        from pageowner_sql.sample_files import SampleFile
        from pageowner_sql.side_files import SideFiles, side_files_of
        from pageowner_sql.store.load import LoadOptions

        for file in files:
            told = (say, say)
            if isinstance(file, SampleFile):
                options, side, told = file.options, SideFiles(), (say_nothing, say_nothing)
            else:
                options = LoadOptions(label="")
                side = side_files_of([file]).get(file.path, SideFiles())
            found[file.path] = _load_file(database, file, options, side, told, self.progress)

    def _load_into_copy(self, files: Sequence[InputFile], found: dict[str, Dump]) -> None:
        """Make this the database as it would be with the dumps in it."""
        if self._released is not None:
            self._released()
        if self._copy is None:
            copy = TempFolder(Path(tempfile.gettempdir()))
            if self.file.exists():
                # While it is open here, nobody changes it.
                _copy(Path(self.database.path), copy.path / self.file.name)
            self._close_file()
            self._copy = copy
        self._close_file()
        self._read_ahead(files)
        with self._opened(self.file, Mode.WRITE) as database:
            self._load_words(database, files, found, say_nothing if self._dry else self.say)
        self.assumed += [file.path for file in files]
        names = " ".join(printable(file.path) for file in files if not file.is_kept)
        if names and not self._dry:
            self.say(f"not kept; to ask again without reading, first: pageowner-sql load {names}")

    def _read_ahead(self, files: Sequence[InputFile]) -> None:
        """Begin to read the first file while a database is made, which holds no dump."""
        if self._open is None and not self.file.exists():
            files[0].read_ahead()

    @contextmanager
    def writing(self, *, make: bool = True, files: bool = False) -> Iterator[Database]:
        """The database, open for writing. A file made here that got no dump goes away again.

        Raises DatabaseError where there is none and `make` is False.
        """
        if self._sandbox:
            raise UsageError("this session only reads; open the database in another to change it")
        if self.path == MEMORY:
            yield self.database
            return
        self.release()
        made = not Path(self.path).exists()
        mode = Mode.READ if made and not make else Mode.WRITE
        with self._opened(self.path, mode, files=files) as database:
            try:
                yield database
            finally:
                if made and not all_dumps(database) and not has_samples(database):
                    # While it is ours: once it is closed, another process may put a dump into it.
                    discard(Path(self.path))

    def load(  # what may be given, by name
        self,
        words: Sequence[str],
        options: LoadOptions,
        *,
        accounts: Sequence[str] = (),
        loaded: Say | None = None,
        failed: Failed | None = None,
        ask: Ask | None = None,
    ) -> list[Dump]:
        """Load files, folders and globs, each dump once; the dumps that they are, in that order.

        `accounts` are files that lie beside the only dump. `loaded` gets a line for each dump.
        `failed` gets the error of a dump that cannot be loaded, and the others are loaded still.
        `ask` decides about folders with more than MANY_FILES or MANY_BYTES.
        Raises UsageError for what fits one input only, and what opening and loading raise.
        """
        from pageowner_sql.side_files import SideFiles, find_inputs

        told = (loaded or self.say, self.say)
        amount = _look_around(words, ask)
        inputs = find_inputs(words)
        if amount:
            self.say(f"{amount}: {_found(inputs)}")
        dumps = []
        try:
            self._check(inputs, words, options, accounts)
            self._read_ahead(inputs.files)
            with self.writing() as database:
                for file in inputs.files:
                    side = inputs.beside.get(file.path, SideFiles())
                    try:
                        dumps.append(_load_file(database, file, options, side, told, self.progress))
                    except (InputError, LabelError, RejectedRecordsError) as error:
                        if failed is None:
                            raise
                        failed(error)
        finally:
            inputs.close()
        return dumps

    def _check(
        self, inputs: Inputs, words: Sequence[str], options: LoadOptions, accounts: Sequence[str]
    ) -> None:
        """Say what is skipped; take in what is given beside one dump."""
        from pageowner_sql.side_files import SideFiles, given_files

        for path, why_not in inputs.skipped[:SKIPPED]:
            self.say(f"{path}: skipped: {why_not}")
        if (more := len(inputs.skipped) - SKIPPED) > 0:
            self.say(f"{count(more)} more files skipped")
        number = len(inputs.files)
        if not number:
            raise InputError(f"{' '.join(words)}: holds no dump")
        if options.label and number > 1:
            raise UsageError(f"--label: one name, for one input; there are {number}")
        if accounts:
            if number > 1:
                raise UsageError(f"--with: lies beside one dump; there are {number} inputs")
            given = given_files(accounts)
            path = inputs.files[0].path
            inputs.beside[path] = SideFiles(given, inputs.beside.get(path, SideFiles()).named)


def _look_around(words: Sequence[str], ask: Ask | None) -> str:
    """What lies in folders, in words; '' where there are none.

    Raises InputError where that is much and `ask` does not want it.
    """
    found = survey(words)
    if found is None:
        return ""
    amount = f"{' '.join(words)}: {count(found.files)} files, {size(found.bytes)}"
    is_much = found.files > MANY_FILES or found.bytes > MANY_BYTES
    if is_much and ask is not None and not ask(f"{amount}; load the dumps among them?"):
        raise InputError(f"{amount}; nothing was loaded")
    return amount


def _found(inputs: Inputs) -> str:
    beside = sum(len(side.named) for side in inputs.beside.values())
    return (
        f"{count(len(inputs.files))} dumps, {count(beside)} files beside them, "
        f"{count(len(inputs.skipped))} skipped"
    )


def find_loaded(dumps: Sequence[Dump], file: InputFile) -> Dump | None:
    """The dump that a file was loaded as before; reads all of it only where its head fits.

    Raises InputError where it cannot be read.
    """
    if not dumps or not file.can_be_read_twice:
        return None
    head = file.head
    near = [each for each in dumps if each.head_sha256 == head.sha256]
    near = [each for each in near if head.bytes in (None, each.bytes)]
    return next((each for each in near if each.sha256 == file.sha256), None)


def _dump_file(word: str, dumps: Sequence[Dump]) -> InputFile:
    """The file that `word` names. Raises LabelError where there is none, InputError for others."""
    path = Path(word)
    if word != "-" and not path.exists():
        raise LabelError(
            f"{word}: no dump has this label, and there is no such file; {near(dumps, word)}"
        )
    if path.is_dir():
        raise LabelError(f"{word}: is a folder; load what is in it with: pageowner-sql load {word}")
    protect_input(word)
    file = InputFile(word)
    _check_dump(file)
    return file


def _check_dump(file: InputFile) -> None:
    """Raise InputError for a file that can only be attached to a dump."""
    if file.can_be_read_twice and file.kind in ACCOUNT_KINDS:
        file.close()
        raise InputError(
            f"{file.path}: is a {file.kind} file, not a dump; "
            f"attach it: load DUMP --with {file.path}"
        )


def _copy(file: Path, target: Path) -> None:
    """Copy a database and, where it has one, its log."""
    shutil.copyfile(file, target)
    log = file.with_name(f"{file.name}.wal")
    if log.exists():
        shutil.copyfile(log, target.with_name(f"{target.name}.wal"))


def _load_file(
    database: Database,
    file: InputFile,
    options: LoadOptions,
    side: SideFiles,
    told: tuple[Say, Say],
    progress: ShowProgress | None,
) -> Dump:
    """Load a file unless its text is in the database already, and what lies beside it.

    Of `told` the first gets a line about the dump, the second what else there is to know. An
    empty label in `options` is replaced by one made from the path. Raises as `load_any` does.
    """
    from pageowner_sql.side_files import attach

    try:
        dump = _load_dump(database, file, options, told, progress)
    finally:
        file.close()
    attach(database, dump, side, told[1], strict=options.strict)
    return dump


def _load_dump(
    database: Database,
    file: InputFile,
    options: LoadOptions,
    told: tuple[Say, Say],
    progress: ShowProgress | None,
) -> Dump:
    say, hint = told
    if file.kind is Kind.BUNDLE:
        return _load_bundle(database, file.open(), options, told, progress)
    dumps = all_dumps(database)
    _check_dump(file)
    known = find_loaded(dumps, file)
    if known is None:
        start = time.monotonic()
        number, is_new = _load_text(database, file, _labelled(dumps, file, options), progress)
        if is_new and has_symbols(database):
            from pageowner_sql.store.symbols import resolve_frames

            with database.transaction():
                resolve_frames(database)
        dump = next(each for each in all_dumps(database) if each.dump_id == number)
        if is_new:
            if dump.repairs:
                hint(f"{printable(dump.label)}: read as posted text: {'; '.join(dump.repairs)}")
            for why in doubts(database, dump):
                hint(f"{printable(dump.label)}: {why}")
            say(summary(dump, time.monotonic() - start))
            return dump
        known = dump
    name = STDIN if file.path == "-" else printable(file.path)
    label = printable(known.label)
    say(f"{name}: is in the database already, as {label}")
    if ignored := _ignored(known, options):
        say(
            f"{label}: stays as it is; give it {' '.join(ignored)} with: "
            f"pageowner-sql dumps set {label}"
        )
    return known


def _load_bundle(
    database: Database,
    source: Source,
    options: LoadOptions,
    told: tuple[Say, Say],
    progress: ShowProgress | None,
) -> Dump:
    from pageowner_sql.moments import read_bundle

    def report(done: int, records: int) -> None:
        del done
        if progress is not None:
            progress(Progress(source.name, source.consumed, source.size, records))

    return load_moment(database, read_bundle(source), options, told, report)


def load_moment(
    database: Database,
    moment: Moment,
    options: LoadOptions,
    told: tuple[Say, Say],
    report: Callable[[int, int], None],
) -> Dump:
    """Load a captured machine's dump, and what belongs to its moment; `told` as in `_load_file`."""
    from pageowner_sql.moments import load_files, load_records

    say, hint = told
    start = time.monotonic()
    loaded = load_records(database, moment, options, report)
    dump = next(each for each in all_dumps(database) if each.dump_id == loaded.dump_id)
    if loaded.known:
        say(f"{printable(moment.name)}: is in the database already, as {printable(dump.label)}")
        return dump
    say(summary(dump, time.monotonic() - start))
    load_files(database, dump, moment, hint, strict=options.strict)
    return dump


def _labelled(dumps: Sequence[Dump], file: InputFile, options: LoadOptions) -> LoadOptions:
    if not options.label:
        return replace(options, label=free_label(dumps, file.path))
    check_label(dumps, options.label)
    return options


def _load_text(
    database: Database, file: InputFile, options: LoadOptions, progress: ShowProgress | None
) -> tuple[int, bool]:
    """Load what is not known to be there; the dump's number, and whether it is new."""
    from pageowner_sql.native.library import keep_memory
    from pageowner_sql.store.load import load_stream
    from pageowner_sql.store.load_any import load_any

    keep_memory()
    source = file.open()

    def report(done: int, records: int) -> None:
        if progress is not None:
            progress(Progress(options.label, done, source.size, records))

    if file.stream is not None:
        loaded = load_stream(database, file.stream, options, report)
    else:
        kind = file.kind if file.can_be_read_twice else None
        loaded = load_any(database, source, options, report, kind=kind)
    return loaded.dump_id, not loaded.known


def _ignored(known: Dump, options: LoadOptions) -> list[str]:
    """The options that say of a known dump what it does not say itself."""
    said: dict[str, tuple[object, object]] = {
        "--label": (options.label or None, known.label),
        "--host": (options.host, known.host),
        "--kernel": (options.kernel, known.kernel),
        "--captured-at": (options.captured_at, known.captured_at),
        "--boot": (options.boot_id, known.boot_id),
        "--page-size": (options.page_size, known.page_size),
    }
    other = [name for name, (new, old) in said.items() if new is not None and new != old]
    tags = any(known.tags.get(key) != value for key, value in options.tags.items())
    return [*other, *(["--tag"] if tags else [])]


def summary(dump: Dump, seconds: float) -> str:
    """What was loaded, in one line."""
    assumed = "" if dump.page_size_given else " (assumed)"
    cut = ", the last one cut short" if dump.truncated else ""
    kind, pages = "", f"{count(dump.pages)} pages of {dump.page_size} bytes{assumed}, "
    if dump.kind != Kind.PAGE_OWNER:
        kind = f" of {dump.kind}"
        pages = pages if "pages" in dump.fields else ""
    return (
        f"{printable(dump.label)}: {count(dump.records)} records{kind}{cut}, "
        f"{count(dump.rejected)} rejected, {pages}{seconds:.2f} s"
    )

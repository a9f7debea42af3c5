"""The addresses of the API: what each takes, and the method of Session that answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pageowner_sql.api import Session
from pageowner_sql.errors import MissingFieldError, UsageError
from pageowner_sql.output.flame.data import flame_data
from pageowner_sql.output.memory_map.data import map_data
from pageowner_sql.output.report.data import timeline_data
from pageowner_sql.questions.flame import ROOTS
from pageowner_sql.questions.memory_map import MOST_CELLS, LayerKey
from pageowner_sql.questions.result import Result
from pageowner_sql.server.answers import Body, Json, json_body, rows_body
from pageowner_sql.server.arguments import (
    GIVING_ROWS,
    PARAMS,
    SELECTING,
    Arguments,
    Parameter,
)
from pageowner_sql.sql.catalog import NamedQuery
from pageowner_sql.sql.grouping import Key
from pageowner_sql.sql.params import REQUIRED, parse_value

Answer = Callable[[Session, Arguments, list[str]], Body]


@dataclass(frozen=True)
class Endpoint:
    """An address below /api/, with its documentation. `posts`: its words may come as a form."""

    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    answer: Answer
    gives_rows: bool = False
    posts: bool = False


_KEYS = tuple(key.column for key in Key)
_DUMP = Parameter("dump", "A dump's label, or @TIME for a sample [the dump loaded last]")
_THE_DUMP = Parameter("dump", "A dump's label, or @TIME for a sample", required=True)
_DUMPS = Parameter("dump", "A dump's label, or @TIME or @FROM..TO; repeats", repeats=True)
_SAMPLES = Parameter("sample", "A sample, @TIME, that counts as a dump too; repeats", repeats=True)
_BY = Parameter("by", "What rows are grouped by; repeats", repeats=True, values=_KEYS)


def _rows(
    path: str,
    summary: str,
    parameters: Sequence[Parameter],
    ask: Callable[[Session, Arguments], Result],
    *,
    posts: bool = False,
) -> Endpoint:
    """An endpoint that gives rows."""

    def answer(session: Session, arguments: Arguments, said: list[str]) -> Body:
        name = arguments.one("name") or path.partition("/")[0]
        return rows_body(ask(session, arguments), arguments, said, name.replace("/", "-"))

    return Endpoint(
        path, summary, (*parameters, *GIVING_ROWS), answer, gives_rows=True, posts=posts
    )


def _more(arguments: Arguments) -> int:
    """One row more than is wanted, which tells whether there are more."""
    return arguments.limit + 1


def _top(session: Session, a: Arguments) -> Result:
    return session.top(a.one("dump"), by=a.keys or None, where=a.where, limit=_more(a))


def _diff(session: Session, a: Arguments) -> Result:
    by, least = a.keys or Key.STACK, a.size("min_delta")
    limit = _more(a)
    old, new = a.several("old"), a.several("new")
    return session.diff(old, new, by=by, where=a.where, min_delta=least, limit=limit)


def _leaks(session: Session, a: Arguments) -> Result:
    by = a.keys or Key.STACK
    return session.leaks(*a.several("dump"), by=by, where=a.where, limit=_more(a))


def _page(session: Session, a: Arguments) -> Result:
    return session.page(a.needed("place"), a.one("dump"), where=a.where, limit=_more(a))


def _allocations(session: Session, a: Arguments) -> Result:
    return session.allocations(a.needed("dump"), where=a.where, limit=_more(a))


def _sql(session: Session, a: Arguments) -> Result:
    session.find(*a.several("sample"))
    params = {name: parse_value(word) for name, word in a.params.items()}
    return session.sql(a.needed("sql"), where=a.where, **params)


def _query(session: Session, a: Arguments) -> Result:
    name, dumps = a.needed("name"), a.several("dump")
    return session.query_values(name, a.params, a.where, _more(a), dumps=dumps)


def _flame(session: Session, a: Arguments, said: list[str]) -> Body:
    del said
    roots = [word.replace("_", "-") for word in a.several("root")]
    graph = session.flame(a.needed("dump"), a.one("old"), root=roots, where=a.where)
    return json_body({"flame": flame_data(graph), "sql": graph.sql})


def _map(session: Session, a: Arguments, said: list[str]) -> Body:
    del said
    by = a.several("by") or LayerKey.OWNER
    cells = a.number("cells", MOST_CELLS)
    if not 0 < cells <= MOST_CELLS:
        raise UsageError(f"cells: {cells} is not from 1 to {MOST_CELLS:,}")
    memory = session.map(
        a.needed("dump"), by=by, where=a.where, pages=a.one("pages"), most_cells=cells
    )
    return json_body({"map": map_data(memory), "sql": memory.sql})


def _timeline(session: Session, a: Arguments, said: list[str]) -> Body:
    del said
    drawn = session.timeline(*a.several("dump"), where=a.where)
    return json_body({"timeline": timeline_data(drawn), "sql": drawn.sql})


def _queries(session: Session, a: Arguments, said: list[str]) -> Body:
    del a, said
    return json_body({"queries": [_documented(query) for query in session.queries()]})


def _documented(query: NamedQuery) -> Json:
    return {
        "name": query.name,
        "title": query.title,
        "question": query.question,
        "description": query.description,
        "needs": list(query.needs),
        "sql": query.sql,
        "params": [
            {
                "name": param.name,
                "type": param.type,
                "help": param.help,
                "required": param.default is REQUIRED and param.type != "dump",
                "default": None if param.default is REQUIRED else param.default,
            }
            for param in query.params
        ],
        "columns": [
            {"name": column.name, "type": column.type, "meaning": column.meaning}
            for column in query.columns
        ],
    }


def _explain(session: Session, a: Arguments) -> Result:
    word = a.needed("stack")
    if not word.strip():
        raise UsageError("stack: give its number, a function in it, or its text")
    session.find(*a.several("sample"))
    try:
        return session.explain(word, lines=True)
    except MissingFieldError:
        # There are no symbol files.
        return session.explain(word)


ENDPOINTS: tuple[Endpoint, ...] = (
    _rows("dumps", "What is loaded", (), lambda session, _: session.list_dumps()),
    _rows("top", "Who holds the memory of a dump", (_DUMP, _BY, *SELECTING), _top),
    _rows(
        "diff",
        "What changed between two dumps, or the medians of several",
        (
            Parameter("old", "An older dump; repeats", required=True, repeats=True),
            Parameter("new", "A newer dump; repeats", required=True, repeats=True),
            Parameter("min_delta", "What changed by less is one last row: 64K, 1.5GiB"),
            _BY,
            *SELECTING,
        ),
        _diff,
    ),
    _rows(
        "leaks",
        "What grows without end, with a verdict and its evidence",
        (_DUMPS, _BY, *SELECTING),
        _leaks,
    ),
    _rows(
        "explain",
        "Which rules gave a stack its owner and subsystem, frame by frame",
        (
            Parameter("stack", "Its number, a function in it, or its text", required=True),
            _SAMPLES,
        ),
        _explain,
    ),
    _rows(
        "page",
        "Whose a page is, or what lies in a range of pages",
        (
            Parameter("place", "A page frame number, 0xADDRESS, pfn:0x…, or A-B", required=True),
            _DUMP,
            *SELECTING,
        ),
        _page,
    ),
    _rows(
        "allocations",
        "The rows of live_allocations for one dump, in its order",
        (_THE_DUMP, *SELECTING),
        _allocations,
    ),
    Endpoint(
        "flame",
        "What the stacks of a dump hold, or how that changed since an older one",
        (
            _THE_DUMP,
            Parameter("old", "An older dump: the difference is drawn"),
            Parameter(
                "root",
                "Keys below the frames; repeats",
                repeats=True,
                values=tuple(key.column for key in ROOTS),
            ),
            *SELECTING,
        ),
        _flame,
    ),
    Endpoint(
        "map",
        "Physical memory in cells, coloured by what lies there",
        (
            _THE_DUMP,
            Parameter("by", "Layers; repeats [owner]", repeats=True, values=tuple(LayerKey)),
            Parameter("pages", "The page frames to show, as in page [all]"),
            Parameter("cells", f"Cells at most [{MOST_CELLS}]", type="integer"),
            *SELECTING,
        ),
        _map,
    ),
    Endpoint(
        "timeline",
        "What three dumps or more held, one after the other",
        (Parameter("dump", "A dump; repeats", required=True, repeats=True), *SELECTING),
        _timeline,
    ),
    _rows(
        "sql",
        "The rows of a query of your own",
        (
            Parameter("sql", "Queries; the last one's rows are given", required=True),
            PARAMS,
            _SAMPLES,
            *SELECTING,
        ),
        _sql,
        posts=True,
    ),
    Endpoint("queries", "The named queries, each with its documentation", (), _queries),
    _rows(
        "query/{name}",
        "The rows of a named query",
        (
            Parameter("name", "Its name: theme/name", required=True),
            _DUMPS,
            PARAMS,
            *SELECTING,
        ),
        _query,
    ),
    _rows(
        "schema",
        "Tables, views and macros, or the columns of one of them",
        (Parameter("name", "A table, view or macro [the list of all]"),),
        lambda session, a: session.schema(a.one("name")),
    ),
    _rows("names", "Every name that SQL may have here", (), lambda session, _: session.names()),
)

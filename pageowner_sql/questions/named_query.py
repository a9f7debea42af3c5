"""A named query: chooses its dumps, and checks that they have its fields; or one on a lake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pageowner_sql.errors import InputError, LabelError, UsageError
from pageowner_sql.output.plain import printable
from pageowner_sql.questions.answerable import check_fields
from pageowner_sql.questions.boots import boot_of, in_order
from pageowner_sql.questions.expression import check_expression
from pageowner_sql.questions.known_values import check_filters
from pageowner_sql.questions.plan import Plan
from pageowner_sql.questions.prepare import able, left_out, prepare, selection
from pageowner_sql.sql.catalog import DATABASE, LAKE, CatalogError, NamedQuery
from pageowner_sql.sql.grouping import Where
from pageowner_sql.sql.params import DUMP, bound
from pageowner_sql.sql.query import Query, limited
from pageowner_sql.store.database import Database
from pageowner_sql.store.dumps import Dump, all_dumps
from pageowner_sql.store.stream import not_one_select

Say: TypeAlias = Callable[[str], None]

# A query with parameters of these names compares two dumps.
OLD: Final = "old"
NEW: Final = "new"
MOST_BOOTS: Final = 8


def named_plan(
    database: Database,
    query: NamedQuery,
    values: Mapping[str, Any],
    dumps: Mapping[str, Dump],
    where: Where,
    limit: int | None = None,
) -> Plan:
    """The plan of a named query: `values` for its parameters, `dumps` for those that are dumps.

    Raises UsageError for wrong values or a query that only a sandbox may run, CatalogError for one
    that is not one SELECT, MissingFieldError where a dump lacks what it needs.
    """
    if query.about != DATABASE:
        raise UsageError(
            f"{query.name}: is about a lake: pageowner-sql lake query LAKE {query.name}"
        )
    if not query.trusted and not database.sandboxed:
        raise UsageError(
            f"{query.name}: lies in a folder that nobody named, so only `pageowner-sql query` runs "
            f"it, in a sandbox; name {query.path.parent} in $PAGEOWNER_QUERIES to trust it"
        )
    if (what := not_one_select(database, query.sql)) is not None:
        raise CatalogError(f"{query.path}: holds {what}; a named query is one SELECT")
    labels = {name: dump.label for name, dump in dumps.items()}
    parameters = bound(query.params, {**values, **labels}, query.name)
    check_fields(dumps.values(), query.needs)
    where = check_expression(database, where)
    about = list(dumps.values()) or able(database, left_out(database, where))
    where = check_filters(database, about, where)
    prepare(database, query.sql)
    return Plan(limited(Query(query.sql, parameters), limit), tuple(selection(database, where)))


def lake_query(query: NamedQuery, values: Mapping[str, Any], limit: int | None = None) -> Query:
    """A named query on a lake, with `values` for its parameters.

    Raises UsageError for wrong values, and for a query that is not about a lake or not trusted.
    """
    if query.about != LAKE:
        raise UsageError(
            f"{query.name}: is about the dumps of a database: pageowner-sql query {query.name}"
        )
    if not query.trusted:
        raise UsageError(
            f"{query.name}: lies in a folder that nobody named; "
            f"name {query.path.parent} in $PAGEOWNER_QUERIES to trust it"
        )
    return limited(Query(query.sql, bound(query.params, values, query.name)), limit)


def dump_words(
    query: NamedQuery, values: Mapping[str, Any], words: Sequence[str] = ()
) -> dict[str, str | None]:
    """What was said of each parameter that is a dump: by name, or by `words` in its place.

    None means that a dump is to be chosen. Raises UsageError for more words than parameters.
    """
    params = [param for param in query.params if param.type == DUMP]
    if len(words) > len(params):
        takes = f"is about {', '.join(param.name for param in params)}" if params else "takes none"
        raise UsageError(f"{query.name}: {len(words)} dumps were given; it {takes}")
    placed = dict(zip((param.name for param in params), words, strict=False))
    if twice := sorted(placed.keys() & values.keys()):
        raise UsageError(f"{query.name}: {twice[0]} was given twice; leave out one of them")
    defaults = {param.name: param.default for param in params}
    said = {name: placed.get(name, values.get(name, at)) for name, at in defaults.items()}
    return {name: word if isinstance(word, str) else None for name, word in said.items()}


def chosen_dumps(
    database: Database, query: NamedQuery, said: Mapping[str, Dump | None], tell: Say
) -> dict[str, Dump]:
    """A dump for each parameter: where none was said, the last loaded, or two of its boot.

    `tell` gets a line about the choice. Raises LabelError where the database has none, InputError
    for a dump that is compared with itself.
    """
    found = {name: dump for name, dump in said.items() if dump is not None}
    if OLD in found and found[OLD] == found.get(NEW):
        raise InputError(f"{found[OLD].label}: is compared with itself; give an older dump")
    if len(found) == len(said):
        return found
    dumps = all_dumps(database)
    if not dumps:
        raise LabelError(f"{database.path}: holds no dumps; load one with: pageowner-sql load DUMP")
    if not (OLD in said and NEW in said):
        tell(f"{printable(dumps[-1].label)}: the dump loaded last")
        return {name: dump or dumps[-1] for name, dump in said.items()}
    pair = dict(zip((OLD, NEW), _pair(database, query, dumps, found), strict=True))
    chosen = {name: pair.get(name) or dump or dumps[-1] for name, dump in said.items()}
    tell(", ".join(f"{name}: {printable(dump.label)}" for name, dump in chosen.items()))
    return chosen


def _pair(
    database: Database, query: NamedQuery, dumps: Sequence[Dump], found: Mapping[str, Dump]
) -> tuple[Dump, Dump]:
    """An older and a newer dump of one boot: those given, and the nearest at the end of time."""
    usable = [dump for dump in dumps if set(query.needs) | {"alloc_ts"} <= set(dump.fields)]
    given = found.get(OLD) or found.get(NEW)
    if given is None and not usable:
        raise LabelError(f"{query.name}: no dump here has what it needs; load two of one boot")
    boot = boot_of(database, usable, given) if given else _last_boot(database, usable)
    _, boot = in_order(boot)
    one = given or boot[0]
    place = next((at for at, dump in enumerate(boot) if dump == one), None)
    if OLD in found and place is not None and place + 1 < len(boot):
        return one, boot[-1]
    if NEW in found and place:
        return boot[place - 1], one
    if given is None and len(boot) > 1:
        return boot[-2], boot[-1]
    where = {OLD: "newer than it", NEW: "older than it"}
    other = next((words for name, words in where.items() if name in found), "of the same boot")
    raise LabelError(
        f"{query.name}: compares two dumps of one boot, and beside {printable(one.label)} there "
        f"is none {other}; give both: query {query.name} OLD NEW"
    )


def _last_boot(database: Database, dumps: Sequence[Dump]) -> list[Dump]:
    """The dumps of the boot loaded last that has two; those of the last where none has."""
    boots: list[list[Dump]] = []
    # Every look costs a query for each dump left, and a fleet's dumps are all of different boots.
    while dumps and len(boots) < MOST_BOOTS:
        boots.append(boot_of(database, dumps, dumps[-1]))
        if len(boots[-1]) > 1:
            return boots[-1]
        dumps = [dump for dump in dumps if dump not in boots[-1]]
    return boots[0]

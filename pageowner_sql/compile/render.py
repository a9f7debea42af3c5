"""Where templates are opened: the only module that makes a Jinja2 environment."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@cache
def sql_environment() -> Environment:
    """Templates of SQL, `compile/templates/*.sql.j2`: a name nobody set is an error."""
    return _environment("pageowner_sql.compile")


def html_environment() -> Environment:
    """Templates of pages, `output/templates/`: all values are escaped in .html.j2 and .svg.j2."""
    return _environment("pageowner_sql.output")


def _environment(package: str) -> Environment:
    return Environment(
        loader=PackageLoader(package),
        undefined=StrictUndefined,
        autoescape=select_autoescape(
            ("html.j2", "svg.j2"), default=False, default_for_string=False
        ),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

"""A timeline as a table, for paper and for Markdown."""

from pageowner_sql.output.model import ReportColumn, Table, Timeline, TimelineLayer, Value


def timeline_table(timeline: Timeline, layer: TimelineLayer) -> Table:
    """One row a value of the layer, one column a dump."""
    sizes = (ReportColumn(f"bytes_{i}", label, "bytes") for i, label in enumerate(timeline.labels))
    columns = (ReportColumn(layer.by, layer.title.capitalize()), *sizes)
    rows = zip(layer.names, layer.bytes, strict=True)
    values: tuple[tuple[Value, ...], ...] = tuple((name, *held) for name, held in rows)
    return Table(f"timeline_{layer.by}", f"By {layer.title}", columns, values)

"""The constant texts around the numbers of a dump's records, kept in table layouts."""

from __future__ import annotations

from collections.abc import Iterable

from pageowner_sql.dump.formats import Layout
from pageowner_sql.store.arrow import table
from pageowner_sql.store.database import Database


class LayoutTable:
    """Table layouts while a dump is loaded; `base` is the number of the dump's first one."""

    def __init__(self, database: Database, dump_id: int) -> None:
        self._database = database
        self._dump_id = dump_id
        self.base = int(database.value("SELECT coalesce(max(layout_id), 0) + 1 FROM layouts"))

    def keep(self, layouts: Iterable[Layout]) -> None:
        """Keep the layouts that RecordReader met, in its order."""
        kept = list(layouts)
        vendor = [layout.vendor for layout in kept]
        self._database.append(
            "layouts",
            table(
                {
                    "layout_id": ("int", [self.base + index for index in range(len(kept))]),
                    "dump_id": ("int", [self._dump_id] * len(kept)),
                    "after_ts": ("bytes", [layout.after_ts for layout in kept]),
                    "after_free_ts": ("bytes", [layout.after_free_ts for layout in kept]),
                    "hex_pfn": ("bool", [layout.hex_pfn for layout in kept]),
                    "after_pfn": ("bytes", [layout.after_pfn for layout in kept]),
                    "migratetype": ("text", [layout.migratetype for layout in kept]),
                    "plain": ("bool", [layout.plain for layout in kept]),
                    "text_1": ("bytes", [layout.text_1 for layout in kept]),
                    "text_2": ("bytes", [layout.text_2 for layout in kept]),
                    "slab_name": ("text", [each.slab_name for each in vendor]),
                    "file_dev": ("text", [each.file_dev for each in vendor]),
                    "file_ino": ("uint", [each.file_ino for each in vendor]),
                    "file_index": ("uint", [each.file_index for each in vendor]),
                    "anon_address": ("uint", [each.anon_address for each in vendor]),
                }
            ),
        )

"""The rows of a town's blocks, for tests of views and queries.

with reading(town.blocks, identity_views, places_views) as db:
    assert open_requests(db, limit=5) == [...]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from linlian.kernel.block import Block
from linlian.readmodel.rebuild import rebuild
from linlian.readmodel.sqlite import SqliteHome
from linlian.readmodel.view import Reads, Table, View


@contextmanager
def reading(blocks: Sequence[Block], *views: View) -> Iterator[Reads]:
    """Make the rows of these blocks, and read them."""
    with TemporaryDirectory() as folder:
        home = SqliteHome(Path(folder) / "readmodel.sqlite")
        rebuild(blocks, len(blocks) - 1, home, views)
        database = home.open(views)
        try:
            with database.reading() as db:
                yield db
        finally:
            database.close()


def table_rows(db: Reads, table: Table[Any]) -> list[Any]:
    """All rows of a table, in key order."""
    key = ", ".join(table.names[: table.key_size])
    return db.all(table.kind, f"SELECT * FROM {table.name} ORDER BY {key}")

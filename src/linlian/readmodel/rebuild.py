"""Throws the rows away and makes them anew from the ledger.

    rebuild(store.blocks(), head.height, SqliteHome(folder / "readmodel.sqlite"), views, progress)

The new database is filled beside the old one and takes its place in one step, so that whoever reads finds either.
Interrupted at any moment, the old one stands as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from linlian.kernel.block import Block, Header
from linlian.readmodel.database import Database, Home, Position
from linlian.readmodel.errors import ReadModelError
from linlian.readmodel.follower import BATCH_ITEMS
from linlian.readmodel.projection import Projection
from linlian.readmodel.view import View

Progress = Callable[[int, int], None]
"""Called with (blocks done, blocks in all)."""


def rebuild(
    blocks: Iterable[Block], head: int, home: Home, views: Sequence[View], progress: Progress | None = None
) -> Position:
    """Blocks 0…head into a database of their own. Raises ReadModelError (`readmodel.locked`: the old one is in use)."""
    with home.anew(views) as database:
        return fill(database, blocks, head, progress)


def fill(
    database: Database,
    blocks: Iterable[Block],
    head: int,
    progress: Progress | None = None,
    behind: Header | None = None,
) -> Position:
    """Apply blocks, in transactions of about `BATCH_ITEMS` items, until the rows stand at `head`.

    Where the ledger begins `behind` the header of a snapshot, blocks and items have their rows and businesses none.
    """
    projection, position = Projection(database.views, telling=behind is None), database.position()
    if behind is not None:
        with database.writing() as rows:
            position = projection.begin_behind(rows, behind)
    waiting = iter(blocks)
    while position.height < head:
        items = 0
        with database.writing() as rows:
            while items < BATCH_ITEMS and position.height < head:
                block = next(waiting, None)
                if block is None:
                    raise ReadModelError("readmodel.behind", height=head, reached=position.height)
                position = projection.apply(rows, block, position)
                items += len(block.items)
        if progress is not None:
            progress(position.height + 1, head + 1)
    return position

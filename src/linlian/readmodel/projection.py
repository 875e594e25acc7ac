"""From a committed block to rows: the one way, live and when rebuilding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from linlian.kernel import codec
from linlian.kernel.block import REFUSED, Block, Header
from linlian.kernel.contract import Event
from linlian.readmodel import stream
from linlian.readmodel.database import POSITION, Position
from linlian.readmodel.errors import RebuildNeeded
from linlian.readmodel.fingerprint import fingerprint
from linlian.readmodel.stream import BlockRow, EntryRow, ItemRow
from linlian.readmodel.view import Fact, Rows, View

Handler = Callable[[Rows, Any, Fact], None]


class Projection:
    """Applies blocks in order; `views` as `stream.in_order` gives them.

    Without `telling`, the businesses hear nothing: they know nothing of what came before, and could not follow.
    """

    def __init__(self, views: Sequence[View], *, telling: bool = True):
        self._fingerprint = fingerprint(views)
        self._handlers: dict[str, tuple[type[Event], list[Handler]]] = {}
        for view in views if telling else ():
            for name, kind, handler in view.handlers:
                self._handlers.setdefault(name, (kind, []))[1].append(handler)

    def begin_behind(self, db: Rows, header: Header) -> Position:
        """The rows begin behind this header: what came before is not kept here."""
        position = Position(self._fingerprint, header.chain, header.height, header.leaf())
        db.put(POSITION, position)
        return position

    def apply(self, db: Rows, block: Block, after: Position) -> Position:
        """Write the rows of the block that follows `after`; where the rows go to now. Raises RebuildNeeded."""
        header = block.header
        if header.height != after.height + 1 or after.chain not in ("", header.chain):
            raise RebuildNeeded("another_ledger")
        position = Position(self._fingerprint, header.chain, header.height, header.leaf())
        db.put(POSITION, position)
        db.add(
            stream.blocks,
            BlockRow(header.height, header.time, position.header_hash, header.release, header.count),
        )
        for index in range(len(block.items)):
            self._apply_item(db, block, index)
        return position

    def _apply_item(self, db: Rows, block: Block, index: int) -> None:
        item, receipt = stream.item_row(block, index), block.receipts[index]
        db.add(stream.items, item)
        stream.count(db, item)
        for event, entry in enumerate(receipt.entries):
            _, name, occurred_at, fields = codec.decode_plain_trusted(entry)
            row = EntryRow(item.height, index, event, item.time, occurred_at, name, stream.to_json(fields))
            db.add(stream.entries, row)
            for subject in receipt.subjects[event]:
                stream.name_subject(db, subject, row)
            if name == REFUSED:
                stream.add_refusal(db, item, fields)
            elif name in self._handlers:
                self._tell(db, item, row, fields)

    def _tell(self, db: Rows, item: ItemRow, row: EntryRow, fields: dict[str, Any]) -> None:
        kind, handlers = self._handlers[row.type]
        event = codec.typed(kind, fields)
        fact = Fact(
            type=row.type,
            height=item.height,
            receipt=item.receipt,
            event=row.event,
            item_id=item.item_id,
            command=item.command,
            source=item.source,
            signer=item.signer,
            key_id=item.key_id,
            time=item.time,
            occurred_at=row.occurred_at,
            offline=item.offline,
        )
        for handler in handlers:
            handler(db, event, fact)

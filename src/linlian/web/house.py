"""What the room needs from the node, and only that; `linlian.node.serving` hands the real one in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from linlian.engine.ledger import Ledger
from linlian.kernel.rulebook import Rulebook
from linlian.readmodel.audience import Reader
from linlian.readmodel.query import Query
from linlian.vault import Contents
from linlian.words import Words


class Rows(NamedTuple):
    """Rows of a query, the cursor for those behind them ("": none), and the height that they were read at."""

    rows: list[tuple[Any, ...]]
    next: str
    height: int


class House(Protocol):
    """An open community as the web sees it. Every call may block, and may raise LinlianError."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def rulebook(self) -> Rulebook: ...
    @property
    def contents(self) -> Contents: ...
    @property
    def queries(self) -> Mapping[str, Query]: ...
    @property
    def words(self) -> Words: ...

    def reader_of(self, account: bytes) -> Reader | None:
        """What an account is at this moment, by the ledger's own state; None if it may not act (any more)."""

    def page(self, query: Query, values: Mapping[str, Any], reader: Reader, after: str) -> Rows:
        """Rows of a query as this reader may see them. Raises ReadModelError (`readmodel.not_for_you`)."""

    def signer_of(self, item_id: bytes) -> bytes:
        """Who signed a committed transaction; b"" if there is none."""

    def may_read(self, subject: bytes, reader: Reader) -> bool:
        """Whether a reader may have the whole history of a subject."""

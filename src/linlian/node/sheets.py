"""What rows tell a sheet of money, and the state cannot be asked: the lines of a list, and what no bank's line is yet.

    known_of(house, "statement", fund, account)  ->  imports.Known(records=[...])

Only what the account may ask as well: the fund's parties see lists without names, and the books.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from linlian import imports
from linlian.community.programmes import views as plans
from linlian.community.transfers import views as money
from linlian.readmodel.audience import Reader
from linlian.readmodel.errors import ReadModelError
from linlian.readmodel.query import Query
from linlian.web.ask import by_function
from linlian.web.house import Rows

PAGE = 1_000


class Asked(Protocol):
    """What is needed of the house."""

    @property
    def queries(self) -> Mapping[str, Query]: ...
    def reader_of(self, account: bytes) -> Reader | None: ...
    def page(self, query: Query, values: Mapping[str, Any], reader: Reader, after: str) -> Rows: ...


def known_of(house: Asked, what: str, about: bytes, account: bytes) -> imports.Known:
    """Nothing where the account may not ask: then the import itself says why."""
    reader = house.reader_of(account)
    if reader is None:
        return imports.Known()
    try:
        if what == "payments":
            rows = _all(house, reader, plans.list_of_cycle, cycle=about)
            return imports.Known(lines={row.number: row.entitlement for row in rows})
        if what == "statement":
            return imports.Known(records=[*_records(house, reader, about)])
    except ReadModelError:
        return imports.Known()
    return imports.Known()


def _records(house: Asked, reader: Reader, fund: bytes) -> Iterator[imports.Record]:
    """What moved the fund's money and stands in no line of its statement."""
    for hop in _all(house, reader, money.hops_without_line, fund=fund):
        quoted = (hop.payment or hop.hop).hex()
        yield imports.Record("hop", hop.hop, hop.amount_minor, False, hop.sent_at, hop.recipient, quoted)
    for gift in _all(house, reader, money.gifts_without_line, fund=fund):
        yield imports.Record("gift", gift.gift, gift.amount_minor, True, gift.received_at, b"", gift.gift.hex())
    for row in _all(house, reader, money.refunds_without_line, fund=fund):
        yield imports.Record("refund", row.refund, row.amount_minor, False, row.ended_at, b"", row.refund.hex())


def _all(house: Asked, reader: Reader, query: Callable[..., list[Any]], **values: Any) -> Iterator[Any]:
    named, after = by_function(house.queries)[query], ""
    while True:
        found = house.page(named, {**values, "limit": PAGE}, reader, after)
        yield from found.rows
        after = found.next
        if not after:
            return

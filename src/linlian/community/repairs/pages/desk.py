"""For those who see to repairs: their organisation's board by state, the list of all, and a repairer's own work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linlian.community.repairs.pages.kit import pages
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.views.cards import CardRow, board, work_of
from linlian.community.repairs.views.desk import Number
from linlian.community.repairs.views.queries import Origin, open_requests
from linlian.community.repairs.views.rows import RequestRow
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.pages import ANY, Page

COLUMNS: tuple[tuple[str, tuple[State, ...]], ...] = (
    ("new", (State.REPORTED,)),
    ("to_assign", (State.TRIAGED, State.DISPUTED)),
    ("assigned", (State.ASSIGNED,)),
    ("at_work", (State.ACCEPTED, State.ON_SITE, State.DIAGNOSED)),
    ("answer", (State.DONE, State.CHECKED)),
    ("deferred", (State.DEFERRED,)),
)
"""The columns of the board and the states that stand in each."""
CARDS_MAX = 30
"""So many cards a column shows; beyond as many in all the table comes first, and the list has the rest."""
ROWS_MAX = 200
COUNTED_MAX = 1000
SOON_MS = 2 * 3_600_000


@dataclass(frozen=True)
class Column:
    """A column of the board: its first cards, the most pressing on top, and how many there are."""

    name: str
    cards: list[CardRow]
    count: int
    late: int


@dataclass(frozen=True)
class BoardPage(Page):
    """What an organisation has to see to, by state. `as_table`: the table comes first; `rows` are its lines. `more`:
    these are the first to be finished of more than a board counts.

    The filters stand in the address: a category, a building's number, only what is late, only what is mine.
    """

    columns: list[Column]
    late: int
    soon: int
    total: int
    more: bool
    rows: list[CardRow]
    as_table: bool
    categories: list[str]
    buildings: list[int]


@dataclass(frozen=True)
class ListPage(Page):
    """Open repairs, filtered by what stands in the address; `next` is the cursor for those behind."""

    rows: list[RequestRow]
    next: str
    state: str


@dataclass(frozen=True)
class WorkPage(Page):
    """A repairer's own list: what is in hand, by deadline."""

    cards: list[CardRow]


@pages.page("/board", template="board")
def board_page(
    ask: Ask,
    category: Category | None = None,
    building: Number | None = None,
    late: bool = False,
    mine: bool = False,
    view: Literal["", "board", "table"] = "",
) -> BoardPage:
    _require_desk(ask)
    found = ask.page(board, organisation=ask.reader.organisation, limit=COUNTED_MAX)
    everything = found.rows
    cards = [
        card
        for card in everything
        if category in (None, card.category)
        and building in (None, card.building)
        and (not late or _is_late(card, ask.now))
        and (not mine or ask.reader.account == card.executor or ask.reader.organisation == card.responsible)
    ]
    columns = []
    for name, states in COLUMNS:
        own = [card for card in cards if card.state in states]
        columns.append(Column(name, own[:CARDS_MAX], len(own), sum(_is_late(card, ask.now) for card in own)))
    return BoardPage(
        columns=columns,
        late=sum(column.late for column in columns),
        soon=sum(_is_soon(card, ask.now) for card in cards),
        total=len(cards),
        more=found.next != "",
        rows=cards[:ROWS_MAX],
        as_table=view == "table" or (view == "" and len(cards) > CARDS_MAX),
        categories=sorted({card.category for card in everything}),
        buildings=sorted({card.building for card in everything}),
        live=(ANY,),
    )


@pages.page("/repairs", template="list")
def list_page(ask: Ask, state: State | None = None) -> ListPage:
    _require_desk(ask)
    found = ask.page(open_requests, ask.after, state=state, origin=Origin.LIVE, limit=50)
    return ListPage(found.rows, found.next, state.value if state else "")


@pages.page("/work")
def work(ask: Ask) -> WorkPage:
    _require_desk(ask)
    cards = ask.rows(work_of, executor=ask.reader.account)
    return WorkPage(cards, live=(ask.reader.account, *(card.case_id for card in cards[:20])))


def _is_soon(card: CardRow, now: int) -> bool:
    return not card.done_at and not card.paused_at and now <= card.finish_by < now + SOON_MS


def _is_late(card: CardRow, now: int) -> bool:
    return card.state not in (State.DONE, State.CHECKED) and not card.paused_at and card.finish_by < now


def _require_desk(ask: Ask) -> None:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    if not ask.reader.organisation:
        raise WebError("web.not_for_you")

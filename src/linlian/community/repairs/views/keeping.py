"""What every step of a repair does to the rows: the request, the step, the tallies, and the latest news.

The front page asks for tallies, never for all repairs: a figure costs the same with a hundred and with a million.
Whatever is counted by a row is taken back before the row changes, and counted again as it is then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from linlian.community.places.views import places, within
from linlian.community.repairs.rules_steps import UNDONE, Standing, State
from linlian.community.repairs.rules_terms import Urgency
from linlian.community.repairs.views.flows import take
from linlian.community.repairs.views.rows import HolderRow, RequestRow, StepRow, holders, requests, steps, views
from linlian.readmodel.view import Fact, Rows

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
NEWS_KEPT = 64
BUILDING, FLOOR = "building", "floor"
"""Kinds of places, as `places` writes them."""


class TallyRow(NamedTuple):
    """How many there are of something on a day (its number since 1970, UTC; 0 where the day does not matter).

    open        repairs of ours that are not over, by state; those joined to another are not counted twice
    closed      repairs of ours by the day on which they were closed, and by timeliness
    disputed    "it is not repaired", by the day on which it was said
    news        steps that were news, ever
    """

    figure: str
    day: int
    value: str
    requests: int


class LightRow(NamedTuple):
    """Open repairs of ours on a floor of a building (empty: on none): `kind` is that of a common part, or `home`."""

    building: bytes
    floor: bytes
    kind: str
    waiting: int
    alarms: int


class AnsweredRow(NamedTuple):
    """Repairs that somebody said are done, by the day of that, and by the full hours since they were reported."""

    day: int
    hours: int
    requests: int


class NewsRow(NamedTuple):
    """Something that just happened in some repair, without saying in which. Only the last are kept, one a slot.

    `number` counts them, `day` begins it (UTC). No place in the ledger and no moment: with either, what is told here
    could be laid beside a record, or a home.
    """

    slot: int
    number: int
    type: str
    category: str
    building_number: int
    day: int


tallies = views.table("public_tally", TallyRow, key=3)
answered = views.table("answered", AnsweredRow, key=2)
lit = views.table("light", LightRow, key=3)
news_slots = views.table("news", NewsRow, indexes=("number",))


def keep(db: Rows, row: RequestRow, fact: Fact, standing: str = "", basis: str = "", detail: str = "") -> None:
    """Put the request as it is now, and add the step that led there."""
    before = db.get(requests, row.case_id)
    _recount(db, before, row, fact)
    _hand(db, before, row, fact)
    db.put(requests, row)
    step = StepRow(
        case_id=row.case_id,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        type=fact.type,
        state=row.state,
        time=fact.time,
        occurred_at=fact.occurred_at,
        actor=fact.signer,
        standing=standing,
        basis=basis,
        detail=detail,
        offline=fact.offline,
    )
    db.add(steps, step)
    if standing != Standing.CLOCK:
        take(db, row.case_id, fact)
    if not row.source:
        _tell(db, row, fact)


def tally(db: Rows, figure: str, day: int, value: str, by: int) -> int:
    """Count so many more, or fewer; how many there are now. What there is none of has no row."""
    row = db.get(tallies, figure, day, value)
    now = by + (0 if row is None else row.requests)
    if now:
        db.put(tallies, TallyRow(figure, day, value, now))
    else:
        db.delete(tallies, figure, day, value)
    return now


def _hand(db: Rows, before: RequestRow | None, row: RequestRow, fact: Fact) -> None:
    """Note who has it in hand now, and until when whoever had it before."""
    had, has = _holder(before), _holder(row)
    if had == has:
        return
    known = db.under(holders, row.case_id)
    if had:
        db.put(holders, known[-1]._replace(until=fact.time))
    if has:
        db.put(holders, HolderRow(row.case_id, len(known), has, fact.time))


def _holder(row: RequestRow | None) -> bytes:
    return row.executor if row is not None and row.state in UNDONE else b""


def _recount(db: Rows, before: RequestRow | None, row: RequestRow, fact: Fact) -> None:
    if before is not None and row.disputes > before.disputes:
        tally(db, "disputed", fact.time // DAY_MS, "", 1)
    was, now = {*_counted(before)}, {*_counted(row)}
    for by, keys in ((-1, was - now), (1, now - was)):
        for key in sorted(keys):
            tally(db, *key, by)
    _relight(db, before, row)
    was_answered, now_answered = _answer(before), _answer(row)
    if was_answered != now_answered:
        for by, answer in ((-1, was_answered), (1, now_answered)):
            if answer is not None:
                _count_answer(db, answer, by)


def _counted(row: RequestRow | None) -> Iterator[tuple[str, int, str]]:
    if row is None or row.source:
        return
    if not row.ended and not row.merged_into:
        yield "open", 0, str(row.state)
    if row.state == State.CLOSED:
        yield "closed", row.closed_at // DAY_MS, str(row.timeliness)


def _relight(db: Rows, before: RequestRow | None, row: RequestRow) -> None:
    """What waits behind the windows of a building, one less as it was and one more as it is."""
    was, now = _shines(before), _shines(row)
    if was == now:
        return
    held = {holder.kind: holder.holder for holder in db.under(within, row.place)}
    if BUILDING not in held:
        return
    place = db.the(places, row.place)
    key = (held[BUILDING], held.get(FLOOR, b""), place.kind if place.is_common else "home")
    known = db.get(lit, *key) or LightRow(*key, 0, 0)
    lights = LightRow(*key, known.waiting + now[0] - was[0], known.alarms + now[1] - was[1])
    if lights.waiting:
        db.put(lit, lights)
    else:
        db.delete(lit, *key)


def _shines(row: RequestRow | None) -> tuple[int, int]:
    """Whether it waits, and whether it endangers life; 0 or 1 each."""
    if row is None or row.source or row.ended or row.merged_into:
        return 0, 0
    return 1, int(row.urgency == Urgency.LIFE_SAFETY)


def _answer(row: RequestRow | None) -> tuple[int, int] | None:
    """The day and the full hours of an answer, if somebody gave one."""
    if row is None or row.source or row.state != State.CLOSED or row.closing == "silence":
        return None
    return row.closed_at // DAY_MS, (row.closed_at - row.reported_at) // HOUR_MS


def _count_answer(db: Rows, key: tuple[int, int], by: int) -> None:
    known = db.get(answered, *key)
    now = by + (0 if known is None else known.requests)
    if now:
        db.put(answered, AnsweredRow(*key, now))
    else:
        db.delete(answered, *key)


def _tell(db: Rows, row: RequestRow, fact: Fact) -> None:
    """Put it into the slot of the oldest news."""
    number = tally(db, "news", 0, "", 1)
    news = NewsRow(
        slot=number % NEWS_KEPT,
        number=number,
        type=fact.type,
        category=row.category,
        building_number=_building(db, row.place),
        day=fact.time // DAY_MS * DAY_MS,
    )
    db.put(news_slots, news)


def _building(db: Rows, place: bytes) -> int:
    """The number of the building that holds a place; 0 is none."""
    holder = next((row.holder for row in db.under(within, place) if row.kind == BUILDING), b"")
    return db.the(places, holder).number if holder else 0

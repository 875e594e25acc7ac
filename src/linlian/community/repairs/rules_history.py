"""What was before: repeats, and records imported from other systems.

Rules
- A report is a *repeat* of the case that was reported last for the same place and category, if that one is still
  open or ended at most 30 days before. Live cases are compared by committed time, imported ones by their source's.
  If that one's guarantee still runs, this one is covered by it.
- A record is imported once: its hash is a key. It fires no timers and waits for nobody; one that was still open may
  be triaged here, and its clocks begin then.
- Records are linked in the order in which they were reported, so an import sorts them. One that comes in late,
  older than the latest of its kind, is kept like any other but neither links nor is linked to.
- Categories of another system keep its name in front (`boston311.pothole_repair`), so that counting them is exact.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from linlian.community import identity, places
from linlian.community.identity import NOBODY, Role
from linlian.community.places import PlaceId
from linlian.community.repairs.rules import IMPORTED, NO_CASE, Case, CaseId, cases, contract
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import DAY_MS, Category, Clock, is_instant, urgency_of
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Event,
    Hash,
    Id,
    Label,
    Meta,
    Millis,
    Refused,
    Row,
    compose,
)

REPEAT_MS = 30 * DAY_MS

_OURS = tuple(category.value for category in Category)
_OUR_WORDS = tuple(dict.fromkeys(category.split(".")[0] for category in _OURS))


class Timeliness(StrEnum):
    """What the source of an imported record says of its own deadline."""

    ON_TIME = "on_time"
    OVERDUE = "overdue"
    NOT_STATED = "not_stated"


Source = Annotated[str, Meta(min_length=1, max_length=24, pattern=r"\A[a-z0-9_]*\Z")]
"""A short name of another system: boston311."""


class Latest(Row):
    """Of a place and category: the case that was reported last. Key: compose(place, category)."""

    case: Id


class Imported(Row):
    """The case that an external record became. Key: the record's hash, so that none is imported twice."""

    case: Id


class RecordHistory(Command):
    """One past case of another system. Times are that system's; 0 is none: without `closed_at` it is still open.

    `external` is SHA-256 of compose(source, the record's own id); `remainder` commits to all the rest of it.
    """

    source: Source
    external: Hash
    place: PlaceId
    category: Label
    reported_at: Millis
    timeliness: Timeliness
    remainder: Content
    target_at: Millis = 0
    closed_at: Millis = 0


@contract.event
class HistoryRecorded(Event):
    """An imported case, whole. Its `occurred_at` is `reported_at`; nothing in it was witnessed here."""

    case: CaseId
    place: PlaceId
    source: Source
    external: Hash
    category: Label
    reported_at: Millis
    timeliness: Timeliness
    remainder: Content
    target_at: Millis = 0
    closed_at: Millis = 0
    instant: bool = False
    repeats: bool = False


latests = contract.table("latest", Latest)
imports = contract.table("imported", Imported)


@contract.command
def record_history(ctx: Context, cmd: RecordHistory) -> None:
    """Put one past case on record."""
    identity.require_role(ctx, Role.CLERK, Role.GATEWAY)
    _check_record(ctx, cmd)
    places.require_place(ctx, cmd.place)
    known = imports.get(ctx, cmd.external)
    if known is not None:
        raise Refused("repairs.already_imported", case=known.case)
    case_id = ctx.new_id()
    repeat_of, _ = link_repeat(ctx, case_id, cmd.place, cmd.category, cmd.reported_at)
    instant = cmd.closed_at > 0 and is_instant(cmd.category, cmd.reported_at, cmd.closed_at)
    cases.put(ctx, case_id, _past_case(cmd, repeat_of, instant))
    imports.put(ctx, cmd.external, Imported(case_id))
    ctx.emit(
        HistoryRecorded(
            case=case_id,
            place=cmd.place,
            source=cmd.source,
            external=cmd.external,
            category=cmd.category,
            reported_at=cmd.reported_at,
            timeliness=cmd.timeliness,
            remainder=cmd.remainder,
            target_at=cmd.target_at,
            closed_at=cmd.closed_at,
            instant=instant,
            repeats=repeat_of != NO_CASE,
        ),
        occurred_at=cmd.reported_at,
    )


def _check_record(ctx: Context, cmd: RecordHistory) -> None:
    if cmd.source in _OUR_WORDS:
        raise Refused("repairs.source_reserved", source=cmd.source)
    if cmd.category not in _OURS and not cmd.category.startswith(f"{cmd.source}."):
        raise Refused("repairs.unknown_category", category=cmd.category, source=cmd.source)
    if cmd.reported_at == 0 or max(cmd.reported_at, cmd.closed_at) > ctx.time:
        raise Refused("repairs.history_in_future")
    if 0 < cmd.closed_at < cmd.reported_at:
        raise Refused("repairs.closed_before_reported")


def _past_case(cmd: RecordHistory, repeat_of: bytes, instant: bool) -> Case:
    state = State.CLOSED if cmd.closed_at else State.REPORTED
    return Case(
        state=state,
        back=state,
        category=cmd.category,
        urgency=urgency_of(cmd.category, None),
        place=cmd.place,
        reporter=NOBODY,
        reported_as=Standing.GATEWAY,
        reported_at=cmd.reported_at,
        opened_at=0,
        respond_by=0,
        finish_by=cmd.target_at,
        repeat_of=repeat_of,
        closed_at=cmd.closed_at,
        closing=IMPORTED if cmd.closed_at else "",
        late=(Clock.FINISH,) if cmd.timeliness is Timeliness.OVERDUE else (),
        instant=instant,
        imported=True,
    )


def link_repeat(ctx: Context, case_id: bytes, place: bytes, category: str, reported_at: int) -> tuple[bytes, bytes]:
    """Make a case the latest of its place and category; which it repeats and which guarantees it, or NO_CASE."""
    key = compose(place, category)
    latest = latests.get(ctx, key)
    last = None if latest is None else cases.get(ctx, latest.case)
    if last is not None and last.reported_at > reported_at:
        return NO_CASE, NO_CASE
    latests.put(ctx, key, Latest(case_id))
    if latest is None or last is None or last.category != category:
        return NO_CASE, NO_CASE
    recent = last.closed_at == 0 or reported_at - last.closed_at <= REPEAT_MS
    covered = last.state is State.CLOSED and reported_at < last.guaranteed_until
    return latest.case if recent else NO_CASE, latest.case if covered else NO_CASE


def unlink_repeat(ctx: Context, case_id: bytes, case: Case) -> None:
    """Undo `link_repeat` for a case that turns out to be of another category."""
    key = compose(case.place, case.category)
    latest = latests.get(ctx, key)
    if latest is None or latest.case != case_id:
        return
    if case.repeat_of == NO_CASE:
        latests.delete(ctx, key)
    else:
        latests.put(ctx, key, Latest(case.repeat_of))

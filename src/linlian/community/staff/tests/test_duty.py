"""Teams, shifts and duty: who is there now, and that nobody leaves with open work in their hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.community import identity, staff
from linlian.community.identity import Role
from linlian.community.identity.rules import AccountId
from linlian.community.identity.rules_accounts import (
    CloseAccount,
    ResumeAccount,
    SuspendAccount,
    SuspensionReason,
)
from linlian.community.identity.tests.village import Village
from linlian.community.staff import Trade, attends, duty, holds, is_in_team, keeps_shifts, on_duty, team, team_on_duty
from linlian.community.staff.rules_duty import (
    EARLY_MS_MAX,
    BeginDuty,
    CancelShift,
    DutyBegun,
    DutyEnded,
    EndDuty,
    ExtendShift,
    PlanShift,
    ShiftMissed,
    ShiftState,
    shifts,
)
from linlian.community.staff.rules_teams import COVERED_MAX, MEMBERS_MAX, ChangeTeam, DissolveTeam
from linlian.community.staff.tests.office import HOUR_MS, form, found_office, plan, shift_of, team_of
from linlian.kernel.contract import Command, Context, Contract, Count, Event, Refused

probe = Contract("probe", needs=(staff.contract,))


class GiveWork(Command):
    """What a business does that gives out work: somebody holds one more thing, or one less."""

    account: AccountId
    more: bool


@probe.event
class WorkGiven(Event):
    held: Count


@probe.command
def give_work(ctx: Context, cmd: GiveWork) -> None:
    identity.acting(ctx)
    (staff.hold if cmd.more else staff.let_go)(ctx, cmd.account)
    ctx.emit(WorkGiven(held=holds(ctx, cmd.account)))


@pytest.fixture
def village() -> Village:
    """The office, with something that gives out work."""
    return found_office(probe)


def state(village: Village, shift: bytes) -> ShiftState:
    row = village.town.get(shifts, shift)
    assert row is not None
    return row.state


def there(village: Village, who: str, time: int | None = None) -> bool:
    return on_duty(village.town.state, village.id(who), village.town.time if time is None else time)


def test_a_shift_is_begun_and_ended_by_its_member(village: Village) -> None:
    team_id = team_of(village, "repairer", "second")
    shift = shift_of(village, team_id, "repairer")
    village.town.advance(hours=1)
    assert not there(village, "repairer")
    begun: DutyBegun = village.do("repairer", BeginDuty(shift=shift)).the(DutyBegun)
    since = village.town.time
    assert there(village, "repairer")
    assert team_on_duty(village.town.state, team_id, since) == (village.id("repairer"),)
    assert [there(village, "repairer", t) for t in (since - 1, begun.until - 1, begun.until)] == [False, True, False]
    village.town.advance(hours=2)
    ended = village.do("repairer", EndDuty()).the(DutyEnded)
    assert (ended.forced, ended.held) == (False, 0)
    assert (state(village, shift), there(village, "repairer")) == (ShiftState.ENDED, False)
    assert there(village, "repairer", since + HOUR_MS), "the last duty is still known"
    assert village.town.advance(days=2) == [], "its timer went with it"
    village.town.check_invariants()


def test_who_does_not_come_has_missed_it(village: Village) -> None:
    shift = shift_of(village, team_of(village, "repairer"), "repairer")
    (event,) = village.town.advance(days=1)
    assert isinstance(event, ShiftMissed)
    assert state(village, shift) is ShiftState.MISSED
    assert village.refusal("repairer", BeginDuty(shift=shift)) == "staff.shift_closed"


def test_nobody_leaves_with_open_work_but_the_planned_end_comes_all_the_same(village: Village) -> None:
    shift = shift_of(village, team_of(village, "repairer"), "repairer")
    village.town.advance(hours=1)
    village.do("repairer", BeginDuty(shift=shift))
    for more in (True, True, False):
        village.do("dispatcher", GiveWork(account=village.id("repairer"), more=more))
    assert village.refusal("repairer", EndDuty()) == "staff.holds_open_work"
    (event,) = village.town.advance(hours=9)
    assert isinstance(event, DutyEnded)
    assert (event.forced, event.held) == (True, 1)
    row = duty(village.town.state, village.id("repairer"))
    assert row is not None
    assert row.ended_at == row.until, "to the millisecond"
    assert holds(village.town.state, village.id("repairer")) == 1, "what was held is held until somebody takes it"
    village.town.check_invariants()


def test_a_shift_that_lasts_longer_ends_later(village: Village) -> None:
    shift = shift_of(village, team_of(village, "repairer"), "repairer", hours=8)
    village.town.advance(hours=1)
    until = village.do("repairer", BeginDuty(shift=shift)).the(DutyBegun).until
    village.do("dispatcher", ExtendShift(shift=shift, until=until + 2 * HOUR_MS))
    assert village.town.advance(ms=until - village.town.time) == []
    assert there(village, "repairer")
    (event,) = village.town.advance(hours=2)
    assert isinstance(event, DutyEnded)


def test_half_an_hour_early_is_early_enough(village: Village) -> None:
    planned = plan(village, team_of(village, "repairer"), "repairer", begins_in=3)
    shift = village.do("dispatcher", planned).events[0].shift  # type: ignore[attr-defined]
    village.town.time = planned.starts - EARLY_MS_MAX - 2
    assert village.refusal("repairer", BeginDuty(shift=shift)) == "staff.too_early"
    village.do("repairer", BeginDuty(shift=shift))


def test_one_duty_at_a_time(village: Village) -> None:
    team_id = team_of(village, "repairer")
    first, second = (shift_of(village, team_id, "repairer", begins_in=0) for _ in range(2))
    village.do("repairer", BeginDuty(shift=first))
    assert village.refusal("repairer", BeginDuty(shift=second)) == "staff.already_on_duty"
    village.do("repairer", EndDuty())
    village.do("repairer", BeginDuty(shift=second))
    village.town.check_invariants()


def test_who_has_left_is_in_no_team(village: Village) -> None:
    team_id = team_of(village, "repairer", "second")
    assert is_in_team(village.town.state, team_id, village.id("second"))
    village.do("harmony", CloseAccount(account=village.id("second")))
    assert not is_in_team(village.town.state, team_id, village.id("second"))
    assert village.refusal("dispatcher", plan(village, team_id, "second")) == "staff.not_in_team"


def test_who_is_suspended_is_not_on_duty_and_comes_back_with_the_account(village: Village) -> None:
    team_id = team_of(village, "repairer")
    village.do("repairer", BeginDuty(shift=shift_of(village, team_id, "repairer", begins_in=0)))
    village.do("harmony", SuspendAccount(account=village.id("repairer"), reason=SuspensionReason.LOST_KEY))
    assert not there(village, "repairer")
    assert team_on_duty(village.town.state, team_id, village.town.time) == ()
    village.do("harmony", ResumeAccount(account=village.id("repairer")))
    assert there(village, "repairer")
    village.do("repairer", EndDuty())


def test_a_team_is_as_large_as_it_may_be(village: Village) -> None:
    people = [f"member {number}" for number in range(MEMBERS_MAX + 1)]
    for name in people:
        village.hire("harmony", name, Role.REPAIRER)
    places = tuple(bytes([number]) * 16 for number in range(COVERED_MAX))
    full = form(village, *people[:-1], trades=tuple(Trade), places=places)
    village.do("dispatcher", full)
    assert village.refusal("dispatcher", form(village, *people)) == "kernel.malformed"


def test_a_team_is_dissolved_once_it_has_no_shift(village: Village) -> None:
    team_id = team_of(village, "repairer")
    shift = shift_of(village, team_id, "repairer")
    assert village.refusal("clerk", DissolveTeam(team=team_id)) == "staff.team_has_shifts"
    village.do("clerk", CancelShift(shift=shift))
    village.do("clerk", DissolveTeam(team=team_id))
    found = team(village.town.state, team_id)
    assert found is not None
    assert found.dissolved
    assert village.refusal("dispatcher", plan(village, team_id, "repairer")) == "staff.unknown_team"
    village.town.check_invariants()


Make = Callable[[Village, bytes, bytes], Command]


def change(village: Village, team_id: bytes, *who: str, **more: Any) -> ChangeTeam:
    return ChangeTeam(team=team_id, members=tuple(village.id(name) for name in who), **more)


REFUSED: list[tuple[str, str, Make, str]] = [
    # what                    who           command                                          refused with
    ("a repairer's team", "repairer", lambda v, _t, _s: form(v, "repairer"), "identity.role_missing"),
    ("of nobody", "dispatcher", lambda v, _t, _s: form(v), "staff.nobody_in_team"),
    ("of another's", "dispatcher", lambda v, _t, _s: form(v, "fitter"), "staff.not_your_member"),
    ("of a pump", "dispatcher", lambda v, _t, _s: form(v, "pump"), "staff.not_a_person"),
    ("somebody twice", "dispatcher", lambda v, _t, _s: form(v, "second", "second"), "staff.member_twice"),
    (
        *("a trade twice", "dispatcher"),
        *(lambda v, _t, _s: form(v, "second", trades=(Trade.GAS,) * 2), "staff.trade_twice"),
    ),
    ("another's team", "rise", lambda v, t, _s: change(v, t, "fitter"), "staff.unknown_team"),
    ("changed to nobody", "clerk", lambda v, t, _s: change(v, t), "staff.nobody_in_team"),
    ("a shift of a stranger", "dispatcher", lambda v, t, _s: plan(v, t, "second"), "staff.not_in_team"),
    ("a shift of a day and more", "dispatcher", lambda v, t, _s: plan(v, t, "repairer", 1, 25), "staff.shift_too_long"),
    ("a shift of nothing", "dispatcher", lambda v, t, _s: plan(v, t, "repairer", 1, 0), "staff.shift_over"),
    ("a shift in the past", "dispatcher", lambda v, t, _s: plan(v, t, "repairer", -9, 8), "staff.shift_over"),
    ("a shift next year", "dispatcher", lambda v, t, _s: plan(v, t, "repairer", 24 * 93), "staff.too_far_ahead"),
    ("begun for another", "second", lambda _v, _t, s: BeginDuty(shift=s), "staff.not_your_shift"),
    ("begun too early", "repairer", lambda _v, _t, s: BeginDuty(shift=s), "staff.too_early"),
    ("one that is not there", "repairer", lambda _v, _t, _s: BeginDuty(shift=bytes(16)), "staff.unknown_shift"),
    ("ended though not begun", "repairer", lambda _v, _t, _s: EndDuty(), "staff.not_on_duty"),
    ("extended by nothing", "clerk", lambda _v, _t, s: ExtendShift(shift=s, until=1), "staff.extended_by_nothing"),
    ("cancelled by its member", "repairer", lambda _v, _t, s: CancelShift(shift=s), "identity.role_missing"),
    ("cancelled by another firm", "rise", lambda _v, _t, s: CancelShift(shift=s), "staff.unknown_team"),
]


@pytest.mark.parametrize(("case", "who", "make", "code"), REFUSED, ids=[case for case, *_ in REFUSED])
def test_it_is_refused(village: Village, case: str, who: str, make: Make, code: str) -> None:
    team_id = team_of(village, "repairer")
    shift = shift_of(village, team_id, "repairer", begins_in=5)
    assert village.refusal(who, make(village, team_id, shift)) == code, case
    village.town.check_invariants()


def test_a_shift_that_has_begun_is_not_cancelled_and_not_begun_twice(village: Village) -> None:
    shift = shift_of(village, team_of(village, "repairer"), "repairer", begins_in=0)
    village.do("repairer", BeginDuty(shift=shift))
    assert village.refusal("clerk", CancelShift(shift=shift)) == "staff.shift_begun"
    assert village.refusal("repairer", BeginDuty(shift=shift)) == "staff.shift_begun"


def test_whoever_is_taken_out_ends_the_shift_they_are_on_and_begins_no_other(village: Village) -> None:
    team_id = team_of(village, "repairer", "second")
    now, later = (shift_of(village, team_id, "repairer", begins_in=hours) for hours in (0, 9))
    village.do("repairer", BeginDuty(shift=now))
    village.do("clerk", change(village, team_id, "second"))
    assert there(village, "repairer")
    village.do("repairer", EndDuty())
    village.town.advance(hours=9)
    assert village.refusal("repairer", BeginDuty(shift=later)) == "staff.not_in_team"


def test_who_has_begun_or_missed_a_shift_keeps_shifts_while_they_are_in_the_team(village: Village) -> None:
    team_id = team_of(village, "repairer", "second")
    state, now = village.town.state, village.town.time
    assert not keeps_shifts(state, village.id("repairer")), "being in a team is no shift"
    shift = shift_of(village, team_id, "repairer", begins_in=0)
    shift_of(village, team_id, "second", begins_in=0, hours=2)
    assert attends(state, village.id("repairer"), now), "a plan is none either"
    village.do("repairer", BeginDuty(shift=shift))
    village.town.advance(hours=9)
    for name in ("repairer", "second"):
        assert keeps_shifts(state, village.id(name))
        assert not attends(state, village.id(name), village.town.time)
    village.do("clerk", change(village, team_id, "second"))
    assert not keeps_shifts(state, village.id("repairer"))
    assert attends(state, village.id("repairer"), village.town.time)
    village.do("clerk", DissolveTeam(team=team_id))
    assert not keeps_shifts(state, village.id("second"))
    assert not attends(state, village.id("anna"), village.town.time), "whoever works for nobody looks after nothing"


def test_shifts_are_counted_by_team(village: Village) -> None:
    teams_of_both = [team_of(village, "repairer", "second") for _ in range(2)]
    for team_id in teams_of_both:
        village.do("repairer", BeginDuty(shift=shift_of(village, team_id, "repairer", begins_in=0)))
        village.do("repairer", EndDuty())
    village.do("clerk", change(village, teams_of_both[0], "second"))
    assert keeps_shifts(village.town.state, village.id("repairer")), "in the other team they still do"
    village.do("clerk", change(village, teams_of_both[1], "second"))
    assert not keeps_shifts(village.town.state, village.id("repairer"))
    village.town.check_invariants()


DAYS = st.lists(
    st.tuples(
        st.sampled_from(["plan", "begin", "end", "cancel", "extend", "wait", "leave"]),
        st.integers(0, 1),
        st.integers(0, 11),
    ),
    max_size=30,
)


@settings(max_examples=30, deadline=None)
@given(DAYS)
def test_whatever_is_tried_shifts_duties_and_teams_agree(days: list[tuple[str, int, int]]) -> None:
    village = found_office()
    team_id = team_of(village, "repairer", "second")
    planned: list[bytes] = []
    for what, which, number in days:
        name = ("repairer", "second")[which]
        if what == "wait":
            village.town.advance(hours=number)
        elif what == "plan":
            if not is_in_team(village.town.state, team_id, village.id(name)):
                continue
            planned.append(shift_of(village, team_id, name, begins_in=number % 3, hours=1 + number))
        else:
            shift = planned[number % len(planned)] if planned else bytes(16)
            commands: dict[str, tuple[str, Command]] = {
                "begin": (name, BeginDuty(shift=shift)),
                "end": (name, EndDuty()),
                "cancel": ("clerk", CancelShift(shift=shift)),
                "extend": ("clerk", ExtendShift(shift=shift, until=village.town.time + number * HOUR_MS)),
                "leave": ("clerk", change(village, team_id, "repairer")),
            }
            who, command = commands[what]
            code = answer(village, who, command)
            assert code == "" or code.startswith("staff."), code
        village.town.check_invariants()


def answer(village: Village, who: str, command: Command) -> str:
    """The code of the refusal, or nothing."""
    try:
        village.do(who, command)
    except Refused as no:
        return no.code
    return ""


def test_a_planned_shift_is_what_was_planned(village: Village) -> None:
    command: PlanShift = plan(village, team_of(village, "repairer"), "repairer", begins_in=2, hours=8)
    shift = village.do("dispatcher", command).events[0].shift  # type: ignore[attr-defined]
    row = village.town.get(shifts, shift)
    assert row is not None
    assert (row.account, row.starts, row.until) == (village.id("repairer"), command.starts, command.until)

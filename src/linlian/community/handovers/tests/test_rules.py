"""Handing over: whoever has it offers it, somebody who is there takes it, and until then it is whose it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from linlian.community.handovers import offer_of
from linlian.community.handovers.rules import (
    AcceptHandover,
    DeclineHandover,
    HandoverAccepted,
    HandoverDeclined,
    HandoverOffered,
    OfferRepair,
    WithdrawHandover,
    offers,
)
from linlian.community.handovers.tests.shift import NOTE, Shifts, found_shifts, offer, on_duty, swift_case
from linlian.community.identity import Role
from linlian.community.repairs import Category, State, cases_held_by
from linlian.community.repairs.rules_held import HELD_MAX
from linlian.community.repairs.rules_triage import AssignRepair, RepairHandedOver
from linlian.community.repairs.rules_working import AcceptRepair
from linlian.community.repairs.tests.scene import HOUR, Scene, hire
from linlian.community.staff import EndDuty, holds
from linlian.kernel.contract import Command, replace


@pytest.fixture
def scene() -> Iterator[Shifts]:
    scene = found_shifts()
    yield scene
    scene.town.check_invariants()


def test_who_leaves_hands_over_and_a_colleague_has_it_once_they_accept(scene: Shifts) -> None:
    on_duty(scene, "repairer")
    on_duty(scene, "second")
    case_id = scene.in_state(State.ON_SITE)
    before = scene.case(case_id)
    assert scene.refusal("repairer", EndDuty()) == "staff.holds_open_work"
    offered = scene.do("repairer", offer(scene, case_id, "second")).the(HandoverOffered)
    assert (offered.holder, offered.colleague) == (scene.account("repairer"), scene.account("second"))
    assert scene.case(case_id) == before, "an offer changes nothing"
    assert scene.refusal("repairer", EndDuty()) == "staff.holds_open_work"
    scene.town.advance(hours=1)
    outcome = scene.do("second", AcceptHandover(case=case_id))
    moved = outcome.the(RepairHandedOver)
    assert (moved.executor, moved.replaced) == (scene.account("second"), scene.account("repairer"))
    assert HOUR < outcome.the(HandoverAccepted).waited_ms < HOUR + 10
    after = scene.case(case_id)
    assert after == replace(before, executor=after.executor), "neither state nor promises move"
    assert (holds(scene.town.state, scene.account("repairer")), holds(scene.town.state, after.executor)) == (0, 1)
    scene.do("repairer", EndDuty())
    assert scene.refusal("repairer", scene.command("diagnose_repair", case_id)[1]) == "repairs.not_yours"


def test_who_declines_leaves_it_where_it_is(scene: Shifts) -> None:
    on_duty(scene, "second")
    case_id = scene.in_state(State.ACCEPTED)
    scene.do("repairer", offer(scene, case_id, "second"))
    declined = scene.do("second", DeclineHandover(case=case_id, handover_note=NOTE)).the(HandoverDeclined)
    assert declined.colleague == scene.account("second")
    assert scene.case(case_id).executor == scene.account("repairer")
    assert scene.refusal("second", AcceptHandover(case=case_id)) == "handovers.nothing_offered"


def test_whoever_of_the_team_comes_next_takes_it(scene: Shifts) -> None:
    on_duty(scene, "repairer")
    case_id = scene.in_state(State.DIAGNOSED)
    scene.do("repairer", offer(scene, case_id, team=scene.night))
    assert scene.refusal("late", DeclineHandover(case=case_id)) == "handovers.not_for_you", "they just do not take it"
    scene.town.advance(hours=9)
    assert scene.case(case_id).executor == scene.account("repairer"), "though they have left"
    on_duty(scene, "late", team=scene.night)
    scene.do("late", AcceptHandover(case=case_id))
    assert cases_held_by(scene.town.state, scene.account("late")) == (case_id,)


def test_a_later_offer_takes_the_place_of_an_earlier_one(scene: Shifts) -> None:
    on_duty(scene, "second")
    case_id = scene.in_state(State.ACCEPTED)
    scene.do("repairer", offer(scene, case_id, "second"))
    scene.do("repairer", offer(scene, case_id, team=scene.night))
    scene.do("second", AcceptHandover(case=case_id))
    assert scene.case(case_id).executor == scene.account("second"), "as one of the night team"


def test_an_offer_counts_as_long_as_whoever_made_it_has_the_case(scene: Shifts) -> None:
    on_duty(scene, "second")
    given, done, kept = (scene.in_state(State.ACCEPTED) for _ in range(3))
    for case_id in (given, done, kept):
        scene.do("repairer", offer(scene, case_id, "second"))
    scene.do("dispatcher", AssignRepair(case=given, executor=scene.account("late")))
    scene.take(done, "arrive_on_site", "diagnose", "finish")
    scene.do("repairer", WithdrawHandover(case=kept))
    for case_id in (given, done, kept):
        assert offer_of(scene.town.state, case_id) is None
        assert scene.refusal("second", AcceptHandover(case=case_id)) == "handovers.nothing_offered"
    scene.take(done, "dispute")
    assert scene.town.get(offers, done) is not None
    assert offer_of(scene.town.state, done) is not None, "it is in the same hands again, and still offered"


def test_who_keeps_no_shifts_is_never_in_the_way_of_anybody(scene: Shifts) -> None:
    """A contractor's people: never asked to hand over, and they may all the same, at any hour."""
    case_id = swift_case(scene)
    scene.do("swift_dispatcher", AssignRepair(case=case_id, executor=scene.account("swift_repairer")))
    scene.do("swift_repairer", AcceptRepair(case=case_id))
    scene.town.advance(days=1)
    scene.do("swift_repairer", offer(scene, case_id, "swift_second"))
    scene.do("swift_second", AcceptHandover(case=case_id))
    assert scene.case(case_id).executor == scene.account("swift_second")


def test_nobody_takes_over_more_than_they_can_hand_on(scene: Shifts) -> None:
    on_duty(scene, "second")
    case_id = scene.in_state(State.ACCEPTED)
    scene.do("repairer", offer(scene, case_id, "second"))
    for _ in range(HELD_MAX):
        full = scene.in_state(State.TRIAGED)
        scene.do("dispatcher", AssignRepair(case=full, executor=scene.account("second")))
    assert scene.refusal("second", AcceptHandover(case=case_id)) == "repairs.hands_full"


HANDED = (State.ASSIGNED, State.ACCEPTED, State.ON_SITE, State.DIAGNOSED, State.DISPUTED, State.DEFERRED)


@pytest.mark.parametrize("state", State)
def test_it_is_handed_over_in_every_state_in_which_somebody_has_it(scene: Shifts, state: State) -> None:
    on_duty(scene, "second")
    case_id = scene.in_state(state)
    command = offer(scene, case_id, "second")
    if state in HANDED:
        scene.do("repairer", command)
        scene.do("second", AcceptHandover(case=case_id))
        assert (scene.case(case_id).state, scene.case(case_id).executor) == (state, scene.account("second"))
    else:
        finished = state in (State.DONE, State.CHECKED, State.CLOSED)
        assert scene.refusal("repairer", command) == ("handovers.not_in_hand" if finished else "repairs.not_yours")


WHO_MAY = (
    # by               offers it            accepts it                 declines it             withdraws it
    ("repairer", "", "handovers.not_for_you", "handovers.not_for_you", ""),
    ("second", "repairs.not_yours", "", "", "handovers.not_in_hand"),
    ("late", "repairs.not_yours", "handovers.not_for_you", "handovers.not_for_you", "handovers.not_in_hand"),
    ("dispatcher", "repairs.not_yours", "handovers.not_for_you", "handovers.not_for_you", "handovers.not_in_hand"),
    ("boss", "repairs.not_yours", "handovers.not_for_you", "handovers.not_for_you", "handovers.not_in_hand"),
    ("desk", "repairs.not_yours", "handovers.not_for_you", "handovers.not_for_you", "handovers.not_in_hand"),
    ("swift_repairer", "repairs.not_yours", "handovers.not_for_you", "handovers.not_for_you", "handovers.not_in_hand"),
    ("supervisor", "repairs.not_yours", "handovers.not_for_you", "handovers.not_for_you", "handovers.not_in_hand"),
    ("anna", "repairs.not_yours", "handovers.not_for_you", "handovers.not_for_you", "handovers.not_in_hand"),
)


@pytest.mark.parametrize(("who", "offers_it", "accepts", "declines", "withdraws"), WHO_MAY)
def test_who_may(scene: Shifts, who: str, offers_it: str, accepts: str, declines: str, withdraws: str) -> None:
    """The repairer has it and offers it to the second; `late` is another repairer of the same company."""
    on_duty(scene, "second")
    tried: tuple[tuple[Callable[[bytes], Command], str], ...] = (
        (lambda case_id: offer(scene, case_id, "second"), offers_it),
        (lambda case_id: AcceptHandover(case=case_id), accepts),
        (lambda case_id: DeclineHandover(case=case_id), declines),
        (lambda case_id: WithdrawHandover(case=case_id), withdraws),
    )
    for number, (make, code) in enumerate(tried):
        case_id = scene.in_state(State.ACCEPTED)
        if number:
            scene.do("repairer", offer(scene, case_id, "second"))
        if code:
            assert scene.refusal(who, make(case_id)) == code
        else:
            scene.do(who, make(case_id))


Make = Callable[[Shifts, bytes], Command]
REFUSED: tuple[tuple[str, str, Make, str], ...] = (
    # what                      who          command                                             refused with
    ("to nobody", "repairer", lambda s, c: OfferRepair(case=c, handover_note=NOTE), "handovers.name_one"),
    ("to two", "repairer", lambda s, c: offer(s, c, "second", s.night), "handovers.name_one"),
    ("to oneself", "repairer", lambda s, c: offer(s, c, "repairer"), "handovers.to_yourself"),
    ("to somebody away", "repairer", lambda s, c: offer(s, c, "second"), "handovers.not_there"),
    ("to another company", "repairer", lambda s, c: offer(s, c, "swift_repairer"), "repairs.not_your_repairer"),
    ("to a dispatcher", "repairer", lambda s, c: offer(s, c, "dispatcher"), "repairs.not_your_repairer"),
    ("to no team", "repairer", lambda s, c: offer(s, c, team=bytes(16)), "handovers.no_such_team"),
    ("of no case", "repairer", lambda s, _: offer(s, bytes(16), "second"), "repairs.unknown_case"),
    ("what nobody offers", "late", lambda _s, c: AcceptHandover(case=c), "handovers.nothing_offered"),
    ("nothing declined", "late", lambda _s, c: DeclineHandover(case=c), "handovers.nothing_offered"),
    ("nothing withdrawn", "repairer", lambda _s, c: WithdrawHandover(case=c), "handovers.nothing_offered"),
    ("of no case accepted", "late", lambda _s, _c: AcceptHandover(case=bytes(16)), "repairs.unknown_case"),
)


@pytest.mark.parametrize(("what", "who", "make", "code"), REFUSED, ids=[what for what, *_ in REFUSED])
def test_it_is_refused(scene: Shifts, what: str, who: str, make: Make, code: str) -> None:
    shift = on_duty(scene, "second", hours=1)
    assert shift
    scene.town.advance(hours=2)
    case_id = scene.in_state(State.ACCEPTED)
    assert scene.refusal(who, make(scene, case_id)) == code, what


def test_who_keeps_shifts_accepts_on_duty(scene: Shifts) -> None:
    on_duty(scene, "late", hours=1, team=scene.night)
    scene.town.advance(hours=2)
    case_id = scene.in_state(State.ACCEPTED)
    scene.do("repairer", offer(scene, case_id, team=scene.night))
    assert scene.refusal("late", AcceptHandover(case=case_id)) == "handovers.begin_duty_first"
    on_duty(scene, "late", team=scene.night)
    scene.do("late", AcceptHandover(case=case_id))


def test_who_lacks_the_licence_is_not_handed_such_work(scene: Shifts) -> None:
    case_id = scene.report(category=Category.GAS_SMELL)
    scene.take(case_id, "triage", "assign", "accept", "arrive_on_site")
    hire(scene, "harmony", "unlicensed", Role.REPAIRER)
    assert scene.refusal("repairer", offer(scene, case_id, "unlicensed")) == "repairs.no_licence"


def entries(scene: Scene, event: Any) -> list[bytes]:
    return [value for value in (getattr(event, name) for name in event.__struct_fields__) if isinstance(value, bytes)]


def test_no_event_of_one_case_names_another(scene: Shifts) -> None:
    on_duty(scene, "second")
    first, other = scene.in_state(State.ACCEPTED), scene.in_state(State.ACCEPTED, name="bo")
    for case_id in (first, other):
        outcome = scene.do("repairer", offer(scene, case_id, "second"))
        taken = scene.do("second", AcceptHandover(case=case_id))
        for event in (*outcome.events, *taken.events):
            assert ({first, other} - {case_id}).isdisjoint(entries(scene, event))

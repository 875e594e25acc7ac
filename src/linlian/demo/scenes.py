"""What the demo promises to show, in the second half of the year: the hard cases, and every kind of "no".

a lift that keeps stopping, until the part is replaced       a roof that leaks whenever it rains
people trapped, in time and too late                         gas: it cannot be put off
a grandmother without a telephone, and her helper            a tenant who has left
a landlord whose yes is given by the company                 an offline "done" that comes too late
the long holidays, in which working time stands still
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from linlian.community.repairs.rules_terms import Category
from linlian.demo.acts import DAY, DAYS, HOUR, MINUTE, Telling, answers, tales
from linlian.demo.courses import (
    Course,
    accepted_late,
    disputed,
    finished_late,
    opened_again,
    ordinary,
    put_off,
    too_quick,
    unanswered,
    without_network,
)
from linlian.demo.lives import STEPS, Life
from linlian.demo.people import FAMILY_HOME, GRANDMOTHER_HOME, HELPER_HOME, TENANT_HOME
from linlian.demo.settling import SETTLED_DAY

LIFT, ROOF = "b2s1lift1", "b1roof"
LATER = 181
"""Scenes count their days from the middle of the year."""
_C = Category


class Feast(NamedTuple):
    """Days off together: the first of them, in days of the story, and how many."""

    first: int
    days: int


def play(telling: Telling, feasts: Sequence[Feast]) -> None:
    """All scenes."""
    for feast in feasts:
        if SETTLED_DAY < feast.first < DAYS - 30:
            _over_a_feast(telling, feast)
    _lift_that_stops(telling)
    _roof_that_leaks(telling)
    _trapped(telling)
    _danger(telling)
    _grandmother(telling)
    _family(telling)
    _tenant(telling)
    _landlord(telling)
    _list_and_help(telling)
    _put_off_for_long(telling)
    _done_in_no_time(telling)
    _refusals(telling)


def _life(
    telling: Telling, category: Category, place: str, reporter: str, day: int, hour: int = 10, called: str = ""
) -> Life:
    at = (LATER + day) * DAY + hour * HOUR + telling.some(0, 59)
    return Life(telling, tales()[category], place, reporter, at, called)


def _over_a_feast(telling: Telling, feast: Feast) -> None:
    """Reported on its eve, done on the first day after it, and in time: working time stood still meanwhile.

    What is urgent does not wait for the end of any holiday.
    """
    eve, after = (feast.first - 1) * DAY + 16 * HOUR, (feast.first + feast.days) * DAY + 9 * HOUR
    for category, place, reporter in (
        (_C.DOOR_LOCK, HELPER_HOME, "helper"),
        (_C.INTERCOM_FAULT, FAMILY_HOME, "husband"),
        (_C.CAMERA_FAULT, "gate-camera", "grid-worker"),
    ):
        life = Life(telling, tales()[category], place, reporter, eve + telling.some(1, 50))
        life.report()
        life.handle(last="assign")
        life.wait(5, 40)
        life.step("accept")
        life.now = after + telling.some(10, 300)
        life.handle(first="arrive")
        life.notice()
        life.wait(60, 200)
        life.confirm(reporter if reporter != "grid-worker" else "second-grid-worker")
    leak = Life(telling, tales()[_C.WATER_LEAK], FAMILY_HOME, "resident", eve + 2 * DAY)
    leak.report()
    leak.handle()
    leak.wait(30, 200)
    leak.confirm("resident")


def _lift_that_stops(telling: Telling) -> None:
    """Nine times in fourteen weeks: eight times somebody resets it, the ninth time it gets the new part."""
    courses: tuple[tuple[int, Course], ...] = (
        (18, ordinary),
        (29, ordinary),
        (37, unanswered),
        (46, accepted_late),
        (58, ordinary),
        (70, without_network),
        (83, finished_late),
        (97, disputed),
        (111, put_off),
    )
    for day, course in courses:
        reporter, called = telling.chance.choice(("resident", "husband", "head-2")), "lift-stops" if day == 111 else ""
        life = _life(telling, _C.LIFT_STOPPED, LIFT, reporter, day, 18, called)
        life.found = life.tale.found[-1:] if called else life.tale.found[:1]
        life.report()
        course(life, "head-2")


def _roof_that_leaks(telling: Telling) -> None:
    """After each rain. The head of the building and the committee do not believe in patches."""
    courses: tuple[tuple[int, Course], ...] = (
        (24, ordinary),
        (42, disputed),
        (66, finished_late),
        (95, opened_again),
        (138, disputed),
    )
    for day, course in courses:
        life = _life(telling, _C.ROOF_LEAK, ROOF, telling.chance.choice(("head-1", "helper")), day, 8)
        life.report()
        course(life, "head-1")


def _trapped(telling: Telling) -> None:
    """Twice in time; the third time the lift firm's man stands in a traffic jam."""
    for day, lift, reporter in ((52, LIFT, "husband"), (88, LIFT, "resident"), (141, "b3s1lift1", "head-3")):
        life = _life(telling, _C.LIFT_TRAPPED, lift, reporter, day, 18, "trapped" if day == 141 else "")
        life.report()
        if day == 141:
            life.handle(last="accept")
            life.wait(31, 38)
            life.handle(first="arrive")
        else:
            life.handle()
        life.wait(10, 60)
        life.confirm(reporter)


def _danger(telling: Telling) -> None:
    """A smell of gas cannot be deferred; sparks and an open manhole do not wait for the morning."""
    gas = _life(telling, _C.GAS_SMELL, FAMILY_HOME, "resident", 75, 7, "gas-smell")
    gas.report()
    gas.handle(last="assign")
    gas.wait(1, 1)
    gas.defer("dispatcher", 1, "access", no="repairs.life_safety_cannot_wait")
    gas.handle(first="accept", last="arrive")
    gas.act(gas.executor, "diagnose_repair", no="repairs.not_made_safe", cause="loose")
    gas.handle(first="diagnose")
    gas.wait(20, 60)
    gas.confirm("husband")
    sparks = _life(telling, _C.POWER_SPARKS, TENANT_HOME, "next-tenant", 122, 22)
    sparks.report()
    sparks.handle()
    sparks.wait(10, 40)
    sparks.confirm("next-tenant")
    hole = _life(telling, _C.MANHOLE_OPEN, "grounds", "grid-worker", 134, 6)
    hole.report(urgency="life_safety")
    hole.handle()
    hole.wait(30, 90)
    hole.confirm("second-grid-worker")


def _grandmother(telling: Telling) -> None:
    """She rings the desk, or asks her neighbour; the neighbour says for her that it is repaired, and it shows."""
    by_telephone = _life(telling, _C.WATER_LEAK, GRANDMOTHER_HOME, "grandmother", 33, 9)
    by_telephone.report(by="desk")
    ordinary(by_telephone, "helper")
    by_helper = _life(telling, _C.POWER_FAULT, GRANDMOTHER_HOME, "grandmother", 81, 19, "grandmothers-lamp")
    by_helper.report(by="helper")
    disputed(by_helper, "helper")
    alone = _life(telling, _C.DOOR_LOCK, GRANDMOTHER_HOME, "grandmother", 150, 16)
    alone.report(by="desk")
    alone.handle()
    alone.notice(how="call")


def _family(telling: Telling) -> None:
    """The daughter reports, the mother confirms; a bulb is withdrawn."""
    lamp = _life(telling, _C.POWER_FAULT, FAMILY_HOME, "daughter", 49, 20)
    lamp.report()
    ordinary(lamp, "resident")
    window = _life(telling, _C.WINDOW_BROKEN, FAMILY_HOME, "husband", 103, 21)
    window.report()
    put_off(window, "husband")


def _tenant(telling: Telling) -> None:
    """He leaves on day 96. What he reported stays his; he can report nothing there any more."""
    before = _life(telling, _C.WATER_BLOCKED, TENANT_HOME, "tenant", 61, 20)
    before.report()
    ordinary(before, "tenant")
    after = _life(telling, _C.DOOR_LOCK, TENANT_HOME, "tenant", 99, 12)
    after.report(no="repairs.no_right_to_report")


def _landlord(telling: Telling) -> None:
    """He wanted the company's desk to say yes for him, and could not. It tries all the same; and
    he, who lives elsewhere, leaves it to whoever lives there.
    """
    damp = _life(telling, _C.WALL_DAMP, TENANT_HOME, "landlord", 108, 11, "landlords-wall")
    damp.report()
    damp.handle()
    damp.wait(60, 300)
    damp.wait_for_daytime()
    damp.confirm("desk", no="repairs.not_yours")
    damp.wait(30, 200)
    damp.confirm("landlord", no="repairs.no_right_to_confirm")
    damp.wait(30, 200)
    damp.confirm("next-tenant")


def _list_and_help(telling: Telling) -> None:
    """It goes on the list and somebody takes it; the lift firm lends its ladder."""
    lamp = _life(telling, _C.LIGHTING_COMMON, "b3s1stair", "head-3", 64, 9)
    lamp.report()
    lamp.handle(last="triage")
    lamp.wait(5, 20)
    lamp.act("dispatcher", "assign_repair")
    lamp.wait(5, 20)
    lamp.act(lamp.executor, "take_repair")
    lamp.act("dispatcher", "call_help", organisation="shengping-lift")
    lamp.handle(first="arrive", last="diagnose")
    lamp.act("lift-repairer", "note_help", words=answers("help")[0])
    lamp.handle(first="finish")
    lamp.notice()
    lamp.wait(60, 600)
    lamp.wait_for_daytime()
    lamp.confirm("head-3")


def _put_off_for_long(telling: Telling) -> None:
    """The paving waits for the road works: looked at twice, then done."""
    paving = _life(telling, _C.PAVING_BROKEN, "grounds", "committee", 40, 10)
    paving.report()
    paving.handle(last="accept")
    paving.wait(60, 300)
    paving.act("dispatcher", "defer_repair", until=paving.now + 30 * DAY, reason="approval", review=True)
    for days in (32, 30):
        paving.now += days * DAY
        words = answers("review")[0]
        paving.act("dispatcher", "review_repair", until=paving.now + 30 * DAY, words=words)
    paving.now += 12 * DAY
    paving.act("dispatcher", "resume_repair")
    paving.wait(60, 300)
    paving.wait_for_daytime()
    paving.handle(first="arrive")
    paving.notice()
    paving.wait(60, 600)
    paving.wait_for_daytime()
    paving.confirm("committee")


def _done_in_no_time(telling: Telling) -> None:
    """Reported, and done within minutes: nobody can have been there."""
    for day, place, reporter in ((72, FAMILY_HOME, "husband"), (126, TENANT_HOME, "next-tenant")):
        socket = _life(telling, _C.INTERCOM_FAULT, place, reporter, day, 10)
        socket.report()
        too_quick(socket, reporter)


def _refusals(telling: Telling) -> None:
    """What people try, and what stays on the record of it."""
    _confirmed_by_its_repairer(telling)
    _sent_to_strangers(telling)
    _done_too_late(telling)
    lock = _life(telling, _C.DOOR_LOCK, FAMILY_HOME, "resident", 90, 9)
    lock.report()
    ordinary(lock, "resident")
    lock.now += 41 * DAY
    lock.reopen("resident", no="repairs.too_late_to_reopen")
    leak = _life(telling, _C.HEATING_COLD, FAMILY_HOME, "husband", 129, 8)
    leak.report()
    leak.handle(last="accept")
    leak.wait(5, 20)
    leak.act("helper", "cancel_repair", no="repairs.not_yours", reason="withdrawn")
    leak.handle(first="arrive")
    leak.wait(60, 300)
    leak.confirm("resident")
    complaint = (LATER + 131) * DAY + 11 * HOUR
    suspend = {"account": "husband", "reason": "misuse"}
    no = "identity.wrong_kind_of_organisation"
    telling.add(complaint, "officer", "identity.suspend_account", no=no, **suspend)


def _confirmed_by_its_repairer(telling: Telling) -> None:
    """Who did the work says that it is done, and then that it is repaired: only the first is his to say."""
    lamp = _life(telling, _C.LIGHTING_COMMON, "b2s1stair", "head-2", 56, 19)
    lamp.report()
    lamp.handle()
    lamp.wait(2, 9)
    lamp.confirm(lamp.executor, no="repairs.not_yours")
    lamp.wait(2, 9)
    lamp.confirm("head-2", no="repairs.needs_a_check")
    lamp.wait(200, 900)
    lamp.wait_for_daytime()
    lamp.confirm("grid-worker")


def _sent_to_strangers(telling: Telling) -> None:
    """The company's dispatcher sends the lift firm's man without handing the case over; then it is put off too far."""
    door = _life(telling, _C.DOOR_ENTRANCE, "b2s1door", "daughter", 118, 17)
    door.report()
    door.handle(last="triage")
    own, door.executor = door.executor, "lift-repairer"
    door.wait(2, 6)
    door.step("assign", no="repairs.not_your_repairer")
    door.executor = own
    door.handle(first="assign", last="accept")
    door.wait(5, 20)
    door.defer(own, 120, "parts", no="repairs.until_out_of_range")
    door.handle(first="arrive")
    door.wait(100, 600)
    door.wait_for_daytime()
    door.confirm("head-2")


def _done_too_late(telling: Telling) -> None:
    """Two things cross: the reporter withdraws, while the repairer is in a cellar without a network and done."""
    sockets = _life(telling, _C.INTERCOM_FAULT, FAMILY_HOME, "husband", 113, 9, "crossed")
    sockets.report()
    sockets.handle(last="accept")
    sockets.wait(30, 60)
    sockets.step("arrive")
    done = {}
    for name in STEPS[4:]:
        sockets.wait(10, 40)
        done[name] = sockets.now
    sockets.wait(20, 60)
    sockets.act("husband", "cancel_repair", reason="withdrawn")
    sockets.now += 5 * HOUR + 3 * MINUTE
    for name, when in done.items():
        sockets.step(name, claimed=when, no="repairs.wrong_state")

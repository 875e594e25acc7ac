"""How shifts are handed over: two fitters stand by around the clock, twelve hours each, for the last two weeks.

Every third time whoever leaves has a leak half repaired, and the other takes it over; once they decline at first. At
the story's end, an hour after the last change, one leak is in the right hands, and one waits for Zhao Jian's yes:
whoever offered it has gone, so the dispatcher and the supervisor have been told.
"""

from __future__ import annotations

from typing import Any

from linlian.community.repairs.rules_terms import Category
from linlian.demo.acts import DAY, HOUR, MINUTE, Telling, answers, tales
from linlian.demo.court import Court
from linlian.demo.lives import Life
from linlian.demo.offices import CARDS_DAY

TEAM = "team-emergency"
CREW = ("repairer", "night-fitter")
SPAN = 12 * HOUR
SINCE_LAST = HOUR
"""So long before the story's end somebody left and somebody came."""
CHANGES = 27
REFUSED_FIRST = 6
"""At this change, counted from the last, the one who comes declines."""


def play(telling: Telling, court: Court, end: int) -> None:
    """The team, its shifts up to tomorrow, and what was handed over at their ends."""
    at = CARDS_DAY * DAY + 16 * HOUR + 30 * MINUTE
    telling.add(at, "dispatcher", "staff.form_team", TEAM, code=TEAM, members=CREW, trades=("plumbing", "heating"))
    for number in range(CHANGES, -2, -1):
        begins, who = end - SINCE_LAST - number * SPAN, CREW[number % 2]
        shift = f"shift-{TEAM}-{number}"
        plan: dict[str, Any] = {"team": TEAM, "account": who, "starts": begins, "until": begins + SPAN}
        telling.add(begins - 2 * DAY, "dispatcher", "staff.plan_shift", shift, **plan)
        telling.add(begins - 8 * MINUTE, who, "staff.begin_duty", shift=shift)
        if number % 3 == 0 and number < CHANGES:
            _change(telling, court, number, begins)


def _change(telling: Telling, court: Court, number: int, at: int) -> None:
    """Somebody comes at `at`, and takes over what the other has half repaired."""
    leaves, comes = CREW[(number + 1) % 2], CREW[number % 2]
    life = _leak(telling, court, number, at, leaves)
    _offer(life, at - 6 * MINUTE, comes)
    if number == REFUSED_FIRST:
        life.now = at - 4 * MINUTE
        life.act(comes, "decline_handover", business="handovers", handover_note=answers("decline")[0])
        life.now = at - 3 * MINUTE
        note = answers("handover")[1]
        life.act(leaves, "offer_repair", business="handovers", team=TEAM, handover_note=note)
        at += 20 * MINUTE
    life.now = at - 2 * MINUTE
    life.act(comes, "accept_handover", business="handovers")
    life.executor = comes
    if number == 0:
        waiting = _leak(telling, court, CHANGES, at, leaves)
        _offer(waiting, at - MINUTE, comes)
        return
    life.now = at
    life.handle(first="diagnose")
    life.notice()
    life.wait(10, 120)
    life.wait_for_daytime(7, 22)
    life.confirm(life.reporter)


def _leak(telling: Telling, court: Court, number: int, at: int, who: str) -> Life:
    """Water where it should not be, three hours before the change; whoever leaves then is on site."""
    somebody = court.somebody(1 + number * 5 % court.houses, 2 + number % 5)
    life = Life(telling, tales()[Category.WATER_LEAK], somebody.home, somebody.key, at - 3 * HOUR)
    life.executor = who
    life.report()
    life.handle(last="accept")
    life.wait(15, 40)
    life.step("arrive")
    return life


def _offer(life: Life, at: int, comes: str) -> None:
    life.now = at
    note = life.telling.chance.choice(answers("handover"))
    life.act(life.executor, "offer_repair", business="handovers", colleague=comes, handover_note=note)

"""The courses that a repair can take, and how often each comes: most are ordinary.

A course is told after the report: `ordinary(life, "resident")`, where the second is whoever answers.
"""

from __future__ import annotations

from collections.abc import Callable

from linlian.demo.acts import DAY, HOUR, answers
from linlian.demo.lives import AT_ONCE, STEPS, Life

Course = Callable[[Life, str], None]


def ordinary(life: Life, answerer: str) -> None:
    """Handled in time, and confirmed within two days."""
    life.handle()
    _answered(life)
    life.confirm(answerer)


def unanswered(life: Life, _answerer: str) -> None:
    """They are told, and nobody says anything: after seven days the clock closes it, and it is no confirmation."""
    life.handle()
    life.notice()


def accepted_late(life: Life, answerer: str) -> None:
    """Nobody takes it before the deadline."""
    life.handle(last="assign")
    life.wait_past_response()
    life.step("accept")
    life.handle(first="arrive")
    _answered(life)
    life.confirm(answerer)


def finished_late(life: Life, answerer: str) -> None:
    """Accepted in time, and then left lying."""
    life.handle(last="accept")
    life.wait_past_finish()
    life.wait_for_daytime()
    life.handle(first="arrive")
    _answered(life)
    life.confirm(answerer)


def disputed(life: Life, answerer: str) -> None:
    """Not repaired, says the resident; somebody comes again."""
    life.handle()
    _answered(life)
    life.dispute(answerer)
    life.wait(60, 900)
    life.wait_for_daytime()
    for name in STEPS[3:]:
        life.wait(10, 80)
        life.step(name)
    _answered(life)
    life.confirm(answerer)


def passed_on(life: Life, answerer: str) -> None:
    """The first repairer has no time, and the dispatcher sends another."""
    first, others = life.executor, ("repairer", "electrician", "handyman", *life.crew.repairers)
    life.handle(last="assign")
    if life.crew.responsible:
        others = life.crew.repairers
    life.executor = next(other for other in others if other != first)
    life.wait(5, 12)
    life.step("assign")
    life.handle(first="accept")
    _answered(life)
    life.confirm(answerer)


def put_off(life: Life, answerer: str) -> None:
    """A part must come, or nobody is at home: deferred, and taken up by the dispatcher or by the clock."""
    chance = life.telling.chance
    life.handle(last="accept")
    life.wait(20, 120)
    until = life.defer(life.executor, chance.randint(2, 8), chance.choice(("parts", "parts", "access", "agreed")))
    if chance.random() < 0.5:
        life.now = until - chance.randint(10, 30) * HOUR
        life.act(life.crew.dispatcher, "resume_repair")
    else:
        life.now = until
    life.wait(20, 200)
    life.wait_for_daytime()
    life.handle(first="arrive")
    _answered(life)
    life.confirm(answerer)


def withdrawn(life: Life, _answerer: str) -> None:
    """The reporter needs nobody any more."""
    life.handle(last=life.telling.chance.choice(("triage", "assign", "accept")))
    life.wait(20, 300)
    life.act(life.reporter, "cancel_repair", reason="withdrawn", words=answers("withdraw")[0])


def nothing_found(life: Life, _answerer: str) -> None:
    """Somebody goes and sees that all is well; the dispatcher ends it."""
    life.handle(last="arrive")
    life.wait(10, 60)
    life.act(life.crew.dispatcher, "cancel_repair", reason="nothing_found", words=answers("nothing")[0])


def opened_again(life: Life, answerer: str) -> None:
    """Confirmed, and broken again some days later."""
    ordinary(life, answerer)
    life.wait(2 * 1440, 12 * 1440)
    life.wait_for_daytime(7, 22)
    life.reopen(answerer)
    ordinary(life, answerer)


def too_quick(life: Life, _answerer: str) -> None:
    """Done in less time than such work takes: accepted, and flagged."""
    life.handle(pace=AT_ONCE)
    life.notice()


def without_network(life: Life, answerer: str) -> None:
    """The repairer works where there is no network; what was done arrives hours later."""
    life.handle(last="accept")
    life.wait(30, 200)
    life.wait_for_daytime()
    done = []
    for name in STEPS[3:]:
        life.wait(10, 50)
        done.append((name, life.now))
    life.wait(90, 600)
    for name, when in done:
        life.step(name, claimed=when)
    _answered(life)
    life.confirm(answerer)


def _answered(life: Life) -> None:
    """They are told; people answer within two days, and not at night."""
    life.notice()
    life.now += life.telling.chance.randint(HOUR // 6, 2 * DAY)
    life.wait_for_daytime(7, 22)


COURSES: tuple[tuple[Course, int], ...] = (
    (ordinary, 112),
    (unanswered, 20),
    (accepted_late, 9),
    (finished_late, 11),
    (disputed, 10),
    (passed_on, 8),
    (put_off, 10),
    (withdrawn, 6),
    (nothing_found, 4),
    (opened_again, 5),
    (too_quick, 3),
    (without_network, 4),
)
"""Course → how often it comes, against the others."""

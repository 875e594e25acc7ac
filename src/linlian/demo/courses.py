"""The courses that a repair can take, and how often each comes: most are ordinary.

A course is told after the report: `ordinary(life, "resident")`, where the second is whoever answers.
"""

from __future__ import annotations

from collections.abc import Callable

from linlian.demo.acts import DAY, DAYS, HOUR, Sealed, Token, answers
from linlian.demo.lives import AT_ONCE, OURS, STEPS, WITNESSES, Life

Course = Callable[[Life, str], None]


def ordinary(life: Life, answerer: str) -> None:
    """Handled in time, and confirmed within two days."""
    life.handle()
    _answered(life)
    life.confirm(answerer)


def unanswered(life: Life, _answerer: str) -> None:
    """They are told, and nobody says anything: after seven days the clock closes it, and it is no confirmation.

    Silence of whoever reports for others says nothing: they go and look.
    """
    life.handle()
    life.notice()
    _look_if_witness(life)


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
    first, others = life.executor, life.crew.repairers if life.crew.responsible else OURS
    life.handle(last="assign")
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
    life.act(life.speaker, "cancel_repair", reason="withdrawn", words=answers("withdraw")[0])


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
    _look_if_witness(life)


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


def on_the_telephone(life: Life, _answerer: str) -> None:
    """They are told by telephone, and say nothing: seven days later the clock closes it."""
    life.handle()
    life.notice(how="call")


def called_back(life: Life, _answerer: str) -> None:
    """The street office rings and asks; now and then it is told that it is not repaired."""
    if life.common:
        ordinary(life, _answerer)
        return
    life.handle()
    _answered(life)
    if life.telling.chance.random() < 0.15:
        _say_by_telephone(life, repaired=False)
        life.wait(60, 900)
        life.wait_for_daytime()
        for name in STEPS[3:]:
            life.wait(10, 80)
            life.step(name)
        _answered(life)
    _say_by_telephone(life, repaired=True)


def on_paper(life: Life, _answerer: str) -> None:
    """A sheet signed by hand, for which two people of different organisations sign."""
    if life.common:
        ordinary(life, _answerer)
        return
    life.handle()
    _answered(life)
    sheet = life.telling.picture()
    life.act("street-desk", "attest_paper", business="answers", paper=sheet)
    life.wait(30, 600)
    life.act("committee", "attest_paper", business="answers", paper=Sealed(life.case, "paper"))


def by_link(life: Life, _answerer: str) -> None:
    """The city's hotline sends a link before the work is done, and the answer comes back with it."""
    if life.common:
        ordinary(life, _answerer)
        return
    life.handle(last="accept")
    life.act("hotline", "issue_link", business="answers", token_hash=Token(life.case))
    life.handle(first="arrive")
    _answered(life)
    life.act("hotline", "answer_by_link", business="answers", token=Token(life.case), repaired=True)


def _say_by_telephone(life: Life, repaired: bool) -> None:
    recording = life.telling.picture()
    life.act("street-desk", "record_callback", business="answers", repaired=repaired, recording=recording)


def _answered(life: Life) -> None:
    """They are told; people answer within two days, at the story's end within hours, and not at night."""
    life.notice()
    longest = 2 * DAY if life.now < (DAYS - 4) * DAY else DAY // 4
    life.now += life.telling.chance.randint(HOUR // 6, longest)
    life.wait_for_daytime(7, 22)


def _look_if_witness(life: Life) -> None:
    if life.reporter in WITNESSES:
        life.wait(60, 2000)
        life.wait_for_daytime()
        life.confirm(life.reporter)


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
    (called_back, 8),
    (on_paper, 4),
    (by_link, 7),
)
"""Course → how often it comes, against the others."""
UNANSWERED: tuple[Course, ...] = (unanswered, too_quick)
"""What waits seven days for silence."""
LATE: tuple[Course, ...] = (accepted_late, finished_late, put_off)
"""What may lie for weeks."""
WITHOUT_KEY: tuple[Course, ...] = (on_the_telephone, called_back, called_back, on_paper)
"""How it ends for somebody without a telephone of their own and without a helper."""

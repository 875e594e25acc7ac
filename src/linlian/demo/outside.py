"""What is said from outside: tickets of the city hotline, more time that was asked for, a case that a street office
follows, and how content people were.

a ticket that was not ours, then was, was answered, and came back; another that waits for its answer
a repair that has to wait for a part: somebody outside decides; one that is late, and looked after until it is done
locks that were repaired, and the stars that people gave for it
"""

from __future__ import annotations

from typing import Any

from linlian.community.repairs.rules_terms import Category
from linlian.demo.acts import DAY, HOUR, Telling, answers, tales
from linlian.demo.court import Court
from linlian.demo.lives import STEPS, Life
from linlian.demo.text import Text
from linlian.kernel.contract import compose
from linlian.kernel.crypto import sha256

_C = Category
HOTLINE, SOURCE = "hotline", "12345"
STARS = ((5, ("quick", "polite")), (4, ("clean",)), (5, ()), (2, ("slow",)), (4, ("polite", "punctual")), (5, ()))
"""What six people thought of a new lock."""


def play(telling: Telling, court: Court, end: int) -> None:
    """All of it; what is under way is told from the end."""
    _came_back(telling, court)
    _waits_for_an_answer(telling, court, end)
    _more_time(telling, court, end)
    _followed(telling, court, end)
    _rated(telling, court, end)


def ticket(number: str) -> bytes:
    """What the ledger knows a ticket by."""
    return sha256(compose(SOURCE, number))


def _opened(telling: Telling, court: Court, number: str, category: Category, at: int, door: tuple[int, int]) -> Life:
    """The hotline brings in what a resident told it."""
    home = court.somebody(*door)
    life = Life(telling, tales()[category], home.home, home.key, at, f"ticket-{number}")
    fields: dict[str, Any] = {"ticket": ticket(number), "source": SOURCE, "place": home.home, "category": str(category)}
    words = telling.chance.choice(life.tale.reports)
    telling.add(at, HOTLINE, "hotline.open_ticket", life.case, principal=home.key, words=words, **fields)
    life.speaker = HOTLINE
    return life


def _about(life: Life, number: str, who: str, command: str, **fields: Any) -> None:
    life.telling.add(life.now, who, f"hotline.{command}", ticket=ticket(number), **fields)


def _came_back(telling: Telling, court: Court) -> None:
    """Contested, and not taken back; repaired, answered; the hotline rings back and it is not; repaired again."""
    number = "26-0417"
    life = _opened(telling, court, number, _C.WINDOW_BROKEN, 139 * DAY + 10 * HOUR, (8, 2))
    life.handle(last="triage")
    life.wait(10, 40)
    not_ours = Text("这扇窗归住户自己修。", "This window is the resident's own to repair.")
    _about(life, number, "desk", "contest_ticket", reason="not_our_duty", words=not_ours)
    life.wait(60, 120)
    stays = Text("合同里约定由物业维修，工单维持。", "By the contract it is the company's; the ticket stays.")
    _about(life, number, HOTLINE, "decide_contest", upheld=False, words=stays)
    life.handle(first="assign")
    life.notice()
    life.wait(60, 200)
    life.confirm(life.reporter)
    life.wait(10, 30)
    done = Text("已更换窗扇合页，住户当场确认。", "The hinge was replaced; the resident confirmed it on the spot.")
    said = {
        "contacted": "yes",
        "contacted_on": "record",
        "solved": "yes",
        "solved_on": "own_key",
        "satisfied": "unknown",
    }
    _about(life, number, "desk", "answer_ticket", words=done, **said)
    life.now += 2 * DAY
    life.wait_for_daytime()
    again = Text(
        "回访：住户说昨晚又关不上了。", "Rung back: the resident says that since last night it does not close again."
    )
    back = {"contacted": "yes", "solved": "no", "satisfied": "no"}
    _about(life, number, HOTLINE, "bring_callback", words=again, **back)
    for name in STEPS:
        life.wait(20, 60)
        life.step(name)
    life.notice()
    life.wait(60, 200)
    life.confirm(life.reporter)
    life.wait(10, 30)
    better = Text("已校正窗框，住户再次确认。", "The frame was straightened; the resident confirmed it again.")
    _about(life, number, "desk", "answer_ticket", words=better, **said)


def _waits_for_an_answer(telling: Telling, court: Court, end: int) -> None:
    number = "26-1128"
    life = _opened(telling, court, number, _C.PESTS, end - 26 * HOUR, (6, 4))
    life.handle(last="accept")
    life.wait(60, 200)
    soon = Text(
        "已联系住户，消杀公司后天上门。", "The resident was reached; the exterminators come the day after tomorrow."
    )
    said = {"contacted": "unknown", "solved": "unknown", "satisfied": "unknown"}
    _about(life, number, "desk", "answer_ticket", words=soon, interim=True, **said)


def _more_time(telling: Telling, court: Court, end: int) -> None:
    """Two ask for more time: one resident said yes long ago, the other has not answered yet."""
    words = Text("配件要从厂家发货。", "The part has to come from the factory.")
    for at, door, granted in ((171 * DAY + 9 * HOUR, (5, 3), True), (end - 30 * HOUR, (11, 5), False)):
        home = court.somebody(*door)
        life = Life(telling, tales()[_C.INTERCOM_FAULT], home.home, home.key, at)
        life.report()
        life.handle(last="diagnose")
        life.wait(20, 60)
        asked: dict[str, Any] = {"clock": "finish", "until": life.now + 20 * DAY, "reason": "parts", "words": words}
        life.act("dispatcher", "ask_extension", business="supervision", **asked)
        if granted:
            life.wait(100, 300)
            life.act(home.key, "decide_extension", business="supervision", granted=True)
            life.now += 11 * DAY
            life.wait_for_daytime()
            life.step("finish")
            life.notice()
            life.wait(60, 300)
            life.confirm(home.key)


def _followed(telling: Telling, court: Court, end: int) -> None:
    """Late, and the street office wants to know why."""
    home = court.somebody(7, 6)
    life = Life(telling, tales()[_C.DOOR_LOCK], home.home, home.key, (end // DAY - 24) * DAY + 9 * HOUR)
    life.report()
    life.handle(last="accept")
    life.now = end - 4 * DAY
    why = Text("住户反映三周没修，请说明原因和时间。", "Three weeks without a repair: please say why, and when.")
    until = life.now + 3 * DAY
    life.act("street-supervisor", "oversee_repair", business="supervision", reply_by=until, words=why)
    life.wait(300, 600)
    answer = Text(
        "锁体停产，已订购替代型号，本周内更换。", "The lock is no longer made; another was ordered and comes this week."
    )
    life.act("dispatcher", "note_progress", business="supervision", words=answer)


def _rated(telling: Telling, court: Court, end: int) -> None:
    for number, (stars, reasons) in enumerate(STARS):
        home = court.somebody(number + 1, number + 2)
        life = Life(
            telling, tales()[_C.DOOR_LOCK], home.home, home.key, (end // DAY - 60 + 5 * number) * DAY + 9 * HOUR
        )
        life.wait_for_daytime()
        life.report()
        life.handle()
        life.notice()
        life.wait(60, 400)
        life.confirm(home.key)
        life.wait(100, 2000)
        words: dict[str, Any] = {"words": answers("dispute")[0]} if stars < 3 else {}
        life.act(home.key, "rate_repair", business="ratings", stars=stars, reasons=reasons, **words)

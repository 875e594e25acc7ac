"""Who looks into what is sealed: each opening stands on the record, and so does each that was refused.

What repairers read on their way stands in `lives`; here are the others, and those who had no business to.
"""

from __future__ import annotations

from typing import Any

from linlian.community.repairs.rules_terms import Category
from linlian.demo.acts import DAY, DAYS, HOUR, Sealed, Telling, tales
from linlian.demo.lives import Life
from linlian.demo.people import FAMILY_HOME

DAY_OF_THE_LOCK = DAYS - 55


def play(telling: Telling) -> None:
    """A lock at Lin Mei's door, and all who wanted to read about it."""
    lock = Life(telling, tales()[Category.DOOR_LOCK], FAMILY_HOME, "resident", DAY_OF_THE_LOCK * DAY + 9 * HOUR, "lock")
    lock.executor = "joiner"
    lock.report()
    lock.open("desk", "repair")
    lock.handle(last="accept")
    _look(lock, "resident", "own_matter", Sealed("joiner", "name"), case=lock.case)
    lock.open("repairer", "repair", no="openings.not_yours")
    lock.open("joiner", "audit", no="openings.other_purpose")
    lock.open("joiner", "repair")
    lock.handle(first="arrive")
    lock.open("resident", "own_matter")
    lock.notice()
    lock.wait(60, 300)
    lock.wait_for_daytime()
    lock.confirm("resident")
    lock.wait(60, 300)
    lock.open("dispatcher", "repair", no="openings.case_over")
    lock.now += 3 * DAY
    lock.open("auditor", "audit", no="openings.no_authority")
    lock.wait(20, 60)
    lock.open("auditor", "audit", authority="MJ-2026-17")
    lock.wait(20, 60)
    lock.open("street-supervisor", "supervision", authority="YS-2026-204")
    for person, no in (("helper", "openings.not_yours"), ("clerk", ""), ("resident", "")):
        lock.wait(200, 2000)
        purpose = "registration" if person == "clerk" else "own_matter"
        _look(lock, person, purpose, Sealed(FAMILY_HOME, "name"), no=no)


def _look(life: Life, who: str, purpose: str, content: Sealed, no: str = "", **more: Any) -> None:
    fields: dict[str, Any] = {"contents": (content,), "purpose": purpose, **more}
    life.telling.add(life.now, who, "openings.open_content", no=no, **fields)

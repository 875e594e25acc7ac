"""What breaks from day to day, at home and in common parts: by chance, in the shares of `tales.toml` and `courses`."""

from __future__ import annotations

from random import Random

from linlian.demo.acts import DAY, HOUR, MINUTE, Tale, Telling, tales
from linlian.demo.courses import COURSES, Course
from linlian.demo.lives import Life
from linlian.demo.people import Resident
from linlian.demo.settling import SETTLED_DAY

DAYS = 184
"""From the first midnight to the last: half a year."""
BUSY = ((0, 18), (1, 34), (2, 28), (3, 14), (4, 6))
"""Reports on one day → how often."""


def play(telling: Telling, people: list[Resident]) -> None:
    """What breaks from day to day, at home and in common parts."""
    chance = telling.chance
    kinds = [tale for tale in tales().values() if tale.share]
    shares = [tale.share for tale in kinds]
    for day in range(SETTLED_DAY, DAYS + 1):
        for _ in range(chance.choices(*zip(*BUSY, strict=True))[0]):
            at = day * DAY + _time_of_day(chance)
            tale = chance.choices(kinds, shares)[0]
            if tale.at_home:
                _at_home(telling, tale, people, at)
            else:
                _in_common(telling, tale, people, at)


def _at_home(telling: Telling, tale: Tale, people: list[Resident], at: int) -> None:
    """In a dwelling. Who has no telephone rings the desk, and nobody answers for them."""
    homes = ("b1", "b2", "b3")
    at_home = [one for one in people if one.home.startswith(homes) and one.is_there(at) and not one.absent]
    reporter = telling.chance.choice(at_home)
    life = Life(telling, tale, reporter.home, reporter.key, at)
    if reporter.keyless:
        life.report(by="desk")
        life.handle()
        life.notice(how="call")
        return
    life.report()
    family = [person.key for person in at_home if person.home == reporter.home and _stays(person)]
    _course(telling)(life, telling.chance.choice((reporter.key, reporter.key, *family)))


def _stays(person: Resident) -> bool:
    """Whether they have a key, and are there all the time: who answers must belong there then as now."""
    return not (person.keyless or person.since or person.until)


def _in_common(telling: Telling, tale: Tale, people: list[Resident], at: int) -> None:
    """In common parts anybody may report. A grid worker or a building head looks whether it is repaired."""
    chance = telling.chance
    place = chance.choice(tale.at)
    if place == "bay":
        owner = chance.choice([person for person in people if person.home.startswith("bay")])
        life = Life(telling, tale, owner.home, owner.key, at)
        answerer = owner.key
    else:
        if place == "stair":
            place = chance.choice(("b1s1stair", "b1s2stair", "b2s1stair", "b3s1stair", "b3s2stair"))
        neighbours = [person.key for person in people if person.home[:2] == place[:2] and person.is_there(at)]
        anybody = neighbours or [person.key for person in people if person.is_there(at)]
        with_key = {person.key: None for person in people if not person.keyless and person.key in anybody}
        head = f"head-{place[1]}" if place[:2] in ("b1", "b2", "b3") else "committee"
        reporter = chance.choice((*with_key,) if chance.random() < 0.8 else ("grid-worker", head))
        life = Life(telling, tale, place, reporter, at)
        answerer = chance.choice(("grid-worker", "second-grid-worker", head, reporter))
    life.report()
    _course(telling)(life, answerer)


def _course(telling: Telling) -> Course:
    courses, shares = zip(*COURSES, strict=True)
    chosen: Course = telling.chance.choices(courses, shares)[0]
    return chosen


def _time_of_day(chance: Random) -> int:
    """People report when they wake, when they come home, and now and then at night."""
    hour = chance.choices(range(24), (1, 1, 0, 0, 0, 1, 4, 10, 9, 7, 6, 5, 6, 5, 5, 6, 6, 8, 11, 12, 10, 7, 4, 2))[0]
    return hour * HOUR + chance.randint(0, 59) * MINUTE + chance.randint(0, 59)

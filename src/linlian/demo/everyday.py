"""What breaks from day to day, at home and in common parts: by chance, in the shares of `tales.toml` and `courses`.

In the last weeks nobody forgets anything and nobody leaves a question unanswered: what is late and what waits at the
story's end is told in `today`.
"""

from __future__ import annotations

from random import Random

from linlian.demo.acts import DAY, DAYS, HOUR, MINUTE, Tale, Telling, tales
from linlian.demo.courses import COURSES, LATE, UNANSWERED, WITHOUT_KEY, Course
from linlian.demo.court import Court
from linlian.demo.grounds import HOUSES, house_of
from linlian.demo.lives import WITNESSES, Life
from linlian.demo.settling import SETTLED_DAY

BUSY = ((1, 6), (2, 14), (3, 20), (4, 22), (5, 16), (6, 10), (7, 6), (9, 3))
"""Reports on one day in twelve houses → how often."""
QUIET_DAYS, PUNCTUAL_DAYS = 9, 25
"""In so many last days nothing is left unanswered, and nothing is late."""
CALM_DAYS = 5
"""In the last few days chance breaks less: what is under way at the end is chosen."""
OTHERS_DAYS = 30
"""For so long before the end, what breaks at the homes that the story knows is told in `scenes` and `today`."""


def play(telling: Telling, court: Court) -> None:
    """What breaks from day to day, at home and in common parts."""
    chance = telling.chance
    kinds = [tale for tale in tales().values() if tale.share]
    shares = [tale.share for tale in kinds]
    for day in range(SETTLED_DAY, DAYS + 1):
        busy = chance.choices(*zip(*BUSY, strict=True))[0]
        if day >= DAYS - CALM_DAYS:
            busy = (busy + 1) // 2
        for _ in range(round((busy * (court.houses + 2) + chance.random()) / (len(HOUSES) + 2))):
            at = day * DAY + _time_of_day(chance)
            tale = chance.choices(kinds, shares)[0]
            if tale.at_home:
                _at_home(telling, tale, court, at)
            else:
                _in_common(telling, tale, court, at)


def _at_home(telling: Telling, tale: Tale, court: Court, at: int) -> None:
    """In a dwelling. Who has no telephone rings the desk, or a neighbour who acts for them."""
    known = court.at_home if at < (DAYS - OTHERS_DAYS) * DAY else court.strangers
    reporter = telling.chance.choice(known)
    while not reporter.is_there(at):
        reporter = telling.chance.choice(known)
    life = Life(telling, tale, reporter.home, reporter.key, at)
    if reporter.keyless:
        helper = court.helpers.get(reporter.key)
        if helper and telling.chance.random() < 0.5:
            life.report(by=helper)
            _course(telling, at)(life, helper)
        else:
            life.report(by="desk")
            telling.chance.choice(WITHOUT_KEY)(life, "street-desk")
        return
    life.report()
    family = [person.key for person in court.homes[reporter.home] if person.stays]
    _course(telling, at)(life, telling.chance.choice((reporter.key, reporter.key, *family)))


def _in_common(telling: Telling, tale: Tale, court: Court, at: int) -> None:
    """In common parts anybody may report. A grid worker or a building head looks whether it is repaired."""
    chance = telling.chance
    word = chance.choice(tale.at)
    if word == "bay":
        owner = chance.choice(court.bay_owners)
        life = Life(telling, tale, owner.home, owner.key, at)
        answerer = owner.key
    else:
        place = chance.choice(court.called(word))
        house = house_of(place)
        head = f"head-{house[1:]}" if house else "committee"
        near = court.staying[house or chance.choice([*court.staying])]
        reporter = chance.choice(near) if chance.random() < 0.8 else chance.choice(("grid-worker", head))
        life = Life(telling, tale, place, reporter, at)
        answerer = chance.choice((*WITNESSES[:4], head, head))
    life.report()
    _course(telling, at)(life, answerer)


def _course(telling: Telling, at: int) -> Course:
    courses, shares = zip(*COURSES, strict=True)
    chosen: Course = telling.chance.choices(courses, shares)[0]
    never: tuple[Course, ...] = LATE if at > (DAYS - PUNCTUAL_DAYS) * DAY else ()
    never += UNANSWERED if at > (DAYS - QUIET_DAYS) * DAY else ()
    while chosen in never:
        chosen = telling.chance.choices(courses, shares)[0]
    return chosen


def _time_of_day(chance: Random) -> int:
    """People report when they wake, when they come home, and now and then at night."""
    hour = chance.choices(range(24), (1, 1, 0, 0, 0, 1, 4, 10, 9, 7, 6, 5, 6, 5, 5, 6, 6, 8, 11, 12, 10, 7, 4, 2))[0]
    return hour * HOUR + chance.randint(0, 59) * MINUTE + chance.randint(0, 59)

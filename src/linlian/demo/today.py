"""Where things stand at the end of the story, which is the hour at which it is told: something in every state.

These are told backwards from the end, at whatever hour that is, so that every board has its cards. Three repairs wait
for the resident's yes, one for each walk: they were disputed once, so silence never closes them.
"""

from __future__ import annotations

from linlian.community.repairs.rules_terms import Category
from linlian.demo.acts import DAY, HOUR, MINUTE, Telling, tales
from linlian.demo.lives import STEPS, Life
from linlian.demo.people import FAMILY_HOME, Resident

_C = Category
UNDER_WAY: tuple[tuple[Category, str, str, int, str], ...] = (
    (_C.WATER_BLOCKED, FAMILY_HOME, "daughter", 11, ""),
    (_C.LIGHTING_COMMON, "b3s1stair", "head-3", 26, "triage"),
    (_C.INTERCOM_FAULT, "b1s1f3u2", "helper", 70, "triage"),
    (_C.DOOR_ENTRANCE, "b1s2door", "head-1", 95, "assign"),
    (_C.WATER_LEAK, "b1s1f3u2", "helper", 24, "assign"),
    (_C.LIFT_FAULT, "b3s2lift1", "head-3", 130, "assign"),
    (_C.CAMERA_FAULT, "gate-camera", "grid-worker", 190, "accept"),
    (_C.WATER_NONE, FAMILY_HOME, "husband", 95, "arrive"),
    (_C.BARRIER_FAULT, "barrier", "second-grid-worker", 210, "arrive"),
    (_C.POWER_OUTAGE, "b1s1f3u2", "helper", 160, "diagnose"),
    (_C.FIRE_EQUIPMENT, "b3s1hydrant", "head-3", 330, "finish"),
    (_C.WINDOW_BROKEN, FAMILY_HOME, "resident", 1500, "finish"),
)
"""Category, place, reporter, minutes ago, and the last step that has been taken."""


def play(telling: Telling, people: list[Resident], end: int) -> list[str]:
    """Cases under way at second `end`. Returns those that wait for the resident's yes, the kitchen's leak first."""
    for category, place, reporter, ago, last in UNDER_WAY:
        life = Life(telling, tales()[category], place, reporter, end - ago * MINUTE)
        life.report()
        _hurry(life, last, ago)
    _roof_waits_for_dry_weather(telling, end)
    _disputed(telling, end)
    _forgotten(telling, end)
    _just_checked(telling, end)
    _two_weeks_of_silence(telling, people, end)
    return [
        _almost(telling, "kitchen-leak", _C.WATER_LEAK, FAMILY_HOME, "repairer", end, 4),
        _almost(telling, "damp-wall", _C.WALL_DAMP, FAMILY_HOME, "handyman", end, 9),
        _almost(telling, "dead-socket", _C.POWER_FAULT, FAMILY_HOME, "electrician", end, 6),
    ]


def _hurry(life: Life, last: str, ago: int) -> None:
    """The steps so far, evenly in what time there was."""
    taken = STEPS[: STEPS.index(last) + 1] if last else ()
    for name in taken:
        life.now += ago * MINUTE * 9 // (10 * (len(taken) + 1))
        life.step(name)


def _almost(
    telling: Telling, called: str, category: Category, place: str, executor: str, end: int, days_ago: int
) -> str:
    """Repaired, disputed the next evening, repaired again; what is missing is the resident's yes."""
    today = end // DAY * DAY
    life = Life(telling, tales()[category], place, "resident", today - days_ago * DAY + 19 * HOUR, called)
    life.executor = executor
    life.report()
    life.handle()
    life.now = today - (days_ago - 1) * DAY + 20 * HOUR + telling.some(1, 40)
    life.dispute("resident")
    life.now = today - (days_ago - 2) * DAY + 9 * HOUR
    for name in STEPS[3:]:
        life.wait(15, 35)
        life.step(name)
    return life.case


def _roof_waits_for_dry_weather(telling: Telling, end: int) -> None:
    """Deferred for some days yet; and a part that is awaited."""
    roof = Life(telling, tales()[_C.ROOF_LEAK], "b1roof", "head-1", end - 3 * DAY - 2 * HOUR, "roof-leaks")
    roof.report()
    roof.handle(last="accept")
    roof.now = end - 2 * DAY
    roof.defer(roof.executor, 9, "weather")
    charger = Life(telling, tales()[_C.LIFT_FAULT], "b2s1lift2", "head-2", end - 5 * DAY)
    charger.report()
    charger.handle(last="accept")
    charger.now = end - 4 * DAY
    charger.defer(charger.executor, 12, "parts")


def _disputed(telling: Telling, end: int) -> None:
    """Somebody has just said that it is not repaired."""
    lock = Life(telling, tales()[_C.DOOR_LOCK], FAMILY_HOME, "husband", end - 26 * HOUR)
    lock.report()
    _hurry(lock, "finish", 20 * 60)
    lock.now = end - 2 * HOUR
    lock.dispute("husband")


def _forgotten(telling: Telling, end: int) -> None:
    """Accepted, and left lying past its deadline; another that nobody has even looked at."""
    barrier = Life(telling, tales()[_C.BARRIER_FAULT], "barrier", "grid-worker", end - 19 * DAY)
    barrier.report()
    barrier.handle(last="accept")
    lamp = Life(telling, tales()[_C.LIGHTING_COMMON], "lamp2", "committee", end - 8 * HOUR)
    lamp.report()


def _just_checked(telling: Telling, end: int) -> None:
    """The head of the building has looked; for two days more everybody may object."""
    lamp = Life(telling, tales()[_C.LIGHTING_COMMON], "b1s2stair", "head-1", end - 2 * DAY)
    lamp.report()
    _hurry(lamp, "finish", 300)
    lamp.notice()
    lamp.now = end - DAY
    lamp.confirm("head-1")


def _two_weeks_of_silence(telling: Telling, people: list[Resident], end: int) -> None:
    """Finished five days ago and unanswered: in two days silence will close it."""
    person = next(person for person in people if person.home.startswith("b3") and not person.keyless)
    life = Life(telling, tales()[_C.WATER_BLOCKED], person.home, person.key, end - 5 * DAY)
    life.report()
    _hurry(life, "finish", 300)
    life.notice()

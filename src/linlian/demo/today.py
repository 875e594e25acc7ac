"""Where things stand at the end of the story, which is the hour at which it is told: something in every state.

These are told backwards from the end, at whatever hour that is, so that every board has its cards, and lights are on
in many houses. Two repairs wait for Lin Mei's yes, one for each walk: they were disputed once, so silence never closes
them.
"""

from __future__ import annotations

from linlian.community.repairs.rules_terms import Category
from linlian.demo.acts import DAY, DAYS, HOUR, MINUTE, Telling, answers, tales
from linlian.demo.court import Court
from linlian.demo.lives import STEPS, Life
from linlian.demo.people import FAMILY_HOME, HELPER_HOME

_C = Category
UNDER_WAY: tuple[tuple[Category, str, str, int, str], ...] = (
    (_C.WATER_BLOCKED, "4/2", "", 11, ""),
    (_C.RUBBISH_OVERFLOW, "bins-south", "third-grid-worker", 6, ""),
    (_C.POWER_FAULT, "9/8", "", 31, "triage"),
    (_C.LIGHTING_COMMON, "b3s1stair", "head-3", 26, "triage"),
    (_C.POWER_OUTAGE, HELPER_HOME, "helper", 70, "triage"),
    (_C.DOOR_ENTRANCE, "b1s2door", "head-1", 95, "assign"),
    (_C.WATER_LEAK, "12/17", "", 24, "assign"),
    (_C.LIFT_FAULT, "b3s2lift1", "head-3", 130, "assign"),
    (_C.CAMERA_FAULT, "gate-camera", "grid-worker", 190, "accept"),
    (_C.PESTS, "10/3", "", 2000, "accept"),
    (_C.HEATING_COLD, "6/14", "", 200, "accept"),
    (_C.WATER_NONE, FAMILY_HOME, "husband", 95, "arrive"),
    (_C.BARRIER_FAULT, "barrier", "second-grid-worker", 210, "arrive"),
    (_C.WINDOW_BROKEN, "8/5", "", 1300, "diagnose"),
    (_C.FIRE_EQUIPMENT, "b3s1hydrant", "head-3", 330, "finish"),
)
"""Category, place (or house/floor: somebody's home about there), reporter, minutes ago, and the last step taken."""
ALARMS = ((_C.WALL_FALLING, "facade", 6, 140), (_C.POWER_SPARKS, "", 11, 50))
"""What endangers somebody now: category, part of a house ("": a home), house, minutes ago. Both are made safe."""
FORGOTTEN = (
    (_C.LIGHTING_COMMON, "lamp2", "committee", 3, "assign"),
    (_C.DOOR_LOCK, "5/7", "", 17, "accept"),
    (_C.WATER_BLOCKED, "7/11", "", 2, "arrive"),
)
"""Past their time: category, place, reporter, days ago, the last step taken."""


def play(telling: Telling, court: Court, end: int) -> list[str]:
    """Cases under way at second `end`. Returns those that wait for the resident's yes, the kitchen's leak first."""
    for category, place, reporter, ago, last in UNDER_WAY:
        life = _life(telling, court, category, place, reporter, end - ago * MINUTE)
        _hurry(life, last, ago)
    _alarms(telling, court, end)
    for category, place, reporter, days, last in FORGOTTEN:
        forgotten = _life(telling, court, category, place, reporter, end - days * DAY)
        _hurry(forgotten, last, 200)
    _waiting_for_something(telling, court, end)
    _disputed(telling, court, end)
    _just_checked(telling, end)
    _two_days_before_silence(telling, court, end)
    return [
        _almost(telling, "kitchen-leak", _C.WATER_LEAK, FAMILY_HOME, "repairer", end, 4),
        _almost(telling, "damp-wall", _C.WALL_DAMP, FAMILY_HOME, "handyman", end, 9),
    ]


def _life(telling: Telling, court: Court, category: Category, place: str, reporter: str, at: int) -> Life:
    """Reported: at a place, or (`7/11`) by somebody at home about the eleventh floor of building 7."""
    if not reporter:
        house, _, floor = place.partition("/")
        somebody = court.somebody(int(house), int(floor))
        place, reporter = somebody.home, somebody.key
    life = Life(telling, tales()[category], place, reporter, at)
    life.report()
    return life


def _hurry(life: Life, last: str, minutes: int) -> None:
    """The steps so far, evenly in what time there was."""
    taken = STEPS[: STEPS.index(last) + 1] if last else ()
    for name in taken:
        life.now += minutes * MINUTE * 9 // (10 * (len(taken) + 1))
        life.step(name)


def _alarms(telling: Telling, court: Court, end: int) -> None:
    """Life was at risk; nobody is in danger any more, and nothing is repaired yet."""
    for category, part, house, ago in ALARMS:
        number = (house - 1) % court.houses + 1
        somebody = court.somebody(number, 9)
        place = f"b{number}{part}" if part else somebody.home
        alarm = Life(telling, tales()[category], place, somebody.key, end - ago * MINUTE)
        alarm.report()
        alarm.handle(last="diagnose")


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


def _waiting_for_something(telling: Telling, court: Court, end: int) -> None:
    """Deferred: for dry weather, for a part, for a lift that is replaced, and for the road works, looked at twice."""
    for category, place, reporter, ago, days, reason, called in (
        (_C.ROOF_LEAK, "b1roof", "head-1", 3, 9, "weather", "roof-leaks"),
        (_C.LIFT_FAULT, "b2s1lift2", "head-2", 2, 12, "parts", ""),
        (_C.LIFT_STOPPED, court.called("lift")[-1], f"head-{court.houses}", 6, 20, "parts", "lift-replaced"),
    ):
        life = Life(telling, tales()[category], place, reporter, end - ago * DAY, called)
        life.report()
        life.handle(last="accept")
        life.now = end - (ago - 1) * DAY
        life.defer(life.executor, days, reason)
    path = Life(telling, tales()[_C.PAVING_BROKEN], "playground", "committee", (DAYS - 75) * DAY + 10 * HOUR, "paving")
    path.report()
    path.handle(last="accept")
    path.wait(60, 300)
    path.act("dispatcher", "defer_repair", until=path.now + 30 * DAY, reason="approval", review=True)
    path.now += 32 * DAY
    words = answers("review")[0]
    path.act("dispatcher", "review_repair", until=path.now + 60 * DAY, words=words)


def _disputed(telling: Telling, court: Court, end: int) -> None:
    """Somebody has just said that it is not repaired."""
    for category, place, hours in ((_C.DOOR_LOCK, "12/9", 2), (_C.INTERCOM_FAULT, "7/4", 1)):
        life = _life(telling, court, category, place, "", end - 26 * HOUR)
        _hurry(life, "finish", 20 * 60)
        life.now = end - hours * HOUR
        life.dispute(life.reporter)


def _just_checked(telling: Telling, end: int) -> None:
    """The head of the building has looked; for two days more everybody may object."""
    lamp = Life(telling, tales()[_C.LIGHTING_COMMON], "b1s2stair", "head-1", end - 2 * DAY)
    lamp.report()
    _hurry(lamp, "finish", 300)
    lamp.notice()
    lamp.now = end - DAY
    lamp.confirm("head-1")


def _two_days_before_silence(telling: Telling, court: Court, end: int) -> None:
    """Finished five days ago and unanswered: in two days silence will close it."""
    life = _life(telling, court, _C.WATER_BLOCKED, "3/4", "", end - 5 * DAY)
    _hurry(life, "finish", 300)
    life.notice()

"""What concerns many at once, and what two sides agree on: outages, joined reports, appointments, pauses, quotes.

a water outage that was announced, a power failure that overran, a pump that failed just now, power off in two days
a lamp that five neighbours joined, until one of them said that it still flickers; a lift that others wait for too
a door that nobody opened: the household lets the clocks wait; a wall for whose plaster a quote waits for a yes
"""

from __future__ import annotations

from typing import Any

from linlian.community.repairs.rules_terms import Category
from linlian.demo.acts import DAY, DAYS, HOUR, MINUTE, Telling, Window, answers, tales
from linlian.demo.court import Court
from linlian.demo.lives import STEPS, Life
from linlian.demo.text import Text

_C = Category
PLASTER: tuple[dict[str, Any], ...] = (
    {"kind": "part", "label": "plaster.25kg", "unit": "piece", "quantity_milli": 3_000, "unit_cents": 4_200},
    {"kind": "labour", "label": "plasterer", "unit": "hour", "quantity_milli": 4_000, "unit_cents": 9_500},
)
TOTAL_CENTS = 50_600
PRICES = (("visit", "visit", 3_000), ("labour", "hour", 8_000), ("cartridge", "piece", 4_200), ("lamp", "piece", 1_800))
DEARER = (("labour", "hour", 8_500), ("cartridge", "piece", 4_550))
"""Label, unit, cents: what the company charged first, and what became dearer in summer."""


def play(telling: Telling, court: Court, end: int) -> None:
    """All of it; what is under way is told from the end."""
    _outages(telling, court, end)
    _joined_and_objected(telling, court)
    lift = [person for people in court.staying.values() for person in people][-4:]
    for number, neighbour in enumerate(lift):
        at = end - 3 * DAY + number * HOUR
        telling.add(at, neighbour, "joint_reports.join_case", case="lift-replaced")
    _nobody_opened(telling, court, end)
    _quoted(telling, court, end)
    _priced(telling, end)


def _outages(telling: Telling, court: Court, end: int) -> None:
    """Published by the desk; who reported the same joins theirs to it."""
    announced = 103 * DAY + 8 * HOUR
    _publish(
        telling, "outage-1", announced - 30 * HOUR, "planned", "water", ("b1", "b2"), announced, 6, ("store_water",)
    )
    _over(telling, "outage-1", announced + 5 * HOUR)
    failed = 205 * DAY + 19 * HOUR
    _publish(telling, "outage-2", failed, "fault", "power", ("b2",), 0, 2, ("switch_off_devices",))
    _over(telling, "outage-2", failed + 2 * HOUR + 40 * MINUTE)
    ahead = (end - 6 * DAY) // DAY * DAY + 10 * HOUR
    houses = (f"b{court.houses - 1}", f"b{court.houses}")
    labels = ("lifts_stand_still", "switch_off_devices")
    _publish(telling, "outage-3", ahead, "planned", "power", houses, ahead + 8 * DAY, 4, labels)
    neighbour = court.somebody(10, 4)
    house = neighbour.home.partition("s")[0]
    _publish(telling, "outage-4", end - 50 * MINUTE, "fault", "water", (house,), 0, 4, ("partly",))
    dry = Life(telling, tales()[_C.WATER_NONE], neighbour.home, neighbour.key, end - 44 * MINUTE)
    dry.report()
    dry.wait(1, 3)
    dry.act(neighbour.key, "join_outage", business="outages", outage="outage-4")


def _publish(
    telling: Telling,
    outage: str,
    at: int,
    nature: str,
    utility: str,
    places: tuple[str, ...],
    starts: int,
    hours: int,
    labels: tuple[str, ...],
) -> None:
    """`starts` 0 is at once."""
    given: dict[str, Any] = {"nature": nature, "utility": utility, "places": places, "labels": labels}
    given["until"] = (starts or at) + hours * HOUR
    if starts:
        given["starts"] = starts
    notice = Text("通知已贴在单元门口。", "The notice hangs at the entrances.")
    telling.add(at, "desk", "outages.publish_outage", outage, notice=notice, **given)


def _over(telling: Telling, outage: str, at: int) -> None:
    telling.add(at, "desk", "outages.end_outage", outage=outage, reason="restored")


def _joined_and_objected(telling: Telling, court: Court) -> None:
    """Whoever joined is asked like the reporter; one of five is enough."""
    reporter, *neighbours = court.staying["b3"][:6]
    lamp = Life(telling, tales()[_C.LIGHTING_COMMON], "b3s2stair", reporter, 240 * DAY + 9 * HOUR, "lamp-of-six")
    lamp.report()
    for neighbour in neighbours:
        lamp.wait(10, 90)
        lamp.act(neighbour, "join_case", business="joint_reports")
    lamp.handle()
    lamp.wait(5, 20)
    lamp.act("dispatcher", "tell_joined", business="joint_reports")
    lamp.wait(200, 600)
    lamp.act(neighbours[-1], "object_jointly", business="joint_reports", words=answers("dispute")[1])
    lamp.wait(60, 300)
    lamp.wait_for_daytime()
    for name in STEPS[3:]:
        lamp.wait(15, 60)
        lamp.step(name)
    lamp.wait(5, 20)
    lamp.act("dispatcher", "tell_joined", business="joint_reports")
    lamp.wait(60, 300)
    lamp.act("head-3", "check_jointly", business="joint_reports", proofs=(telling.picture(),))


def _nobody_opened(telling: Telling, court: Court, end: int) -> None:
    """A window was agreed, nobody was there, and the household lets the clocks wait until it is back."""
    home = court.somebody(9, 3)
    door = Life(
        telling, tales()[_C.WINDOW_BROKEN], home.home, home.key, end // DAY * DAY - 3 * DAY + 9 * HOUR, "window"
    )
    door.report()
    door.handle(last="accept")
    starts = end // DAY * DAY - DAY + 10 * HOUR
    windows = (Window(starts, starts + 2 * HOUR), Window(starts + 5 * HOUR, starts + 7 * HOUR))
    door.now = starts - 20 * HOUR
    telling.add(
        *(door.now, door.executor, "appointments.propose_windows", "appointment-window"),
        case=door.case,
        windows=windows,
    )
    door.wait(10, 60)
    door.act(home.key, "agree_window", business="appointments", number=0, starts=starts)
    door.now = starts + 25 * MINUTE
    door.act(door.executor, "record_no_access", business="appointments", proof=telling.picture())
    door.now += 3 * HOUR
    door.act(home.key, "pause_for_appointment", business="appointments", until=door.now + 5 * DAY)


def _quoted(telling: Telling, court: Court, end: int) -> None:
    """New plaster is the household's to pay: it waits for a yes."""
    home = court.somebody(4, 5)
    wall = Life(telling, tales()[_C.WALL_DAMP], home.home, home.key, (end // DAY - 2) * DAY + 9 * HOUR, "plaster")
    wall.report()
    wall.handle(last="diagnose")
    wall.wait(30, 90)
    fields: dict[str, Any] = {"lines": PLASTER, "total_cents": TOTAL_CENTS, "valid_until": (DAYS + 14) * DAY}
    telling.add(wall.now, wall.executor, "quotes.make_quote", "quote-plaster", case=wall.case, **fields)


def _priced(telling: Telling, end: int) -> None:
    """The company's public list, a change in it, and one more that is to come."""
    _put_prices(telling, 12 * DAY + 10 * HOUR, PRICES, 0)
    _put_prices(telling, 170 * DAY + 10 * HOUR, DEARER, 180 * DAY)
    _put_prices(telling, end - 2 * DAY, (("visit", "visit", 3_500),), end + 12 * DAY)


def _put_prices(telling: Telling, at: int, listed: tuple[tuple[str, str, int], ...], since: int) -> None:
    """`since` 0 is at once, for what is new on the list."""
    items = tuple({"label": label, "unit": unit, "unit_cents": cents} for label, unit, cents in listed)
    more: dict[str, Any] = {"since": since} if since else {}
    telling.add(at, "clerk", "quotes.publish_prices", items=items, **more)

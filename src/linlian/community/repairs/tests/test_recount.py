"""Who was late, counted again from nothing but events, around the Spring Festival of 2026, with pauses.

`recount` shares no code with the product: it knows the announced days off, counts working time minute by minute, and
reads what the receipts say. Whatever it finds late must be what the ledger found late.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from linlian.community.repairs.rules_terms import Category, PauseReason
from linlian.community.repairs.tests import neighbour
from linlian.community.repairs.tests.scene import DAY, HOUR, MINUTE, Scene, content, found_scene
from linlian.kernel.codec import decode_plain

OFF = {
    *((1, day) for day in (1, 2, 3)),
    *((2, day) for day in range(15, 24)),
    *((4, day) for day in (4, 5, 6)),
    *((5, day) for day in range(1, 6)),
}
WORKED = {(1, 4), (2, 14), (2, 28), (5, 9)}
"""Month and day, up to the middle of June, which is further than the cases reach."""
PROMISED = {"door.lock": 3 * 8 * 60, "water.leak": 0}
"""Working minutes in which it has to be done; 0: one natural day."""
FEBRUARY = 1_770_595_200_000
"""9 February 2026 at Greenwich, the Monday before the week before the festival."""


def works(at_ms: int) -> bool:
    """Whether the minute that begins here is worked in Beijing."""
    there = datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(hours=8)
    day = (there.month, there.day)
    if day in OFF or (there.weekday() >= 5 and day not in WORKED):
        return False
    return 9 <= there.hour < 12 or 13 <= there.hour < 18


def due_after(at_ms: int, minutes: int) -> int:
    """When so many worked minutes have gone by, minute for minute; work that breaks off within one goes on in it."""
    left_ms = minutes * MINUTE
    while True:
        end_ms = at_ms - at_ms % MINUTE + MINUTE
        if works(at_ms):
            if left_ms <= end_ms - at_ms:
                return at_ms + left_ms
            left_ms -= end_ms - at_ms
        at_ms = end_ms


def worked_minutes(from_ms: int, until_ms: int) -> int:
    """Rounded up, as the promise is kept: what is left of a minute counts as one."""
    minutes = range(from_ms - from_ms % MINUTE, until_ms, MINUTE)
    worked_ms = sum(min(at + MINUTE, until_ms) - max(at, from_ms) for at in minutes if works(at))
    return -(-worked_ms // MINUTE)


def recount(events: list[tuple[int, str, dict[str, Any]]]) -> dict[bytes, tuple[bool, int, int]]:
    """Of each case that was finished: whether late, the time it took, and how much of that was paused."""
    due: dict[bytes, int] = {}
    opened: dict[bytes, int] = {}
    minutes: dict[bytes, int] = {}
    paused: dict[bytes, int] = {}
    paused_ms: dict[bytes, int] = {}
    found: dict[bytes, tuple[bool, int, int]] = {}
    for time, kind, fields in events:
        case = fields.get("case", b"")
        if kind == "repairs.repair_reported":
            opened[case], minutes[case], paused_ms[case] = time, PROMISED[fields["category"]], 0
            due[case] = due_after(time, minutes[case]) if minutes[case] else time + DAY
        elif kind == "repairs.clocks_paused":
            paused[case] = time
        elif kind == "repairs.clocks_resumed":
            began = paused.pop(case)
            paused_ms[case] += time - began
            if began < due[case]:
                left = worked_minutes(began, due[case])
                due[case] = due_after(time, left) if minutes[case] else due[case] + time - began
        elif kind == "repairs.repair_finished":
            found[case] = (time > due[case], time - opened[case], paused_ms[case])
    return found


def all_events(scene: Scene) -> list[tuple[int, str, dict[str, Any]]]:
    return [
        (block.header.time, kind, fields)
        for block in scene.town.blocks
        for receipt in block.receipts
        for _, kind, _, fields in map(decode_plain, receipt.entries)
    ]


def told(events: list[tuple[int, str, dict[str, Any]]]) -> dict[bytes, tuple[bool, int, int]]:
    """The same as the ledger says it."""
    return {
        fields["case"]: (fields.get("late", False), fields["took_ms"], fields.get("paused_in_all_ms", 0))
        for _, kind, fields in events
        if kind == "repairs.repair_finished"
    }


lives = st.tuples(
    st.sampled_from((Category.DOOR_LOCK, Category.WATER_LEAK)),
    st.integers(0, 14 * 24),
    st.integers(1, 20),
    st.integers(0, 12 * 24),
    st.integers(0, 12 * 24),
)
"""What, hours until it is reported, hours until its pause, hours that this lasts, hours until it is done."""


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(lives, min_size=1, max_size=3))
@example([(Category.DOOR_LOCK, 0, 1, 0, 0), (Category.DOOR_LOCK, 0, 1, 0, 0), (Category.DOOR_LOCK, 127, 1, 0, 287)])
@example([(Category.DOOR_LOCK, 0, 6, 0, 53)])  # what is left ends within a minute in which work breaks off
def test_anybody_counts_the_same_from_events_alone(tried: list[tuple[Category, int, int, int, int]]) -> None:
    scene = found_scene()
    scene.town.advance(ms=FEBRUARY - scene.town.time - 10)
    for category, wait, before, lasts, after in tried:
        scene.town.advance(hours=wait)
        case_id = scene.report(category=category)
        scene.take(case_id, "triage", "assign", "accept")
        scene.town.advance(hours=before)
        until = scene.town.time + (lasts + 1) * HOUR
        pause = neighbour.Pause(case=case_id, reason=PauseReason.PARTS, until=until, evidence=content("order"))
        scene.do("dispatcher", pause)
        scene.town.advance(hours=lasts)
        scene.do("dispatcher", neighbour.Resume(case=case_id))
        scene.town.advance(hours=after)
        scene.take(case_id, "arrive_on_site", "diagnose", "finish")
    events = all_events(scene)
    assert recount(events) == told(events) != {}

"""A small real community and its repairs, as signed transactions: from report to "yes, it is repaired".

Every transaction is a real command of `repairs`, signed by the person who may give it. A state of a given size is
made by adding rows of closed cases, of the very tables and record types that real cases leave behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from linlian.community.places import Capacity, PlaceKind, Right
from linlian.community.places.rules import PlaceRegistered, RegisterPlace, places
from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category, Urgency, terms_of
from linlian.community.repairs.tests.scene import Scene, found_scene, move_in
from linlian.kernel import codec
from linlian.kernel.block import SUBJECT_PREFIX, subject_start
from linlian.kernel.state import State
from linlian.kernel.transaction import new_identifier, open_transaction
from linlian.kernel.transition import Applied, OpenBlock

STEPS = (
    "triage_repair",
    "assign_repair",
    "accept_repair",
    "arrive_on_site",
    "diagnose_repair",
    "finish_repair",
    "confirm_repair",
)
AT_ONCE = 60
"""Cases under way at the same time: each step of all of them, then the next step."""


DWELLINGS = 50


@dataclass(frozen=True, slots=True)
class Community:
    """Everybody in place, some dwellings, and one case closed, whose rows serve as patterns."""

    scene: Scene
    dwellings: list[bytes]


def settle() -> Community:
    """A community by its own commands."""
    scene = found_scene()
    scene.take(scene.report(), *STEPS)
    building = places.get(scene.town.state, scene.flat)
    assert building is not None
    dwellings = []
    for _ in range(DWELLINGS):
        register = RegisterPlace(kind=PlaceKind.DWELLING, parent=building.parent)
        place = scene.do("clerk", register).the(PlaceRegistered).place
        rights = (Right.REPORT, Right.CONFIRM)
        move_in(scene, "anna", place, Capacity.CO_OWNER, rights)
        dwellings.append(place)
    return Community(scene, dwellings)


def repairs(community: Community, count: int) -> Iterator[bytes]:
    """`count` signed transactions in an order in which each is accepted."""
    made = 0
    scene = community.scene
    at_home = ("water", "door", "power", "wall")
    categories = [
        category
        for category in Category
        if category.value.startswith(at_home) and terms_of(category).urgency is not Urgency.LIFE_SAFETY
    ]
    while made < count:
        waves: list[list[bytes]] = [[] for _ in range(len(STEPS) + 1)]
        for number in range(AT_ONCE):
            report = ReportRepair(
                place=community.dwellings[number % DWELLINGS],
                category=categories[(made // 8 + number) % len(categories)],
            )
            raw = scene.town.transaction(scene.people["anna"], report)
            opened = open_transaction(raw, scene.town.state.chain)
            case_id = new_identifier(opened.id, opened.body.nonce, 1)
            waves[0].append(raw)
            for wave, step in enumerate(STEPS, 1):
                name, command = scene.command(step, case_id)
                waves[wave].append(scene.town.transaction(scene.people[name], command))
        for wave_of in waves:
            yield from wave_of[: max(0, count - made)]
            made += len(wave_of)


def fill(state: State, community: Community, keys: int) -> Applied:
    """Bring a state to `keys` rows by a block without items; half cases, half their histories' heads."""
    scene = community.scene
    pattern = cases.get(scene.town.state, next(key for key, _ in scene.town.rows(cases)))
    assert pattern is not None
    value = codec.encode(pattern)
    block = OpenBlock.after(state, scene.town.rulebook, state.time)
    for number in range(max(0, keys - len(state.rows)) // 2):
        digest = sha256(b"filling" + number.to_bytes(8, "big")).digest()
        salt, identifier = digest[:16], digest[16:]
        head = (9).to_bytes(8, "big") + subject_start(state.chain, identifier)
        block.draft.changes[cases.key(identifier)] = salt + value
        block.draft.changes[SUBJECT_PREFIX + identifier] = salt + head
    return block.seal(state)

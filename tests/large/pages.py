"""Every page that there is, asked by those who read it, with what it took: SQL's steps, rows, bytes, lines drawn.

with crowd(folder, times) as community:
    for taken in walked(community): ...
"""

from __future__ import annotations

import html
import re
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from linlian.community.council.rules import ProposeAdmission
from linlian.community.council.rules_recovery import OpenRecovery
from linlian.community.delegations.rules import GrantDelegation
from linlian.community.identity import OrganisationKind, Role, Scope
from linlian.community.identity.rules_invitations import InviteMember, InviteResident
from linlian.community.openings.rules import OpenContent
from linlian.community.openings.rules_table import Purpose
from linlian.community.places import Capacity, Right
from linlian.community.places.rules_occupancy import GrantOccupancy
from linlian.community.places.rules_signing import CloseRoll, OpenRoll
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import FOUNDERS
from linlian.kernel.contract import Command
from linlian.kernel.crypto import SoftwareKey
from linlian.readmodel import sqlite
from tests.large.copies import multiply
from tests.site.lived_in import LivedIn, lived_in
from tests.site.town import SceneGuests
from tests.site.walk import READERS, Place, walk
from tests.web.community import Community, open_community

STEPS_COUNTED = 100
"""SQLite's virtual machine tells after so many steps."""


class Taken(NamedTuple):
    """What one page took. `steps`: those of SQL; `rows` that SQL gave; `asked`: how often it was; `lines` in lists."""

    place: Place
    steps: int
    rows: int
    asked: int
    size_bytes: int
    lines: int
    took_ms: float


class Counters:
    """What the connections that read have done since they were last asked."""

    def __init__(self) -> None:
        self.steps = 0
        self.rows = 0
        self.asked = 0

    def took(self) -> tuple[int, int, int]:
        found = self.steps, self.rows, self.asked
        self.steps = self.rows = self.asked = 0
        return found


COUNTERS = Counters()


@contextmanager
def counting() -> Iterator[Counters]:
    """Count on every connection that is opened meanwhile."""
    connect, ask = sqlite._connect, sqlite.SqliteLink.ask

    def counted_connect(path: Path) -> sqlite3.Connection:
        connection = connect(path)

        def step() -> int:
            COUNTERS.steps += STEPS_COUNTED
            return 0

        connection.set_progress_handler(step, STEPS_COUNTED)
        return connection

    def counted_ask(link: Any, *given: Any) -> Any:
        names, rows = ask(link, *given)
        COUNTERS.rows += len(rows)
        COUNTERS.asked += 1
        return names, rows

    with patch.object(sqlite, "_connect", counted_connect), patch.object(sqlite.SqliteLink, "ask", counted_ask):
        yield COUNTERS


class Crowd(NamedTuple):
    """A community with long lists, and how many rows they are in all."""

    community: Community
    lived: LivedIn
    rows: int


@contextmanager
def crowd(folder: Path, times: int, businesses: Collection[str] = ()) -> Iterator[Crowd]:
    """The community of the pages' tests, with something in every list, as many times over; or only some lists."""
    lived, guests = lived_in(), SceneGuests()
    with counting(), open_community(folder, lived.scene, guests) as community:
        guests.community = community
        _fill(community)
        with community.node.reading():
            pass  # the rows stand where the ledger does
        scene = lived.scene
        kept = [*(person.account for person in scene.people.values()), lived.home, lived.house, scene.flat, scene.stair]
        kept += [
            *(scene.organisation(name) for name in FOUNDERS),
            *(lived.cases[state] for state in (State.DONE, State.ON_SITE)),
        ]
        money = lived.followed
        assert money is not None, "the scene has a fund"
        kept += [money.fund, money.meals, money.paid, money.posted]
        path = folder / "readmodel.sqlite"
        rows = multiply(
            path,
            times,
            [*kept, *(holder for place in (lived.home, scene.flat, scene.stair) for holder in _holders(path, place))],
            businesses,
        )
        yield Crowd(community, lived, rows)


def walked(crowd: Crowd) -> Iterator[Taken]:
    """Each page once as HTML, warm, and once as JSON, whose lists are counted."""
    for place in walk(crowd.lived, crowd.community.node.ledger.head.height):
        caller = crowd.community.caller(place.reader)
        headers = {"Accept": "text/html", "Accept-Language": "zh"}
        assert caller.ask("GET", place.path, headers=headers).status_code == place.status, place
        COUNTERS.took()
        began = time.perf_counter()
        answer = caller.ask("GET", place.path, headers=headers)
        took_ms = (time.perf_counter() - began) * 1000
        steps, rows, asked = COUNTERS.took()
        told = caller.ask("GET", place.path, headers={"Accept": "application/json"})
        lines = _lines(told.json()) if place.status == 200 else 0
        yield Taken(place, steps, rows, asked, len(answer.content), lines, took_ms)


def behind(crowd: Crowd) -> Iterator[tuple[Place, str, bool]]:
    """Each way further down a list that a page shows, and whether what is there stands on the page itself already."""
    for place in walk(crowd.lived, crowd.community.node.ledger.head.height):
        caller = crowd.community.caller(place.reader)
        page = caller.ask("GET", place.path, headers={"Accept": "text/html", "Accept-Language": "zh"})
        ways = dict.fromkeys(re.findall(r'href="([^"]*[?;&]after=[^"]*)"', page.text))
        if place.status != 200 or not ways:
            continue
        first = _said(caller.ask("GET", place.path, headers={"Accept": "application/json"}).json())
        for way in ways:
            answer = caller.ask("GET", html.unescape(way), headers={"Accept": "application/json"})
            assert answer.status_code == 200, (place, way, answer.text)
            yield place, way, _said(answer.json()) <= first


def _said(value: Any) -> set[str]:
    """All texts in a page's value but its cursors."""
    if isinstance(value, dict):
        parts = [part for name, part in value.items() if name not in ("next", "more")]
    else:
        parts = value if isinstance(value, list) else []
    return {value} if isinstance(value, str) else set().union(*(_said(part) for part in parts))


def _lines(value: Any) -> int:
    """How many items stand in the lists of a page, those in other lists among them."""
    if isinstance(value, dict):
        return sum(_lines(part) for part in value.values())
    return sum(1 + _lines(part) for part in value) if isinstance(value, list) else 0


def _holders(path: Path, place: bytes) -> list[bytes]:
    """What a place lies in."""
    with sqlite3.connect(path) as db:
        found = db.execute("SELECT holder FROM places_within WHERE place = ?", (place,)).fetchall()
    db.close()
    return [holder for (holder,) in found]


def _fill(community: Community) -> None:
    """A line at least in the lists that the scene leaves empty."""
    scene, vault = community.scene, community.node.contents
    until = community.node.ledger.clock() + 86_400_000
    number = iter(range(1, 100))

    def key() -> dict[str, Any]:
        return {"suite": "ed25519", "public_key": SoftwareKey("ed25519", bytes([next(number)] * 32)).public_key}

    def do(name: str, command: Command) -> None:
        answer = community.caller(name).do(command)
        assert answer.status_code == 201, answer.text

    words = vault.put("水管漏水".encode())
    do("anna", ReportRepair(place=scene.flat, category=Category.WATER_LEAK, words=words))
    do("anna", OpenContent(contents=(words.commitment,), purpose=Purpose.OWN_MATTER))
    do("anna", InviteResident(**key()))
    do("anna", GrantDelegation(delegate=scene.account("cai"), scopes=(Scope.SEE,), until=until))
    do("harmony_officer", InviteMember(roles=(Role.REPAIRER,), **key()))
    do("harmony_officer", ProposeAdmission(kind=OrganisationKind.THIRD_PARTY, code="auditors", **key()))
    do("street_desk", OpenRecovery(account=scene.account("bo"), **key()))
    do("clerk", OpenRoll())
    roll = bytes.fromhex(community.caller("clerk").get("/api/v1/places/waiting_rolls").json()["rows"][0]["roll"])
    cai = scene.account("cai")
    do("clerk", GrantOccupancy(place=scene.flat, account=cai, capacity=Capacity.FAMILY, rights=(Right.SEE,), roll=roll))
    do("clerk", CloseRoll(roll=roll, document=vault.put("名册".encode())))


__all__ = ["READERS", "Crowd", "Taken", "behind", "counting", "crowd", "walked"]

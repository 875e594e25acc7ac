"""Who may see a repair, by who they are and when they belonged there: a table, and what everybody may see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from linlian.community import identity
from linlian.community.delegations import views as delegations_views
from linlian.community.delegations.rules import GrantDelegation
from linlian.community.identity import Role, Scope
from linlian.community.identity import views as identity_views
from linlian.community.places import Capacity, Right
from linlian.community.places import views as places_views
from linlian.community.places.rules_occupancy import EndOccupancy, GrantOccupancy
from linlian.community.repairs import audience
from linlian.community.repairs import views as repairs_views
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import DAY, TO_DONE, Scene, found_scene
from linlian.community.repairs.views.desk import coming
from linlian.community.repairs.views.published import PublishedRow, published_requests, record_of
from linlian.community.staff import views as staff_views
from linlian.readmodel.audience import OUTSIDER, Audience, Reader
from linlian.readmodel.view import Reads
from linlian.testing.rows import reading

VIEWS = (identity_views.views, delegations_views.views, places_views.views, repairs_views.views)


class Lives(NamedTuple):
    """Cai rented the flat and moved out, then Bo moved in; one case in each time, and one in the stair."""

    scene: Scene
    db: Reads
    first: bytes
    second: bytes
    common: bytes
    moved_in: int


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    scene = found_scene()
    rent(scene, "cai")
    first = scene.report(category=Category.WATER_LEAK)
    scene.take(first, *TO_DONE)
    scene.town.advance(days=1)
    scene.do("clerk", EndOccupancy(place=scene.flat, account=scene.account("cai")))
    scene.do("bo", EndOccupancy(place=scene.flat, account=scene.account("bo")))
    scene.town.advance(days=1)
    moved_in = scene.town.time + 1
    rent(scene, "bo")
    seer = GrantDelegation(delegate=scene.account("swift_repairer"), scopes=(Scope.SEE,), until=moved_in + 90 * DAY)
    scene.do("anna", seer)
    second = scene.report(category=Category.WATER_LEAK)
    common = scene.report("grid_worker", scene.stair)
    with reading(scene.town.blocks, *VIEWS) as db:
        yield Lives(scene, db, first, second, common, moved_in)


def rent(scene: Scene, name: str) -> None:
    rights = (Right.REPORT, Right.SEE, Right.CONFIRM)
    tenant = GrantOccupancy(place=scene.flat, account=scene.account(name), capacity=Capacity.TENANT, rights=rights)
    scene.do("clerk", tenant)


def reader(scene: Scene, name: str) -> Reader:
    """What somebody is, as the state has it."""
    if not name:
        return OUTSIDER
    account, state = scene.account(name), scene.town.state
    member = identity.member(state, account)
    if member is None:
        return Reader(account)
    employer = identity.organisation(state, member.organisation)
    assert employer is not None
    roles = frozenset(str(role) for role in member.roles)
    return Reader(account, member.organisation, str(employer.kind), roles, Role.AUDITOR in member.roles)


@pytest.mark.parametrize(
    ("name", "first", "second", "common"),
    [
        ("", False, False, False),
        ("anna", True, True, False),  # who reported both
        ("cai", True, False, False),  # moved out: their own past, nothing new
        ("bo", False, True, False),  # had no right to see then, moved in as tenant since
        ("grandmother", False, False, False),  # lives there, without the right to see
        ("helper", False, False, False),  # may report and confirm for Anna, not see
        ("swift_repairer", True, True, False),  # may see what Anna sees, now
        ("desk", True, True, True),
        ("dispatcher", True, True, True),
        ("repairer", True, False, False),  # did the work
        ("second", True, False, False),  # a colleague, of the organisation that answers for it
        ("clerk", False, False, False),
        ("swift_dispatcher", False, False, False),  # another firm
        ("street_desk", True, True, True),
        ("grid_worker", False, False, True),
        ("building_head", False, False, True),
    ],
)
def test_a_case_is_seen_by_those_it_concerns(lives: Lives, name: str, first: bool, second: bool, common: bool) -> None:
    asker = reader(lives.scene, name)
    found = [
        audience.CASE.sees(lives.db, asker, {"case_id": case}) for case in (lives.first, lives.second, lives.common)
    ]
    assert found == [first, second, common]
    subjects = audience.SUBJECTS[0]
    assert [subjects.sees(lives.db, asker, {"subject": case}) for case in (lives.first, lives.second)] == [
        first,
        second,
    ]
    assert not audience.CASE.sees(lives.db, asker, {"case_id": bytes(16)})


@pytest.mark.parametrize(
    ("name", "since", "sees"),
    [("bo", 1, True), ("bo", 0, False), ("bo", -1, False), ("cai", 1, False), ("anna", 1, False), ("desk", 0, True)],
)
def test_who_moved_in_sees_what_was_reported_since(lives: Lives, name: str, since: int, sees: bool) -> None:
    """`since` 1: from when Bo moved in; 0: from the beginning; −1: a moment before he did."""
    times = {1: lives.moved_in, 0: 0, -1: lives.moved_in - 1}
    asked: dict[str, Any] = {"place": lives.scene.flat, "since": times[since]}
    assert audience.OF_PLACE.sees(lives.db, reader(lives.scene, name), asked) is sees


def test_what_is_published_names_no_home_and_no_one(lives: Lives) -> None:
    rows = {row.record: row for row in published_requests(lives.db)}
    assert set(rows) == {record_of(case) for case in (lives.first, lives.second, lives.common)}
    names = {lives.scene.account(name) for name in lives.scene.people} | {lives.scene.flat, lives.first, lives.second}
    for row in rows.values():
        assert names.isdisjoint(row)
        assert row.reported_day % DAY == 0
    assert rows[record_of(lives.common)].place == lives.scene.stair
    assert rows[record_of(lives.first)].place == rows[record_of(lives.second)].place == b""
    assert "repeat" not in " ".join(PublishedRow._fields)


@pytest.mark.parametrize(
    ("name", "card", "duty"),
    [
        ("", False, False),
        ("anna", True, True),  # for whom it is done: whoever rings at her door
        ("grandmother", True, False),  # a card is there to be shown; who comes to which repair is the parties' own
        ("dispatcher", True, True),
        ("swift_officer", True, False),
    ],
)
def test_a_card_is_shown_to_whoever_has_an_account_and_who_comes_to_the_parties(
    lives: Lives, name: str, card: bool, duty: bool
) -> None:
    who, account = reader(lives.scene, name), lives.scene.account("repairer")
    for query in (staff_views.card, staff_views.licences_shown):
        assert seen_by(query).sees(lives.db, who, {"account": account, "limit": 100}) is card
    assert seen_by(coming).sees(lives.db, who, {"case_id": lives.first}) is duty


def seen_by(query: Callable[..., Any]) -> Audience:
    """The audience that a query was declared for."""
    declared = {**staff_views.views.queries, **repairs_views.views.queries}
    return next(each.seen_by for each in declared.values() if each.function is query)

"""What is published of ratings: fives of them, of what can no longer be changed, and never one person's."""

from __future__ import annotations

import pytest

from linlian.community import ratings
from linlian.community.calendars.views import views as calendars_views
from linlian.community.identity.views import views as identity_views
from linlian.community.places.views import views as places_views
from linlian.community.ratings import audience
from linlian.community.ratings import views as asked
from linlian.community.ratings.rules import RateRepair
from linlian.community.ratings.views import MeanRow, views
from linlian.community.repairs import State
from linlian.community.repairs.tests.scene import Scene, found_scene
from linlian.community.repairs.views import views as repairs_views
from linlian.readmodel.audience import OUTSIDER, Reader
from linlian.testing.rows import reading

VIEWS = (identity_views, calendars_views, places_views, repairs_views, views)


@pytest.fixture
def scene() -> Scene:
    return found_scene(ratings.contract)


def rated(scene: Scene, stars: int, who: str = "anna") -> bytes:
    case_id = scene.in_state(State.CLOSED)
    scene.do(who, RateRepair(case=case_id, stars=stars))
    return case_id


def published(scene: Scene) -> list[MeanRow]:
    scene.report(place=scene.stair)  # a block, for the time of the last one is now
    with reading(scene.town.blocks, *VIEWS) as db:
        return asked.published_means(db, scene.organisation("harmony"))


def test_a_rating_stands_as_it_was_last_given(scene: Scene) -> None:
    case_id = rated(scene, 5)
    scene.do("anna", RateRepair(case=case_id, stars=2))
    scene.do("bo", RateRepair(case=case_id, stars=4))
    with reading(scene.town.blocks, *VIEWS) as db:
        rows = {row.rated_by: row for row in asked.ratings_of_case(db, case_id)}
        assert (rows[scene.account("anna")].stars, rows[scene.account("anna")].changes) == (2, 1)
        assert [row.stars for row in asked.ratings_by(db, scene.account("bo"))] == [4]
        assert len(asked.ratings_of_organisation(db, scene.organisation("harmony"))) == 2


def test_fewer_than_five_are_not_published_nor_is_what_can_be_changed(scene: Scene) -> None:
    for stars in (5, 5, 5, 4):
        rated(scene, stars)
    scene.town.advance(days=8)
    assert published(scene) == []
    rated(scene, 1)
    assert published(scene) == [], "the fifth can still be changed"
    scene.town.advance(days=8)
    assert published(scene) == [MeanRow(scene.organisation("harmony"), "door.lock", 5, 40)]


def test_between_two_publications_lie_five_ratings(scene: Scene) -> None:
    """One who looks every day never learns what one person said."""
    seen = []
    for number in range(11):
        rated(scene, 5 if number < 10 else 1)
        scene.town.advance(days=8)
        seen += [(row.ratings, row.mean_tenths) for row in published(scene)]
    assert list(dict.fromkeys(seen)) == [(5, 50), (10, 50)]


def test_the_people_who_lead_see_their_own_and_repairers_do_not() -> None:
    asked_of = {"organisation": b"o" * 16}
    leader = Reader(account=b"a", organisation=b"o" * 16, roles=frozenset(("supervisor",)))
    repairer = Reader(account=b"b", organisation=b"o" * 16, roles=frozenset(("repairer",)))
    other = Reader(account=b"c", organisation=b"p" * 16, roles=frozenset(("supervisor",)))
    sees = [audience.OF_ORGANISATION.sees(None, reader, asked_of) for reader in (leader, repairer, other, OUTSIDER)]
    assert sees == [True, False, False, False]

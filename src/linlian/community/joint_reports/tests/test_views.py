"""What the desk sees of those who joined, what they see of the case, and what nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community import joint_reports
from linlian.community.calendars.views import views as calendars_views
from linlian.community.delegations.views import views as delegations_views
from linlian.community.identity import Basis, OrganisationKind, Role
from linlian.community.identity.views import views as identity_views
from linlian.community.joint_reports import audience
from linlian.community.joint_reports import views as asked
from linlian.community.joint_reports.rules import JoinCase, LeaveCase, ObjectJointly
from linlian.community.joint_reports.rules_merging import MergeCase, SplitCase
from linlian.community.joint_reports.rules_telling import CheckJointly
from linlian.community.joint_reports.views import views
from linlian.community.places.views import views as places_views
from linlian.community.repairs.rules_steps import Standing, State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import PROOF, TO_DONE, Scene, found_scene
from linlian.community.repairs.views import views as repairs_views
from linlian.readmodel.audience import Audience, Reader
from linlian.readmodel.view import Reads
from linlian.testing.rows import reading

VIEWS = (identity_views, delegations_views, calendars_views, places_views, repairs_views, views)


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = found_scene(joint_reports.contract)
    yield scene
    scene.town.check_invariants()


def test_the_rows_follow_who_joined_was_told_objected_and_left(scene: Scene) -> None:
    main, other = scene.report("cai", place=scene.stair), scene.report("helper", principal=scene.account("anna"))
    scene.do("bo", JoinCase(case=main, home=scene.flat))
    scene.do("helper", JoinCase(case=main))
    scene.do("helper", LeaveCase(case=main))
    scene.do("desk", MergeCase(case=other, into=main))
    scene.take(main, *TO_DONE)
    scene.do("building_head", CheckJointly(case=main, proofs=PROOF))
    scene.town.advance(ms=1)
    scene.do("bo", ObjectJointly(case=main))
    with reading(scene.town.blocks, *VIEWS) as db:
        people = {row.account: row for row in asked.joined_people(db, main)}
        anna, bo, helper = (people[scene.account(name)] for name in ("anna", "bo", "helper"))
        assert (anna.basis, anna.direct, anna.merged) == (Basis.HELPER, False, 1), "as it was reported"
        assert (bo.basis, bo.direct, bo.standing) == (Basis.OWN_KEY, True, Standing.REPORTER)
        assert bo.objected_at > bo.told_at > 0
        assert anna.told_state == State.CHECKED
        assert helper.left_at > 0
        assert asked.crowd(db, main) == asked.CrowdRow(main, 2, 1)
        merger = asked.merger(db, other)
        assert merger is not None
        assert (merger.merged_into, merger.merged_by) == (main, scene.account("desk"))
        (followed,) = asked.followed_cases(db, scene.account("anna"))
        assert (followed.case_id, followed.state, followed.people) == (main, State.DISPUTED, 2)
        assert asked.followed_cases(db, scene.account("helper")) == []
    scene.do("anna", SplitCase(case=other))
    with reading(scene.town.blocks, *VIEWS) as db:
        assert asked.followed_cases(db, scene.account("anna")) == []
        merger = asked.merger(db, other)
        assert merger is not None
        assert merger.split_by == scene.account("anna")


def test_whoever_joined_sees_the_case_and_nobody_who_else_did(scene: Scene) -> None:
    """Neither a query nor an event in their own history names anybody else."""
    case_id = scene.report("cai", place=scene.stair)
    joined = [scene.do(name, JoinCase(case=case_id)) for name in ("anna", "bo")]
    for outcome, other in zip(joined, ("bo", "anna"), strict=True):
        assert repr(scene.account(other)) not in repr(outcome.events)
    anna, cai = Reader(account=scene.account("anna")), Reader(account=scene.account("cai"))
    desk = Reader(
        scene.account("desk"), scene.organisation("harmony"), OrganisationKind.PROPERTY_COMPANY, frozenset({Role.DESK})
    )
    case, person = {"case_id": case_id}, {"account": scene.account("bo")}
    own = {"account": scene.account("anna")}
    with reading(scene.town.blocks, *VIEWS) as db:
        table: list[tuple[Audience, dict[str, bytes], tuple[bool, ...]]] = [
            (audience.CROWD, case, (True, True, True, False)),
            (audience.PEOPLE, case, (False, False, True, False)),
            (audience.OWN, own, (True, False, True, False)),
            (audience.OWN, person, (False, False, True, False)),
            (audience.NEAR, {"place": scene.flat}, (True, False, True, False)),
            (audience.NEAR, {"place": scene.stair}, (True, True, True, False)),
        ]
        for who, asked_with, meant in table:
            seen = tuple(who.sees(db, reader, asked_with) for reader in (anna, cai, desk, Reader()))
            assert seen == meant, who.name
    scene.do("anna", LeaveCase(case=case_id))
    with reading(scene.town.blocks, *VIEWS) as db:
        assert not audience.CROWD.sees(db, anna, case)


def test_what_one_could_join_is_of_the_same_building_and_kind_and_nobodys_home(scene: Scene) -> None:
    stair = scene.report("cai", place=scene.stair)
    scene.report("anna", place=scene.flat)
    scene.report("cai", place=scene.stair, category=Category.PESTS)
    scene.in_state(State.CLOSED, place=scene.stair, category=Category.OTHER)
    merged = scene.report("cai", place=scene.stair)
    scene.do("desk", MergeCase(case=merged, into=stair))
    scene.do("bo", JoinCase(case=stair))

    def found(db: Reads, place: bytes, category: Category = Category.DOOR_LOCK) -> list[tuple[bytes, int]]:
        return [(row.case_id, row.people) for row in asked.similar_requests(db, place, category)]

    with reading(scene.town.blocks, *VIEWS) as db:
        assert found(db, scene.flat) == found(db, scene.stair) == [(stair, 1)]
        assert found(db, scene.flat, Category.OTHER) == []

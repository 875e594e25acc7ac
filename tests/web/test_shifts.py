"""The pages of a shift as they are served: for whom, what stands on them, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from linlian.community.handovers.rules import OfferRepair
from linlian.community.handovers.tests.shift import NOTE, plan, team_of
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.community.staff import BeginDuty
from tests.web.community import Community, open_community
from tests.web.test_desks import page, told

SEEN_BY = {
    "/shift": ("repairer", "second", "desk", "dispatcher", "swift_repairer", "supervisor"),
    "/handovers": ("dispatcher", "harmony_officer", "swift_dispatcher", "supervisor"),
}
NOT_BY = {"/shift": ("anna", "cai"), "/handovers": ("anna", "repairer", "desk", "grid_worker")}


@pytest.fixture
def shifts(tmp_path: Path) -> Iterator[tuple[Community, list[bytes]]]:
    """Two in the repairer's hands, one of them offered to the second; both are there, and the repairer's shift ends."""
    scene = found_whole_scene()
    known = [scene.in_state(State.ACCEPTED) for _ in range(2)]
    day = team_of(scene, "day", "repairer", "second")
    for name, hours in (("repairer", 2), ("second", 12)):
        scene.do(name, BeginDuty(shift=plan(scene, day, name, hours)))
    offer = OfferRepair(case=known[0], colleague=scene.account("second"), handover_note=NOTE)
    scene.do("repairer", offer)
    plan(scene, day, "repairer", 8, begins_in=2)
    scene.town.advance(hours=2)
    with open_community(tmp_path, scene) as opened:
        yield opened, known


@pytest.mark.parametrize("path", SEEN_BY)
def test_they_are_for_those_who_work_here(shifts: tuple[Community, list[bytes]], path: str) -> None:
    community, _ = shifts
    assert page(community.caller(), path).status_code == 401
    for name in SEEN_BY[path]:
        assert page(community.caller(name), path).status_code == 200, name
    for name in NOT_BY[path]:
        assert page(community.caller(name), path).status_code == 403, name


def test_they_say_who_has_what(shifts: tuple[Community, list[bytes]]) -> None:
    community, known = shifts
    scene = community.scene
    mine, theirs = told(community.caller("repairer"), "/shift"), told(community.caller("second"), "/shift")
    assert mine["duty"] is None
    assert len(mine["begin"]) == 1, "the next shift may begin"
    assert {row["case_id"] for row in mine["held"]} == {case_id.hex() for case_id in known}
    assert [row["case_id"] for row in theirs["offered"]] == [known[0].hex()]
    assert theirs["accept"]["each"] == "case"
    assert [option["value"] for option in theirs["accept"]["controls"][0]["options"]] == [known[0].hex()]
    assert theirs["end"] is not None, "what is offered is not in their hands"
    board = told(community.caller("dispatcher"), "/handovers")
    assert {row["case_id"] for row in board["rows"]} == {case_id.hex() for case_id in known}
    assert board["figures"] | {"waited_ms": 0} == {
        "offered": 1,
        "accepted": 0,
        "declined": 0,
        "withdrawn": 0,
        "waited_ms": 0,
        "left_open": 1,
        "left_cases": 2,
    }
    assert told(community.caller("swift_dispatcher"), "/handovers")["rows"] == [], "another company's work"
    assert {row["holder"] for row in board["rows"]} == {scene.account("repairer").hex()}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_they_say_everything_in_the_readers_language(shifts: tuple[Community, list[bytes]], language: str) -> None:
    community, _ = shifts
    for name, path in (("repairer", "/shift"), ("second", "/shift"), ("dispatcher", "/handovers")):
        answer = page(community.caller(name), path, language)
        text = re.sub(r"<[^>]+>|邻|中文|梧桐里", " ", answer.text)
        assert not re.search(r"\b(handovers|staff|repairs|way|site|time)\.[a-z_]+", text), path
        if language == "en":
            assert not re.search("[\u4e00-\u9fff]", text), path

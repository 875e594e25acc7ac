"""A repair that others joined: what is held back for their sake is offered on its page so that all of them are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from linlian.community.joint_reports.rules import JoinCase
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import TO_DONE, found_whole_scene
from tests.web.community import Community, open_community
from tests.web.test_desks import page


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[tuple[Community, bytes]]:
    scene = found_whole_scene()
    case_id = scene.in_state(State.REPORTED, place=scene.stair)
    scene.do("bo", JoinCase(case=case_id, home=scene.flat))
    scene.take(case_id, *TO_DONE)
    with open_community(tmp_path, scene) as opened:
        yield opened, case_id


OFFERED = {"repairer": "tell_joined", "desk": "tell_joined", "building_head": "check_jointly", "anna": ""}


@pytest.mark.parametrize("name", OFFERED)
def test_whoever_may_is_offered_the_step_that_tells_them_all(joined: tuple[Community, bytes], name: str) -> None:
    community, case_id = joined
    answer = page(community.caller(name), f"/repairs/{case_id.hex()}")
    assert answer.status_code == 200
    offered = set(re.findall(r'data-command="joint_reports\.([a-z_]+)"', answer.text))
    assert offered == ({OFFERED[name]} - {""})
    assert 'data-command="repairs.serve_notice"' not in answer.text
    assert 'data-command="repairs.check_repair"' not in answer.text

"""A block with hundreds of records is shown in parts, and all of them together are all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linlian.community.identity import Role
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import found_whole_scene, hire
from linlian.web.explorer import RECEIPTS_SHOWN
from tests.web.community import Community, batch, open_community

RECORDS = 2 * RECEIPTS_SHOWN + 20


@pytest.fixture
def community(tmp_path: Path) -> Iterator[Community]:
    scene = found_whole_scene()
    hire(scene, "street", "auditor", Role.AUDITOR)
    with open_community(tmp_path, scene) as opened:
        yield opened


def part(community: Community, name: str, height: int, first: int) -> dict[str, Any]:
    path = f"/explorer/{height}?first={first}"
    told: dict[str, Any] = community.caller(name).ask("GET", path, headers={"Accept": "application/json"}).json()
    return told


@pytest.mark.parametrize("name", ["", "auditor"])
def test_a_large_block_comes_in_parts(community: Community, name: str) -> None:
    report = ReportRepair(place=community.scene.flat, category=Category.DOOR_LOCK)
    raws = [community.transaction("anna", report) for _ in range(RECORDS)]
    assert community.caller("anna").post("/api/v1/transactions/batch", batch(raws)).status_code == 200
    height = community.node.ledger.head.height
    assert part(community, name, height, 0)["count"] == RECORDS
    leaves: list[str] = []
    while len(leaves) < RECORDS:
        found = part(community, name, height, len(leaves))["receipts"]
        assert 0 < len(found) <= RECEIPTS_SHOWN
        leaves += [each["leaf"] for each in found]
    assert len({*leaves}) == RECORDS
    assert part(community, name, height, RECORDS)["receipts"] == []

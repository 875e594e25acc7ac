"""A content over HTTP: for a committed opening, to its reader, once, and as something that can do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linlian.community.openings.rules import OpenContent
from linlian.community.openings.rules_table import Purpose
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.kernel.codec import Content
from linlian.kernel.transaction import open_transaction
from tests.vault.hostile_pictures import png
from tests.web.community import Community, open_community

PICTURE = png(8, 8)
PAGE = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def community(tmp_path: Path) -> Iterator[Community]:
    with open_community(tmp_path, found_whole_scene()) as opened:
        yield opened


def reported(community: Community) -> dict[str, Content]:
    """Anna's report with words and a photograph, really sealed."""
    vault = community.node.contents
    sealed = {"words": vault.put("水管漏水".encode()), "photo": vault.put(PICTURE), "page": vault.put(PAGE)}
    report = ReportRepair(
        place=community.scene.flat,
        category=Category.WATER_LEAK,
        words=sealed["words"],
        photos=(sealed["photo"], sealed["page"]),
    )
    assert community.caller("anna").do(report).status_code == 201
    return sealed


def opened(community: Community, name: str, *contents: Content) -> bytes:
    """Commit an opening for one's own matter; the reading."""
    command = OpenContent(contents=tuple(each.commitment for each in contents), purpose=Purpose.OWN_MATTER)
    raw = community.transaction(name, command)
    assert community.caller(name).post("/api/v1/transactions", raw).status_code == 201
    return open_transaction(raw, community.node.ledger.chain).id


def shown(community: Community, name: str, content: Content, reading: bytes, method: str = "GET") -> Any:
    path = f"/contents/{content.commitment.hex()}?reading={reading.hex()}"
    return community.caller(name).ask(method, path)


def test_a_content_is_shown_to_its_reader_once(community: Community) -> None:
    words = reported(community)["words"]
    reading = opened(community, "anna", words)
    assert shown(community, "", words, reading).json()["code"] == "web.sign_in"
    assert shown(community, "bo", words, reading).json()["code"] == "vault.reading_not_yours"
    first = shown(community, "anna", words, reading)
    assert (first.status_code, first.text) == (200, "水管漏水")
    again = shown(community, "anna", words, reading)
    assert (again.status_code, again.json()["code"]) == (410, "vault.reading_over")


def test_asking_for_the_head_uses_nothing_up(community: Community) -> None:
    words = reported(community)["words"]
    reading = opened(community, "anna", words)
    assert shown(community, "anna", words, reading, "HEAD").status_code == 405
    assert shown(community, "anna", words, reading).status_code == 200


def test_what_was_not_opened_is_not_shown(community: Community) -> None:
    sealed = reported(community)
    reading = opened(community, "anna", sealed["words"])
    assert shown(community, "anna", sealed["photo"], reading).json()["code"] == "vault.reading_not_yours"
    nowhere = shown(community, "anna", sealed["photo"], bytes(32))
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "vault.reading_not_committed")


def test_after_two_minutes_it_is_over(community: Community) -> None:
    words = reported(community)["words"]
    reading = opened(community, "anna", words)
    community.clock.now += 121_000
    assert shown(community, "anna", words, reading).status_code == 410


def test_a_content_can_do_nothing_in_a_browser(community: Community) -> None:
    sealed = reported(community)
    reading = opened(community, "anna", *sealed.values())
    kinds = {"words": "text/plain; charset=utf-8", "photo": "image/png", "page": "text/plain; charset=utf-8"}
    for name, kind in kinds.items():
        answer = shown(community, "anna", sealed[name], reading)
        assert answer.headers["content-type"] == kind
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_what_is_neither_picture_nor_text_is_a_file_to_save(community: Community) -> None:
    content = community.node.contents.put(b"\x00\x01MZ")
    report = ReportRepair(place=community.scene.flat, category=Category.WATER_LEAK, words=content)
    community.caller("anna").do(report)
    answer = shown(community, "anna", content, opened(community, "anna", content))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")

"""The same fault, seen by several, in browsers: offered while reporting, joined, told to all, objected to by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from tests.site.acting import act, fill, form_of, part
from tests.site.lived_in import LivedIn
from tests.site.town import DESK, PHONE, Site, photograph
from tests.web.test_desks import report

PART = "joint_reports.crowd"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_whoever_is_about_to_report_it_again_joins_instead(lives: tuple[LivedIn, Site], locale: str) -> None:
    lived, site = lives
    case = lived.cases[State.ASSIGNED]
    bo = site.enter("bo", PHONE, locale)
    bo.goto(f"{site.url}/report?common=true")
    near = bo.locator("#near a")
    fill(bo, "repairs.report_repair", category="lift.trapped")
    place = form_of(bo, "repairs.report_repair").locator("[name=place]")
    stair = lived.scene.stair.hex()
    if place.first.evaluate("control => control.tagName") == "SELECT":
        place.select_option(stair)
    else:
        bo.locator(f"[name=place][value='{stair}']").check()
    expect(near).to_have_count(0)  # none in this building
    fill(bo, "repairs.report_repair", category="lighting.common")
    expect(near).to_have_count(1)
    near.click()
    with bo.expect_navigation():
        bo.locator("form[data-command='joint_reports.join_case'] button[type=submit]").click()
        bo.locator("dialog[open] button[value=yes]").click()
    expect(bo).to_have_url(f"{site.url}/joined")
    expect(bo.locator("section.card h2")).to_have_count(1)
    told = part(site, "desk", case, PART)
    assert told["crowd"]["people"] == 1
    assert [(row["account"], row["basis"]) for row in told["people"]] == [(lived.scene.account("bo").hex(), "own_key")]
    assert part(site, "anna", case, PART)["people"] == [], "nobody who reported it sees who joined"
    bo.goto(f"{site.url}/home")
    expect(bo.locator("a[href='/joined']")).to_be_visible()


@pytest.mark.timeout(180)
def test_all_who_joined_are_told_at_once_and_one_of_them_objects(lives: tuple[LivedIn, Site], tmp_path: Path) -> None:
    lived, site = lives
    scene, case = lived.scene, lived.cases[State.ASSIGNED]
    bo = site.enter("bo", PHONE, "en-GB")
    bo.goto(f"{site.url}/joined?place={scene.stair.hex()}&category=lighting.common")
    act(bo, "joint_reports.join_case", joined_words="I fell on the stairs.")
    for step in ("accept_repair", "arrive_on_site", "diagnose_repair", "finish_repair"):
        who, command = scene.command(step, case)
        assert site.community.caller(who).do(command).status_code == 201
    head = site.enter("building_head", DESK, "en-GB")
    head.goto(f"{site.url}/repairs/{case.hex()}")
    expect(head.locator("form[data-command='repairs.check_repair']")).to_have_count(0)
    picture = photograph(tmp_path / "lamp.png")
    act(head, "joint_reports.check_jointly", proofs=str(picture))
    assert part(site, "desk", case, PART)["people"][0]["told_state"] == "checked"
    bo.goto(f"{site.url}/joined")
    expect(bo.locator("dl.facts")).to_contain_text("checked")
    act(bo, "joint_reports.object_jointly", words="It flickers.")
    told = part(site, "desk", case, PART)
    assert told["people"][0]["objected_at"] > 0
    desk = site.enter("desk", DESK, "en-GB")
    desk.goto(f"{site.url}/repairs/{case.hex()}")
    expect(desk.locator("h1 + .badge")).to_have_text("disputed")
    assert "flickers" not in desk.content()


@pytest.mark.timeout(120)
def test_two_reports_of_one_fault_are_merged_and_split_again(lives: tuple[LivedIn, Site]) -> None:
    lived, site = lives
    scene, case = lived.scene, lived.cases[State.ASSIGNED]
    second = report(site.community, Category.LIGHTING_COMMON, "bo", place=scene.stair)
    desk = site.enter("desk", DESK, "zh-CN")
    desk.goto(f"{site.url}/repairs/{second.hex()}")
    act(desk, "joint_reports.merge_case", into=case.hex())
    told = part(site, "desk", second, PART)
    assert (told["merger"]["merged_into"], told["merger"]["split_at"]) == (case.hex(), 0)
    expect(desk.locator(f"a[href='/repairs/{case.hex()}']")).to_be_visible()
    act(desk, "joint_reports.split_case")
    assert part(site, "desk", second, PART)["merger"]["split_at"] > 0

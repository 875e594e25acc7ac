"""The desks' pages as HTML: who gets them, what stands on them, in both languages; and their figures, counted again."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from linlian.community.identity import Role
from linlian.community.repairs.rules_answering import ConfirmRepair, DisputeRepair
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import content, hire
from linlian.community.repairs.views.tally import month_of
from tests.web.community import Caller, Community

STAFF_PAGES = {
    "/desk": ("desk", "dispatcher", "street_desk"),
    "/callbacks": ("desk", "dispatcher", "street_desk", "supervisor"),
    "/supervision": ("supervisor", "grid_worker", "building_head"),
}


def page(caller: Caller, path: str, language: str = "en") -> Any:
    """A page as a browser asks for it."""
    return caller.ask("GET", path, headers={"Accept": "text/html", "Accept-Language": language})


def told(caller: Caller, path: str) -> dict[str, Any]:
    """The same page as JSON."""
    answer = caller.ask("GET", path, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_desks_are_for_those_who_work_at_them(community: Community, path: str) -> None:
    assert page(community.caller(), path).status_code == 401
    for name in ("anna", "repairer", *STAFF_PAGES[path]):
        expected = 200 if name in STAFF_PAGES[path] else 403
        assert page(community.caller(name), path).status_code == expected, name


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_says_everything_in_the_readers_language(community: Community, language: str) -> None:
    scene = community.scene
    building = told(community.caller(), "/")["buildings"][0]["building"]
    scene_paths = {
        "supervisor": ("/supervision", "/callbacks"),
        "desk": ("/desk?building=0", "/board", "/board?view=table"),
    }
    everybody = ("/statistics", "/network", f"/buildings/{building}")
    for name, paths in {**scene_paths, "": everybody, "street_desk": everybody}.items():
        for path in paths:
            answer = page(community.caller(name), path, language)
            assert answer.status_code == 200, (path, answer.text[:300])
            text = re.sub(r"<[^>]+>|邻|中文|梧桐里", " ", answer.text)
            assert not re.search(r"\b(repairs|answers|way|site|time)\.[a-z_]+", text), path
            if language == "en":
                assert not re.search("[\u4e00-\u9fff]", text), path
    assert scene.flat


def test_a_call_is_taken_down_for_somebody_without_an_account(community: Community) -> None:
    desk = community.caller("desk")
    before = told(desk, "/desk?building=0")
    (home,) = [spot for spot in before["spots"] if spot["kind"] == "dwelling"]
    assert {control["name"] for control in before["form"]["controls"]} == {
        "place",
        "category",
        "urgency",
        "words",
        "caller",
    }
    report = ReportRepair(place=bytes.fromhex(home["place"]), category=Category.WATER_LEAK, caller=content("139…"))
    desk.do(report)
    (near,) = told(desk, "/desk?building=0&category=water.leak")["near"]
    assert near["category"] == "water.leak"
    assert near["reported_as"] == "desk"
    after = told(desk, f"/desk?reported={near['case_id']}")
    assert after["told"] == near
    assert [card["case_id"] for card in after["today"]] == [near["case_id"]]
    assert told(desk, "/desk?building=9")["spots"] == []


def test_on_behalf_of_a_resident_only_those_of_the_home_are_offered(community: Community) -> None:
    scene = community.scene
    found = told(community.caller("desk"), f"/desk?building=0&place={scene.flat.hex()}")
    (control,) = [one for one in found["form"]["controls"] if one["name"] == "principal"]
    assert {one["value"] for one in control["options"]} == {
        scene.account(name).hex() for name in ("anna", "bo", "grandmother")
    }


def test_the_call_back_desk_lists_those_who_sign_nothing(community: Community) -> None:
    desk, scene = community.caller("desk"), community.scene
    work_until_done(community, report(community, Category.PESTS, "desk", principal=scene.account("grandmother")))
    work_until_done(community, report(community, Category.DOOR_LOCK))
    (call,) = told(desk, "/callbacks")["calls"]
    assert call["case"]["category"] == "pests"
    assert call["notice"] is not None
    assert call["yes"] is None, "the company tells; somebody outside rings back"
    (outside,) = told(community.caller("street_desk"), "/callbacks")["calls"]
    fixed = {
        answer: {one["name"]: one["fixed"] for one in outside[answer]["controls"]}["repaired"]
        for answer in ("yes", "no")
    }
    assert fixed == {"yes": "yes", "no": "no"}


def report(community: Community, category: Category, who: str = "anna", **more: Any) -> bytes:
    """A fresh case, by way of the API; its id."""
    command = ReportRepair(place=more.pop("place", community.scene.flat), category=category, **more)
    answer = community.caller(who).do(command)
    assert answer.status_code == 201, answer.text
    return bytes.fromhex(answer.json()["entries"][0]["fields"]["case"])


def work_until_done(community: Community, case_id: bytes) -> None:
    for step in ("triage", "assign", "accept", "arrive_on_site", "diagnose", "finish"):
        name = step if "_" in step else f"{step}_repair"
        who, command = community.scene.command(name, case_id)
        answer = community.caller(who).do(command)
        assert answer.status_code == 201, answer.text


def test_filters_stay_in_the_address_and_the_table_comes_first_beyond_thirty(community: Community) -> None:
    anna, dispatcher = community.caller("anna"), community.caller("dispatcher")
    for number in range(31):
        category = Category.DOOR_LOCK if number % 2 else Category.PESTS
        anna.do(ReportRepair(place=community.scene.flat, category=category))
    whole = told(dispatcher, "/board")
    assert whole["as_table"]
    assert whole["total"] == 31
    assert "<table>" in page(dispatcher, "/board").text
    few = told(dispatcher, "/board?category=pests&late=&view=")
    assert (few["total"], few["as_table"]) == (16, False)
    assert {card["category"] for column in few["columns"] for card in column["cards"]} == {"pests"}
    assert 'value="pests" selected' in page(dispatcher, "/board?category=pests").text
    assert told(dispatcher, "/board?late=true")["total"] == 0
    assert told(dispatcher, "/board?mine=true")["total"] == 0, "nobody answers for them yet"
    assert not told(dispatcher, "/board?view=board")["as_table"]


def test_assignment_shows_skill_duty_and_load(community: Community) -> None:
    scene = community.scene
    cases = [report(community, category) for category in (Category.DOOR_LOCK, Category.PESTS)]
    for case_id in cases:
        community.caller("desk").do(scene.command("triage_repair", case_id)[1])
    community.caller("dispatcher").do(scene.command("assign_repair", cases[0])[1])
    offers = told(community.caller("dispatcher"), f"/repairs/{cases[1].hex()}")["offers"]
    (form,) = [offer for offer in offers if offer["command"] == "repairs.assign_repair"]
    (control,) = [one for one in form["controls"] if one["name"] == "executor"]
    second, first = control["options"]
    assert second["value"] == scene.account("second").hex(), "whoever has least in hand comes first"
    assert "0" in second["label"]
    assert "1" in first["label"]
    assert "电梯" in first["label"] or "ift" in first["label"]


def closed_and_disputed(community: Community) -> None:
    for category, answer in ((Category.DOOR_LOCK, ConfirmRepair), (Category.PESTS, DisputeRepair)):
        case_id = report(community, category)
        work_until_done(community, case_id)
        assert community.caller("anna").do(answer(case=case_id)).status_code == 201
    report(community, Category.DOOR_LOCK)


def test_page_and_spreadsheet_tell_the_same_numbers(community: Community) -> None:
    closed_and_disputed(community)
    desk = community.caller("desk")
    figures = told(desk, "/statistics?months=1")
    (line,) = figures["lines"]
    assert (line["reported"], line["done"], line["disputed"], line["repeated"]) == (3, 2, 1, 1)
    assert (line["on_time_per_mille"], line["unpaused_per_mille"], line["answered"]) == (1000, 1000, 1)
    (closing,) = figures["closings"]
    assert (closing["value"], closing["as_"], closing["total"]) == ("own_key", "reporter", 1)
    assert [(kind["value"], kind["total"]) for kind in figures["causes"]] == [("worn", 1)]
    answer = page(desk, "/statistics.csv?months=1")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="repairs-')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    sums: dict[str, int] = {}
    for row in rows:
        assert row["month"] == f"{month_of(community.clock.now) // 100}-{month_of(community.clock.now) % 100:02d}"
        sums[row["measure"]] = sums.get(row["measure"], 0) + int(row["amount"])
    expected = {"reported": 3, "repeated": 1, "done": 2, "unpaused": 2, "disputed": 1, "closed": 1, "caused": 1}
    assert sums == {**expected, "median_hours": line["median_hours"]}


def test_outsiders_get_published_sums_and_nothing_that_ties_two_records_together(community: Community) -> None:
    closed_and_disputed(community)
    outsider = community.caller()
    figures = told(outsider, "/statistics?months=1")
    assert not figures["full"]
    (line,) = figures["lines"]
    assert (line["reported"], line["done"]) == (3, 2)
    assert (line["disputed"], line["repeated"], line["unpaused_per_mille"]) == (-1, -1, -1)
    assert figures["causes"] == []
    measures = {row["measure"] for row in csv.DictReader(io.StringIO(page(outsider, "/statistics.csv").text))}
    assert measures <= {"reported", "done", "closed", "median_hours"}
    assert community.caller().get("/api/v1/repairs/monthly").status_code == 401
    assert told(outsider, "/network")["flows"] == []
    assert told(community.caller("anna"), "/network")["flows"] != []


def test_a_building_shows_homes_to_staff_and_floors_to_others(community: Community) -> None:
    anna, scene = community.caller("anna"), community.scene
    anna.do(ReportRepair(place=scene.flat, category=Category.GAS_SMELL))
    building = told(community.caller(), "/")["buildings"][0]["building"]
    staff = page(community.caller("dispatcher"), f"/buildings/{building}").text
    assert f"home={scene.flat.hex()}" in staff
    assert 'width="44" height="44"' in staff
    outside = page(community.caller(), f"/buildings/{building}").text
    assert scene.flat.hex() not in outside
    assert told(community.caller(), f"/buildings/{building}")["cards"] == []
    (floor,) = told(community.caller(), f"/buildings/{building}")["floors"]
    assert (floor["waiting"], floor["alarms"]) == (1, 1)
    assert page(community.caller(), f"/buildings/{scene.flat.hex()}").status_code in (403, 404)


def test_the_committee_checks_what_is_done_in_common_parts_on_the_page_itself(community: Community) -> None:
    scene = community.scene
    work_until_done(community, report(community, Category.LIGHTING_COMMON, place=scene.stair))
    work_until_done(community, report(community, Category.PESTS))
    head = told(community.caller("building_head"), "/supervision")
    (item,) = head["to_check"]
    assert item["card"]["category"] == "lighting.common"
    assert item["form"]["command"] == "repairs.check_repair"
    assert not head["all_of_it"]
    assert told(community.caller("supervisor"), "/supervision")["all_of_it"]
    assert item["card"]["state"] == State.DONE


def test_flows_are_steps_of_one_organisation_after_another(community: Community) -> None:
    closed_and_disputed(community)
    scene = community.scene
    found = {(row["giver"], row["taker"]): row["handed"] for row in told(community.caller("anna"), "/network")["flows"]}
    harmony = scene.organisation("harmony").hex()
    assert found == {("", harmony): 2, (harmony, ""): 2}


def test_only_role_and_organisation_open_the_desk(community: Community) -> None:
    hire(community.scene, "swift", "swift_desk", Role.DESK)
    assert page(community.caller("swift_dispatcher"), "/desk").status_code == 403

"""A city hotline's ticket in real browsers: in, contested, answered with what the record holds, and back again."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from linlian.community.hotline.rules import ticket_of
from linlian.community.repairs.rules_steps import State
from tests.site.acting import act, fill, form_of, part, sign
from tests.site.lived_in import HOTLINE, LivedIn
from tests.site.town import DESK, PHONE, Site
from tests.web.test_desks import work_until_done

PART = "hotline.tickets"
NUMBER = "2026 0105 0042"


def ticket(site: Site, case: bytes) -> dict[str, Any]:
    (found,) = part(site, "desk", case, PART)["tickets"]
    assert isinstance(found, dict)
    return found


def take_in(page: Page, url: str, home: bytes) -> bytes:
    """The street office's desk makes a case of a ticket; the case."""
    page.goto(f"{url}/tickets")
    page.fill("#source", HOTLINE)
    page.fill("#number", NUMBER)
    page.fill("#building", "2")
    page.fill("#floor", "7")
    page.locator("form.filters button").click()
    act(page, "hotline.open_ticket", place=home.hex(), category="door.lock", words="They say that the lock is broken.")
    known = page.locator("section", has_text="This ticket is known").locator("li a")
    expect(known).to_contain_text("Broken lock")
    expect(page.locator("form[data-command]")).to_have_count(0)
    return bytes.fromhex((known.get_attribute("href") or "").rpartition("/")[2])


@pytest.mark.timeout(180)
def test_a_ticket_comes_in_is_contested_answered_and_opened_again(lives: tuple[LivedIn, Site]) -> None:
    lived, site = lives
    street, ours = site.enter("street_desk", DESK, "en-GB"), site.enter("dispatcher", DESK, "en-GB")
    case = take_in(street, site.url, lived.home)
    assert ticket(site, case)["row"]["ticket"] == ticket_of(HOTLINE, "202601050042").hex()

    ours.goto(f"{site.url}/repairs/{case.hex()}")
    act(ours, "repairs.triage_repair")
    act(ours, "hotline.contest_ticket", reason="not_our_duty", words="It is the owner's own lock.")
    expect(ours.locator("form[data-command='hotline.answer_ticket']")).to_have_count(0)
    street.goto(f"{site.url}/tickets")
    street.locator(f"a[href='/repairs/{case.hex()}']").click()
    act(street, "hotline.decide_contest", upheld="no", words="The hotline says: it stays.")
    assert ticket(site, case)["row"]["state"] == "open"

    ours.reload()
    interim = form_of(ours, "hotline.answer_ticket")
    expect(interim.locator("[name=interim]")).to_have_attribute("value", "yes")  # nothing final before it is done
    work_until_done(site.community, case)
    anna = site.enter("anna", PHONE, "zh-CN")
    anna.goto(f"{site.url}/repairs/{case.hex()}")
    act(anna, "repairs.confirm_repair")

    ours.reload()
    form = form_of(ours, "hotline.answer_ticket")
    held = form.locator("[name=solved_on]").evaluate_all("controls => controls.map(control => control.value)")
    assert held == ["own_key", "own_call"], "silence did not close it, and nobody rang"
    said = {"contacted": "unknown", "solved": "yes", "solved_on": "own_key", "satisfied": "unknown"}
    fill(ours, "hotline.answer_ticket", words="The lock was replaced.", **said)
    with ours.expect_navigation():
        sign(ours, form)
    (answer,) = ticket(site, case)["replies"]
    assert (answer["kind"], answer["solved"], answer["solved_on"]) == ("answer", "yes", "own_key")
    assert answer["satisfied_on"] == answer["contacted_on"] == ""

    street.reload()
    heard = {"contacted": "yes", "solved": "no", "satisfied": "no"}
    act(street, "hotline.bring_callback", words="She says that it jams again.", **heard)
    told = ticket(site, case)
    assert (told["row"]["state"], told["row"]["rounds"], told["replies"][-1]["kind"]) == ("open", 1, "callback")
    ours.reload()
    section = ours.locator("section.card", has=ours.locator("h2", has_text=HOTLINE))
    expect(section).to_contain_text("times it came back: 1")
    expect(section).to_contain_text("rests on: own key")
    expect(section).to_contain_text("rests on: call-back")
    expect(ours.locator("h1 + .badge")).to_have_text("reported")
    assert "jams" not in ours.content() + street.content()


@pytest.mark.timeout(120)
def test_a_ticket_is_hung_on_what_is_open_there_or_sent_back_at_the_door(lives: tuple[LivedIn, Site]) -> None:
    lived, site = lives
    street = site.enter("street_desk", DESK, "zh-CN")
    street.goto(f"{site.url}/tickets?source={HOTLINE}&number=77&building=2&floor=7")
    act(street, "hotline.refuse_ticket", reason="no_repair", words="是投诉，不是报修。")
    expect(street.locator("section.card", has_text="这张工单已登记")).to_contain_text("不予受理")
    act(street, "hotline.link_ticket", case=lived.cases[State.REPORTED].hex(), words="热线坚持派来。")
    row = ticket(site, lived.cases[State.REPORTED])["row"]
    assert (row["state"], row["opened"]) == ("open", False)


def test_whoever_takes_no_tickets_in_gets_no_list_of_them(lives: tuple[LivedIn, Site]) -> None:
    _, site = lives
    for name in ("anna", "repairer", "building_head"):
        assert site.community.caller(name).ask("GET", "/tickets").status_code == 403, name
    assert site.community.caller().ask("GET", "/tickets").status_code == 401

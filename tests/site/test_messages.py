"""Messages in real browsers: what others did in one's repairs, which of it is new here, and nothing of others'."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from linlian.community.repairs.rules_steps import State
from tests.site.acting import act
from tests.site.lived_in import LivedIn
from tests.site.town import DESK, PHONE, Site


@pytest.mark.timeout(120)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_what_others_did_stands_there_and_is_new_until_it_was_shown(lives: tuple[LivedIn, Site], locale: str) -> None:
    lived, site = lives
    anna = site.enter("anna", PHONE, locale)
    anna.goto(f"{site.url}/me/messages")
    lines = anna.locator("[data-messages] > li")
    expect(lines.first.locator("[data-new]")).to_be_visible()
    anna.reload()
    expect(anna.locator("[data-new]:visible")).to_have_count(0)

    case = lived.cases[State.TRIAGED]
    dispatcher = site.enter("dispatcher", DESK, locale)
    dispatcher.goto(f"{site.url}/repairs/{case.hex()}")
    act(dispatcher, "repairs.assign_repair", executor=lived.scene.account("repairer").hex())
    new = lines.filter(has=anna.locator("[data-new]:visible"))
    expect(new).to_have_count(1)  # the page moved by itself
    new.locator("a").first.click()
    anna.wait_for_url(f"**/repairs/{case.hex()}")
    anna.goto(f"{site.url}/home")
    expect(anna.locator("[data-messages] > li")).to_have_count(3)
    expect(anna.locator("[data-new]:visible")).to_have_count(0)


def test_nobody_has_the_messages_of_somebody_else(lives: tuple[LivedIn, Site]) -> None:
    _, site = lives
    community = site.community
    anna = community.scene.account("anna")
    asked = {name: community.caller(name).get("/api/v1/repairs/messages_of", account=anna) for name in ("anna", "cai")}
    assert [answer.status_code for answer in asked.values()] == [200, 403]
    rows = asked["anna"].json()["rows"]
    assert anna.hex() not in {row["actor"] for row in rows}, "what she did herself is no news to her"
    reported = community.caller("anna").get("/api/v1/repairs/reports_of", reporter=anna).json()["rows"]
    assert {row["case_id"] for row in rows} <= {*(row["case_id"] for row in reported), ""}
    assert not [row for row in rows if row["type"].startswith("openings.")]

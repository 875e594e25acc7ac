"""The staff card in real browsers: the household sees who comes and how their licences stand; name and photograph are
one look away that stands on the record. Officers and clerks keep cards and licences on their organisation's pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from linlian.community.repairs.rules_steps import State
from linlian.community.staff import LicenceKind
from linlian.community.staff.rules_licences import RevocationReason, RevokeLicence
from tests.site.acting import act, form_of, local, part, sign
from tests.site.lived_in import LivedIn
from tests.site.people import NAME, enter, open_people_site, sealed_case
from tests.site.town import DESK, PHONE, Site

PART, SEALED_PART = "repairs.who_comes", "openings.sealed_card"
DAY_MS = 86_400_000


@pytest.fixture
def people(tmp_path: Path, browser: Browser) -> Iterator[Site]:
    with open_people_site(tmp_path, browser) as opened:
        yield opened
        assert opened.faults == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_household_sees_who_comes_and_opens_name_and_photograph_on_the_record(people: Site, locale: str) -> None:
    case = sealed_case(people.community)
    anna = enter(people, "anna", PHONE, locale)
    anna.goto(f"{people.url}/repairs/{case.hex()}")
    told = part(people, "anna", case, PART)
    assert told["who"]["code"] == "harmony"
    assert told["card"]["trades"] == "plumbing"
    assert {each["stands"] for each in told["licences"]} == {"valid"}
    card = anna.locator("section.card", has=anna.locator("ul.persons .badge"))
    expect(card.locator("ul.persons .badge.well")).to_have_count(4)  # two of their own, two of their employer's
    assert NAME not in anna.content()
    form = form_of(anna, "openings.open_content")
    with anna.expect_navigation(url="**/openings/*"):
        sign(anna, form)
    expect(anna.locator("[data-content] .words")).to_have_text(NAME)
    expect(anna.locator("[data-content] img")).to_be_visible()
    repairer = enter(people, "repairer", PHONE, locale)
    repairer.goto(f"{people.url}/me/looks")
    expect(repairer.locator(".records > li")).to_have_count(1)


def test_the_name_is_offered_to_those_for_whom_it_is_done_and_to_nobody_else(people: Site) -> None:
    case = sealed_case(people.community)
    for name, may in (("anna", True), ("helper", True), ("desk", False), ("dispatcher", False), ("repairer", False)):
        answer = people.community.caller(name).ask(
            "GET", f"/repairs/{case.hex()}", headers={"Accept": "application/json"}
        )
        parts = answer.json()["parts"]
        assert (SEALED_PART in parts) is may, name
        assert parts[PART]["card"]["account"] == people.community.scene.account("repairer").hex(), name


@pytest.mark.timeout(120)
def test_a_licence_that_was_revoked_is_shown_to_the_household_as_such(lives: tuple[LivedIn, Site]) -> None:
    lived, site = lives
    case, repairer = lived.cases[State.ON_SITE], site.community.scene.account("repairer")
    reason = RevocationReason.NOT_GENUINE
    organisation = site.community.scene.organisation("harmony")
    revoking = RevokeLicence(organisation=organisation, kind=LicenceKind.GAS_FITTING, reason=reason, account=repairer)
    assert site.community.caller("street_officer").do(revoking).status_code == 201
    anna = site.enter("anna", PHONE, "en-GB")
    anna.goto(f"{site.url}/repairs/{case.hex()}")
    expect(anna.locator("li", has_text="gas fitting").locator(".badge.late")).to_have_text("revoked")
    stands = {each["row"]["kind"]: each["stands"] for each in part(site, "anna", case, PART)["licences"]}
    assert stands["gas_fitting"] == "revoked"
    assert stands["lift_repair"] == "valid"
    assert part(site, "anna", case, PART)["who"]["on_duty"] is True


@pytest.mark.timeout(120)
def test_the_office_gives_a_card_and_records_a_licence_for_it(people: Site) -> None:
    account = people.community.scene.account("dispatcher")
    office = enter(people, "harmony_officer", DESK, "en-GB")
    office.goto(f"{people.url}/organisation")
    office.goto(f"{people.url}/organisation/{account.hex()}")
    expect(office.locator("form[data-command='staff.record_licence']")).to_have_count(0)  # not without a card
    form = form_of(office, "staff.issue_card")
    for trade in ("plumbing", "locks"):
        form.locator(f"[name=trades][value={trade}]").check()
    act(office, "staff.issue_card", name="Dai Wen")
    now = people.community.clock.now
    act(
        office,
        "staff.record_licence",
        kind="electrician_low_voltage",
        number="T-0042",
        body="emergency-management",
        starts=local(office, now - DAY_MS),
        until=local(office, now + 20 * DAY_MS),
    )
    expect(office.locator("ul.persons .badge.waiting")).to_have_text("running out")
    act(
        office,
        "staff.renew_licence",
        kind="electrician_low_voltage",
        until=local(office, now + 900 * DAY_MS),
        number="T-1",
    )
    expect(office.locator("ul.persons .badge.well")).to_have_text("valid")
    assert "Dai Wen" not in office.content()
    assert "T-0042" not in office.content()

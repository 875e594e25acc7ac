"""Looking into sealed content, inviting family, admitting an organisation: by the people in their own browsers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.site.people import WORDS, arrived, enter, open_people_site, sealed_case
from tests.site.town import DESK, PHONE, Site, browser_path


@pytest.fixture
def people(tmp_path: Path) -> Iterator[Site]:
    if browser_path() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Chromium here; `make browser` installs it")
        pytest.skip("there is no Chromium on this machine: install it, or run `make browser`")
    with open_people_site(tmp_path) as opened:
        yield opened
        assert opened.faults == []


def sign(page: Page, form: Locator) -> None:
    """Hand in a form and sign what its sheet says."""
    form.locator("button[type=submit]").click()
    page.locator("dialog[open] button[value=yes]").click()


def invitation(page: Page) -> str:
    """The link on the sheet, which bears a QR code; the sheet is closed."""
    sheet = page.locator("dialog.invitation[open]")
    expect(sheet.locator("svg[role=img] path")).to_be_visible()
    link = sheet.locator(".bytes").inner_text()
    with page.expect_navigation():
        sheet.locator("button").last.click()
    expect(page.locator("body")).not_to_contain_text(link)
    return link


def join(site: Site, link: str) -> Page:
    """Somebody else's device opens the link."""
    page = site.page(site.context(PHONE, "zh-CN"))
    page.goto(link)
    page.click("#join")
    return page


@pytest.mark.timeout(120)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_what_is_sealed_is_shown_for_a_purpose_once_and_everybody_concerned_sees_it(people: Site, locale: str) -> None:
    case = sealed_case(people.community).hex()
    repairer = enter(people, "repairer", DESK, locale)
    repairer.goto(f"{people.url}/repairs/{case}")
    expect(repairer.locator(".masked").first).to_be_visible()
    repairer.click(f"a[href='/repairs/{case}/sealed']")
    form = repairer.locator("form[data-command='openings.open_content']").first
    form.locator("[name=contents]").first.check()
    form.locator("[name=purpose][value=repair]").check()
    with repairer.expect_navigation(url="**/openings/*"):
        sign(repairer, form)
    expect(repairer.locator("[data-content] .words")).to_have_text(WORDS)
    repairer.reload()
    expect(repairer.locator("[data-content] .message.no")).to_be_visible()
    anna = enter(people, "anna", PHONE, locale)
    anna.goto(f"{people.url}/me/looks")
    expect(anna.locator(".records > li")).to_have_count(1)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_family_is_invited_by_a_link_and_belongs_to_the_home(people: Site, locale: str) -> None:
    helper = enter(people, "helper", PHONE, locale)
    helper.goto(f"{people.url}/household")
    persons = helper.locator(".persons > li").count()
    helper.locator("details:has(form[data-invites]) > summary").click()
    form = helper.locator("form[data-invites]")
    for right in ("report", "see"):
        form.locator(f"[name=rights][value={right}]").check()
    sign(helper, form)
    link = invitation(helper)
    assert re.fullmatch(re.escape(people.url) + r"/join#[0-9a-f]{32}\.[0-9a-f]{64}", link)
    newcomer = join(people, link)
    arrived(newcomer)
    newcomer.goto(f"{people.url}/household")
    expect(newcomer.locator(".persons > li")).to_have_count(persons + 1)
    assert newcomer.locator("form[data-invites]").count() == 0
    thief = join(people, link)
    expect(thief.locator("#told .message.no")).to_be_visible()
    helper.goto(f"{people.url}/household")
    expect(helper.locator(".persons > li")).to_have_count(persons + 1)


@pytest.mark.timeout(180)
def test_an_organisation_is_admitted_by_votes_and_its_officer_comes_by_a_link(people: Site) -> None:
    officer = enter(people, "harmony_officer", DESK, "en-GB")
    officer.goto(f"{people.url}/decisions")
    officer.locator("details:has(form[data-invites]) > summary").click()
    form = officer.locator("form[data-invites]")
    form.locator("[name=kind][value=third_party]").check()
    form.locator("[name=code]").fill("auditors")
    sign(officer, form)
    link = invitation(officer)
    expect(join(people, link).locator("#told .message.no")).to_contain_text("identity.not_admitted_yet")
    for name in ("street_officer", "owners_officer"):
        voter = enter(people, name, DESK, "en-GB")
        voter.goto(f"{people.url}/decisions")
        with voter.expect_navigation():
            sign(voter, voter.locator("form[data-command='council.vote']").first)
    newcomer = join(people, link)
    arrived(newcomer)
    newcomer.goto(f"{people.url}/organisation")
    expect(newcomer.locator("h1")).to_contain_text("auditors")


@pytest.mark.timeout(120)
def test_an_invitation_that_was_taken_back_lets_nobody_in(people: Site) -> None:
    officer = enter(people, "harmony_officer", DESK, "zh-CN")
    officer.goto(f"{people.url}/organisation")
    officer.locator("details:has(form[data-invites]) > summary").click()
    form = officer.locator("form[data-invites]")
    form.locator("[name=roles][value=repairer]").check()
    sign(officer, form)
    link = invitation(officer)
    officer.goto(f"{people.url}/me/invitations")
    with officer.expect_navigation():
        sign(officer, officer.locator("form[data-command='identity.close_account']"))
    expect(officer.locator("form[data-command='identity.close_account']")).to_have_count(0)
    expect(join(people, link).locator("#told .message.no")).to_be_visible()

"""Sessions that end, pages gone stale, clicks too many, and a network that comes and goes: nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from linlian.community.repairs.rules_answering import ConfirmRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import found_scene
from linlian.kernel import codec
from tests.site.acting import act, fill, form_of, home_of, sign, told
from tests.site.town import Site, open_site

WORDS = "厨房水管漏水，水一直在滴"


@pytest.fixture
def asked(tmp_path: Path, browser: Browser) -> Iterator[tuple[Site, bytes]]:
    """A site with a repair that waits for Anna's or Bo's yes."""
    scene = found_scene()
    case = scene.in_state(State.DONE)
    with open_site(tmp_path, browser, scene) as opened:
        yield opened, case
        assert opened.faults == []


def end_all_sessions(site: Site) -> None:
    """What a restart of the node does."""
    site.community.app.state.desk.sessions._sessions.clear()


def forget_keys(page: Page) -> None:
    """What Safari does after seven days."""
    page.evaluate("() => new Promise(done => { indexedDB.deleteDatabase('linlian').onsuccess = done })")


def reports(site: Site) -> int:
    """How many repairs Anna has reported."""
    reporter = site.community.scene.account("anna")
    return len(site.community.caller("anna").get("/api/v1/repairs/reports_of", reporter=reporter).json()["rows"])


def write_report(page: Page, site: Site, words: str = WORDS) -> None:
    page.goto(f"{site.url}/report")
    fill(page, "repairs.report_repair", place=home_of(page), category="water.leak", words=words)


def test_a_session_that_ends_meanwhile_is_opened_again_by_the_key_that_is_here(site: Site) -> None:
    page = site.enter("anna")
    write_report(page, site)
    end_all_sessions(site)
    with page.expect_navigation(url="**/repairs/*"):
        sign(page, form_of(page, "repairs.report_repair"))
    end_all_sessions(site)
    page.goto(f"{site.url}/home")
    expect(page.locator("h1")).not_to_have_text("")
    expect(page.locator("[data-sign-in]")).to_have_count(0)
    expect(page).to_have_url(f"{site.url}/home")
    assert reports(site) == 1


def test_without_a_key_the_page_says_how_to_come_back_and_what_was_typed_waits(site: Site) -> None:
    page = site.enter("anna")
    write_report(page, site)
    end_all_sessions(site)
    forget_keys(page)
    form = form_of(page, "repairs.report_repair")
    sign(page, form)
    expect(told(form).locator("a")).to_have_attribute("href", "/enter?then=%2Freport")
    expect(form.locator("[name=words]")).to_have_value(WORDS)
    told(form).locator("a").click()
    page.click("[data-guest=anna]")
    page.wait_for_url("**/report")
    expect(page.locator("[name=words]")).to_have_value(WORDS)
    expect(page.locator("[name=category]:checked, select[name=category]")).to_have_value("water.leak")


def test_who_has_left_is_not_signed_in_again_by_the_page(site: Site) -> None:
    page = site.enter("anna")
    page.goto(f"{site.url}/me")
    page.click("#leave")
    page.wait_for_url(f"{site.url}/")
    page.goto(f"{site.url}/home")
    expect(page.locator("[data-sign-in]")).to_have_count(1)
    expect(page.locator("main a[href='/enter?then=/home']")).to_have_count(1)


def test_entering_leads_to_no_other_site(site: Site) -> None:
    page = site.page(site.context())
    for goal in ("//evil.example/", "https://evil.example/", "\\\\evil.example"):
        page.goto(f"{site.url}/enter?then={goal}")
        page.click("[data-guest=anna]")
        page.wait_for_url(lambda url: "/enter" not in url and not url.endswith("/mine"))
        assert page.url.startswith(site.url)


def test_on_a_page_that_has_gone_stale_the_refusal_is_told_and_the_words_stay(asked: tuple[Site, bytes]) -> None:
    site, case = asked
    page = site.enter("anna")
    page.goto(f"{site.url}/repairs/{case.hex()}")
    form = fill(page, "repairs.dispute_repair", words=WORDS)
    assert site.community.caller("bo").do(ConfirmRepair(case=case)).status_code == 201
    expect(page.locator("#news")).to_be_visible()  # it says so, and leaves the form as it is
    sign(page, form)
    expect(told(form)).to_contain_text("repairs.")
    expect(form.locator("[name=words]")).to_have_value(WORDS)
    page.locator("#news a").click()
    expect(page.locator("form[data-command='repairs.dispute_repair']")).to_have_count(0)


def test_a_double_click_hands_in_once(site: Site) -> None:
    page = site.enter("anna")
    write_report(page, site)
    button = form_of(page, "repairs.report_repair").locator("button[type=submit]")
    button.evaluate("button => { button.click(); button.click() }")
    expect(page.locator("dialog[open]")).to_have_count(1)
    yes = page.locator("dialog[open] button[value=yes]")
    with page.expect_navigation(url="**/repairs/*"):
        yes.evaluate("button => { button.click(); button.click() }")
    assert reports(site) == 1


def test_two_tabs_with_one_form_hand_in_once(site: Site) -> None:
    first = site.enter("anna")
    second = site.page(first.context)
    write_report(first, site)
    write_report(second, site)
    with first.expect_navigation(url="**/repairs/*"):
        sign(first, form_of(first, "repairs.report_repair"))
    form = form_of(second, "repairs.report_repair")
    form.locator("button[type=submit]").click()
    expect(told(form)).to_contain_text("site.handed_in")
    assert reports(site) == 1
    write_report(second, site)  # whoever means it loads the page anew
    with second.expect_navigation(url="**/repairs/*"):
        sign(second, form_of(second, "repairs.report_repair"))
    assert reports(site) == 2


def test_the_way_back_shows_how_it_stands_now(asked: tuple[Site, bytes]) -> None:
    site, case = asked
    page = site.enter("anna")
    page.goto(f"{site.url}/repairs/{case.hex()}")
    act(page, "repairs.confirm_repair")
    page.goto(f"{site.url}/home")
    page.go_back()
    expect(page.locator("form[data-command='repairs.confirm_repair']")).to_have_count(0)


@pytest.mark.timeout(90)
def test_what_is_signed_while_the_network_is_gone_is_sent_once_it_is_back(asked: tuple[Site, bytes]) -> None:
    site, case = asked
    page = site.enter("anna")
    page.goto(f"{site.url}/repairs/{case.hex()}")
    page.context.set_offline(True)
    form = form_of(page, "repairs.confirm_repair")
    sign(page, form)
    expect(page.locator("#outbox")).to_contain_text("1")
    form.locator("button[type=submit]").click()  # once more: it is handed in already
    expect(told(form)).to_contain_text("site.handed_in")
    page.context.set_offline(False)
    expect(page.locator("#outbox .yes")).to_be_visible(timeout=20_000)
    page.locator("#outbox a").click()
    expect(page.locator("form[data-command='repairs.confirm_repair']")).to_have_count(0)
    kinds = [row["type"] for row in _timeline(site, case)]
    assert kinds.count("repairs.repair_confirmed") == 1


def test_a_closed_tab_forgets_nothing_that_waits(asked: tuple[Site, bytes]) -> None:
    site, case = asked
    page = site.enter("anna")
    page.goto(f"{site.url}/repairs/{case.hex()}")
    page.context.set_offline(True)
    sign(page, form_of(page, "repairs.confirm_repair"))
    expect(page.locator("#outbox")).to_contain_text("1")
    again = site.page(page.context)
    page.close()
    again.context.set_offline(False)
    again.goto(f"{site.url}/home")
    expect(again.locator("#outbox .yes")).to_be_visible()
    assert [row["type"] for row in _timeline(site, case)].count("repairs.repair_confirmed") == 1


def test_words_are_sealed_on_this_device_without_a_network_and_handed_in_with_it(site: Site) -> None:
    page = site.enter("anna")
    write_report(page, site)
    page.context.set_offline(True)
    form = form_of(page, "repairs.report_repair")
    sign(page, form)
    expect(page.locator("#outbox")).to_contain_text("1")
    expect(form.locator("[name=words]")).to_have_value(WORDS)
    assert reports(site) == 0
    page.context.set_offline(False)
    expect(page.locator("#outbox .yes")).to_be_visible(timeout=20_000)
    assert reports(site) == 1
    ledger, vault = site.community.node.ledger, site.community.node.contents
    block = next(ledger.follow(ledger.head.height))
    words = codec.decode_plain(block.receipts[0].entries[0])[3]["words"]
    assert vault._unsealed(codec.typed(codec.Content, words)) == WORDS.encode()


def _timeline(site: Site, case: bytes) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = (
        site.community.caller("anna").get("/api/v1/repairs/timeline", case_id=case).json()["rows"]
    )
    return rows

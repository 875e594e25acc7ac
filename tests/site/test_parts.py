"""What neighbours of repairs add to its page, in a browser: a time that suits both, a price that is agreed to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from linlian.community.appointments.views import AppointmentRow
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import DAY, HOUR
from tests.site.acting import act, fill, form_of, sign
from tests.site.lived_in import LivedIn, lived_in
from tests.site.town import DESK, PHONE, Site, open_site


@pytest.fixture
def lives(tmp_path: Path, browser: Browser) -> Iterator[tuple[LivedIn, Site]]:
    lived = lived_in()
    with open_site(tmp_path, browser, lived.scene) as site:
        yield lived, site
        assert site.faults == []


def part(site: Site, name: str, case: bytes, part_of: str) -> dict[str, Any]:
    """A part of the repair's page, as programs get it."""
    answer = site.community.caller(name).ask("GET", f"/repairs/{case.hex()}", headers={"Accept": "application/json"})
    found: dict[str, Any] = answer.json()["parts"][part_of]
    return found


def local(page: Page, time_ms: int) -> str:
    """A time as a `datetime-local` control of this browser holds it."""
    script = "t => new Date(t - new Date(t).getTimezoneOffset() * 6e4).toISOString().slice(0, 16)"
    found: str = page.evaluate(script, time_ms)
    return found


@pytest.mark.timeout(120)
def test_a_time_is_proposed_answered_with_others_and_agreed(lives: tuple[LivedIn, Site]) -> None:
    lived, site = lives
    case = lived.cases[State.ON_SITE]
    anna = site.enter("anna", PHONE, "en-GB")
    anna.goto(f"{site.url}/repairs/{case.hex()}")
    asked = anna.locator("section.asks", has=anna.locator("form[data-command='appointments.agree_window']"))
    expect(asked.locator("form[data-command='appointments.agree_window']")).to_have_count(2)
    form = form_of(anna, "appointments.propose_windows")
    starts = site.community.node.ledger.clock() + 3 * DAY
    form.locator("[data-row] [name=starts]").first.fill(local(anna, starts))
    form.locator("[data-row] [name=ends]").first.fill(local(anna, starts + 2 * HOUR))
    form.locator("button[data-add-row]").click()
    expect(form.locator("[data-row]")).to_have_count(2)
    form.locator("[data-row] [name=starts]").nth(1).fill(local(anna, starts + DAY))
    form.locator("[data-row] [name=ends]").nth(1).fill(local(anna, starts + DAY + HOUR))
    with anna.expect_navigation():
        sign(anna, form)
    told = part(site, "anna", case, "appointments.visit")
    assert [window["agree"] for window in told["offered"]] == [None, None]
    dispatcher = site.enter("dispatcher", DESK, "en-GB")
    dispatcher.goto(f"{site.url}/repairs/{case.hex()}")
    with dispatcher.expect_navigation():
        sign(dispatcher, dispatcher.locator("form[data-command='appointments.agree_window']").nth(1))
    row = part(site, "anna", case, "appointments.visit")["row"]
    assert {*row} == {*AppointmentRow._fields}
    assert row["state"] == "agreed"
    assert abs(row["starts"] - (starts + DAY)) < 60_000


@pytest.mark.timeout(120)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_price_is_read_line_by_line_and_agreed_to(lives: tuple[LivedIn, Site], locale: str) -> None:
    lived, site = lives
    case = lived.cases[State.DIAGNOSED]
    anna = site.enter("anna", PHONE, locale)
    anna.goto(f"{site.url}/repairs/{case.hex()}")
    expect(anna.locator("section.asks", has_text="¥225.00").locator("table")).to_be_visible()
    act(anna, "quotes.approve_quote")
    assert part(site, "anna", case, "quotes.price")["quote"]["state"] == "approved"
    expect(anna.locator("form[data-command='quotes.approve_quote']")).to_have_count(0)


@pytest.mark.timeout(120)
def test_a_quote_adds_itself_up_and_is_made_of_lines(lives: tuple[LivedIn, Site]) -> None:
    lived, site = lives
    case = lived.cases[State.DIAGNOSED]
    dispatcher = site.enter("dispatcher", DESK, "en-GB")
    dispatcher.goto(f"{site.url}/repairs/{case.hex()}")
    act(dispatcher, "quotes.withdraw_quote")
    form = form_of(dispatcher, "quotes.make_quote")
    rows = form.locator("[data-row]")
    for number, (kind, label, unit, quantity, price) in enumerate(
        (("labour", "plasterer", "hour", "1.5", "80"), ("part", "plaster", "kilogram", "2.333", "4.55"))
    ):
        if number:
            form.locator("button[data-add-row]").click()
        row = rows.nth(number)
        row.locator("select[name=kind]").select_option(kind)
        row.locator("[name=label]").fill(label)
        row.locator("select[name=unit]").select_option(unit)
        row.locator("[name=quantity_milli]").fill(quantity)
        row.locator("[name=unit_cents]").fill(price)
    expect(form.locator("[name=total_cents]")).to_have_value("130.61")
    fill(dispatcher, "quotes.make_quote", valid_until=local(dispatcher, site.community.node.ledger.clock() + 5 * DAY))
    form.locator("button[type=submit]").click()
    sheet = dispatcher.locator("dialog[open]")
    expect(sheet).to_contain_text(re.compile("plasterer · .* · 1.5 · 80"))
    with dispatcher.expect_navigation():
        sheet.locator("button[value=yes]").click()
    told = part(site, "anna", case, "quotes.price")
    assert told["quote"]["total_cents"] == 13_061
    assert [line["amount_cents"] for line in told["lines"]] == [12_000, 1_061]

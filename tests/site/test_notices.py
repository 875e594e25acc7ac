"""What hangs at the door and what stands on the list of prices: put up at a desk, read by everybody."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.site.acting import act, sign, told
from tests.site.lived_in import LivedIn
from tests.site.pixels import codes
from tests.site.town import DESK, PHONE, Site

LIVE_MS = 20_000
"""So long a page may take to move by itself where a machine is crowded."""


def test_the_desk_publishes_and_everybody_reads_it(lives: tuple[LivedIn, Site]) -> None:
    _, site = lives
    outsider = site.page(site.context(PHONE, "en-GB"))
    outsider.goto(f"{site.url}/outages")
    expect(outsider.locator("h1")).to_have_text("1 out now, 1 to come")
    desk = site.enter("desk", DESK, "en-GB")
    desk.goto(f"{site.url}/outages")
    desk.locator("details > summary").click()
    desk.get_by_role("checkbox", name="Building 3").check()
    later = desk.evaluate(
        "() => new Date(Number(document.documentElement.dataset.now) + 5 * 3600e3 - new Date().getTimezoneOffset()"
        " * 60e3).toISOString().slice(0, 16)"
    )
    act(desk, "outages.publish_outage", nature="fault", utility="power", until=later)
    assert "/outages/" in desk.url
    expect(desk.locator("h1")).to_contain_text("power")
    expect(outsider.locator("h1")).to_have_text("2 out now, 1 to come", timeout=LIVE_MS)  # by itself

    act(desk, "outages.end_outage", reason="restored")
    expect(outsider.locator("h1")).to_have_text("1 out now, 1 to come", timeout=LIVE_MS)


def test_who_lives_there_sees_their_own_and_the_door_has_a_code(lived: tuple[LivedIn, Site]) -> None:
    scene, site = lived
    anna = site.enter("anna", PHONE, "zh-CN")
    anna.goto(f"{site.url}/outages")
    mine = anna.locator("section").first
    expect(mine.locator("li")).to_have_count(2)
    expect(mine).to_contain_text("供水（故障）")
    anna.goto(f"{site.url}/outages/{scene.outage.hex()}/notice")
    expect(anna.locator("#letters")).to_contain_text("请提前储水")
    (said,) = codes(anna.locator("#code svg").screenshot())
    assert said == f"{site.url}/outages/{scene.outage.hex()}"
    anna.emulate_media(media="print")
    anna.evaluate("document.documentElement.dataset.print = 'letters'")
    expect(anna.locator("header.top")).to_be_hidden()
    expect(anna.locator("#letters")).to_be_visible()


def test_a_price_is_published_and_its_change_is_seen(lives: tuple[LivedIn, Site]) -> None:
    _, site = lives
    outsider = site.page(site.context(DESK, "en-GB"))
    outsider.goto(f"{site.url}/prices")
    row = outsider.locator("tr:has-text('cartridge')")
    expect(row).to_contain_text("¥45.50 per piece")
    expect(row.locator(".waiting")).to_contain_text("¥49.90 per piece")
    assert outsider.locator("form[data-command]").count() == 0

    clerk = site.enter("clerk", DESK, "en-GB")
    clerk.goto(f"{site.url}/prices")
    clerk.locator("details > summary").click()
    form = clerk.locator("form[data-command='quotes.publish_prices']")
    row = form.locator("[data-row]").first
    row.locator("[name=label]").fill("drain")
    row.locator("[name=unit]").select_option("visit")
    row.locator("[name=unit_cents]").fill("12.345")
    form.locator("button[type=submit]").click()
    assert not row.locator("[name=unit_cents]").evaluate("control => control.validity.valid")
    row.locator("[name=unit_cents]").fill("120.5")
    with clerk.expect_navigation():
        sign(clerk, form)
    expect(clerk.locator("tr:has-text('drain')")).to_contain_text("¥120.50 per visit")

    clerk.locator("details > summary").click()
    row.locator("[name=label]").fill("drain")
    row.locator("[name=unit]").select_option("visit")
    row.locator("[name=unit_cents]").fill("150")
    sign(clerk, form)
    expect(told(form)).to_contain_text("quotes.price_too_soon")

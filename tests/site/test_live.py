"""What one does the others see: within a second, and with clocks that go on by themselves."""

from __future__ import annotations

import re
import time

from playwright.sync_api import expect

from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import AssignRepair, TriageRepair
from tests.site.town import DESK, Site

SECOND_MS = 1000
DAY_MS = 86_400 * SECOND_MS


def test_what_one_does_the_other_sees_within_a_second(site: Site) -> None:
    """Twice, on the resident's telephone and on the dispatcher's board, each in a browser of its own."""
    community = site.community
    case = _report(site)
    anna, dispatcher, passer_by = site.enter("anna"), site.enter("dispatcher", DESK), site.page(site.context(DESK))
    for page, path in ((anna, f"/repairs/{case.hex()}"), (dispatcher, "/board"), (passer_by, "/")):
        with page.expect_response(lambda answer: "/api/v1/events" in answer.url):
            page.goto(site.url + path)
    lines = anna.locator(".timeline > li")
    repairer = community.scene.account("repairer")
    for name, command in (
        ("desk", TriageRepair(case=case)),
        ("dispatcher", AssignRepair(case=case, executor=repairer)),
    ):
        before, column = lines.count(), dispatcher.locator(".board").inner_text()
        news = passer_by.locator(".records").inner_text()
        assert community.caller(name).do(command).status_code == 201
        began = time.monotonic()
        expect(lines).to_have_count(before + 1, timeout=SECOND_MS)
        expect(dispatcher.locator(".board")).not_to_have_text(column, timeout=SECOND_MS)
        expect(passer_by.locator(".records")).not_to_have_text(news, timeout=SECOND_MS)
        assert time.monotonic() - began < 1.0


def test_what_is_left_counts_down_in_the_words_that_the_server_uses(site: Site) -> None:
    case = _report(site)
    assert site.community.caller("desk").do(TriageRepair(case=case)).status_code == 201
    for locale, over in (("zh-CN", "已超过"), ("en-GB", "over")):
        page = site.enter("anna", DESK, locale)
        page.clock.install()
        written = page.request.get(f"{site.url}/repairs/{case.hex()}", headers={"Accept-Language": locale}).text()
        served = re.findall(r"data-until=\"\d+\">([^<]+)<", written)
        page.goto(f"{site.url}/repairs/{case.hex()}")
        clocks = page.locator("time[data-until]")
        assert clocks.all_inner_texts() == served != []
        page.clock.fast_forward(20 * DAY_MS)
        expect(clocks.first).to_contain_text(over)
        expect(page.locator(".badge.late").first).to_be_visible()


def _report(site: Site) -> bytes:
    scene = site.community.scene
    answer = site.community.caller("anna").do(ReportRepair(place=scene.flat, category=Category.DOOR_LOCK))
    return bytes.fromhex(answer.json()["entries"][0]["fields"]["case"])

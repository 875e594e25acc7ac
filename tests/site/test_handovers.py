"""A shift in a real browser: all that somebody has is handed over in one go, and each case by a command of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from linlian.community.handovers.tests.shift import plan, team_of
from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.community.staff import BeginDuty, duty
from tests.site.acting import form_of, sign
from tests.site.town import Site, open_site


@pytest.fixture
def shifts(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[Site, list[bytes]]]:
    """The repairer has three in hand; the second is there as well."""
    scene = found_whole_scene()
    known = [scene.in_state(State.ACCEPTED, category=name) for name in (Category.PESTS, Category.DOOR_LOCK)]
    known.append(scene.in_state(State.DIAGNOSED, category=Category.WINDOW_BROKEN))
    day = team_of(scene, "day", "repairer", "second")
    for name in ("repairer", "second"):
        scene.do(name, BeginDuty(shift=plan(scene, day, name, 12)))
    with open_site(tmp_path_factory.mktemp("shifts"), browser, scene) as site:
        yield site, known
        assert site.faults == []


def answer(page: Page, command: str, *case_ids: bytes) -> None:
    """Tick these cases and sign once; the page comes back without them."""
    form = form_of(page, command)
    for case_id in case_ids:
        form.locator(f"[name=case][value='{case_id.hex()}']").check()
    with page.expect_navigation():
        sign(page, form)


@pytest.mark.timeout(120)
def test_a_shift_is_handed_over_and_its_member_goes_home(shifts: tuple[Site, list[bytes]]) -> None:
    site, known = shifts
    account, ledger = site.community.scene.account, site.community.node.ledger
    leaving = site.enter("repairer", locale="en-GB")
    leaving.goto(f"{site.url}/shift")
    expect(leaving.locator("form[data-command='staff.end_duty']")).to_have_count(0)
    form = leaving.locator("form[data-command='handovers.offer_repair']").first
    form.locator("[data-all=case]").check()
    form.locator(f"[name=colleague][value='{account('second').hex()}']").check()
    form.locator("[name=handover_note]").fill("keys are in the box")
    with leaving.expect_navigation():
        sign(leaving, form)
    expect(leaving.get_by_text("waiting")).to_have_count(3)
    before = ledger.head.height
    coming = site.enter("second", locale="zh-CN")
    coming.goto(f"{site.url}/shift")
    expect(coming.locator(".asks h2")).to_contain_text("3")
    answer(coming, "handovers.accept_handover", *known[:2])
    answer(coming, "handovers.decline_handover", known[2])
    answer_height = ledger.head.height
    assert answer_height >= before + 4, "one key, and a transaction for each case"
    holders = [row.executor for case_id in known if (row := cases.get(ledger, case_id)) is not None]
    assert holders == [account("second"), account("second"), account("repairer")]
    leaving.goto(f"{site.url}/shift")
    expect(leaving.get_by_text("declined")).to_have_count(1)
    form = leaving.locator("form[data-command='handovers.offer_repair']").first
    form.locator(f"[name=case][value='{known[2].hex()}']").check()
    form.locator(f"[name=colleague][value='{account('second').hex()}']").check()
    form.locator("[name=handover_note]").fill("please, after all")
    with leaving.expect_navigation():
        sign(leaving, form)
    coming.goto(f"{site.url}/shift")
    answer(coming, "handovers.accept_handover", known[2])
    leaving.goto(f"{site.url}/shift")
    answer(leaving, "staff.end_duty")
    ended = duty(ledger, account("repairer"))
    assert ended is not None
    assert ended.ended_at > 0


@pytest.mark.timeout(60)
def test_whoever_chooses_nothing_signs_nothing(shifts: tuple[Site, list[bytes]]) -> None:
    site, _ = shifts
    leaving = site.enter("repairer", locale="en-GB")
    leaving.goto(f"{site.url}/shift")
    form = leaving.locator("form[data-command='handovers.offer_repair']").first
    form.locator("[name=colleague]").first.check()
    form.locator("[name=handover_note]").fill("nothing")
    form.locator("button[type=submit]").click()
    expect(form.locator(".message.no")).to_be_visible()
    expect(leaving.locator("dialog[open]")).to_have_count(0)

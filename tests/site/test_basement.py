"""Hours without a network, a device that was wiped, and no device left: nothing is lost, and the way back is short."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_triage import AssignRepair
from linlian.community.repairs.tests.scene import found_scene
from linlian.kernel import codec
from linlian.vault.pictures import check
from tests.site.acting import act, fill, form_of, sign
from tests.site.town import DESK, PHONE, Site, open_site, photograph

HOUR_MS = 3_600_000
STEPS = ("repairs.repairer_arrived", "repairs.cause_found", "repairs.repair_finished")


@pytest.fixture
def accepted(tmp_path: Path, browser: Browser) -> Iterator[tuple[Site, bytes]]:
    """A site with a repair that the repairer has accepted."""
    scene = found_scene()
    case = scene.in_state(State.ACCEPTED)
    with open_site(tmp_path, browser, scene) as opened:
        yield opened, case
        assert opened.faults == []


def go_down(site: Site, case: bytes, photo: Path) -> Page:
    """The repairer opens the case, loses the network, and works: arrives, finds the cause, is done, with a photo."""
    page = site.enter("repairer", PHONE, "zh-CN")
    page.goto(f"{site.url}/repairs/{case.hex()}")
    expect(page.locator("[data-ahead]")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.locator("[data-ahead]")).to_be_visible()
    sign(page, form_of(page, "repairs.arrive_on_site"))
    expect(page.locator("#outbox")).to_contain_text("1")
    sign(page, fill(page, "repairs.diagnose_repair", cause="seal_failed", words="密封圈老化"))
    expect(page.locator("#outbox")).to_contain_text("2")
    sign(page, fill(page, "repairs.finish_repair", proofs=str(photo)))
    expect(page.locator("#outbox")).to_contain_text("3")
    return page


def come_up(site: Site, page: Page) -> None:
    """Two hours later the network is back."""
    site.community.clock.now += 2 * HOUR_MS
    page.context.set_offline(False)


def timeline(site: Site, case: bytes) -> list[dict[str, str]]:
    rows = site.community.caller("dispatcher").get("/api/v1/repairs/timeline", case_id=case).json()["rows"]
    return list(rows)


@pytest.mark.timeout(120)
def test_two_hours_of_work_in_the_basement_are_all_recorded(accepted: tuple[Site, bytes], tmp_path: Path) -> None:
    site, case = accepted
    page = go_down(site, case, photograph(tmp_path / "done.png"))
    come_up(site, page)
    expect(page.locator("#outbox .yes")).to_have_count(3, timeout=30_000)
    rows = [row for row in timeline(site, case) if row["type"] in STEPS]
    assert [row["type"] for row in rows] == [*STEPS]
    assert all(row["offline"] for row in rows)
    ledger = site.community.node.ledger
    blocks = [next(iter(ledger.follow(height))) for height in range(ledger.head.height + 1)]
    fields = [codec.decode_plain(entry)[3] for block in blocks for each in block.receipts for entry in each.entries]
    (proof,) = next(each["proofs"] for each in fields if each.get("case") == case and "proofs" in each)
    check(site.community.node.contents._unsealed(codec.typed(codec.Content, proof)))


@pytest.mark.timeout(120)
def test_reassigned_meanwhile_the_conflict_is_shown_until_it_has_been_read(
    accepted: tuple[Site, bytes], tmp_path: Path
) -> None:
    site, case = accepted
    page = go_down(site, case, photograph(tmp_path / "done.png"))
    again = AssignRepair(case=case, executor=site.community.scene.account("second"))
    assert site.community.caller("dispatcher").do(again).status_code == 201
    come_up(site, page)
    told_no = page.locator("#outbox .message.no")
    expect(told_no).to_have_count(3, timeout=30_000)
    assert not [row for row in timeline(site, case) if row["type"] in STEPS]
    page.goto(f"{site.url}/work")
    expect(told_no).to_have_count(3)
    for shown in told_no.all():
        assert len(shown.locator("p").all_inner_texts()) == 2, "what it was, and why not"
    for left in (2, 1, 0):
        told_no.first.locator("button").click()
        expect(told_no).to_have_count(left)
    page.reload()
    expect(told_no).to_have_count(0)


def wipe(page: Page) -> None:
    """What Safari does after seven days, and what people do who clear everything."""
    page.context.clear_cookies()
    page.evaluate(
        """() => new Promise(done => {
            localStorage.clear();
            sessionStorage.clear();
            indexedDB.deleteDatabase('linlian').onsuccess = done;
        })"""
    )


@pytest.mark.timeout(120)
def test_storage_wiped_in_the_middle_of_a_case_is_back_within_a_minute(tmp_path: Path, browser: Browser) -> None:
    scene = found_scene()
    case = scene.in_state(State.DONE)
    with open_site(tmp_path, browser, scene) as site:
        other, phone = site.enter("anna", DESK, "en-GB"), site.enter("anna")
        address = f"{site.url}/repairs/{case.hex()}"
        phone.goto(address)
        wipe(phone)
        began = time.monotonic()
        phone.reload()
        phone.locator("a[href^='/enter']").first.click()
        phone.click("#new-device")
        shown = phone.locator("#new-device-shown")
        link = shown.locator("a").first.get_attribute("href") or ""
        letters = shown.locator(".letters").inner_text()
        other.goto(link)
        other.fill("#letters", letters)
        other.click("#add-device button")
        other.locator("dialog[open] button[value=yes]").click()
        phone.wait_for_url(lambda url: "/enter" not in url)
        phone.goto(address)
        act(phone, "repairs.confirm_repair")
        assert time.monotonic() - began < 60
        assert site.faults == []


@pytest.mark.timeout(120)
def test_with_no_device_left_the_new_one_makes_its_key_and_the_desk_sees_it_filled_in(site: Site) -> None:
    phone = site.page(site.context(PHONE, "zh-CN"))
    phone.goto(f"{site.url}/enter")
    phone.click("#new-device")
    shown = phone.locator("#new-device-shown")
    shown.locator("summary").click()
    link = shown.locator("details a").get_attribute("href") or ""
    letters = shown.locator(".letters").inner_text()
    assert "/recoveries#" in link
    desk = site.enter("desk", DESK, "zh-CN")
    desk.goto(link)
    form = desk.locator("form[data-command='council.open_recovery']")
    expect(form.locator(".message")).to_contain_text(letters)
    assert form.locator("[name=public_key]").input_value() == link.rpartition(".")[2]
    form.locator("[name=account]").fill(site.community.scene.account("anna").hex())
    with desk.expect_navigation():
        sign(desk, form)
    anna = site.community.scene.account("anna").hex()
    expect(desk.locator(f"a[href='/recoveries/{anna}']")).to_be_visible()
    phone.reload()  # nobody keeps a page open for days: it is the same key that is shown again
    phone.click("#new-device")
    assert shown.locator(".letters").inner_text() == letters

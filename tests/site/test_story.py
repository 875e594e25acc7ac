"""One repair from report to "yes", by the people themselves in their browsers; and its receipt, without a server."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from linlian.kernel.keys import KEYS
from linlian.kernel.transaction import open_any_chain
from tests.site.acting import act, add_passkey, home_of
from tests.site.town import DESK, PHONE, Site, photograph


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("viewport", "locale", "passkey"),
    [(PHONE, "zh-CN", False), (DESK, "en-GB", False), (PHONE, "en-GB", True), (DESK, "zh-CN", True)],
    ids=["phone-zh", "desk-en", "phone-en-passkey", "desk-zh-passkey"],
)
def test_a_repair_from_report_to_yes(
    site: Site, tmp_path: Path, viewport: ViewportSize, locale: str, passkey: bool
) -> None:
    photo = str(photograph(tmp_path / "leak.png"))
    anna = site.enter("anna", viewport, locale)
    if passkey:
        add_passkey(anna, site.url)
    anna.goto(f"{site.url}/report")
    act(anna, "repairs.report_repair", place=home_of(anna), category="water.leak", words="厨房水管漏水", photos=photo)
    case = anna.url
    assert "/repairs/" in case

    desk, dispatcher = site.enter("desk", DESK, locale), site.enter("dispatcher", DESK, locale)
    desk.goto(case)
    act(desk, "repairs.triage_repair")
    dispatcher.goto(case)
    repairer_id = site.community.scene.account("repairer").hex()
    act(dispatcher, "repairs.assign_repair", executor=repairer_id)

    repairer = site.enter("repairer", viewport, locale)
    repairer.goto(case)
    act(repairer, "repairs.accept_repair")
    act(repairer, "repairs.arrive_on_site")
    act(repairer, "repairs.diagnose_repair", cause="seal_failed", words="密封圈老化")
    act(repairer, "repairs.finish_repair", proofs=photo)

    anna.goto(case)
    act(anna, "repairs.dispute_repair", words="还在滴水")
    repairer.goto(case)
    act(repairer, "repairs.arrive_on_site")
    act(repairer, "repairs.diagnose_repair", cause="seal_failed")
    act(repairer, "repairs.finish_repair", proofs=photo)
    anna.goto(case)
    act(anna, "repairs.confirm_repair")
    expect(anna.locator(".timeline > li")).to_have_count(12)

    confirmed = suite_of_last(site, "anna")
    assert confirmed == ("webauthn-p256" if passkey else "ed25519")

    with anna.expect_download() as download:
        anna.locator(".timeline a[download]").first.click()
    receipt = tmp_path / "yes.receipt"
    download.value.save_as(receipt)
    check_without_a_server(site, receipt, locale, tmp_path)


def suite_of_last(site: Site, name: str) -> str:
    """With which kind of key somebody's last transaction was signed."""
    account, ledger = site.community.scene.account(name), site.community.node.ledger
    blocks = islice(ledger.follow(1), ledger.head.height)
    signed = [open_any_chain(item) for block in blocks for item in block.items[block.runs :]]
    last = [each for each in signed if each.body.signer == account][-1]
    row = KEYS.get(ledger, last.key_id)
    assert row is not None
    return row.suite


def check_without_a_server(site: Site, receipt: Path, locale: str, folder: Path) -> None:
    """The page that has loaded checks the file while nobody answers; one changed letter, and it says so."""
    context = site.context(DESK, locale)
    page = site.page(context)
    page.goto(f"{site.url}/verify")
    page.wait_for_load_state("networkidle")
    context.set_offline(True)
    page.set_input_files("#proof-file", str(receipt))
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "good")
    data = receipt.read_bytes()
    place = data.index(b"own_key")
    altered = folder / "altered.receipt"
    altered.write_bytes(data[:place] + b"own_kez" + data[place + 7 :])
    page.set_input_files("#proof-file", str(altered))
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "wrong")

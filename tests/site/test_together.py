"""The guided screen: three people in one browser, each at a seat of their own, and a guide that notices by itself."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, ViewportSize, expect

from linlian.community.repairs.pages.together import GUIDED, Step, next_step
from linlian.community.repairs.rules_steps import State
from tests.site.acting import fill, home_of, sign
from tests.site.test_axe import violations
from tests.site.town import DESK, PHONE, Site, photograph

SECOND_MS = 1000


@pytest.mark.parametrize(
    ("state", "disputes", "step"),
    [
        (State.REPORTED, 0, Step.ASSIGN),
        (State.TRIAGED, 0, Step.ASSIGN),
        (State.ASSIGNED, 0, Step.ACCEPT),
        (State.ON_SITE, 0, Step.FINISH),
        (State.DONE, 0, Step.DISPUTE),
        (State.DISPUTED, 1, Step.REDO),
        (State.ASSIGNED, 1, Step.REDO),
        (State.DIAGNOSED, 1, Step.REDO),
        (State.DONE, 1, Step.CONFIRM),
        (State.CLOSED, 0, Step.OVER),
        (State.CLOSED, 2, Step.OVER),
        (State.CANCELLED, 1, Step.ASTRAY),
        (State.MERGED, 0, Step.ASTRAY),
    ],
)
def test_the_guide_says_what_comes_next(state: State, disputes: int, step: Step) -> None:
    assert next_step(state, disputes) is step


def frame_of(page: Page, part: str) -> Frame:
    """The page that stands in somebody's frame."""
    handle = page.locator(f"[data-part={part}] iframe").element_handle()
    assert handle is not None
    frame = handle.content_frame()
    assert frame is not None
    return frame


def begin(site: Site, viewport: ViewportSize, locale: str) -> Page:
    page = site.page(site.context(viewport, locale))
    page.goto(f"{site.url}/demo/together")
    page.click("#begin")
    expect(page.locator("#together.begun")).to_be_attached()
    expect_step(page, Step.REPORT)
    return page


def expect_step(page: Page, step: Step) -> None:
    expect(page.locator(f"[data-step={step}]")).to_have_attribute("aria-current", "step")
    expect(page.locator(f"[data-next={step}]")).to_be_visible()
    assert page.locator(".turns > li.done").count() == GUIDED.index(step)


def show(page: Page, part: str) -> Frame:
    page.locator(f"#next div:visible > p > [data-show={part}]").click()
    expect(page.locator(f"[data-part={part}]")).to_be_visible()
    return frame_of(page, part)


def do(frame: Frame, command: str, **choices: str) -> None:
    """Fill in and sign in somebody's frame, and wait until it has come to its new page.

    The live parts of a page make the browser tell of navigations that are none; so the old page is marked.
    """
    form = fill(frame, command, **choices)
    frame.evaluate("document.documentElement.dataset.old = ''")
    sign(frame, form)
    expect(frame.locator("html:not([data-old])")).to_be_attached()
    frame.wait_for_load_state()


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("viewport", "locale"), [(DESK, "zh-CN"), (PHONE, "en-GB")], ids=["desk-zh", "phone-en"])
def test_the_whole_story_in_one_browser(site: Site, tmp_path: Path, viewport: ViewportSize, locale: str) -> None:
    page = begin(site, viewport, locale)
    photo = str(photograph(tmp_path / "leak.png"))
    resident = show(page, "resident")
    resident.click("a[href$='/report'] >> visible=true")
    resident.wait_for_selector("form[data-command='repairs.report_repair']")
    do(resident, "repairs.report_repair", place=home_of(resident), category="water.leak")
    expect_step(page, Step.ASSIGN)
    assert resident.url.startswith(f"{site.url}/as/anna/repairs/")
    case = resident.url.rpartition("/")[2]

    dispatcher = show(page, "dispatcher")
    dispatcher.wait_for_url(f"**/as/dispatcher/repairs/{case}")
    do(dispatcher, "repairs.triage_repair")
    moments = resident.locator(".timeline > li")
    expect(moments).to_have_count(2, timeout=2 * SECOND_MS)
    form = fill(dispatcher, "repairs.assign_repair", executor=site.community.scene.account("repairer").hex())
    with page.expect_response(lambda answer: answer.url.endswith("/as/dispatcher/api/v1/transactions")):
        sign(dispatcher, form)
    began = time.monotonic()
    expect(moments).to_have_count(3, timeout=SECOND_MS)
    assert time.monotonic() - began < 1.0
    expect_step(page, Step.ACCEPT)

    repairer = show(page, "repairer")
    repairer.wait_for_url(f"**/as/repairer/repairs/{case}")
    do(repairer, "repairs.accept_repair")
    expect_step(page, Step.FINISH)
    _finish(repairer, photo)
    expect_step(page, Step.DISPUTE)
    show(page, "resident")
    expect(moments).to_have_count(7)
    do(resident, "repairs.dispute_repair", words="还在滴水")
    expect_step(page, Step.REDO)
    show(page, "repairer")
    _finish(repairer, photo)
    expect_step(page, Step.CONFIRM)
    show(page, "resident")
    expect(moments).to_have_count(11)
    do(resident, "repairs.confirm_repair")
    expect(page.locator("[data-next=over]")).to_be_visible()
    expect(page.locator(".turns > li.done")).to_have_count(len(GUIDED))
    assert (page.locator("#onward").get_attribute("href") or "").endswith(f"?case={case}")
    assert violations(page) == []
    page.reload()
    expect(page.locator("[data-next=over]")).to_be_visible()


def _finish(repairer: Frame, photo: str) -> None:
    do(repairer, "repairs.arrive_on_site")
    do(repairer, "repairs.diagnose_repair", cause="seal_failed")
    do(repairer, "repairs.finish_repair", proofs=photo)


def test_each_seat_has_its_own_session_and_none_is_anybodys_outside(site: Site) -> None:
    page = begin(site, DESK, "en-GB")
    scene, accounts = site.community.scene, {}
    for base in ("/as/anna", "/as/dispatcher", "/as/repairer", "", "/as/desk"):
        answer = page.request.get(f"{site.url}{base}/api/v1/sessions/current")
        accounts[base] = answer.json().get("account", "")
    who = {"/as/anna": "anna", "/as/dispatcher": "dispatcher", "/as/repairer": "repairer"}
    assert accounts == {**{base: scene.account(name).hex() for base, name in who.items()}, "": "", "/as/desk": ""}
    cookies = {cookie["path"]: cookie for cookie in page.context.cookies() if cookie["name"].startswith("linlian_se")}
    assert {*cookies} == {*who}
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Strict" for cookie in cookies.values())


def test_only_pages_at_a_seat_may_be_framed_and_only_by_this_host(site: Site) -> None:
    page = begin(site, DESK, "en-GB")
    policies = {
        path: page.request.get(site.url + path, headers={"Accept": "text/html"}).headers["content-security-policy"]
        for path in ("/", "/demo/together", "/as/anna/home", "/as/anna/nothing")
    }
    framed = {path: policy.partition("frame-ancestors ")[2] for path, policy in policies.items()}
    assert framed == {
        "/": "'none'",
        "/demo/together": "'none'",
        "/as/anna/home": "'self'",
        "/as/anna/nothing": "'self'",
    }
    assert "unsafe" not in "".join(policies.values())


def test_a_page_at_a_seat_leads_nowhere_else(site: Site) -> None:
    page = begin(site, DESK, "en-GB")
    for path in ("/as/anna/home", "/as/anna/report", "/as/dispatcher/board", "/as/dispatcher/desk", "/as/anna/me"):
        page.goto(site.url + path)
        base = path[: path.index("/", 4)]
        led = page.eval_on_selector_all(
            "a[href^='/'], [data-then]", "all => all.map(a => a.dataset.then ?? a.getAttribute('href'))"
        )
        assert led
        assert [each for each in led if not each.startswith(f"{base}/")] == [], path

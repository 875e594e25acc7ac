"""Sheets of money in browsers: forty recipients, their payments, and the bank's forty lines; and each of them again."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Browser, Page, expect

from linlian.community.programmes.rules import entitlements
from linlian.community.programmes.rules_cycles import CycleDrafted, DraftCycle
from linlian.community.repairs.tests.scene import DAY, found_whole_scene
from linlian.community.transfers.rules import payments
from linlian.community.transfers.rules_hops import SendMoney
from linlian.community.transfers.tests.followed import Followed, follow
from tests.site.acting import act, fill, sign
from tests.site.fund import choose
from tests.site.town import DESK, PHONE, Site, open_site

SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈", "一二三四"
PEOPLE = [f"{surname}{given}" for surname in SURNAMES for given in GIVEN]
SUM, SHARE = 200_000, 5_000
HEADS = ("姓名", "证件号码", "房号", "银行账号", "金额", "有效期止")


@pytest.fixture
def money(tmp_path: Path, browser: Browser) -> Iterator[tuple[Followed, bytes, Site]]:
    """A fund that has lived for a while, and a round of it whose list is empty."""
    scene = found_whole_scene()
    lived = follow(scene, days=0)
    now = scene.town.time
    draft = DraftCycle(programme=lived.meals, ceiling_minor=SUM, starts=now, until=now + 60 * DAY)
    cycle: bytes = scene.do("clerk", draft).the(CycleDrafted).cycle
    with open_site(tmp_path, browser, scene) as site:
        yield lived, cycle, site
        assert site.faults == []


def rows(until: str) -> list[list[Any]]:
    return [
        [name, f"LL-{at:04d}", f"{at % 9 + 1}-1-{at + 101}", account(at), "50.00", until]
        for at, name in enumerate(PEOPLE)
    ]


def account(at: int) -> str:
    return f"62170000{at:011d}"


def xlsx(path: Path, heads: Sequence[str], lines: Sequence[Sequence[Any]]) -> str:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (["二〇二六年助餐发放表"], heads, *lines, ["合计"]):
        sheet.append(list(line))
    sheet.merge_cells("A1:F1")
    book.save(path)
    return str(path)


def compared(page: Page, file: str) -> dict[str, int]:
    """Choose a file; what the comparison counts."""
    page.locator("#difference").evaluate("part => { part.hidden = true }")
    page.set_input_files("#file", file)
    expect(page.locator("#difference")).to_be_visible()
    names = ("new", "changed", "unchanged", "conflicting", "rejected")
    return {name: int(page.locator(f"#counts [data-result={name}] .figure").inner_text()) for name in names}


def bring_in(page: Page) -> None:
    page.click("#go")
    page.locator("dialog[open] button[value=yes]").click()
    expect(page.locator("#ended .yes")).to_be_visible(timeout=60_000)


def counts(
    new: int = 0, unchanged: int = 0, rejected: int = 0, conflicting: int = 0, changed: int = 0
) -> dict[str, int]:
    found = {"new": new, "changed": changed, "unchanged": unchanged}
    return found | {"conflicting": conflicting, "rejected": rejected}


def day(site: Site, days: int, form: str = "%Y-%m-%d") -> str:
    now = datetime.fromtimestamp(site.community.node.ledger.clock() / 1000, UTC) + timedelta(hours=8)
    return (now + timedelta(days=days)).strftime(form)


def on_the_ledger(site: Site) -> bytes:
    """Every byte of every block."""
    ledger, parts = site.community.node.ledger, list[bytes]()
    for block in ledger.follow(0):
        parts += [*block.items, *(entry for receipt in block.receipts for entry in receipt.entries)]
        if block.header.height == ledger.head.height:
            break
    return b"".join(parts)


def entered(site: Site, cycle: bytes, table: Any) -> list[tuple[bytes, Any]]:
    """The rows of a table that are of a round."""
    state = site.community.node.ledger._state
    return [(key, row) for key, row in state.table_rows(table) if row.cycle == cycle]


def bring_recipients(money: tuple[Followed, bytes, Site], folder: Path) -> Page:
    """Two wrong lines are told by their numbers, mended, signed in one go; again it changes nothing."""
    _, cycle, site = money
    clerk = site.enter("clerk", DESK, "zh-CN")
    clerk.goto(f"{site.url}/rounds/{cycle.hex()}")
    clerk.click("text=名单表格导入")
    good = rows(day(site, 30))
    wrong = [[*row] for row in good]
    wrong[6][4] = "-50.00"
    wrong[39] = ["　趙 一 ", "ll－0000", good[39][2], good[39][3], "５０.００", good[39][5]]
    assert compared(clerk, xlsx(folder / "recipients.xlsx", HEADS, wrong)) == counts(new=38, rejected=2)
    told = clerk.locator("#rows tbody tr").all_inner_texts()
    assert [line.split("\t")[1] for line in told] == ["9", "42"], "lines as the spreadsheet counts them"
    assert "负数" in told[0]
    assert "第 3 行" in told[1]
    expect(clerk.locator("#rows")).to_contain_text("¥1,900.00")
    file = xlsx(folder / "recipients.xlsx", HEADS, good)
    assert compared(clerk, file) == counts(new=40)
    bring_in(clerk)
    assert compared(clerk, file) == counts(unchanged=40)
    assert clerk.locator("#bring").is_hidden(), "there is nothing left to do"
    return clerk


@pytest.mark.timeout(300)
def test_forty_recipients_their_payments_and_the_banks_lines(
    money: tuple[Followed, bytes, Site], tmp_path: Path
) -> None:
    lived, cycle, site = money
    clerk = bring_recipients(money, tmp_path)
    lines = entered(site, cycle, entitlements)
    assert sum(row.amount_minor for _, row in lines) == SUM
    written = on_the_ledger(site)
    assert all(name.encode() not in written for name in PEOPLE), "no name on the ledger"
    assert b"LL-00" not in written

    round_page = f"{site.url}/rounds/{cycle.hex()}"
    clerk.goto(round_page)
    act(clerk, "programmes.submit_cycle", notice="四十人，各五十元")
    for name in ("owners_officer", "committee"):
        officer = site.enter(name, PHONE, "en-GB")
        officer.goto(round_page)
        with officer.expect_navigation():
            sign(officer, officer.locator("form[data-command='programmes.approve_cycle']"))

    clerk.goto(f"{round_page}/payments")
    taken = clerk.request.get(f"{round_page}/recipients.xlsx").body()
    book = load_workbook(io.BytesIO(taken))
    assert book.active is not None
    assert book.active.max_row == 41
    file = tmp_path / "payments.xlsx"
    file.write_bytes(taken)
    assert compared(clerk, str(file)) == counts(new=40)
    bring_in(clerk)
    assert compared(clerk, str(file)) == counts(unchanged=40)
    paid = entered(site, cycle, payments)
    assert len(paid) == 40
    officer = site.enter("owners_officer", DESK, "en-GB")
    officer.goto(round_page)
    with officer.expect_navigation():
        sign(officer, officer.locator("form[data-command='transfers.approve_payments']"))
    for payment, row in paid:
        site.community.caller("clerk").do(SendMoney(cycle=cycle, amount_minor=row.amount_minor, payment=payment))
    fail_and_send_again(site, clerk, round_page)
    reconcile(lived, site, clerk, tmp_path)


def fail_and_send_again(site: Site, clerk: Page, round_page: str) -> None:
    """One payment comes back from the bank, which is said with its reason; then it is sent again."""
    clerk.goto(f"{round_page}/returns")
    form = clerk.locator("form[data-command='transfers.fail_hop']").first
    form.locator("xpath=ancestor::details").locator("summary").first.click()
    choose(form, "reason", "transfers.reason.account_closed")
    with clerk.expect_navigation():
        sign(clerk, form)
    again = clerk.locator("form[data-command='transfers.send_money']")
    expect(again).to_have_count(1)
    with clerk.expect_navigation():
        sign(clerk, again)
    expect(again).to_have_count(0)


def reconcile(lived: Followed, site: Site, clerk: Page, folder: Path) -> None:
    """Thirty-nine lines are found again by themselves; one is not, is seen by the regulator, and matched by hand."""
    page = f"{site.url}/funds/{lived.fund.hex()}/statement"
    lines = [
        f'{day(site, 0)},网转,,{"50.00"},,人民币,"{10_000 - 50 * at:,}.00",{name},{account(at)}'
        for at, name in enumerate(PEOPLE[:39])
    ]
    lines.append(f"{day(site, -20)},网转,,50.00,,人民币,99.00,王小明,6217999900000000001")
    head = "交易日期,摘要,交易详情,记账金额(支出),记账金额(收入),记账币种,余额,对方户名,对方账户"
    file = folder / "icbc.csv"
    file.write_bytes("\r\n".join(("明细查询文件下载", head, *lines, "人民币合计,,,2000.00")).encode("gb18030"))
    clerk.goto(page)
    assert compared(clerk, str(file)) == counts(new=40)
    expect(clerk.locator("#rows")).to_contain_text("其中 39 条能对上")
    bring_in(clerk)
    clerk.goto(page)
    expect(clerk.locator("#lines-alone li[data-line]")).to_have_count(1)
    expect(clerk.locator("#matched tbody tr")).to_have_count(39)
    assert compared(clerk, str(file)) == counts(unchanged=40)
    assert clerk.locator("#bring").is_hidden()
    clerk.click("#lines-alone a")
    form = clerk.locator("form[data-command='openings.open_content']")
    for choice in form.locator("input[type=radio], input[type=checkbox]").all():
        choice.check()
    sign(clerk, form)
    expect(clerk.locator("main")).to_contain_text("对方户名: 王小明")

    supervisor = site.enter("supervisor", DESK, "en-GB")
    supervisor.goto(page)
    expect(supervisor.locator("#lines-alone")).to_contain_text("1 of the same sum")
    assert supervisor.locator("#choose").count() == 0, "who watches brings nothing in"
    everybody = site.page(site.context(PHONE, "en-GB"))
    answer = everybody.goto(page)
    assert answer is not None
    assert answer.status == 403

    clerk.goto(page)
    form = fill(clerk, "transfers.match_line")
    form.locator("[name=hop]").first.check()
    with clerk.expect_navigation():
        sign(clerk, form)
    expect(clerk.locator("#lines-alone li[data-line]")).to_have_count(0)


@pytest.mark.timeout(180)
def test_one_line_by_hand_goes_the_same_way(money: tuple[Followed, bytes, Site], tmp_path: Path) -> None:
    lived, _, site = money
    clerk = site.enter("clerk", PHONE, "en-GB")
    clerk.goto(f"{site.url}/funds/{lived.fund.hex()}/statement")
    clerk.click("#choose summary")
    clerk.fill("#hand-date", day(site, 0))
    clerk.select_option("#hand-direction", "收入")
    clerk.fill("#hand-amount", "8,600.00")
    clerk.fill("#hand-serial", "20260105-7")
    clerk.click("#by-hand button[type=submit]")
    expect(clerk.locator("#counts [data-result=new] .figure")).to_have_text("1")
    bring_in(clerk)
    clerk.reload()
    expect(clerk.locator("#matched tbody tr")).to_have_count(1)

    own = tmp_path / "own.csv"
    own.write_text(f"Wann,Was\n{day(site, 0)},-3360.00\n{day(site, 0)},12.34 USD\n", encoding="utf-16")
    clerk.select_option("#layout", "own")
    clerk.fill("#own-date", "Wann")
    clerk.fill("#own-amount", "Was")
    assert compared(clerk, str(own)) == counts(new=1, rejected=1)
    expect(clerk.locator("#rows")).to_contain_text("not the fund's currency")
    bring_in(clerk)
    clerk.reload()
    expect(clerk.locator("#matched tbody tr")).to_have_count(2)
    clerk.select_option("#layout", "own")
    expect(clerk.locator("#own-date")).to_have_value("Wann")


@pytest.mark.timeout(180)
def test_the_browser_signs_no_sum_that_was_not_shown(money: tuple[Followed, bytes, Site], tmp_path: Path) -> None:
    _, cycle, site = money
    clerk = site.enter("clerk", DESK, "en-GB")
    clerk.goto(f"{site.url}/rounds/{cycle.hex()}/recipients")
    file = xlsx(tmp_path / "recipients.xlsx", HEADS, rows(day(site, 30)))

    def lie(route: Any) -> None:
        answer = route.fetch()
        told = answer.json()
        route.fulfill(response=answer, json={**told, "sums": [4_999] * 40})

    clerk.route("**/compare?**", lie)
    assert compared(clerk, file)["new"] == 40
    clerk.click("#go")
    clerk.locator("dialog[open] button[value=yes]").click()
    expect(clerk.locator("#ended .no")).to_contain_text("lists.foreign")
    assert entered(site, cycle, entitlements) == []


@pytest.mark.timeout(180)
def test_what_was_given_goes_back(money: tuple[Followed, bytes, Site]) -> None:
    lived, _, site = money
    clerk = site.enter("clerk", DESK, "en-GB")
    clerk.goto(f"{site.url}/funds/{lived.fund.hex()}/refunds")
    form = clerk.locator("form[data-command='funds.enter_refund']").first
    form.locator("xpath=ancestor::details").locator("summary").first.click()
    form.locator("[name=amount_minor]").fill("20.00")
    with clerk.expect_navigation():
        sign(clerk, form)
    officer = site.enter("owners_officer", DESK, "zh-CN")
    officer.goto(f"{site.url}/funds/{lived.fund.hex()}/refunds")
    with officer.expect_navigation():
        sign(officer, officer.locator("form[data-command='funds.approve_refund']").first)
    expect(officer.locator("main")).to_contain_text("¥20.00")

"""Sheets of recipients, payments and bank lines on a real ledger: every bad row told by its line, and twice is once."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from prometheus_client import CollectorRegistry

from linlian.community.funds.rules import Source, interests
from linlian.community.funds.rules_founding import DeclareInterest
from linlian.community.funds.rules_income import RecordIncome
from linlian.community.programmes.rules import cycles, entitlements, recipients
from linlian.community.programmes.rules_cycles import ApproveCycle, CycleDrafted, DraftCycle, SubmitCycle
from linlian.community.repairs.tests.scene import DAY, Scene, content, found_whole_scene
from linlian.community.transfers.rules import payments
from linlian.community.transfers.rules_banking import lines, matches
from linlian.community.transfers.rules_paying import CancelPayment, EnterPayments, PaymentLine
from linlian.community.transfers.tests.followed import APPROVERS, Followed, follow
from linlian.imports import Difference, Importer, ImportFailed, MoneyWork, Target
from linlian.imports.money.same import key_of, mark_of
from linlian.kernel.contract import Command, Refused
from linlian.node.serving import WebHouse
from linlian.node.sheets import known_of
from linlian.words import Words
from tests.web.community import Community, open_community

CEILING = 100_000
HEADS = "姓名,证件号码,房号,银行账号,金额,有效期起,有效期止,发放形式,数量,单位"
FOREVER = "2026-03-01"


class Desk:
    """A fund with an empty round, and its manager who brings sheets in."""

    def __init__(self, community: Community, lived: Followed, cycle: bytes):
        self.community, self.lived, self.cycle = community, lived, cycle
        node = community.node
        self.house = WebHouse(node, frozenset(), CollectorRegistry())
        self.target = Target(node.ledger, node.rulebook, node.contents, node.settings.folder)

    def work(self, what: Any, data: bytes | str, name: str = "sheet.csv", who: str = "clerk", **more: Any) -> MoneyWork:
        account = self.community.scene.account(who)
        about = self.lived.fund if what == "statement" else self.cycle
        known = known_of(self.house, what, about, account)
        raw = data.encode() if isinstance(data, str) else data
        return MoneyWork(what, about, Path(name), self.target, account, raw, known, **more)

    def bring(self, what: Any, data: bytes | str, name: str = "sheet.csv", **more: Any) -> Difference:
        person = self.community.scene.people["clerk"]
        return self.work(what, data, name, **more).bring_in(Importer(person.account, person.key))

    def do(self, name: str, command: Command) -> None:
        self.community.node.ledger.submit(self.community.transaction(name, command)).result(30)

    def rows(self, table: Any) -> list[tuple[bytes, Any]]:
        return [*self.community.node.ledger._state.table_rows(table)]

    def mine(self, table: Any) -> list[tuple[bytes, Any]]:
        return [(key, row) for key, row in self.rows(table) if row.cycle == self.cycle]

    def approve(self) -> None:
        listed = self.mine(entitlements)
        total = sum(row.amount_minor for _, row in listed)
        self.do("clerk", SubmitCycle(cycle=self.cycle, notice=content("list")))
        for name in APPROVERS[: 1 + (total > 100_000)]:
            self.do(name, ApproveCycle(cycle=self.cycle, entitlements=len(listed), entitled_minor=total))

    @property
    def head(self) -> int:
        return self.community.node.ledger.head.height

    def day(self, days: int = 0) -> str:
        now = datetime.fromtimestamp(self.community.node.ledger.clock() / 1000, UTC) + timedelta(hours=8)
        return (now + timedelta(days=days)).strftime("%Y-%m-%d")


@pytest.fixture(scope="module")
def founded() -> tuple[Scene, Followed, bytes]:
    """The scene with a fund, and a round of it whose list is empty; its blocks begin each test's ledger."""
    scene = found_whole_scene()
    lived = follow(scene, days=0)
    now = scene.town.time
    draft = DraftCycle(programme=lived.meals, ceiling_minor=CEILING, starts=now, until=now + 60 * DAY)
    return scene, lived, scene.do("clerk", draft).the(CycleDrafted).cycle


@pytest.fixture
def desk(tmp_path: Path, founded: tuple[Scene, Followed, bytes]) -> Iterator[Desk]:
    scene, lived, cycle = founded
    with open_community(tmp_path, scene) as community:
        yield Desk(community, lived, cycle)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory, founded: tuple[Scene, Followed, bytes]) -> Iterator[Desk]:
    """One for tests that only compare: nothing is on its list."""
    scene, lived, cycle = founded
    with open_community(tmp_path_factory.mktemp("quiet"), scene) as community:
        yield Desk(community, lived, cycle)


@pytest.fixture(scope="module")
def payable(tmp_path_factory: pytest.TempPathFactory, founded: tuple[Scene, Followed, bytes]) -> Iterator[Desk]:
    """One for tests that only compare: two are on its list, which is approved."""
    scene, lived, cycle = founded
    with open_community(tmp_path_factory.mktemp("payable"), scene) as community:
        made = Desk(community, lived, cycle)
        made.bring("recipients", sheet("张三,1001,1-2-301,,50", "李四,1002,,,20,2026-02-20"))
        made.approve()
        yield made


def sheet(*rows: str, heads: str = HEADS) -> str:
    return "\n".join((heads, *rows))


def problems(found: Difference) -> dict[int, str]:
    return {each.where.line: each.problem.code for each in found.findings if each.problem is not None}


def counts(found: Difference) -> dict[str, int]:
    return {name: count for name, count in found.counts().items() if count}


BAD_PEOPLE: list[tuple[Sequence[str], Mapping[int, str]]] = [
    (["张三,1001,,,50", "張　三,１００１,,,50"], {3: "person_twice"}),
    (["张三,1001,,,50", "李四,1001,,,50"], {3: "number_of_two"}),
    (["张三,,1-2-301,,50", " 張 三,,1-2-301,,50"], {3: "person_twice"}),
    (["张三,1001,1-2-301,,50", "张三,1002,1-2-301,,50"], {3: "same_name_and_home"}),
    (["张三,,,,50"], {2: "person_unclear"}),
    ([",1001,,,50"], {2: "name_unreadable"}),
    (["Sum Lee,1001,,,50", "Total,,,,50", "本页合计：1 人,,,,50", ",,,,50"], {5: "name_unreadable"}),
    (["=张三,1001,,,50"], {2: "formula"}),
    (["张三,=B1,,,50"], {2: "formula"}),
    (["张三,1.1E+17,,,50"], {2: "digits_lost"}),
    (["张三,110101199001011234,,,50"], {2: "id_number_wrong"}),
    (["张三,1001,,,-50"], {2: "amount_negative"}),
    (["张三,1001,,,0"], {2: "amount_zero"}),
    (["张三,1001,,,0.005"], {2: "amount_fraction"}),
    (["张三,1001,,,99999999999"], {2: "amount_too_large"}),
    (["张三,1001,,,USD 50"], {2: "other_currency"}),
    (["张三,1001,,,fifty"], {2: "amount_unreadable"}),
    (["张三,1001,,,#REF!"], {2: "formula_error"}),
    (["张三,1001,,,50,,1900-01-01"], {2: "day_out_of_range"}),
    (["张三,1001,,,50,,2900-01-01"], {2: "day_out_of_range"}),
    (["张三,1001,,,50,,31.12.2026"], {2: "day_unreadable"}),
    (["张三,1001,,,50,,2025-12-01"], {2: "day_over"}),
    (["张三,1001,,,50,2026-03-01,2026-02-01"], {2: "ends_before_start"}),
    (["张三,1001,,,50,,,carrots,1,袋"], {2: "form_unknown"}),
    (["张三,1001,,,50,,,实物,1,车皮"], {2: "unit_unknown"}),
    (["张三,1001,,,50,,,实物"], {2: "quantity_missing"}),
    (["张三,1001,,,50,,,现金,2,袋"], {2: "quantity_missing"}),
    (["张三,1001,,,50,,,实物,1.5,袋"], {2: "quantity_unreadable"}),
    (["张三,1001,,,600", "李四,1002,,,400", "王五,1003,,,0.01"], {4: "over_ceiling"}),
    ([f"张三,1001,{'x' * 121},,50"], {2: "text_too_long"}),
]


@pytest.mark.parametrize(("rows", "codes"), BAD_PEOPLE, ids=[next(iter(codes.values())) for _, codes in BAD_PEOPLE])
def test_a_bad_row_of_recipients_is_told_by_its_line(
    quiet: Desk, rows: Sequence[str], codes: Mapping[int, str]
) -> None:
    before = quiet.head
    found = quiet.work("recipients", sheet(*rows)).compare()
    assert problems(found) == {line: f"import.{code}" for line, code in codes.items()}
    assert counts(found).get("new", 0) == len(rows) - len(codes) - found.passed_over
    assert quiet.head == before, "a dry run writes nothing"
    words = Words.load({})
    for finding in found.findings:
        if finding.problem is not None:
            told = {words.tongue(language).error(finding.problem) for language in ("zh", "en")}
            assert len(told) == 2
            assert finding.problem.code not in "".join(told)


def test_a_merged_sum_is_nobodys(quiet: Desk) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (
        ["姓名", "编号", "金额"],
        ["张三", 1001, 50],
        ["李四", 1002, None],
        ["王五", 1003, 20],
        ["赵六", 1004, "=C2"],
    ):
        page.append(row)
    page.merge_cells("C2:C3")
    file = io.BytesIO()
    book.save(file)
    found = quiet.work("recipients", file.getvalue(), "list.xlsx").compare()
    assert problems(found) == {3: "import.merged_cell", 5: "import.amount_missing"}, (
        "and what was never computed is none"
    )
    assert counts(found) == {"new": 2, "rejected": 2}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_whatever_encoding_a_sheet_is_in(quiet: Desk, encoding: str) -> None:
    data = sheet("张三,1001,,,50", "李四,1002,,,20.50").encode(encoding)
    found = quiet.work("recipients", data).compare()
    assert counts(found) == {"new": 2}
    assert sum(found.sums()) == 7_050
    assert found.currency == "CNY"


def test_what_is_no_text_and_what_has_no_headings_is_refused_whole(quiet: Desk) -> None:
    for data, code in ((b"\x81\xff\xfe\x80,", "not_readable_as_text"), ("a,b\n1,2", "header_missing")):
        with pytest.raises(ImportFailed) as no:
            quiet.work("recipients", data).compare()
        assert no.value.code == f"import.{code}"


def test_recipients_twice_are_once_and_names_stay_sealed(desk: Desk) -> None:
    data = sheet(
        f"张三,1001,1-2-301,6217000000000001,50,,{FOREVER}",
        "李四,1002,,,20.50,2026-01-10",
        "王五,,3-1-101,,300,,,实物,2,袋",
        "合计,,,,370.50",
    )
    assert counts(desk.bring("recipients", data)) == {"new": 3}
    listed = {row.amount_minor: row for _, row in desk.mine(entitlements)}
    assert {*listed} == {5_000, 2_050, 30_000}
    assert (listed[30_000].form, listed[30_000].quantity, listed[30_000].unit) == ("goods", 2, "bag")
    assert listed[2_050].starts == 1_767_974_400_000, "the day begins in China"
    assert listed[5_000].until == 1_772_380_800_000, "the last day is meant whole"
    before = desk.head
    assert counts(desk.bring("recipients", data)) == {"unchanged": 3}
    assert desk.head == before, "the second time gives no command"
    other = sheet("張三,1001,1-2-301,,50", "李四,1002,,,21")
    assert problems(desk.work("recipients", other).compare()) == {3: "import.listed_otherwise"}
    ledger = desk.community.node.ledger
    written = b"".join(item for block in _blocks(ledger) for item in block.items)
    for secret in ("张三", "1-2-301", "6217000000000001"):
        assert secret.encode() not in written
    assert len(desk.rows(recipients)) == 8 + 3


def _blocks(ledger: Any) -> Iterator[Any]:
    for block in ledger.follow(0):
        yield block
        if block.header.height == ledger.head.height:
            return


def test_somebody_known_keeps_their_name_in_the_next_round(desk: Desk) -> None:
    data = sheet("张三,1001,,,50")
    desk.bring("recipients", data)
    known = len(desk.rows(recipients))
    now = desk.community.node.ledger.clock()
    desk.do("clerk", DraftCycle(programme=desk.lived.meals, ceiling_minor=9_000, starts=now, until=now + 9 * DAY))
    desk.cycle = next(key for key, row in desk.rows(cycles) if row.ceiling_minor == 9_000)
    assert counts(desk.bring("recipients", sheet("張 三,１００１,,,60"))) == {"new": 1}
    assert len(desk.rows(recipients)) == known


def test_who_has_an_interest_and_who_comes_late_stays_out(desk: Desk) -> None:
    mark = mark_of(key_of(desk.target.folder), desk.lived.fund, "person", "number", "1001")
    desk.do("clerk", DeclareInterest(fund=desk.lived.fund, mark=mark))
    assert len(desk.rows(interests)) == 1
    found = desk.work("recipients", sheet("张三,1001,,,50", "李四,1002,,,50")).compare()
    assert problems(found) == {2: "import.has_an_interest"}
    desk.bring("recipients", sheet("李四,1002,,,50"))
    desk.approve()
    found = desk.work("recipients", sheet("李四,1002,,,50", "王五,1003,,,50")).compare()
    assert problems(found) == {3: "import.list_closed"}
    assert counts(found) == {"unchanged": 1, "rejected": 1}


@pytest.mark.parametrize("who", ["owners_officer", "supervisor", "anna"])
@pytest.mark.parametrize("what", ["recipients", "payments", "statement"])
def test_only_managers_learn_who_receives(quiet: Desk, who: str, what: str) -> None:
    with pytest.raises(ImportFailed) as no:
        quiet.work(what, sheet("张三,1001,,,50"), who=who).compare()
    assert no.value.code == "import.not_a_manager"


PAYMENTS = "序号,证件号码,姓名,房号,付款金额,付款日期,备注"
BAD_PAYMENTS: list[tuple[Sequence[str], Mapping[int, str]]] = [
    (["9,,,,50"], {2: "no_such_line"}),
    ([f"{'0' * 32},,,,50"], {2: "no_such_line"}),
    ([",1009,,,50"], {2: "no_such_line"}),
    ([",1001,,,50.01"], {2: "over_line"}),
    ([",1001,,,30,2026-01-05", ",1001,,,30,2026-01-06"], {3: "over_line"}),
    ([",1001,,,20", ",1001,,,20"], {3: "payment_twice"}),
    ([",1001,,,50,1900-01-01"], {2: "day_out_of_range"}),
    ([",1001,,,-50"], {2: "amount_negative"}),
    ([",1001,,,50 USD"], {2: "other_currency"}),
    ([",1002,,,10"], {2: "not_yet"}),
]


@pytest.mark.parametrize(("rows", "codes"), BAD_PAYMENTS, ids=[next(iter(each[1].values())) for each in BAD_PAYMENTS])
def test_a_bad_row_of_payments_is_told_by_its_line(
    payable: Desk, rows: Sequence[str], codes: Mapping[int, str]
) -> None:
    found = payable.work("payments", sheet(*rows, heads=PAYMENTS)).compare()
    assert problems(found) == {line: f"import.{code}" for line, code in codes.items()}


def test_payments_by_reference_number_or_person_and_each_once(desk: Desk) -> None:
    desk.bring("recipients", sheet("张三,1001,,,50", "李四,,1-2-301,,20", "王五,1003,,,30"))
    early = desk.work("payments", sheet(",1001,,,50", heads=PAYMENTS)).compare()
    assert problems(early) == {2: "import.not_payable"}
    desk.approve()
    listed = {row.amount_minor: (key, row) for key, row in desk.mine(entitlements)}
    rows = (f"{listed[3_000][0].hex()},,,,10,,一期", ",,李 四,1-2-301,20", f"{listed[5_000][1].number},,,,50")
    data = sheet(*rows, heads=PAYMENTS)
    assert counts(desk.bring("payments", data)) == {"new": 3}
    before = desk.head
    assert counts(desk.bring("payments", data)) == {"unchanged": 3}
    assert desk.head == before
    more = sheet(*rows, f"{listed[3_000][0].hex()},,,,10,,二期", heads=PAYMENTS)
    assert counts(desk.bring("payments", more)) == {"new": 1, "unchanged": 3}
    key, _ = next((key, row) for key, row in desk.mine(payments) if row.amount_minor == 5_000)
    desk.do("clerk", CancelPayment(payment=key))
    assert counts(desk.bring("payments", more)) == {"new": 1, "unchanged": 3}, "what was taken back is entered again"
    assert sum(row.amount_minor for _, row in desk.mine(payments) if row.state != "cancelled") == 9_000


BANK = "日期,借贷方向,金额,余额,流水号,对方户名,对方账号,附言,币种"
BAD_LINES: list[tuple[str, str]] = [
    ("1900-01-05,收,5,,1", "bank_day_wrong"),
    ("2900-01-05,收,5,,1", "bank_day_wrong"),
    ("soon,收,5,,1", "day_unreadable"),
    ("{day},半,5,,1", "direction_unknown"),
    ("{day},支,-5,,1", "direction_doubtful"),
    ("{day},收,,,1", "amount_missing"),
    ("{day},收,0,,1", "amount_missing"),
    ("{day},收,0.005,,1", "amount_fraction"),
    ("{day},收,$5,,1", "other_currency"),
    ("{day},收,5,,1,,,,USD", "other_currency"),
    ("{day},收,=A1,,1", "formula"),
]


@pytest.mark.parametrize(("row", "code"), BAD_LINES, ids=[f"{code}-{at}" for at, (_, code) in enumerate(BAD_LINES)])
def test_a_bad_line_of_a_bank_is_told(quiet: Desk, row: str, code: str) -> None:
    found = quiet.work("statement", sheet(row.format(day=quiet.day()), heads=BANK)).compare()
    assert problems(found) == {2: f"import.{code}"}


def test_a_line_in_both_directions_is_neither(quiet: Desk) -> None:
    found = quiet.work("statement", f"日期,收入,支出\n{quiet.day()},5,6").compare()
    assert problems(found) == {2: "import.both_directions"}


def test_a_statement_twice_is_once_and_alike_lines_are_counted(desk: Desk) -> None:
    day = desk.day()
    rows = [f"{day},支,5.00,,,某某,6222", f"{day},支,5.00,,,某某,6222", f"{day},收,8600.00,,77,租金,,"]
    data = sheet(*rows, heads=BANK)
    found = desk.bring("statement", data)
    assert counts(found) == {"new": 3}
    assert len(desk.rows(lines)) == 3
    assert len(desk.rows(matches)) == 1, "the rent is the only income of that sum"
    before = desk.head
    assert counts(desk.bring("statement", data)) == {"unchanged": 3}
    assert desk.head == before
    longer = sheet(*rows, rows[0], heads=BANK)
    assert counts(desk.work("statement", longer).compare()) == {"new": 1, "unchanged": 3}
    assert counts(desk.work("statement", sheet(f"{day},收,8600.00,1.00,77", heads=BANK)).compare()) == {"unchanged": 1}


def test_a_statement_that_was_early_is_matched_when_it_comes_again(desk: Desk) -> None:
    data = sheet(f"{desk.day()},收,77.70,,78,某某", heads=BANK)
    assert counts(desk.bring("statement", data)) == {"new": 1}
    assert len(desk.rows(matches)) == 0
    told: dict[str, Any] = {"source": Source.DONATION, "particulars": content("box")}
    desk.do("clerk", RecordIncome(fund=desk.lived.fund, currency="CNY", purse="general", amount_minor=7_770, **told))
    assert counts(desk.bring("statement", data)) == {"changed": 1}
    assert len(desk.rows(matches)) == 1
    assert counts(desk.bring("statement", data)) == {"unchanged": 1}


def test_the_ledger_refuses_what_a_wrong_node_would_enter_twice(desk: Desk) -> None:
    desk.bring("recipients", sheet("张三,1001,,,50"))
    desk.approve()
    ((key, _),) = desk.mine(entitlements)
    line = PaymentLine(entitlement=key, amount_minor=1_000, mark=bytes(32))
    desk.do("clerk", EnterPayments(cycle=desk.cycle, lines=(line,)))
    with pytest.raises(Refused) as no:
        desk.do("clerk", EnterPayments(cycle=desk.cycle, lines=(line,)))
    assert no.value.code == "transfers.payment_twice"

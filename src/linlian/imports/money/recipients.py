"""Recipients from a sheet: who, how much, until when. Who it is is sealed; on the ledger stand a mark and a sum.

Rules
- Name and sum are needed, and a number or a home by which somebody is told from others of that name.
- The same person twice is found under another spelling too, in the file and on the ledger (`same`); who is in the
  register of the fund already keeps the name that they have there.
- Sums together stay within the round's ceiling, days within the programme; a sum, a name or a number that a merged cell
  carried over several rows counts for none of them.
- New recipients are entered in random order, so that a line's number on the list says nothing about a name.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from linlian.imports.lists.cells import digits_of, identity_of, name_of
from linlian.imports.lists.difference import Difference, Finding, Result
from linlian.imports.lists.records import NAME_CHARS_MAX, Where
from linlian.imports.lists.side import Entry as Remembered
from linlian.imports.lists.side import Side
from linlian.imports.money import amounts
from linlian.imports.money.amounts import DAY_MS, amount_of, day_between, plain_of, quantity_of, start_of
from linlian.imports.money.plan import Answers, Desk, Progress, Round, sealed_text
from linlian.imports.money.same import same_name, same_number
from linlian.imports.money.tables import Entry, Headings, Table, entries
from linlian.imports.problems import RowRejected
from linlian.imports.running import plain_content
from linlian.imports.signing import Signer
from linlian.kernel.contract import compose

NAMES: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "受助人", "受助人姓名", "受益人", "领取人", "收款人", "收款人姓名", "户主", "name", "recipient"),
    "number": (
        "证件号码",
        "身份证号",
        "身份证号码",
        "身份证",
        "证件号",
        "编号",
        "人员编号",
        "id number",
        "number",
        "id",
    ),
    "home": ("房号", "住址", "家庭住址", "门牌号", "房屋", "地址", "home", "address", "flat"),
    "phone": ("联系电话", "电话", "手机", "手机号", "手机号码", "phone", "mobile"),
    "account": ("银行账号", "收款账号", "账号", "银行卡号", "卡号", "一卡通账号", "account", "account number"),
    "bank": ("开户行", "开户银行", "银行", "bank"),
    "amount": ("金额", "补助金额", "发放金额", "救助金额", "资助金额", "价值", "amount", "sum", "value"),
    "currency": ("币种", "货币", "currency"),
    "starts": ("有效期起", "起始日期", "开始日期", "生效日期", "valid from", "from"),
    "until": ("有效期止", "截止日期", "到期日期", "有效期至", "valid until", "until"),
    "form": ("发放形式", "形式", "资助形式", "发放方式", "kind", "form"),
    "quantity": ("数量", "quantity"),
    "unit": ("单位", "计量单位", "unit"),
}
HEADINGS = Headings(NAMES, (("name",), ("amount",)))
FORMS = {
    "money": ("", "现金", "资金", "货币", "钱", "转账", "money", "cash"),
    "goods": ("实物", "物资", "物品", "goods"),
    "service": ("服务", "service", "services"),
}
UNITS = {
    "bag": ("袋", "包", "bag"),
    "box": ("盒", "箱", "box"),
    "bottle": ("瓶", "桶", "bottle"),
    "piece": ("件", "个", "张", "床", "只", "台", "piece"),
    "set": ("套", "份", "set"),
    "kg": ("千克", "公斤", "kg"),
    "jin": ("斤",),
    "tonne": ("吨", "tonne"),
    "meal": ("餐", "顿", "meal"),
    "time": ("次", "趟", "time"),
    "hour": ("小时", "hour"),
    "day": ("天", "日", "day"),
}
_FORMS = {word: form for form, words in FORMS.items() for word in words}
_UNITS = {word: unit for unit, words in UNITS.items() for word in words}
_SEALED = ("number", "home", "phone", "account", "bank")
CHARS_MAX = 120
ROUND = 500


class Person(NamedTuple):
    """A row that is understood. `told` is what is sealed, under the headings `heads`."""

    where: Where
    same: str
    told: dict[str, str]
    heads: Mapping[str, str]
    mark: bytes
    form: str
    quantity: int
    unit: str
    amount_minor: int
    starts: int
    until: int
    until_said: bool


class Plan(NamedTuple):
    """What is to be done for a person; `recipient` is b"" for somebody who is not in the register."""

    person: Person
    recipient: bytes


class Recipients:
    """One sheet for one round."""

    def __init__(self, desk: Desk, cycle: bytes, side: Side):
        self._desk, self._side = desk, side
        self._round: Round = desk.round(cycle)

    @property
    def currency(self) -> str:
        return str(self._round.fund.currency)

    def compare(self, tables: list[Table]) -> Difference:
        """What there would be to do; nothing is written anywhere."""
        found = Difference()
        for plan in self._plans(tables, found):
            found.findings.append(Finding(Result.NEW, plan.person.where, amount_minor=plan.person.amount_minor))
            found.commands += 1 + (not plan.recipient)
        return found

    def bring_in(self, tables: list[Table], signer: Signer, progress: Progress) -> Difference:
        """Do it. Raises ImportFailed; then the same again continues."""
        found = Difference()
        plans = list(self._plans(tables, found))
        secrets.SystemRandom().shuffle(plans)
        for start in range(0, len(plans), ROUND):
            self._enter(plans[start : start + ROUND], signer, found)
            progress(min(start + ROUND, len(plans)), len(plans))
        return found

    def _enter(self, plans: list[Plan], signer: Signer, found: Difference) -> None:
        time, answers = self._desk.now, Answers()
        fresh = [plan.person for plan in plans if not plan.recipient]
        texts = [sealed_text(person.told, person.heads) for person in fresh]
        sealed = dict(zip((person.mark for person in fresh), self._desk.target.sealer.put_many(texts), strict=True))
        known: dict[bytes, Remembered] = {}
        for person, recipient in plans:
            if not recipient:
                fields: dict[str, Any] = {"fund": self._round.fund_key, "mark": person.mark}
                fields["particulars"] = plain_content(sealed[person.mark])
                raw, recipient = signer.founding("programmes.register_recipient", fields, time)
                answers.add(raw, person.where)
            raw = signer.transaction("programmes.enter_entitlement", self._fields(person, recipient), time)
            answers.add(raw, person.where)
            known |= dict.fromkeys(self._known_by(person), Remembered(recipient))
        self._side.put(known.items())
        refused = answers.hand_in(self._desk)
        for person, _ in plans:
            problem = refused.get(person.where)
            result = Result.REJECTED if problem else Result.NEW
            found.findings.append(Finding(result, person.where, (), problem, person.amount_minor))

    def _fields(self, person: Person, recipient: bytes) -> dict[str, Any]:
        fields = {
            "cycle": self._round.key,
            "recipient": recipient,
            "form": person.form,
            "amount_minor": person.amount_minor,
            "currency": self.currency,
            "until": person.until,
        }
        more = {"quantity": person.quantity, "unit": person.unit, "starts": person.starts}
        return fields | {name: value for name, value in more.items() if value}

    def _known_by(self, person: Person) -> list[bytes]:
        """By what a bank's line may be known; hashes, and only to help."""
        fund, account = self._round.fund_key.hex(), same_number(person.told.get("account", ""))
        keys = [self._side.hash("account", fund, account)] if account else []
        return [*keys, self._side.hash("name", fund, person.same)]

    # What there is to do

    def _plans(self, tables: list[Table], found: Difference) -> Iterator[Plan]:
        seen: dict[bytes, Person] = {}
        homes: dict[tuple[str, str], Person] = {}
        left = self._round.cycle.ceiling_minor - self._round.cycle.entitled_minor
        for row in entries(tables, HEADINGS):
            if row is None:
                found.passed_over += 1
                continue
            try:
                person = self._person(row)
                _check_once(person, seen, homes)
                plan = self._plan(person)
                if plan is None:
                    found.add(Result.UNCHANGED, person.where)
                    continue
                if person.amount_minor > left:
                    raise RowRejected("import.over_ceiling", left=f"{left / 100:.2f}")
                left -= person.amount_minor
                yield plan
            except RowRejected as problem:
                conflict = problem.code in _CONFLICTS
                found.add(Result.CONFLICTING if conflict else Result.REJECTED, row.where, problem=problem)

    def _plan(self, person: Person) -> Plan | None:
        """What is to be done; None if it is done. RowRejected where the ledger has it otherwise."""
        fund, key = self._round.fund_key, self._round.key
        receives = self._desk.row("funds.receives", compose(fund, person.mark))
        on_list = receives and self._desk.row("programmes.listed", compose(key, receives.recipient))
        if on_list:
            row = self._desk.row("programmes.entitlement", on_list.entitlement)
            ledger = (row.form, row.quantity, row.unit, row.amount_minor, row.starts)
            ours = (person.form, person.quantity, person.unit, person.amount_minor, person.starts)
            if ledger != ours or (person.until_said and row.until != person.until):
                raise RowRejected("import.listed_otherwise", number=row.number, amount=f"{row.amount_minor / 100:.2f}")
            return None
        if self._round.cycle.state != "drafted":
            raise RowRejected("import.list_closed")
        if self._desk.row("funds.interest", compose(fund, person.mark)) is not None:
            raise RowRejected("import.has_an_interest")
        return Plan(person, receives.recipient if receives else b"")

    def _person(self, row: Entry) -> Person:
        row.check_own("name", "number", "account", "amount")
        plain_of(row.cell("name"), row.head("name"))
        name, same = name_of(row.cell("name")), same_name(row.cell("name"))
        if not same or len(name) > NAME_CHARS_MAX:
            raise RowRejected("import.name_unreadable", value=name[:NAME_CHARS_MAX])
        told = {"name": name} | {field: text for field in _SEALED if (text := self._text(row, field))}
        number, home = same_number(told.get("number", "")), same_name(told.get("home", ""))
        if not number and not home:
            raise RowRejected("import.person_unclear")
        known = ("number", number) if number else ("name", same, home)
        form, quantity, unit = _form(row)
        amounts.check_currency(row.said("currency"), row.head("currency"), self.currency)
        starts, until = self._span(row)
        return Person(
            where=row.where,
            same=same,
            told=told,
            heads=row.heads,
            mark=self._desk.mark(self._round.fund_key, "person", *known),
            form=form,
            quantity=quantity,
            unit=unit,
            amount_minor=amount_of(row.cell("amount"), row.head("amount"), self.currency),
            starts=starts,
            until=until,
            until_said=bool(row.said("until")),
        )

    def _text(self, row: Entry, field: str) -> str:
        """A text that is sealed; of a number no digit is lost."""
        cell, head = row.cell(field), row.head(field)
        text = plain_of(cell, head)
        if field in ("number", "phone", "account"):
            text = digits_of(cell, head)
        if field == "number" and len(same_number(text)) == 18:
            text = identity_of(cell)
        if len(text) > CHARS_MAX:
            raise RowRejected("import.text_too_long", column=head, most=CHARS_MAX)
        return text

    def _span(self, row: Entry) -> tuple[int, int]:
        """From when and until when it may be paid, in milliseconds; what is not said is the round's end."""
        cycle, programme = self._round.cycle, self._round.programme
        first, last = max(programme.starts - 366 * DAY_MS, 0), programme.until
        starts = day_between(row.cell("starts"), row.head("starts"), first, last)
        day = day_between(row.cell("until"), row.head("until"), first, last)
        open_end = cycle.until if cycle.until > self._desk.now else last
        until = min(start_of(day) + DAY_MS, last) if day else open_end
        if until <= self._desk.now:
            raise RowRejected("import.day_over", column=row.head("until"))
        begins = start_of(starts) if starts else 0
        if begins >= until:
            raise RowRejected("import.ends_before_start", starts=starts, until=day)
        return begins, until


def _form(row: Entry) -> tuple[str, int, str]:
    """Money, or so many of goods or services."""
    said = plain_of(row.cell("form"), row.head("form")).lower()
    form = _FORMS.get(said)
    if form is None:
        raise RowRejected("import.form_unknown", value=said[:60])
    quantity, word = quantity_of(row.cell("quantity"), row.head("quantity")), row.said("unit").lower()
    unit = _UNITS.get(word, "")
    if word and not unit:
        raise RowRejected("import.unit_unknown", value=word[:60], known="、".join(words[0] for words in UNITS.values()))
    if (form == "money") != (quantity == 0 and not unit):
        raise RowRejected("import.quantity_missing")
    return form, quantity, unit


def _check_once(person: Person, seen: dict[bytes, Person], homes: dict[tuple[str, str], Person]) -> None:
    """RowRejected: `person_twice`, `number_of_two`, `same_name_and_home`."""
    before = seen.setdefault(person.mark, person)
    if before is not person:
        code = "import.person_twice" if before.same == person.same else "import.number_of_two"
        raise RowRejected(code, first=before.where.line)
    home = same_name(person.told.get("home", ""))
    other = homes.setdefault((person.same, home), person) if home else person
    if other is not person:
        raise RowRejected("import.same_name_and_home", first=other.where.line)


_CONFLICTS = ("import.number_of_two", "import.same_name_and_home", "import.listed_otherwise")

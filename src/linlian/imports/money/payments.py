"""Payments from a sheet: of which line of the list, how much, when.

Rules
- A line of the list is named by its reference (as the download of the list has it), by its number on the list, or by
  the person: their number, or name and home.
- All payments of a line together are never more than it; the same row twice is one payment (its mark stands on the
  ledger), so whoever pays in instalments writes a day or a note to each.
- Entered payments still wait for others to approve them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from linlian.imports.lists.difference import Difference, Finding, Result
from linlian.imports.lists.records import Where
from linlian.imports.money import amounts
from linlian.imports.money.amounts import DAY_MS, amount_of, day_between, plain_of
from linlian.imports.money.plan import Answers, Desk, Known, Progress, Round
from linlian.imports.money.recipients import NAMES as PEOPLE
from linlian.imports.money.same import same_name, same_number
from linlian.imports.money.tables import Entry, Headings, Table, entries
from linlian.imports.problems import RowRejected
from linlian.imports.signing import Signer
from linlian.kernel.contract import compose

NAMES: dict[str, tuple[str, ...]] = {
    "reference": ("名单项", "参考号", "编号", "名单编号", "序号", "reference", "entitlement", "line", "no."),
    "amount": ("付款金额", "实发金额", "本次金额", *PEOPLE["amount"]),
    "currency": PEOPLE["currency"],
    "day": ("付款日期", "发放日期", "日期", "date", "paid on", "day"),
    "note": ("备注", "期次", "说明", "note", "instalment"),
    "name": PEOPLE["name"],
    "number": tuple(word for word in PEOPLE["number"] if word not in ("编号", "number", "id")),
    "home": PEOPLE["home"],
}
HEADINGS = Headings(NAMES, (("reference", "number", "name"), ("amount",)))
TOGETHER = 20
"""So many payments does one command enter: with their marks, more would be more than a command may write."""
_REFERENCE = re.compile(r"[0-9a-f]{32}")
_LINE = re.compile(r"\d{1,6}")


class Payment(NamedTuple):
    where: Where
    entitlement: bytes
    amount_minor: int
    mark: bytes


class Payments:
    """One sheet for one round."""

    def __init__(self, desk: Desk, cycle: bytes, known: Known):
        self._desk, self._known = desk, known
        self._round: Round = desk.round(cycle)

    @property
    def currency(self) -> str:
        return str(self._round.fund.currency)

    def compare(self, tables: list[Table]) -> Difference:
        """What there would be to do; nothing is written anywhere."""
        found = Difference()
        plans = list(self._plans(tables, found))
        found.findings += [Finding(Result.NEW, plan.where, amount_minor=plan.amount_minor) for plan in plans]
        found.commands = -(-len(plans) // TOGETHER)
        return found

    def bring_in(self, tables: list[Table], signer: Signer, progress: Progress) -> Difference:
        """Do it. Raises ImportFailed; then the same again continues."""
        found = Difference()
        plans, answers = list(self._plans(tables, found)), Answers()
        for start in range(0, len(plans), TOGETHER):
            part = plans[start : start + TOGETHER]
            lines = [{"entitlement": p.entitlement, "amount_minor": p.amount_minor, "mark": p.mark} for p in part]
            fields = {"cycle": self._round.key, "lines": lines}
            raw = signer.transaction("transfers.enter_payments", fields, self._desk.now)
            answers.add(raw, *(plan.where for plan in part))
        refused = answers.hand_in(self._desk)
        for plan in plans:
            problem = refused.get(plan.where)
            result = Result.REJECTED if problem else Result.NEW
            found.findings.append(Finding(result, plan.where, (), problem, plan.amount_minor))
        progress(len(plans), len(plans))
        return found

    def _plans(self, tables: list[Table], found: Difference) -> Iterator[Payment]:
        seen: dict[bytes, int] = {}
        left: dict[bytes, int] = {}
        for row in entries(tables, HEADINGS):
            if row is None:
                found.passed_over += 1
                continue
            try:
                payment, entitled = self._payment(row)
                first = seen.setdefault(payment.mark, row.where.line)
                if first != row.where.line:
                    raise RowRejected("import.payment_twice", first=first)
                if self._is_there(payment):
                    found.add(Result.UNCHANGED, row.where)
                    continue
                rest = left.setdefault(payment.entitlement, entitled.amount_minor - entitled.ordered_minor)
                self._check_payable(payment, entitled, rest)
                left[payment.entitlement] = rest - payment.amount_minor
                yield payment
            except RowRejected as problem:
                found.add(Result.REJECTED, row.where, problem=problem)

    def _payment(self, row: Entry) -> tuple[Payment, Any]:
        row.check_own("reference", "number", "name", "amount")
        key = self._entitlement(row)
        entitled = self._desk.row("programmes.entitlement", key) if key else None
        if entitled is None or entitled.cycle != self._round.key:
            raise RowRejected("import.no_such_line", value=(row.said("reference") or row.said("name"))[:60])
        amounts.check_currency(row.said("currency"), row.head("currency"), self.currency)
        amount = amount_of(row.cell("amount"), row.head("amount"), self.currency)
        first, last = max(self._round.programme.starts - 31 * DAY_MS, 0), self._round.programme.until + 366 * DAY_MS
        day = day_between(row.cell("day"), row.head("day"), first, last)
        note = plain_of(row.cell("note"), row.head("note"))
        told = (self._round.key.hex(), key.hex(), amount, day, note)
        return Payment(row.where, key, amount, self._desk.mark(self._round.fund_key, "payment", *told)), entitled

    def _entitlement(self, row: Entry) -> bytes:
        """The line of the list that a row means; b"" for none."""
        reference = plain_of(row.cell("reference"), row.head("reference")).lower()
        if _REFERENCE.fullmatch(reference):
            return bytes.fromhex(reference)
        if _LINE.fullmatch(reference):
            return self._known.lines.get(int(reference), b"")
        number, name = same_number(row.cell("number")), same_name(row.cell("name"))
        home = same_name(row.cell("home"))
        known = ("number", number) if number else ("name", name, home)
        mark = self._desk.mark(self._round.fund_key, "person", *known)
        receives = self._desk.row("funds.receives", compose(self._round.fund_key, mark))
        line = receives and self._desk.row("programmes.listed", compose(self._round.key, receives.recipient))
        return line.entitlement if line else b""

    def _is_there(self, payment: Payment) -> bool:
        """Whether the ledger has it, and nobody took it back."""
        marked = self._desk.row("transfers.marked", compose(self._round.key, payment.mark))
        row = self._desk.row("transfers.payment", marked.payment) if marked else None
        return row is not None and row.state != "cancelled"

    def _check_payable(self, payment: Payment, entitled: Any, left: int) -> None:
        """The refusals that the ledger would give, before anything is signed."""
        if self._round.cycle.state != "payable":
            raise RowRejected("import.not_payable")
        if entitled.state != "entered" or entitled.until <= self._desk.now:
            raise RowRejected("import.not_entitled")
        if entitled.starts > self._desk.now:
            raise RowRejected("import.not_yet", day=amounts.day_at(entitled.starts))
        if payment.amount_minor > left:
            raise RowRejected("import.over_line", left=f"{left / 100:.2f}")

"""Lines of a bank's statement: read by a layout, kept once each, and found again among what the fund says of itself.

Rules
- A line's mark is made of what the bank's number of it says; without a number of day, sum, balance and whose account it
  was. Lines that are alike in all of that are counted. So an overlapping download, or the same again, adds nothing.
- Who the other one was, and what was written, is sealed with the line.
- A line is matched by what it quotes, by the account or name of a recipient, or where there is one line and one record
  of that sum within so many days. Whatever is not certain is left to people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from linlian.imports.lists.cells import text_of
from linlian.imports.lists.difference import Difference, Finding, Result
from linlian.imports.lists.records import Where
from linlian.imports.lists.side import Side
from linlian.imports.money.amounts import DAY_MS, check_currency, moment_of, signed_of, start_of
from linlian.imports.money.layouts import Layout
from linlian.imports.money.matching import Booked, match
from linlian.imports.money.plan import NOTHING, Answers, Desk, Known, Progress, sealed_text
from linlian.imports.money.same import same_name, same_number
from linlian.imports.money.tables import Entry, Table, entries
from linlian.imports.problems import RowRejected
from linlian.imports.running import plain_content
from linlian.imports.signing import Signer
from linlian.kernel.contract import compose

YEARS_MS = 10 * 366 * DAY_MS
"""So long before its opening may a fund's account have lines (`transfers.rules_banking`)."""
ROUND = 500
_SEALED = ("serial", "party", "party_account", "balance", "summary", "remark", "account")
_OUT = ("借", "支", "付", "往账", "转出", "支取", "d", "debit", "out", "dr")
_IN = ("贷", "收入", "收", "来账", "转入", "存入", "c", "credit", "in", "cr")


class BankLine(NamedTuple):
    """A row that is understood. `told` is what is sealed, under the headings `heads`."""

    where: Where
    amount_minor: int
    incoming: bool
    booked_at: int
    mark: bytes
    told: dict[str, str]
    heads: Mapping[str, str]


class Plan(NamedTuple):
    """A line, whether it is new, and the record that it is (kind and identifier), if that is known."""

    line: BankLine
    is_new: bool
    kind: str
    record: bytes


class Statement:
    """One file for one fund."""

    def __init__(self, desk: Desk, fund: bytes, known: Known, side: Side, layout: Layout):
        self._desk, self._known, self._side, self._layout = desk, known, side, layout
        self._key, self._fund = fund, desk.fund(fund)

    @property
    def currency(self) -> str:
        return str(self._fund.currency)

    def compare(self, tables: list[Table]) -> Difference:
        """What there would be to do; nothing is written anywhere."""
        found = Difference()
        for plan in self._plans(tables, found):
            found.findings.append(_finding(plan))
            found.commands += plan.is_new + bool(plan.kind)
        return found

    def bring_in(self, tables: list[Table], signer: Signer, progress: Progress) -> Difference:
        """Do it. Raises ImportFailed; then the same again continues."""
        found = Difference()
        plans = list(self._plans(tables, found))
        for start in range(0, len(plans), ROUND):
            part = plans[start : start + ROUND]
            self._enter([plan for plan in part if plan.is_new or plan.kind], signer, found)
            found.findings += [_finding(plan) for plan in part if not (plan.is_new or plan.kind)]
            progress(min(start + ROUND, len(plans)), len(plans))
        return found

    def _enter(self, plans: list[Plan], signer: Signer, found: Difference) -> None:
        time, answers = self._desk.now, Answers()
        fresh = [plan.line for plan in plans if plan.is_new]
        texts = [sealed_text(line.told, line.heads) for line in fresh]
        sealed = dict(zip((line.mark for line in fresh), self._desk.target.sealer.put_many(texts), strict=True))
        for plan in plans:
            line = plan.line
            if plan.is_new:
                fields: dict[str, Any] = {
                    "fund": self._key,
                    "mark": line.mark,
                    "amount_minor": line.amount_minor,
                    "currency": self.currency,
                    "booked_at": line.booked_at,
                    "line": plain_content(sealed[line.mark]),
                }
                fields |= {"incoming": True} if line.incoming else {}
                answers.add(signer.transaction("transfers.record_line", fields, time), line.where)
            if plan.kind:
                matched = {"fund": self._key, "mark": line.mark, plan.kind: plan.record}
                answers.add(signer.transaction("transfers.match_line", matched, time), line.where)
        refused = answers.hand_in(self._desk)
        for plan in plans:
            problem = refused.get(plan.line.where)
            result = Result.CONFLICTING if problem else _finding(plan).result
            found.findings.append(_finding(plan)._replace(result=result, problem=problem))

    # What there is to do

    def _plans(self, tables: list[Table], found: Difference) -> list[Plan]:
        lines = list(self._lines(tables, found))
        rows = {line.mark: self._desk.row("transfers.line", compose(self._key, line.mark)) for line in lines}
        free = [line for line in lines if rows[line.mark] is None or rows[line.mark].matched == NOTHING]
        booked = [
            Booked(
                at=line.booked_at,
                amount_minor=line.amount_minor,
                incoming=line.incoming,
                text="".join(line.told.get(name, "") for name in ("remark", "summary")),
                recipients=self._recipients(line.told),
            )
            for line in free
        ]
        matched = {free[at].mark: record for at, record in match(booked, self._known.records).items()}
        plans = []
        for line in lines:
            record = matched.get(line.mark)
            kind, key = (record.kind, record.id) if record else ("", b"")
            plans.append(Plan(line, rows[line.mark] is None, kind, key))
        return plans

    def _recipients(self, told: dict[str, str]) -> frozenset[bytes]:
        """Whom of the register the other account, or else the other name, is known for here."""
        fund, account = self._key.hex(), same_number(told.get("party_account", ""))
        keys = (("account", account), ("name", same_name(told.get("party", ""))))
        for what, text in keys:
            entry = self._side.get(self._side.hash(what, fund, text)) if text else None
            if entry is not None:
                return frozenset((entry.id,))
        return frozenset()

    def _lines(self, tables: list[Table], found: Difference) -> Iterator[BankLine]:
        alike: Counter[bytes] = Counter()
        for row in entries(tables, self._layout.headings):
            if row is None:
                found.passed_over += 1
                continue
            try:
                yield self._line(row, alike)
            except RowRejected as problem:
                found.add(Result.REJECTED, row.where, problem=problem)

    def _line(self, row: Entry, alike: Counter[bytes]) -> BankLine:
        row.check_own("date", "amount", "in", "out", "serial")
        head = row.head("date")
        day, clock = moment_of(row.cell("date"), row.cell("time"), head)
        booked = start_of(day) + _clock_ms(clock) if day else -1
        first, last = max(self._fund.opened_at - YEARS_MS, 0), self._desk.now + DAY_MS
        if not first <= booked <= last:
            raise RowRejected("import.bank_day_wrong", column=head, value=row.said("date")[:60])
        check_currency(row.said("currency"), row.head("currency"), self.currency)
        signed = self._signed(row)
        told = {name: text for name in _SEALED if (text := text_of(row.cell(name)))}
        serial = same_number(told.get("serial", ""))
        sums = (day, abs(signed), signed > 0)
        more = (serial,) if serial else (clock, *(same_number(told.get(n, "")) for n in ("balance", "party_account")))
        like = self._desk.mark(self._key, "line", *sums, *more)
        alike[like] += 1
        mark = self._desk.mark(self._key, "line", *sums, *more, alike[like])
        told |= {"date": row.said("date"), "amount": f"{signed / 100:.2f}"}
        return BankLine(row.where, abs(signed), signed > 0, booked, mark, told, row.heads)

    def _signed(self, row: Entry) -> int:
        """What came in; less than nothing where it went out. Raises RowRejected."""
        columns = {name: row.head(name) for name in ("in", "out", "amount", "direction") if name in row.columns}
        if "amount" in columns:
            signed = signed_of(row.cell("amount"), columns["amount"], self.currency)
            signed = self._directed(row, signed) if signed is not None and row.said("direction") else signed
        else:
            came, went = (
                signed_of(row.cell(name), columns.get(name, name), self.currency) or 0 for name in ("in", "out")
            )
            if came and went:
                raise RowRejected("import.both_directions", came=columns.get("in", ""), went=columns.get("out", ""))
            signed = came - went
        if not signed:
            raise RowRejected("import.amount_missing", column=next(iter(columns.values()), ""))
        return signed

    def _directed(self, row: Entry, amount: int) -> int:
        """A sum with its direction in a column of its own; with a sign besides it may be a reversal or said twice."""
        if amount < 0:
            raise RowRejected("import.direction_doubtful", column=row.head("amount"), value=row.said("direction")[:60])
        word = row.said("direction").lower()
        if word.startswith(_IN):
            return amount
        if word.startswith(_OUT):
            return -amount
        raise RowRejected("import.direction_unknown", column=row.head("direction"), value=row.said("direction")[:60])


def _clock_ms(clock: str) -> int:
    hours, minutes, seconds = (int(clock[at : at + 2] or 0) for at in (0, 2, 4))
    return min(((hours * 60 + minutes) * 60 + seconds) * 1000, DAY_MS - 1)


def _finding(plan: Plan) -> Finding:
    result = Result.NEW if plan.is_new else Result.CHANGED if plan.kind else Result.UNCHANGED
    what = ("matched",) if plan.kind else ()
    return Finding(result, plan.line.where, what, amount_minor=plan.line.amount_minor if plan.is_new else 0)

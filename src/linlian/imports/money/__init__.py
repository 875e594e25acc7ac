"""Sheets of money: recipients, payments, and the lines of a bank, compared with the ledger and brought in.

    work = MoneyWork("recipients", cycle, Path("recipients.xlsx"), target, account, data=data)
    work.compare().counts()                      # {"new": 38, …, "rejected": 2}
    work.bring_in(Importer(account, key))

The life of a row: `lists.sheets` fills merged cells, `tables` (or a bank's `layouts`) finds the columns, `amounts` and
`same` understand what is in them, `recipients`, `payments` and `statement` compare it with the ledger and say what is
to be signed, `matching` finds which record a bank's line is.
"""

from __future__ import annotations

import time as system_time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from linlian.imports.lists.difference import Difference
from linlian.imports.lists.sheets import read_sheets
from linlian.imports.lists.side import Side
from linlian.imports.money import payments, recipients
from linlian.imports.money.layouts import layout_of, layouts, own_layout
from linlian.imports.money.payments import Payments
from linlian.imports.money.plan import Desk, Known, Money, Progress, Record
from linlian.imports.money.recipients import Recipients
from linlian.imports.money.statement import Statement
from linlian.imports.money.tables import find_tables
from linlian.imports.requests import Target, quietly
from linlian.imports.signing import Importer, Signer

SIDE_FILE = "funds.sqlite"
"""Remembers accounts and names of recipients as hashes; it may be lost, then fewer lines are matched by themselves."""


@dataclass(frozen=True)
class MoneyWork:
    """One sheet. `about` is the round, for a statement the fund; `layout` the code of a bank, `own` a clerk's own."""

    what: Money
    about: bytes
    path: Path
    target: Target
    account: bytes
    data: bytes | None = None
    known: Known = field(default_factory=Known)
    layout: str = ""
    own: Mapping[str, str] = field(default_factory=dict)

    def compare(self) -> Difference:
        """Say what an import would do, and do none of it. Raises ImportFailed."""
        return self._work(None, quietly)

    def bring_in(self, importer: Importer, progress: Progress = quietly) -> Difference:
        """Do it. Raises ImportFailed. The importer manages the fund; the same again changes nothing, or continues."""
        return self._work(importer, progress)

    def _work(self, importer: Importer | None, progress: Progress) -> Difference:
        started = system_time.monotonic()
        sheets, desk = read_sheets(self.path, data=self.data), Desk(self.target, self.account)
        with closing(Side(self.target.folder / SIDE_FILE)) as side:
            job: Recipients | Payments | Statement
            if self.what == "recipients":
                job, headings = Recipients(desk, self.about, side), recipients.HEADINGS
            elif self.what == "payments":
                job, headings = Payments(desk, self.about, self.known), payments.HEADINGS
            else:
                layout = own_layout(self.own) if self.own else layout_of(self.layout, sheets)
                job, headings = Statement(desk, self.about, self.known, side, layout), layout.headings
            tables = find_tables(sheets, headings)
            if importer is None:
                found = job.compare(tables)
            else:
                found = job.bring_in(tables, Signer(self.target.ledger.chain, importer), progress)
        found.currency = job.currency
        found.seconds = system_time.monotonic() - started
        return found


__all__ = ["Known", "Money", "MoneyWork", "Record", "layouts"]

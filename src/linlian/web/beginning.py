"""The first steps of a community, on one page for its officers: what is done, what comes next, and where.

Each step is told from the ledger as it stands, so the page may be left and come back to, by any officer.
"""

from __future__ import annotations

from dataclasses import dataclass

from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.house import BEGUN_MAX, Beginnings
from linlian.web.listing import KEEPERS
from linlian.web.pages import ANY, Page, Pages, Place

pages = Pages("web")
WORK = ("clerk", "desk")
"""What somebody who begins alone does besides being an officer, until others have been invited."""
ACCOUNTS = "identity.account"


@dataclass(frozen=True)
class Step:
    """One thing to do. `href` is where, "" if it is done on this page; `open` that it can be done now."""

    name: str
    done: bool
    open: bool
    href: str = ""


@dataclass(frozen=True)
class BeginPage(Page):
    """How far this community has begun; `said` are the numbers as a sentence has them."""

    steps: list[Step]
    numbers: Beginnings
    said: dict[str, str]
    roles: list[str]


@pages.page("/begin")
def begin(ask: Ask) -> BeginPage:
    reader = ask.reader
    if not reader.account:
        raise WebError("web.sign_in")
    if "officer" not in reader.roles:
        raise WebError("web.not_for_you")
    numbers = ask.house.beginnings()
    account = ask.house.rulebook.tables[ACCOUNTS].get(ask.house.ledger, reader.account)
    keeps, at_work = reader.kind in KEEPERS, {*WORK} <= reader.roles
    steps = [
        Step("founded", done=True, open=False),
        Step("backup", done=account is not None and len(account.keys) > 1, open=True),
        Step("second", done=numbers.organisations > 1, open=True, href="/decisions"),
        Step("work", done=at_work, open=keeps),
        Step("houses", done=numbers.homes > 0, open=keeps and at_work, href="/lists/places"),
        Step("people", done=numbers.people > 0, open=keeps and at_work and numbers.homes > 0, href="/lists/people"),
        Step("signed", done=numbers.signed > 0 and not numbers.waiting, open=numbers.waiting > 0, href="/register"),
        Step("report", done=numbers.reports > 0, open=at_work and numbers.homes > 0, href="/desk"),
    ]
    said = {name: f"{n}+" if n >= BEGUN_MAX else f"{n}" for name, n in numbers._asdict().items()}
    return BeginPage(steps, numbers, said, sorted({*reader.roles, *WORK}), live=(ANY,))


def _is_officer(reader: Reader) -> bool:
    return "officer" in reader.roles


pages.way("/begin", "begin", Place.RAIL, _is_officer, rank=79)

"""The call-back desk: what is done and waits for people who sign nothing; and, on a repair's page, what they said.

They are told, and somebody outside rings back, or witnesses what they sign by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.answers.rules import AttestPaper, RecordCallback
from linlian.community.answers.views import ToldRow, WaitingRow, told_of_case, waiting
from linlian.community.identity import HOSTS, Basis
from linlian.community.repairs import Notice, ServeNotice, Standing, State
from linlian.community.repairs.pages import SOMETHING, RepairPage
from linlian.kernel.contract import Content
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import ANY, Page, Pages, Part, Place, Where

pages = Pages("answers")

FORMS_MAX = 20
"""So many can be seen to at once; the rest moves up."""


@dataclass(frozen=True)
class Call:
    """One repair to ring about: the form to say that they were told, and, for outsiders, the two answers."""

    case: WaitingRow
    notice: Form | None
    yes: Form | None
    no: Form | None


@dataclass(frozen=True)
class CallbacksPage(Page):
    """Whom to ring, the longest waiting first; `next` is the cursor for those behind."""

    calls: list[Call]
    next: str


@dataclass(frozen=True, kw_only=True)
class ToldPart(Part):
    """What was told outside about the repair, the latest first, and what the reader may bring in.

    waiting     the first signature for a sheet that waits for a second; `link` is one that is out
    yes, no     record a call-back; `sign` witnesses a sheet: the first chooses it, the second signs for the same
    """

    told: list[ToldRow]
    waiting: ToldRow | None
    link: ToldRow | None
    yes: Form | None
    no: Form | None
    sign: Form | None


def rings_back(reader: Reader) -> bool:
    """Whether somebody tells residents, or asks them."""
    return reader.kind in HOSTS and not reader.roles.isdisjoint({"desk", "dispatcher", "supervisor"})


@pages.page("/callbacks")
def callbacks(ask: Ask) -> CallbacksPage:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    if not rings_back(ask.reader):
        raise WebError("web.not_for_you")
    found = ask.page(waiting, ask.after, limit=FORMS_MAX)
    return CallbacksPage([_call(ask, row) for row in found.rows], found.next, live=(ANY,))


@pages.part(RepairPage, rank=20)
def told(ask: Ask, page: RepairPage) -> ToldPart | None:
    case, opened_at, ended = page.case.case_id, page.case.opened_at, page.case.ended
    if not ask.sees(told_of_case, case_id=case):
        return None
    rows = ask.rows(told_of_case, case_id=case)[::-1]
    sheets = [row for row in rows if row.basis == Basis.WITNESSED_PAPER and row.time >= opened_at and not ended]
    waiting = sheets[0] if sheets and not sheets[0].answered else None
    links = [row for row in rows if row.basis == Basis.SMS_LINK and row.time >= opened_at and not ended]
    yes, no = (
        ask.offer(RecordCallback(case=case, repaired=repaired, recording=SOMETHING), "case", "repaired")
        for repaired in (True, False)
    )
    sign = _sign(ask, page, waiting)
    if not (rows or yes or sign):
        return None
    asked = (yes and page.case.reported_as == Standing.DESK) or (sign and waiting)
    return ToldPart(
        told=rows,
        waiting=waiting,
        link=links[0] if links and not links[0].answered else None,
        yes=yes,
        no=no,
        sign=sign,
        where=Where.ASKS if asked else Where.BESIDE,
    )


def _sign(ask: Ask, page: RepairPage, first: ToldRow | None) -> Form | None:
    """Witness a sheet: the very same as the first witness, if there is one of another organisation."""
    case = page.case.case_id
    if page.case.state != State.DONE or page.card.is_common:  # no second signature could close it
        return None
    if first is None:
        return ask.offer(AttestPaper(case=case, paper=SOMETHING), "case")
    same = Content(commitment=first.commitment, ciphertext_hash=first.ciphertext_hash)
    return ask.offer(AttestPaper(case=case, paper=same), "case", "paper")


def _call(ask: Ask, row: WaitingRow) -> Call:
    case = row.case_id
    tells = not row.notified_at and ask.may(ServeNotice(case=case, how=Notice.CALL, proof=SOMETHING))
    rings = ask.may(RecordCallback(case=case, repaired=True, recording=SOMETHING))
    return Call(
        row,
        ask.form(ServeNotice, case=case) if tells else None,
        ask.form(RecordCallback, case=case, repaired=True) if rings else None,
        ask.form(RecordCallback, case=case, repaired=False) if rings else None,
    )


pages.way("/callbacks", "callbacks", Place.RAIL, rings_back, rank=30)

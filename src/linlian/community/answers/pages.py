"""The call-back desk: what is done and waits for people who sign nothing.

They are told, and somebody outside rings back.
"""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.answers.rules import RecordCallback
from linlian.community.answers.views import WaitingRow, waiting
from linlian.community.identity import HOSTS
from linlian.community.repairs import Notice, ServeNotice
from linlian.kernel.contract import Content
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import ANY, Page, Pages, Place

pages = Pages("answers")

SOMETHING = Content(commitment=bytes(32), ciphertext_hash=bytes(32))
"""Stands for the recording that is still to be made, when a command is tried."""
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

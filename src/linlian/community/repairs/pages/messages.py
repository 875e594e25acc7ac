"""Messages: what others did in one's latest repairs and to one's account, each as a sentence that can be proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from linlian.community.repairs.pages.case import fields_of
from linlian.community.repairs.pages.home import HomePage
from linlian.community.repairs.pages.kit import pages
from linlian.community.repairs.views.messages import MessageRow, messages_of
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.pages import Page, Part

SHOWN, AT_HOME, LIVE_MAX = 50, 3, 20


@dataclass(frozen=True)
class Message:
    """An event that concerns the reader, and its fields. Which are new the reader's own device knows."""

    row: MessageRow
    fields: dict[str, Any]


@dataclass(frozen=True)
class MessagesPage(Page):
    """What others did that concerns the reader, the latest first."""

    messages: list[Message]
    next: str


@dataclass(frozen=True, kw_only=True)
class LatestPart(Part):
    """The latest of it, at home."""

    messages: list[Message]


@pages.page("/me/messages")
def messages(ask: Ask) -> MessagesPage:
    me = ask.reader.account
    if not me:
        raise WebError("web.sign_in")
    found = ask.page(messages_of, ask.after, account=me, limit=SHOWN)
    cases = dict.fromkeys(row.case_id for row in found.rows if row.case_id)
    return MessagesPage([_message(row) for row in found.rows], found.next, live=(me, *cases)[:LIVE_MAX])


@pages.part(HomePage, rank=5)
def latest(ask: Ask, _page: HomePage) -> LatestPart | None:
    rows = ask.rows(messages_of, account=ask.reader.account, limit=AT_HOME)
    return LatestPart(messages=[_message(row) for row in rows]) if rows else None


def _message(row: MessageRow) -> Message:
    return Message(row, fields_of(row.fields))

"""The web's own pages about who one is here: entering, joining by an invitation, one's keys; and checking a file.

A demo lends its people: `POST /demo/be/{guest}` registers a visitor's own key for one of them, with the demo's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from starlette.responses import Response

from linlian.kernel.codec import Fields, Label, Meta
from linlian.kernel.operator import current_operator, operator_name
from linlian.web.ask import Ask
from linlian.web.call import Call, read_body
from linlian.web.errors import WebError
from linlian.web.pages import Page, Pages, Place
from linlian.web.wire import read_json, record_from_json

pages = Pages("web")
KEY_BYTES_MAX = 4096


@dataclass(frozen=True)
class Person:
    """Whom a visitor of the demo can be, in the reader's language."""

    key: str
    account: bytes
    name: str
    about: str
    desk: bool


@dataclass(frozen=True)
class EnterPage(Page):
    """How to come in: as one of the demo's people, with a key of this browser, or by an invitation."""

    people: list[Person]


@dataclass(frozen=True)
class JoinPage(Page):
    """Accepting an invitation. What it holds stands behind the `#` of the address and never reaches the server."""


@dataclass(frozen=True)
class MePage(Page):
    """Who the reader is here: the account, the organisation, the key that the session was opened with."""

    account: bytes
    organisation: bytes
    roles: list[str]
    key_id: bytes


@dataclass(frozen=True)
class DevicePage(Page):
    """Signing for another device of one's own. Its public key stands behind the `#` of the address."""


@dataclass(frozen=True)
class PaperPage(Page):
    """Coming back by a key on paper. Its secret stands behind the `#` of the address and never reaches the server."""


@dataclass(frozen=True)
class PhonePage(Page):
    """The certificate that this machine made for itself, and what to compare before one goes on."""

    fingerprint: str


@dataclass(frozen=True)
class VerifyPage(Page):
    """Checking a proof file in the browser. With `trusted` names and keys, and `networks` of validators, it begins."""

    trusted: list[tuple[str, bytes]]
    networks: str


@pages.page("/enter")
def enter(ask: Ask) -> EnterPage:
    guests = ask.house.guests
    people = [] if guests is None else guests.people()
    language = ask.language
    return EnterPage(
        [Person(each.key, each.account, each.name[language], each.about[language], each.desk) for each in people]
    )


@pages.page("/join")
def join(_ask: Ask) -> JoinPage:
    return JoinPage()


@pages.page("/paper")
def paper(_ask: Ask) -> PaperPage:
    return PaperPage()


@pages.page("/me")
def me(ask: Ask) -> MePage:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    reader = ask.reader
    return MePage(reader.account, reader.organisation, sorted(reader.roles), ask.key_id)


@pages.page("/me/device")
def device(ask: Ask) -> DevicePage:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    return DevicePage()


@pages.page("/phone")
def phone(ask: Ask) -> PhonePage:
    if not ask.house.fingerprint:
        raise WebError("web.nothing_there")
    return PhonePage(ask.house.fingerprint)


@pages.page("/verify")
def verify(ask: Ask) -> VerifyPage:
    operator = current_operator(ask.house.ledger)
    if operator is None:
        return VerifyPage([], ask.house.networks)
    return VerifyPage([(operator_name(ask.house.ledger.chain), operator.public_key)], ask.house.networks)


pages.way("/verify", "verify", Place.TOP, lambda _reader: True)
pages.way("/me", "me", Place.FOUR, lambda reader: reader.account != b"", rank=90)


class VisitorKey(Fields):
    """The public half of the key that a visitor's browser made."""

    suite: Label
    public_key: Annotated[bytes, Meta(max_length=128)]


async def be_a_guest(call: Call) -> Response:
    """Lend one of the demo's accounts to a visitor's key: `POST /demo/be/{guest}`."""
    guests = call.house.guests
    if guests is None:
        raise WebError("web.no_such_route", path=call.request.url.path)
    body = await read_body(call.request, KEY_BYTES_MAX)
    asked = record_from_json(VisitorKey, read_json(body), "$")
    account = await call.run(guests.admit, call.request.path_params["guest"], asked["suite"], asked["public_key"])
    return call.json({"account": account}, 201)


async def found_again(_call: Call) -> Response:
    """Who still had the founding page open is told that somebody was first. Raises WebError (`web.already_founded`)."""
    raise WebError("web.already_founded")

"""A list of houses or of people, or a sheet of money, brought in on a page: compared, mended, signed by the browser.

    POST /lists/{what}/compare?name=houses.xlsx      the file             → what bringing it in would change
    POST /lists/statement/compare?name=…&about=<fund>&layout=icbc
    POST /lists/jobs/{job}/begin                     the public halves of one-time keys, if there are to be letters
    POST /lists/jobs/{job}/step                      signatures           → what is to be signed next, or how it ended
    POST /lists/jobs/{job}/printed                   the letters are on paper

Rules
- Only clerks of those who keep lists, and of a sheet of money the fund's managers: a comparison says who is known
  already. What was compared is its own account's alone.
- The browser signs each command itself and looks at what it signs (frontend/src/site/bench.ts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from starlette.responses import Response

from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask
from linlian.web.call import Call, read_body
from linlian.web.errors import WebError
from linlian.web.house import About, ListStep
from linlian.web.pages import Page, Pages, Place

pages = Pages("web")
FILE_BYTES_MAX = 20 * 1024 * 1024
STEP_BYTES_MAX = 4 * 1024 * 1024
KEEPERS = ("government", "property_company", "owners_committee")
"""Whose clerks may register homes and residents."""
NAME_CHARS_MAX = 200
OWN_CHARS_MAX = 2_000
Money = Literal["recipients", "payments", "statement"]
MONEY: dict[str, Money] = {"recipients": "recipients", "payments": "payments", "statement": "statement"}

Hex = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2})*$", max_length=8192)]
T = TypeVar("T")


class Beginning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`keys`: public halves of one-time keys; with `one_a_home` each home gets one letter."""

    keys: Annotated[list[Hex], msgspec.Meta(max_length=40_000)] = []
    one_a_home: bool = True


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Signatures over the bodies of a round, in their order."""

    round: int = 0
    signatures: Annotated[list[Hex], msgspec.Meta(max_length=1000)] = []


@dataclass(frozen=True)
class ListsPage(Page):
    """Bringing in a list. `address` is where others reach this node, "" where nobody has said; letters lead there."""

    what: str
    address: str
    homes: int


@pages.page("/lists/{what}", template="lists")
def lists(ask: Ask, what: Literal["places", "people"]) -> ListsPage:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    if not keeps_lists(ask.reader):
        raise WebError("web.not_a_clerk")
    return ListsPage(what, ask.house.settings.public_url.rstrip("/"), ask.house.beginnings().homes)


def keeps_lists(reader: Reader) -> bool:
    """Whether somebody may see whom a list would change."""
    return "clerk" in reader.roles and reader.kind in KEEPERS


async def compare(call: Call) -> Response:
    """What a file would change."""
    what, name = call.request.path_params["what"], call.request.query_params.get("name", "")
    if what not in ("places", "people", *MONEY) or not 0 < len(name) <= NAME_CHARS_MAX:
        raise WebError("web.nothing_there")
    _check(call)
    if what in MONEY:
        return await _compare_money(call, MONEY[what], name)
    if not keeps_lists(call.reader):
        raise WebError("web.not_a_clerk")
    data = await read_body(call.request, FILE_BYTES_MAX)
    lists, account = call.house.lists, call.reader.account
    return _answer(call, await call.run(lists.compare, account, what, name, data, call.language))


async def _compare_money(call: Call, what: Money, name: str) -> Response:
    asked, data = call.request.query_params, await read_body(call.request, FILE_BYTES_MAX)
    own = asked.get("own", "")[:OWN_CHARS_MAX]
    headings = read_told(dict[str, str], own.encode()) if own else {}
    about = About(hex_of(asked.get("about", ""), "about"), asked.get("layout", "")[:NAME_CHARS_MAX], headings)
    lists, account = call.house.lists, call.reader.account
    return _answer(call, await call.run(lists.compare_money, account, what, name, data, about, call.language))


async def begin(call: Call) -> Response:
    """Let the import begin; its signatures come by `step`."""
    _check(call)
    told = read_told(Beginning, await read_body(call.request, STEP_BYTES_MAX))
    keys = [bytes.fromhex(key) for key in told.keys]
    await call.run(call.house.lists.begin, call.reader.account, _job(call), _key(call), keys, told.one_a_home)
    return call.json({}, 202)


async def step(call: Call) -> Response:
    """Hand signatures back, and take what is to be signed next."""
    _check(call)
    told = read_told(Signed, await read_body(call.request, STEP_BYTES_MAX))
    marks = [bytes.fromhex(mark) for mark in told.signatures]
    lists, account = call.house.lists, call.reader.account
    return _answer(call, await call.run(lists.step, account, _job(call), told.round, marks, call.language))


async def printed(call: Call) -> Response:
    """The letters are on paper."""
    _check(call)
    await call.run(call.house.lists.printed, call.reader.account, _job(call))
    return call.json({})


def _check(call: Call) -> None:
    if not call.reader.account:
        raise WebError("web.sign_in")


def _key(call: Call) -> bytes:
    """The key that will sign: said by the browser, for a passkey opens sessions and signs no thousand times."""
    return hex_of(call.request.query_params.get("key", ""), "key") or call.key_id


def hex_of(text: str, field: str) -> bytes:
    """Raises WebError (`web.wrong_value`)."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise WebError("web.wrong_value", field=field, wanted="hex digits") from error


def _job(call: Call) -> bytes:
    try:
        return bytes.fromhex(call.request.path_params["job"])
    except ValueError as error:
        raise WebError("web.list_gone") from error


def read_told(kind: type[T], body: bytes) -> T:
    """What a browser hands in. Raises WebError (`web.not_json`)."""
    try:
        told: T = msgspec.json.decode(body, type=kind)
        return told
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WebError("web.not_json", reason=str(error)[:200]) from error


def _answer(call: Call, found: ListStep) -> Response:
    told: dict[str, Any] = found._asdict()
    return call.json(told)


for what, rank in (("places", 75), ("people", 76)):
    pages.way(f"/lists/{what}", f"lists_{what}", Place.RAIL, keeps_lists, rank=rank)

"""A demo's own pages: the first five minutes, and the dishonest administrator, who forges a copy of the ledger.

    POST /demo/deeds           begin one: a `DoDeed` as JSON
    GET  /demo/deeds/{number}  how far it is; every finding with its sentence

Nothing is decided here: what a deed changes and what verify says of it comes from the node's workshop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from linlian.kernel import codec
from linlian.kernel.codec import Count, Fields, Id, Label
from linlian.kernel.operator import current_operator, operator_name
from linlian.web.ask import Ask
from linlian.web.call import Call, read_body
from linlian.web.errors import WebError
from linlian.web.house import Contested, Guest, House, Stage, Workshop
from linlian.web.pages import Page, Pages
from linlian.web.seats import ROOT
from linlian.web.wire import read_json, record_from_json

pages = Pages("web")
BODY_BYTES_MAX = 4096


@dataclass(frozen=True)
class FirstMinutesPage(Page):
    """The tour's four parts; `forges` says whether copies of the ledger can be forged here."""

    forges: bool


@dataclass(frozen=True)
class AdministratorPage(Page):
    """What can be done to a copy, and the repair that it is about. `name` is the resident's, `base` their seat."""

    contested: Contested
    deeds: list[tuple[str, bool]]
    guest: str
    name: str
    base: str
    trusted: list[tuple[str, bytes]]


@pages.page("/demo", template="demo")
def first_minutes(ask: Ask) -> FirstMinutesPage:
    if ask.house.guests is None:
        raise WebError("web.nothing_there")
    return FirstMinutesPage(ask.house.workshop is not None)


@pages.page("/demo/administrator")
def administrator(ask: Ask, case: Id | None = None) -> AdministratorPage:
    workshop, stage, guest = _open(ask.house)
    contested = workshop.contested(case or stage.disputed)
    workshop.prepare()
    operator = current_operator(ask.house.ledger)
    trusted = [] if operator is None else [(operator_name(ask.house.ledger.chain), operator.public_key)]
    name, base = guest.name[ask.language], f"{ROOT}/{guest.key}"
    return AdministratorPage(contested, [*workshop.deeds()], guest.key, name, base, trusted)


def _open(house: House) -> tuple[Workshop, Stage, Guest]:
    """The workshop, and the resident whose repair it is about. Raises WebError (`web.nothing_there`)."""
    stage = None if house.guests is None else house.guests.stage()
    if house.guests is None or stage is None or house.workshop is None:
        raise WebError("web.nothing_there")
    return house.workshop, stage, next(each for each in house.guests.people() if each.key == stage.resident)


class DoDeed(Fields):
    """Which deed, to which repair, and up to which block its two receipts reach."""

    deed: Label
    case: Id
    dispute_until: Count
    done_until: Count
    clever: bool = False


async def begin_deed(call: Call) -> Response:
    """`POST /demo/deeds`: forge a copy."""
    workshop, _, _ = await call.run(_open, call.house)
    body = read_json(await read_body(call.request, BODY_BYTES_MAX))
    asked: DoDeed = codec.typed(DoDeed, record_from_json(DoDeed, body, "$"))
    return call.json({"number": await call.run(_begin, workshop, asked)}, 201)


def _begin(workshop: Workshop, asked: DoDeed) -> str:
    return workshop.begin(asked.deed, asked.case, (asked.dispute_until, asked.done_until), clever=asked.clever)


async def tell_deed(call: Call) -> Response:
    """`GET /demo/deeds/{number}`: what the course has told so far."""
    workshop, _, _ = await call.run(_open, call.house)
    told = workshop.told(call.request.path_params["number"])
    return call.json({"told": [_in_words(call, dict(line)) for line in told]})


def _in_words(call: Call, line: dict[str, Any]) -> dict[str, Any]:
    """A line with the sentence of what it found."""
    tongue = call.desk.words.tongue(call.language)
    if line["step"] == "no":
        line["sentence"] = tongue.refusal(line["code"], line["facts"])
    finding = line.get("finding")
    if finding is not None:
        line["finding"] = {**finding, "sentence": tongue.refusal(finding["code"], finding["facts"])}
    return line

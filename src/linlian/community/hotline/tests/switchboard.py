"""The scene of repairs with a city's hotline: `machine` is its gateway at the street office. Shortcuts for tickets."""

from __future__ import annotations

from typing import Any

from linlian.community import hotline, ratings
from linlian.community.hotline.rules import LinkTicket, OpenTicket, RefusalReason, RefuseTicket
from linlian.community.hotline.rules_answering import AnswerTicket, BringCallback, Ground, Said
from linlian.community.hotline.rules_contesting import ContestReason, ContestTicket, DecideContest
from linlian.community.identity import Role
from linlian.community.repairs import Category
from linlian.community.repairs.tests.scene import Scene, content, found_scene, hire
from linlian.kernel.contract import compose
from linlian.kernel.crypto import sha256

SOURCE = "city12345"
WORDS = content("reply")
CALL = content("recorded call")


def found_switchboard() -> Scene:
    scene = found_scene(ratings.contract, hotline.contract)
    hire(scene, "street", "machine", Role.GATEWAY)
    hire(scene, "harmony", "own_machine", Role.GATEWAY)
    hire(scene, "owners", "owners_desk", Role.DESK)
    return scene


def number(text: str = "20260101-000123") -> bytes:
    return sha256(compose(SOURCE, text))


def incoming(scene: Scene, ticket: bytes = b"", **more: Any) -> OpenTicket:
    fields: dict[str, Any] = {"place": scene.flat, "category": Category.DOOR_LOCK, "words": WORDS}
    return OpenTicket(ticket=ticket or number(), source=SOURCE, **(fields | more))


def link(case_id: bytes, ticket: bytes = b"", **more: Any) -> LinkTicket:
    return LinkTicket(ticket=ticket or number(), source=SOURCE, case=case_id, **more)


def refuse(ticket: bytes = b"") -> RefuseTicket:
    return RefuseTicket(ticket=ticket or number(), source=SOURCE, reason=RefusalReason.NOT_HERE, words=WORDS)


def answer(ticket: bytes = b"", **said: Any) -> AnswerTicket:
    """Says nothing that is not said in `said`: `solved=Ground.OWN_KEY` is a yes that rests on it."""
    fields: dict[str, Any] = {"contacted": Said.UNKNOWN, "solved": Said.UNKNOWN, "satisfied": Said.UNKNOWN}
    for name, value in said.items():
        yes = isinstance(value, Ground) and name in fields
        fields |= {name: Said.YES, f"{name}_on": value} if yes else {name: value}
    return AnswerTicket(ticket=ticket or number(), words=WORDS, **fields)


def called(solved: Said, satisfied: Said = Said.UNKNOWN, ticket: bytes = b"", **more: Any) -> BringCallback:
    return BringCallback(
        ticket=ticket or number(), words=CALL, contacted=Said.YES, solved=solved, satisfied=satisfied, **more
    )


def contest(ticket: bytes = b"") -> ContestTicket:
    return ContestTicket(ticket=ticket or number(), reason=ContestReason.NOT_OUR_DUTY, words=WORDS)


def word(upheld: bool, ticket: bytes = b"") -> DecideContest:
    return DecideContest(ticket=ticket or number(), upheld=upheld, words=WORDS)

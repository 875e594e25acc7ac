"""What a fund seals: who runs it, approves it, watches over it, or is meant opens it; nobody else does."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community import BUSINESSES, funds, programmes, transfers
from linlian.community.openings.rules import ContentOpened, OpenContent
from linlian.community.openings.rules_table import Matter, Purpose, ReadAs
from linlian.community.repairs.tests.scene import Scene, content, found_whole_scene
from linlian.community.transfers.rules_banking import RecordLine
from linlian.community.transfers.tests.followed import follow
from linlian.kernel.contents import content_fields


@pytest.fixture(scope="module")
def scene() -> Scene:
    """A fund that has lived for a while; its bank has booked something that nobody knows."""
    made = found_whole_scene()
    lived = follow(made, days=0)
    line: dict[str, Any] = {"fund": lived.fund, "mark": bytes(32), "currency": "CNY", "amount_minor": 1}
    made.do("clerk", RecordLine(**line, booked_at=made.town.time, line=content("the bank's line")))
    return made


WORK, WATCH, OWN, ALL = Purpose.FUND, Purpose.SUPERVISION, Purpose.OWN_MATTER, Purpose.INFORMATION
OPENS = [
    ("clerk", "the bank's line", WORK, ReadAs.MANAGER),
    ("clerk", "anna", WORK, ReadAs.MANAGER),
    ("owners_officer", "anna", WORK, ReadAs.APPROVER),
    ("owners_officer", "why so slow?", WORK, ReadAs.APPROVER),
    ("supervisor", "the bank's line", WATCH, ReadAs.REGULATOR),
    ("anna", "anna", OWN, ReadAs.CONCERNED),
    ("bo", "list", ALL, ReadAs.ANYBODY),
    ("bo", "meals-2026", ALL, ReadAs.ANYBODY),
]


@pytest.mark.parametrize(("name", "words", "purpose", "standing"), OPENS)
def test_who_opens_what_of_a_fund(scene: Scene, name: str, words: str, purpose: Purpose, standing: ReadAs) -> None:
    order = "2026-7" if purpose is WATCH else ""
    look = OpenContent(contents=(content(words).commitment,), purpose=purpose, authority=order)
    told = scene.do(name, look).the(ContentOpened)
    assert (told.standing, told.matter) == (standing, Matter.FUND)


CLOSED = [
    ("bo", "anna", OWN, "not_these"),
    ("bo", "the bank's line", ALL, "not_these"),
    ("dispatcher", "anna", WORK, "not_these"),
    ("swift_officer", "the bank's line", WORK, "not_these"),
    ("owners_officer", "anna", ALL, "other_purpose"),
    ("supervisor", "anna", WATCH, "no_authority"),
]


@pytest.mark.parametrize(("name", "words", "purpose", "code"), CLOSED)
def test_who_does_not(scene: Scene, name: str, words: str, purpose: Purpose, code: str) -> None:
    look = OpenContent(contents=(content(words).commitment,), purpose=purpose)
    assert scene.refusal(name, look) == f"openings.{code}"


def test_every_event_with_something_sealed_says_of_which_fund_it_is() -> None:
    ours = {contract.name for contract in (funds.contract, programmes.contract, transfers.contract)}
    for contract in BUSINESSES:
        for kind in contract.events.values() if contract.name in ours else ():
            if content_fields(kind):
                assert {"fund", "programme", "cycle", "hop"} & {*kind.__struct_fields__}, kind.__name__

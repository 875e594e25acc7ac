"""The guided screen of a demo: one repair, the resident's telephone beside the dispatcher's desk and the repairer's.

Each frame is the site itself at a seat of its own (`web.seats`); what is done there is signed and committed like
anything. The guide says whose turn it is. It finds out by asking for this very page at the resident's seat, whenever a
frame has heard of an event: `/as/resident/demo/together?case=…`, as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from linlian.community.repairs.pages.kit import pages
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.views.cards import card
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.house import Stage
from linlian.web.pages import Page
from linlian.web.seats import ROOT


class Step(StrEnum):
    """What comes next in the guided repair; OVER once it is closed, ASTRAY if it has left the path."""

    REPORT = "report"
    ASSIGN = "assign"
    ACCEPT = "accept"
    FINISH = "finish"
    DISPUTE = "dispute"
    REDO = "redo"
    CONFIRM = "confirm"
    OVER = "over"
    ASTRAY = "astray"


GUIDED = (Step.REPORT, Step.ASSIGN, Step.ACCEPT, Step.FINISH, Step.DISPUTE, Step.REDO, Step.CONFIRM)
BY = {
    **dict.fromkeys((Step.REPORT, Step.DISPUTE, Step.CONFIRM), "resident"),
    Step.ASSIGN: "dispatcher",
    **dict.fromkeys((Step.ACCEPT, Step.FINISH, Step.REDO), "repairer"),
}
"""Whose step it is."""
BEGINS_AT = {"resident": "/home", "dispatcher": "/board", "repairer": "/work"}
_FIRST = {
    State.REPORTED: Step.ASSIGN,
    State.TRIAGED: Step.ASSIGN,
    State.ASSIGNED: Step.ACCEPT,
    State.ACCEPTED: Step.FINISH,
    State.ON_SITE: Step.FINISH,
    State.DIAGNOSED: Step.FINISH,
    State.DEFERRED: Step.FINISH,
    State.DONE: Step.DISPUTE,
    State.CHECKED: Step.DISPUTE,
    State.DISPUTED: Step.REDO,
    State.CLOSED: Step.OVER,
}
"""What comes next in a repair that nobody has disputed yet."""
_AGAIN = {Step.ACCEPT: Step.REDO, Step.FINISH: Step.REDO, Step.DISPUTE: Step.CONFIRM}
"""The same once it was disputed."""


@dataclass(frozen=True)
class Seat:
    """A frame: whose part it is, who plays it, at which address, and the page that it begins with."""

    part: str
    guest: str
    name: str
    account: bytes
    base: str
    path: str


@dataclass(frozen=True)
class TogetherPage(Page):
    """Several people's screens side by side, and what comes next in the repair that they are about."""

    seats: list[Seat]
    steps: list[Step]
    by: dict[str, str]
    case: bytes
    step: Step


@pages.page("/demo/together")
def together(ask: Ask, case: Id | None = None) -> TogetherPage:
    guests = ask.house.guests
    stage = None if guests is None else guests.stage()
    if guests is None or stage is None:
        raise WebError("web.nothing_there")
    people = {guest.key: guest for guest in guests.people()}
    seats = [
        Seat(part, key, people[key].name[ask.language], people[key].account, f"{ROOT}/{key}", BEGINS_AT[part])
        for part, key in _parts(stage)
    ]
    by = {str(step): part for step, part in BY.items()}
    return TogetherPage(seats, [*GUIDED], by, case or b"", Step.REPORT if case is None else _step(ask, case))


def _parts(stage: Stage) -> list[tuple[str, str]]:
    return [("resident", stage.resident), ("dispatcher", stage.dispatcher), ("repairer", stage.repairer)]


def _step(ask: Ask, case: bytes) -> Step:
    found = ask.one(card, case_id=case)
    return next_step(State(found.state), found.disputes)


def next_step(state: State, disputes: int) -> Step:
    """What comes next in a repair that stands so and was disputed so often."""
    step = _FIRST.get(state, Step.ASTRAY)
    return _AGAIN.get(step, step) if disputes else step

"""What the pages of repairs share: the pages themselves, whom they are for, and what a state looks like."""

from __future__ import annotations

from linlian.community.identity import HOSTS
from linlian.community.repairs.rules_steps import State
from linlian.readmodel.audience import Reader
from linlian.web.pages import Pages, Place

pages = Pages("repairs")

KINDS = {
    State.REPORTED: "waiting",
    State.TRIAGED: "waiting",
    State.ASSIGNED: "waiting",
    State.ACCEPTED: "moving",
    State.ON_SITE: "moving",
    State.DIAGNOSED: "moving",
    State.DONE: "waiting",
    State.CHECKED: "well",
    State.DISPUTED: "late",
    State.DEFERRED: "waiting",
    State.CLOSED: "well",
}
"""Which colour stands behind a state's word; what is not here has none."""

pages.constants.update(KINDS={state.value: kind for state, kind in KINDS.items()}, STATES=[s.value for s in KINDS])


def is_resident(reader: Reader) -> bool:
    """Whether somebody is here for their own home."""
    return reader.account != b"" and reader.organisation == b""


def dispatches(reader: Reader) -> bool:
    """Whether somebody's work is to see that repairs go on."""
    return not reader.roles.isdisjoint({"dispatcher", "desk", "supervisor", "officer"})


def repairs(reader: Reader) -> bool:
    """Whether somebody's work is to repair."""
    return "repairer" in reader.roles


def works_here(reader: Reader) -> bool:
    """Whether somebody works for an organisation of the community."""
    return reader.organisation != b""


def answers_calls(reader: Reader) -> bool:
    """Whether somebody takes down what residents say on the telephone."""
    return reader.kind in HOSTS and not reader.roles.isdisjoint({"desk", "dispatcher"})


def oversees(reader: Reader) -> bool:
    """Whether somebody looks at what others have done."""
    return not reader.roles.isdisjoint({"supervisor", "grid_worker", "building_head", "committee_member"})


pages.way("/", "front", Place.TOP, lambda _reader: True, rank=1)
pages.way("/home", "home", Place.FOUR, is_resident, rank=1)
pages.way("/report", "report", Place.FOUR, is_resident, rank=2)
pages.way("/", "neighbours", Place.FOUR, is_resident, rank=3)
pages.way("/board", "board", Place.RAIL, dispatches)
pages.way("/work", "work", Place.RAIL, repairs)
pages.way("/repairs", "repairs", Place.RAIL, dispatches)

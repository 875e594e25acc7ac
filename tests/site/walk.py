"""Every page, by those who read it: what tests of all pages and the pictures go through.

for place in walk(lived, site):
    page.goto(site.url + place.path)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from linlian.node import source
from linlian.web.app import PAGES
from tests.site.lived_in import LivedIn

OUTSIDER = ""
READERS = (
    *(OUTSIDER, "anna", "helper", "clerk", "dispatcher", "repairer"),
    *("harmony_officer", "street_desk", "supervisor", "auditor"),
)
_PUT_UP = {"outages": "/outages", "outage": "/outages/{outage}", "door-notice": "/outages/{outage}/notice"}
_BY_EVERYBODY = {
    "front": "/",
    "prices": "/prices",
    "funds": "/funds",
    "watch": "/watch",
    "fund": "/funds/{fund}",
    "grants-of-others": "/grants",
    "programme": "/programmes/{programme}",
    "round": "/rounds/{round}",
    **_PUT_UP,
    "verify": "/verify",
    "explorer": "/explorer",
    "keepers": "/keepers",
    "block": "/explorer/{height}",
}
_KNOWN = {"me": "/me", "device": "/me/device", "enter": "/enter"}
PATHS: dict[str, dict[str, str]] = {
    OUTSIDER: {
        **_BY_EVERYBODY,
        "enter": "/enter",
        "join": "/join",
        "paper": "/paper",
        "no-certificate": "/phone",
        "problem": "/home",
        "nowhere": "/repairs/{nowhere}",
        "minutes": "/demo",
        "together": "/demo/together",
        "no-copies": "/demo/administrator",
    },
    "anna": {
        **_KNOWN,
        "home": "/home",
        "mine": "/me/repairs",
        "messages": "/me/messages",
        "report": "/report",
        "report-common": "/report?common=true",
        "report-near": "/report?common=true&place={stair}&category=lighting.common",
        "joined": "/joined",
        "joined-near": "/joined?place={stair}&category=lighting.common",
        "repair-asked": "/repairs/{done}",
        "repair-under-way": "/repairs/{on_site}",
        "repair-priced": "/repairs/{diagnosed}",
        "repair-over": "/repairs/{closed}",
        "repair-outside": "/repairs/{triaged}",
        "refused": "/board",
        "sealed-of-repair": "/repairs/{done}/sealed",
        "looks": "/me/looks",
        "household": "/household",
        "outages": "/outages",
        "money": "/me/money",
        "fund": "/funds/{fund}",
        "round-posted": "/rounds/{posted}",
        "delegations": "/delegations",
        "organisation-refused": "/organisation",
        "recovery-unknown": "/recoveries/{nowhere}",
        "reading-unknown": "/openings/{nothing}",
        "sealed-unknown": "/sealed/{nothing}",
    },
    "helper": {
        "home": "/home",
        "report-for": "/report?principal={grandmother}",
        "money": "/me/money",
        "mine-others": "/me/repairs?others=true",
    },
    "dispatcher": {
        **_KNOWN,
        "front": "/",
        "board": "/board",
        "repairs": "/repairs",
        "escalations": "/escalations",
        "tickets": "/tickets",
        "repair-ticket": "/repairs/{done}",
        "repair-joined": "/repairs/{accepted}",
        "repairs-none": "/repairs?state=merged",
        "wrong-value": "/repairs?state=gone",
        "no-such-page": "/nothing/here",
        "repair-to-assign": "/repairs/{triaged}",
        "repair-disputed": "/repairs/{disputed}",
        "desk": "/desk",
        "callbacks": "/callbacks",
        "statistics": "/statistics",
        "building": "/buildings/{house}",
        "network": "/network",
        "handovers": "/handovers",
        "outages": "/outages",
        "outage": "/outages/{outage}",
        "organisation": "/organisation",
        "invitations": "/me/invitations",
    },
    "clerk": {
        "prices": "/prices",
        "fund": "/funds/{fund}",
        "watch-fund": "/watch?fund={fund}",
        "programme": "/programmes/{programme}",
        "round": "/rounds/{round}",
        "recipients-sheet": "/rounds/{round}/recipients",
        "payments-sheet": "/rounds/{round}/payments",
        "returns": "/rounds/{round}/returns",
        "statement": "/funds/{fund}/statement",
        "refunds": "/funds/{fund}/refunds",
        "lists-places": "/lists/{places}",
        "lists-people": "/lists/{people}",
    },
    "harmony_officer": {
        "funds": "/funds",
        "begin": "/begin",
        "organisation": "/organisation",
        "member": "/organisation/{person}",
        "decisions": "/decisions",
    },
    "street_desk": {
        "recoveries": "/recoveries",
        "register": "/register",
        "tickets-new": "/tickets?source=city12345&number=0007&building=2&floor=7",
        "tickets-known": "/tickets?source=city12345&number=0001",
        "repair-contested": "/repairs/{on_site}",
        "repair-told": "/repairs/{done}",
        "roll-unknown": "/register/{nowhere}",
    },
    "supervisor": {
        "supervision": "/supervision",
        "fund": "/funds/{fund}",
        "statement": "/funds/{fund}/statement",
        "watch": "/watch",
        "watch-fund": "/watch?fund={fund}&late=true",
        "watch-none": "/watch?kind=refund",
        "escalations": "/escalations",
        "repair-outside": "/repairs/{triaged}",
    },
    "repairer": {
        **_KNOWN,
        "work": "/work",
        "repair-at-work": "/repairs/{on_site}",
        "repair-common": "/repairs/{diagnosed}",
        "shift": "/shift",
    },
    "auditor": {**_BY_EVERYBODY, "repair": "/repairs/{checked}"},
}
"""Reader → what a picture is called → the page's address."""


NOES = {
    "problem": 401,
    "nowhere": 403,
    "no-copies": 404,
    "refused": 403,
    "wrong-value": 400,
    "no-such-page": 404,
    "no-certificate": 404,
    "organisation-refused": 403,
    "recovery-unknown": 403,
    "reading-unknown": 404,
}
"""The pages that are a "no", by their names above."""


class Place(NamedTuple):
    """A page in front of a reader, and the status that it has."""

    reader: str
    name: str
    path: str
    status: int


def walk(lived: LivedIn, height: int) -> Iterator[Place]:
    """All of them, with the scene's own cases and a block's height in their addresses."""
    ids = {state.value: case.hex() for state, case in lived.cases.items()}
    ids |= {"outage": lived.outage.hex(), "house": lived.house.hex(), "person": lived.scene.account("repairer").hex()}
    ids |= {"nowhere": bytes(16).hex(), "nothing": bytes(32).hex(), "places": "places", "people": "people"}
    money = lived.followed
    assert money is not None, "the scene has a fund"
    ids |= {"fund": money.fund.hex(), "programme": money.meals.hex()}
    ids |= {"round": money.paid.hex(), "posted": money.posted.hex()}
    ids |= {"stair": lived.scene.stair.hex(), "grandmother": lived.scene.account("grandmother").hex()}
    for reader in READERS:
        for name, path in PATHS[reader].items():
            yield Place(reader, name, path.format(**ids, height=height), NOES.get(name, 200))


def patterns() -> set[str]:
    """The address of every page that there is, and one of none; a table to take home is no page."""
    declared = {spec.path for pages in (*PAGES, *source.pages()) for spec in pages.pages.values()}
    return {"/nothing/here"} | {path for path in declared if not path.endswith((".csv", ".json", ".xlsx", ".xml"))}


def pattern_of(path: str) -> str:
    """Which page an address of PATHS is: a gap stands for a gap, and what is written out for itself."""
    bare = path.partition("?")[0].split("/")
    for pattern in sorted(patterns()):
        parts = pattern.split("/")
        same = (one == other or one[:1] == other[:1] == "{" for one, other in zip(bare, parts, strict=False))
        if len(parts) == len(bare) and all(same):
            return pattern
    return path

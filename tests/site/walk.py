"""Every page, by those who read it: what tests of all pages and the pictures go through.

for place in walk(lived, site):
    page.goto(site.url + place.path)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from linlian.community.repairs.rules_steps import State
from linlian.node import source
from linlian.web.app import PAGES
from tests.site.lived_in import LivedIn

OUTSIDER = ""
READERS = (OUTSIDER, "anna", "dispatcher", "repairer", "auditor")
_BY_EVERYBODY = {"front": "/", "verify": "/verify", "explorer": "/explorer", "block": "/explorer/{height}"}
_KNOWN = {"me": "/me", "device": "/me/device", "enter": "/enter"}
PATHS: dict[str, dict[str, str]] = {
    OUTSIDER: {
        **_BY_EVERYBODY,
        "enter": "/enter",
        "join": "/join",
        "problem": "/home",
        "nowhere": "/repairs/{nowhere}",
    },
    "anna": {
        **_KNOWN,
        "home": "/home",
        "report": "/report",
        "report-common": "/report?common=true",
        "repair-asked": "/repairs/{done}",
        "repair-under-way": "/repairs/{on_site}",
        "repair-over": "/repairs/{closed}",
        "refused": "/board",
    },
    "dispatcher": {
        **_KNOWN,
        "front": "/",
        "board": "/board",
        "repairs": "/repairs",
        "repairs-none": "/repairs?state=merged",
        "wrong-value": "/repairs?state=gone",
        "no-such-page": "/nothing/here",
        "repair-to-assign": "/repairs/{triaged}",
        "repair-disputed": "/repairs/{disputed}",
    },
    "repairer": {
        **_KNOWN,
        "work": "/work",
        "repair-at-work": "/repairs/{on_site}",
        "repair-common": "/repairs/{diagnosed}",
    },
    "auditor": {**_BY_EVERYBODY, "repair": "/repairs/{checked}"},
}
"""Reader → what a picture is called → the page's address."""


class Place(NamedTuple):
    """A page in front of a reader."""

    reader: str
    name: str
    path: str


def walk(lived: LivedIn, height: int) -> Iterator[Place]:
    """All of them, with the scene's own cases and a block's height in their addresses."""
    ids = {state.value: case.hex() for state, case in lived.cases.items()}
    for reader in READERS:
        for name, path in PATHS[reader].items():
            yield Place(reader, name, path.format(**ids, height=height, nowhere=bytes(16).hex()))


def patterns() -> set[str]:
    """The address of every page that there is, and one of none."""
    return {"/nothing/here"} | {spec.path for pages in (*PAGES, *source.pages()) for spec in pages.pages.values()}


def pattern_of(path: str) -> str:
    """Which page an address of PATHS is."""
    bare = path.partition("?")[0]
    states = {state.value for state in State}
    parts = ["{case}" if part[1:-1] in {*states, "nowhere"} else part for part in bare.split("/")]
    return "/".join(parts)

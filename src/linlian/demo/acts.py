"""What people do in a story: commands with names in the place of identifiers, and seconds in the place of times.

    Act(at=86_400, who="resident", command="repairs.report_repair", fields={"place": "b2s1f12u3", …}, makes=("case-1",))

Rules
- Time is counted in seconds from the story's first midnight. Whoever performs the story adds the day it begins.
- In `fields`, what names a place, a person, an organisation, a case or a proposal is the story's key for it; a `Text`
  is sealed, a `Picture` is drawn and sealed. Keys that sign, salts and identifiers are no part of a story.
- A `Sealed` is the commitment of what an earlier act sealed, a `StoryDay` a date, a `Token` random.
- `makes` names what the command brings about, in the order in which it gives out identifiers.
- Chance is a seeded `Random`, and nothing else is asked: the same seed tells the same story.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple

from linlian.community.repairs.rules_terms import Category, Cause, Urgency, terms_of
from linlian.demo.text import Text

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
DAYS = 365
"""From the story's first midnight to its last: a year."""
UNNAMED = "case-"
"""With this begin the keys of cases that nobody looks for by name."""


class Act(NamedTuple):
    """Somebody gives a command. `claimed`: when it was done without a network; `no`: the refusal it meets."""

    at: int
    who: str
    command: str
    fields: dict[str, Any]
    makes: tuple[str, ...] = ()
    claimed: int = 0
    no: str = ""


class Picture(NamedTuple):
    """A photograph of this demo: a small drawing, different for each number."""

    number: int


class StoryDay(NamedTuple):
    """A day of the story, for fields that hold a date."""

    number: int


class Window(NamedTuple):
    """From when until when somebody will come."""

    starts: int
    ends: int


class Sealed(NamedTuple):
    """What was sealed by an earlier act: the field of the place, case or person (`of`) that it is about."""

    of: str
    field: str


class Token(NamedTuple):
    """What goes out in a message about this case, or its hash: see `answers`."""

    of: str


class Tale(NamedTuple):
    """How one kind of thing breaks here: see `tales.toml`."""

    category: Category
    share: int
    at: tuple[str, ...]
    crew: str
    reports: tuple[Text, ...]
    found: tuple[tuple[Cause, Text], ...]

    @property
    def at_home(self) -> bool:
        return self.at == ("home",)

    @property
    def urgency(self) -> Urgency:
        return terms_of(self.category).urgency


@cache
def tales() -> dict[Category, Tale]:
    """All tales, in the order of the file."""
    return {Category(name): _tale(Category(name), told) for name, told in _read().items() if name != "answers"}


@cache
def answers(kind: str) -> tuple[Text, ...]:
    """What people say to a repair: dispute, reopen, withdraw, nothing, help, review."""
    return tuple(Text(**said) for said in _read()["answers"][kind])


def _tale(category: Category, told: dict[str, Any]) -> Tale:
    at = told["at"]
    found = tuple((Cause(cause), Text(**said)) for cause, said in told["found"].items())
    reports = tuple(Text(**said) for said in told["reports"])
    return Tale(category, told["share"], (at,) if isinstance(at, str) else tuple(at), told["crew"], reports, found)


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(files("linlian.demo").joinpath("tales.toml").read_text(encoding="utf-8"))


class Telling:
    """A story being told: its chance, and the acts so far, in no order."""

    def __init__(self, seed: str):
        self.chance = Random(seed)
        self.acts: list[Act] = []
        self._cases = 0
        self._pictures = 0

    def add(self, at: int, who: str, command: str, *makes: str, no: str = "", **fields: Any) -> None:
        """Somebody gives a command at a time."""
        self.acts.append(Act(at, who, command, fields, makes, no=no))

    def next_case(self) -> str:
        """A key for one more case that has no name."""
        self._cases += 1
        return f"{UNNAMED}{self._cases}"

    def picture(self) -> Picture:
        self._pictures += 1
        return Picture(self._pictures)

    def some(self, least: int, most: int) -> int:
        """So many minutes, more or less, in seconds; never nothing."""
        return max(5, self.chance.randint(least * MINUTE, most * MINUTE))

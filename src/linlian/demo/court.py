"""Who is where at Spruce Court, found quickly: a year asks it thousands of times."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from linlian.demo.grounds import COMMUNITY, Plot, called, house_of
from linlian.demo.people import OURS, Resident
from linlian.demo.settling import helpers


class Court:
    """The places and people of a story."""

    def __init__(self, places: Sequence[Plot], people: Sequence[Resident]):
        self.people = people
        self.keys = [place.key for place in places if place.key != COMMUNITY]
        self.houses = sum(house_of(key) == key for key in self.keys)
        self._called: dict[str, list[str]] = {}

    @cached_property
    def at_home(self) -> list[Resident]:
        """Who lives behind a door of a house."""
        return [one for one in self.people if house_of(one.home) and not one.absent]

    @cached_property
    def strangers(self) -> list[Resident]:
        """The same, without those whom the story knows by name."""
        ours = {person.home for person in OURS}
        return [one for one in self.at_home if one.home not in ours]

    @cached_property
    def homes(self) -> dict[str, list[Resident]]:
        """Home → who lives there."""
        found: dict[str, list[Resident]] = {}
        for person in self.at_home:
            found.setdefault(person.home, []).append(person)
        return found

    @cached_property
    def staying(self) -> dict[str, list[str]]:
        """House → who can report something there at any time."""
        found: dict[str, list[str]] = {}
        for person in self.at_home:
            if person.stays:
                found.setdefault(house_of(person.home), []).append(person.key)
        return found

    @cached_property
    def bay_owners(self) -> list[Resident]:
        return [person for person in self.people if person.home.startswith("bay")]

    @cached_property
    def helpers(self) -> dict[str, str]:
        """Who has no telephone → who acts for them."""
        return helpers(self.people)

    def called(self, word: str) -> list[str]:
        """The places that a tale means with a word."""
        if word not in self._called:
            self._called[word] = called(word, self.keys)
        return self._called[word]

    def somebody(self, house: int, floor: int) -> Resident:
        """Whoever lives about that floor of that house, with a key and to stay; in a smaller court, of a like one."""
        number = (house - 1) % self.houses + 1
        there = [one for one in self.strangers if one.stays and house_of(one.home) == f"b{number}"]
        return min(there, key=lambda one: (abs(_floor(one.home) - floor), one.key))


def _floor(home: str) -> int:
    return int(home.partition("f")[2].partition("u")[0])

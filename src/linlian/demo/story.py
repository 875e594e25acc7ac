"""The whole story of Spruce Court: a year, told anew for each seed, up to the second in which it is asked for.

    story = tell("spruce", end=365 * DAY + 15 * HOUR)
    story.acts            # in order of time; nothing lies after `end`

Rules
- The same seed and the same end tell the same story. Another end of the same day changes only what is under way.
- What an ordinary community has, comes by chance (`everyday`); what the demo promises to show stands in `scenes` (in
  the course of the year), in `together` (what concerns many), in `outside` (what city, street office and people's
  stars say), in `looking` (who read what), in `shifts` (what is handed over) and in `today` (where things stand at its
  end).
- Money (`giving`, `earnings`) has chances of its own: it changes nothing of what breaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from linlian.demo import earnings, everyday, giving, grounds, looking, offices, outside, scenes, shifts, today, together
from linlian.demo.acts import Act, Telling
from linlian.demo.court import Court
from linlian.demo.grounds import HOUSES, Plot
from linlian.demo.people import Resident, residents
from linlian.demo.scenes import Feast
from linlian.demo.settling import settle
from linlian.demo.staff import COMPANIES, REJECTED, STAFF
from linlian.demo.text import Text


class Story(NamedTuple):
    """`places` and `residents` say who and what there is; `acts` everything that happens; `waiting` the cases that
    wait for the resident's yes."""

    places: tuple[Plot, ...]
    residents: tuple[Resident, ...]
    acts: tuple[Act, ...]
    waiting: tuple[str, ...]

    def names(self) -> dict[str, Text]:
        """What everything and everybody is called: the story's key → name."""
        found = {company.key: company.name for company in (*COMPANIES, REJECTED)}
        found |= {staff.key: staff.name for staff in STAFF}
        found |= {person.key: person.name for person in self.residents}
        return found | {place.key: place.name for place in self.places}


def tell(seed: str, end: int, houses: int = len(HOUSES), feasts: Sequence[Feast] = ()) -> Story:
    """The story of so many houses up to second `end`. `feasts`: the long holidays in it."""
    chance = Random(f"{seed}/people")
    places = grounds.plots(chance, houses)
    people = residents(grounds.dwellings(places), houses, chance)
    court = Court(places, people)
    telling = Telling(f"{seed}/story")
    settle(telling, places, people)
    offices.play(telling, places)
    everyday.play(telling, court)
    scenes.play(telling, feasts)
    looking.play(telling)
    waiting = today.play(telling, court, end)
    together.play(telling, court, end)
    outside.play(telling, court, end)
    shifts.play(telling, court, end)
    money = Telling(f"{seed}/money")
    giving.play(money, court, end)
    earnings.play(money, end)
    told = (*telling.acts, *money.acts)
    acts = sorted((act for act in told if act.at <= end), key=lambda act: act.at)
    return Story(tuple(places), tuple(people), tuple(acts), tuple(waiting))

"""What can be out, and how long before a planned outage people are told: dated, for laws change and records stay.

Rules
- The latest line counts that is in force when the outage begins. What no law sets is the house's own day.
- Water: Regulations on Urban Water Supply (State Council 158), art. 22, 24 hours. Power: Regulations on the Supply and
  Use of Electric Power (State Council 196), art. 28, 7 days for planned work. Gas: Regulations on the Administration of
  Urban Gas (State Council 583), art. 20, 48 hours.

    hours_ahead(Utility.WATER, 1767225600000)  ->  24
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community import places

HOUR_MS = 3_600_000
DAY_HOURS = 24


class Utility(StrEnum):
    """What is out. The values are the first words of the categories of repairs."""

    WATER = "water"
    POWER = "power"
    GAS = "gas"
    HEATING = "heating"
    LIFT = "lift"
    DOOR = "door"
    INTERCOM = "intercom"
    LIGHTING = "lighting"
    BARRIER = "barrier"
    CHARGER = "charger"
    CAMERA = "camera"
    FIRE = "fire"


AHEAD: tuple[tuple[Utility, int, int], ...] = (
    # what         since     hours
    (Utility.WATER, 19941001, DAY_HOURS),
    (Utility.POWER, 19960901, 7 * DAY_HOURS),
    (Utility.GAS, 20110301, 2 * DAY_HOURS),
)


def is_of(category: str, utility: Utility) -> bool:
    """Whether a repair of this category can be of such an outage."""
    return category.split(".")[0] == utility


def hours_ahead(utility: Utility, starts: int) -> int:
    """How many hours before it begins a planned outage is to be announced."""
    known = [hours for what, since, hours in AHEAD if what is utility and places.day_start(since) <= starts]
    return known[-1] if known else DAY_HOURS

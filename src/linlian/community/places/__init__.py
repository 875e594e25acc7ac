"""The places of a community and who may do what there. What neighbours may ask."""

from linlian.community.places import (
    rules_invariants,
    rules_moving,
    rules_shares,
    rules_signing,
)
from linlian.community.places.rules import (
    UNITS,
    Place,
    PlaceId,
    PlaceKind,
    PlaceStatus,
    cell_of,
    contract,
    handover_of,
    is_common,
    place,
    require_place,
)
from linlian.community.places.rules_days import Day, day_start
from linlian.community.places.rules_occupancy import Capacity, Occupancy, Right, occupancy
from linlian.community.places.rules_rights import (
    Owner,
    UnitFacts,
    household,
    may,
    may_in_matter,
    owners,
    unit,
)

COMMANDS_IN = (rules_invariants, rules_moving, rules_shares, rules_signing)
"""Modules that declare something by being imported."""

__all__ = [
    "UNITS",
    "Capacity",
    "Day",
    "Occupancy",
    "Owner",
    "Place",
    "PlaceId",
    "PlaceKind",
    "PlaceStatus",
    "Right",
    "UnitFacts",
    "cell_of",
    "contract",
    "day_start",
    "handover_of",
    "household",
    "is_common",
    "may",
    "may_in_matter",
    "occupancy",
    "owners",
    "place",
    "require_place",
    "unit",
]

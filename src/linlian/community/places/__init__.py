"""The places of a community and who may do what there. What neighbours may ask."""

from linlian.community.places.rules import (
    UNITS,
    Place,
    PlaceId,
    PlaceKind,
    PlaceStatus,
    cell_of,
    contract,
    is_common,
    place,
    require_place,
)
from linlian.community.places.rules_occupancy import Capacity, Occupancy, Right, may, occupancy

__all__ = [
    "UNITS",
    "Capacity",
    "Occupancy",
    "Place",
    "PlaceId",
    "PlaceKind",
    "PlaceStatus",
    "Right",
    "cell_of",
    "contract",
    "is_common",
    "may",
    "occupancy",
    "place",
    "require_place",
]

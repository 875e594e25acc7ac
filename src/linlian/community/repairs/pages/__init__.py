"""Pages about repairs: the community's front, a resident's home, one repair, and the desks that see to them."""

from linlian.community.repairs.pages import (
    building,
    case,
    desk,
    front,
    home,
    intake,
    network,
    oversight,
    statistics,
)
from linlian.community.repairs.pages.case import SOMETHING, RepairPage
from linlian.community.repairs.pages.kit import pages

DECLARED_IN = (front, home, case, desk, intake, oversight, statistics, building, network)
"""Modules that declare something by being imported."""

__all__ = ["SOMETHING", "RepairPage", "pages"]

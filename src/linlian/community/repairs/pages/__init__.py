"""Pages about repairs: the community's front, a resident's home, one repair, and the desks that see to them."""

from linlian.community.repairs.pages import (
    building,
    case,
    coming,
    desk,
    front,
    home,
    intake,
    messages,
    network,
    oversight,
    statistics,
    together,
)
from linlian.community.repairs.pages.case import SOMETHING, RepairPage
from linlian.community.repairs.pages.home import HomePage, ReportPage, place_name
from linlian.community.repairs.pages.intake import open_at, places_at
from linlian.community.repairs.pages.kit import pages
from linlian.community.repairs.pages.statistics import StatisticsPage

DECLARED_IN = (front, home, messages, case, coming, desk, intake, oversight, statistics, building, network, together)
"""Modules that declare something by being imported."""

__all__ = [
    "SOMETHING",
    "HomePage",
    "RepairPage",
    "ReportPage",
    "StatisticsPage",
    "open_at",
    "pages",
    "place_name",
    "places_at",
]

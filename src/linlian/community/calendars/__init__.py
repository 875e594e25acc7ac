"""The working time of a community. What neighbours may ask."""

from linlian.community.calendars import rules_publishing
from linlian.community.calendars.rules import STANDARD, contract, offset_at
from linlian.community.calendars.rules_hours import (
    Due,
    Worked,
    check_published,
    due,
    is_working,
    local_date,
    working_ms,
)

COMMANDS_IN = (rules_publishing,)
"""Modules that declare something by being imported."""

__all__ = [
    "STANDARD",
    "Due",
    "Worked",
    "check_published",
    "contract",
    "due",
    "is_working",
    "local_date",
    "offset_at",
    "working_ms",
]

"""Who looked into what, by which right and what for."""

from linlian.community.openings import rules_opening
from linlian.community.openings.rules import ContentOpened, OpenContent, contract
from linlian.community.openings.rules_table import TABLE, Matter, Purpose, ReadAs

COMMANDS_IN = (rules_opening,)
"""Modules that declare something by being imported."""

__all__ = ["TABLE", "ContentOpened", "Matter", "OpenContent", "Purpose", "ReadAs", "contract"]

"""Money that anyone can follow, on pages: funds, one fund, one programme, one round, one's own, and files."""

from __future__ import annotations

from linlian.community.transfers.pages import fund, mine, open_data, programme, rounds
from linlian.community.transfers.pages.kit import pages

DECLARED_IN = (fund, open_data, programme, rounds, mine)
"""Modules that declare something by being imported."""

__all__ = ["pages"]

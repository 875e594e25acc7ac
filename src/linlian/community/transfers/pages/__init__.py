"""Money that anyone can follow, on pages: all funds, one fund, one programme, one round, and what is one's own."""

from __future__ import annotations

from linlian.community.transfers.pages import fund, mine, programme, returning, rounds, sheets, taking
from linlian.community.transfers.pages.kit import pages

DECLARED_IN = (fund, programme, rounds, mine, sheets, taking, returning)
"""Modules that declare something by being imported."""

__all__ = ["pages"]

"""Money that anyone can follow, on pages: all funds, one of them, a programme, a round, one's own; and every step."""

from __future__ import annotations

from linlian.community.transfers.pages import fund, mine, programme, rounds, watching
from linlian.community.transfers.pages.kit import pages

DECLARED_IN = (fund, programme, rounds, mine, watching)
"""Modules that declare something by being imported."""

__all__ = ["pages"]

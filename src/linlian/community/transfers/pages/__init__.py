"""Money that anyone can follow, on pages: funds, a fund, a programme, a round, one's own; every step; and files."""

from __future__ import annotations

from linlian.community.transfers.pages import (
    fund,
    mine,
    open_data,
    programme,
    returning,
    rounds,
    sheets,
    taking,
    watching,
)
from linlian.community.transfers.pages.kit import pages

DECLARED_IN = (fund, open_data, programme, rounds, mine, sheets, taking, returning, watching)
"""Modules that declare something by being imported."""

__all__ = ["pages"]

"""What a repair costs and who pays, on its page; and the public list of prices."""

from __future__ import annotations

from linlian.community.quotes.pages import price, prices
from linlian.community.quotes.pages.kit import pages

DECLARED_IN = (price, prices)
"""Modules that declare something by being imported."""

__all__ = ["pages"]

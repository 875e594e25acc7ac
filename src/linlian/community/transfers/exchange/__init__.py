"""A fund's open data in the standards of others: 360Giving 1.4 (`giving`) and IATI 2.03 (`iati`)."""

from linlian.community.transfers.exchange.giving import Names, amount_of, package
from linlian.community.transfers.exchange.iati import Told, activities

__all__ = ["Names", "Told", "activities", "amount_of", "package"]

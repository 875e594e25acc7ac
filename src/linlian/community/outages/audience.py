"""Outages are public; which of them are a home's, only for those who live there, for it says where the home is."""

from __future__ import annotations

from linlian.community.places.audience import COMMON, OCCUPANTS
from linlian.community.repairs.audience import CASE, LISTS
from linlian.readmodel.audience import EVERYBODY

PUBLIC = EVERYBODY
OF_PLACE = COMMON | OCCUPANTS | LISTS
CASES = LISTS
OF_CASE = CASE

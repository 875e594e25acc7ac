"""Who may see what was told outside: whoever may see the case, and whoever was told it."""

from __future__ import annotations

from linlian.community.repairs.audience import CASE
from linlian.readmodel.audience import AUDITORS, own_organisation

TOLD = own_organisation("organisation") | AUDITORS

__all__ = ["CASE", "TOLD"]

"""Who may see what was told outside: whoever may see the case, whoever was told it, and those who ring people up."""

from __future__ import annotations

from linlian.community.repairs.audience import CASE, SERVING
from linlian.readmodel.audience import AUDITORS, own_organisation

CALLING = SERVING | AUDITORS
TOLD = own_organisation("organisation") | AUDITORS

__all__ = ["CALLING", "CASE", "TOLD"]

"""Who may see what was told outside: those who have to see to it, and whoever was told."""

from __future__ import annotations

from linlian.community.repairs.audience import CASE, SERVING
from linlian.readmodel.audience import AUDITORS, own_organisation

CALLING = SERVING | AUDITORS
OF_CASE = CASE
OF_ORGANISATION = own_organisation("organisation") | AUDITORS

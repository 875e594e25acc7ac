"""Who may see what is handed over: whoever gives and takes it, their colleagues, the case's parties, and auditors."""

from __future__ import annotations

from linlian.community.identity.audience import colleagues
from linlian.community.repairs.audience import CASE, SERVING
from linlian.readmodel.audience import AUDITORS, oneself, own_organisation

OF_CASE = CASE
OF_PERSON = oneself("account") | colleagues("account") | AUDITORS
OF_ORGANISATION = own_organisation("organisation") | SERVING | AUDITORS

__all__ = ["OF_CASE", "OF_ORGANISATION", "OF_PERSON"]

"""Who may see what is asked here: the parties of the case, the organisation that it is a matter of, and auditors."""

from __future__ import annotations

from linlian.community.repairs.audience import CASE, SERVING
from linlian.readmodel.audience import AUDITORS, own_organisation

OF_CASE = CASE
OF_ORGANISATION = own_organisation("organisation") | AUDITORS
LISTS = SERVING | AUDITORS

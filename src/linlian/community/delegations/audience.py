"""Who may see who acts for whom: the two of them, those who receive people, and auditors."""

from __future__ import annotations

from linlian.community.identity.audience import OFFICE
from linlian.readmodel.audience import AUDITORS, oneself

PRINCIPAL = oneself("principal") | OFFICE | AUDITORS
DELEGATE = oneself("delegate") | OFFICE | AUDITORS
WITNESS = oneself("witness") | OFFICE | AUDITORS

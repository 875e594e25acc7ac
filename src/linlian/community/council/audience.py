"""Who may see what the organisations decide: everybody. Who recovers an account is for those who receive people."""

from __future__ import annotations

from linlian.community.identity.audience import OFFICE
from linlian.readmodel.audience import AUDITORS, EVERYBODY, oneself

DECISIONS = EVERYBODY
RECOVERIES = OFFICE | AUDITORS
RECOVERY = oneself("account") | OFFICE | AUDITORS
"""Whoever is recovered, or robbed, sees it: their key stops it."""

"""Approvals in tests: each names the key that waits at that moment."""

from __future__ import annotations

from linlian.community.council.rules_recovery import ApproveRecovery, recoveries
from linlian.testing import Town

NO_KEY = bytes(32)


def approval(town: Town, account: bytes) -> ApproveRecovery:
    """Of the recovery that is under way; of no key at all if there is none."""
    found = town.get(recoveries, account)
    return ApproveRecovery(account=account, key=NO_KEY if found is None else found.key)

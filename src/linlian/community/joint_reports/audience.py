"""Who may see who joined: those who have to see to it, and auditors. Whoever joined sees the case alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from linlian.community.places.audience import COMMON, OCCUPANTS
from linlian.community.repairs.audience import CASE, LISTS
from linlian.readmodel.audience import Audience, Reader, oneself
from linlian.readmodel.view import Reads


class _Since(NamedTuple):
    since: int


def _joined(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    sql = """
        SELECT since FROM joint_reports_joining
        WHERE case_id = :case_id AND account = :account AND left_at = 0"""
    return reader.account != b"" and db.one(_Since, sql, case_id=asked["case_id"], account=reader.account) is not None


def _near(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    """Whoever has an account, of common parts; of a home those who live there, for it says where the home is."""
    if not reader.account:
        return False
    return COMMON.sees(db, reader, asked) or OCCUPANTS.sees(db, reader, asked)


JOINED = Audience("joint_reports.joined", _joined)

CROWD = JOINED | CASE
PEOPLE = LISTS
OWN = oneself("account") | LISTS
NEAR = Audience("joint_reports.near", _near) | LISTS

"""Who may see a rating: the parties of the case, those who lead the work, and auditors. Everybody sees what is
published of many at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linlian.community.identity import Role
from linlian.community.repairs.audience import CASE
from linlian.readmodel.audience import AUDITORS, EVERYBODY, Audience, Reader, oneself
from linlian.readmodel.view import Reads

LEADS = frozenset((Role.OFFICER, Role.SUPERVISOR, Role.DISPATCHER))


def _leads(_db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    own = reader.organisation != b"" and asked["organisation"] == reader.organisation
    return own and not reader.roles.isdisjoint(LEADS)


OF_CASE = CASE
OF_PERSON = oneself("rated_by") | AUDITORS
OF_ORGANISATION = Audience("ratings.leading", _leads) | AUDITORS
PUBLISHED = EVERYBODY

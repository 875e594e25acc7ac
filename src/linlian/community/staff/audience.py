"""Who may see who works here and when. A card is there to be shown; who is on duty is for those who plan with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from linlian.community.identity.audience import OFFICE, colleagues
from linlian.readmodel.audience import AUDITORS, KNOWN, Audience, Reader, oneself, own_organisation
from linlian.readmodel.view import Reads


class _Team(NamedTuple):
    organisation: bytes


def _own_team(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    if not reader.organisation or asked["team"] is None:
        return False
    row = db.one(_Team, "SELECT organisation FROM staff_team WHERE team = :team", team=asked["team"])
    return row is not None and row.organisation == reader.organisation


SHOWN = KNOWN
"""Whoever opens the door to a repairer may ask whether the card is good."""
ORGANISATION = own_organisation("organisation") | OFFICE | AUDITORS
LISTS = OFFICE | AUDITORS
TEAM = Audience("staff.own_team", _own_team) | OFFICE | AUDITORS
DUTY = own_organisation("organisation") | TEAM
ACCOUNT = oneself("account") | colleagues("account") | OFFICE | AUDITORS

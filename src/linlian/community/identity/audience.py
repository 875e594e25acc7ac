"""Who may see what is asked about people and organisations. Officers, clerks and desks see whom they serve.

An account's name stands nowhere here, but its identifier leads from one record to the next; so a list of accounts is
for those who receive people, and for auditors. Organisations act in public.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from linlian.community.identity.rules import FRONT_OFFICE, HOSTS
from linlian.readmodel.audience import AUDITORS, EVERYBODY, Audience, Reader, oneself, own_organisation
from linlian.readmodel.view import Reads


class _Found(NamedTuple):
    found: bytes


def _receives(_db: Reads, reader: Reader, _asked: Mapping[str, Any]) -> bool:
    return reader.kind in HOSTS and not reader.roles.isdisjoint(FRONT_OFFICE)


OFFICE = Audience("identity.office", _receives)
"""Officers, clerks and desks of those who receive residents."""

ORGANISATIONS = EVERYBODY
MEMBERS = own_organisation("organisation") | OFFICE | AUDITORS
ACCOUNTS = OFFICE | AUDITORS
ACCOUNT = oneself("account") | OFFICE | AUDITORS
INVITER = oneself("inviter") | OFFICE | AUDITORS


def _officer_over(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    """Whether the account that is asked about works for the organisation whose officer the reader is."""
    sql = "SELECT organisation AS found FROM identity_account WHERE account = :account"
    row = db.one(_Found, sql, account=asked["account"])
    return "officer" in reader.roles and row is not None and row.found == reader.organisation != b""


OFFICERS = Audience("identity.own_officers", _officer_over)
"""The officers of the organisation that an account works for."""
KEYS = oneself("account") | OFFICERS | AUDITORS
HOUSEHOLD = oneself("account") | AUDITORS
"""With whom somebody lives is none of their employer's."""


def colleagues(parameter: str) -> Audience:
    """The people of the organisation that the account asked about works for."""

    def sees(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
        sql = "SELECT organisation AS found FROM identity_account WHERE account = :account"
        row = db.one(_Found, sql, account=asked[parameter])
        return reader.organisation != b"" and row is not None and row.found == reader.organisation

    return Audience("identity.colleagues", sees)


SUBJECTS = (oneself("subject"), own_organisation("subject"))
"""Everybody has the history of their own account, and of the organisation that they work for."""

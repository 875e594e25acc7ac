"""Who may see a repair: its parties, those who have to see to it, and auditors. Everybody sees what is published.

Rules
- Whoever belonged to the place when it was reported is a party, with the right to see: moving out takes nothing of
  one's own past, and gives nothing of it to the next.
- Of the staff, those of the organisation that answers for it; before triage, and over all, the desks of the hosts.
- In common parts also those who look after them for others: grid workers, building heads, committee members.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from linlian.community.identity import HOSTS, Role, Scope
from linlian.community.identity.audience import colleagues
from linlian.community.places import Right
from linlian.community.places.audience import lives_there
from linlian.readmodel.audience import AUDITORS, EVERYBODY, KNOWN, Audience, Reader, oneself, own_organisation
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Reads

DESKS = frozenset((Role.DESK, Role.DISPATCHER, Role.SUPERVISOR))
WORKS = frozenset((*DESKS, Role.REPAIRER, Role.OFFICER))
WITNESSES = frozenset((Role.GRID_WORKER, Role.BUILDING_HEAD, Role.COMMITTEE_MEMBER))


class _Case(NamedTuple):
    place: bytes
    reporter: bytes
    reported_at: int
    responsible: bytes
    executor: bytes
    is_common: bool


class _Rights(NamedTuple):
    rights: str


def _serves_all(_db: Reads, reader: Reader, _asked: Mapping[str, Any]) -> bool:
    return reader.kind in HOSTS and not reader.roles.isdisjoint(DESKS)


def _party(db: Reads, reader: Reader, case_id: bytes) -> bool:
    """Whether this is a party of a case, or somebody who has to see to it."""
    sql = """
        SELECT r.place, r.reporter, r.reported_at, r.responsible, r.executor, p.is_common
        FROM repairs_request AS r JOIN places_place AS p ON p.place = r.place WHERE r.case_id = :case_id"""
    case = db.one(_Case, sql, case_id=case_id)
    if case is None or not reader.account:
        return False
    if reader.account in (case.reporter, case.executor) or _serves_all(db, reader, {}):
        return True
    if reader.organisation and reader.organisation == case.responsible and not reader.roles.isdisjoint(WORKS):
        return True
    if case.is_common:
        return not reader.roles.isdisjoint(WITNESSES)
    return _lived_there(db, reader.account, case.place, case.reported_at) or _stands_for(db, reader, case.reporter)


def _lived_there(db: Reads, account: bytes, place: bytes, time: int) -> bool:
    """Whether an account had the right to see at a place, or at what holds it, at a time."""
    sql = """
        SELECT o.rights FROM places_within AS w JOIN places_occupancy AS o ON o.place = w.holder
        WHERE w.place = :place AND o.account = :account AND o.starts <= :time AND (o.until = 0 OR o.until > :time)"""
    rows = db.all(_Rights, sql, place=place, account=account, time=time)
    return any(Right.SEE in row.rights.split(",") for row in rows)


def _stands_for(db: Reads, reader: Reader, principal: bytes) -> bool:
    """Whether the reader may see, now, what this person may."""
    sql = """
        SELECT scopes AS rights FROM delegations_delegation
        WHERE principal = :principal AND delegate = :delegate AND state = 'granted'
          AND starts <= :now AND until > :now"""
    row = db.one(_Rights, sql, principal=principal, delegate=reader.account, now=time_of(db, 0))
    return row is not None and Scope.SEE in row.rights.split(",")


def _lives_since(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    since = lives_there(db, reader.account, asked["place"], time_of(db, 0)) if reader.account else None
    may_see = reader.account != b"" and _lived_there(db, reader.account, asked["place"], time_of(db, 0))
    return since is not None and may_see and asked["since"] >= since


def _for_principal(db: Reads, reader: Reader, asked: Mapping[str, Any]) -> bool:
    return reader.account != b"" and _stands_for(db, reader, asked["reporter"])


PARTIES = Audience("repairs.parties", lambda db, reader, asked: _party(db, reader, asked["case_id"]))
SERVING = Audience("repairs.serving_desks", _serves_all)
"""Desks, dispatchers and supervisors of those who receive residents."""

WATCHING = Audience(
    "repairs.watching_common_parts",
    lambda _db, reader, asked: asked["common"] and not reader.roles.isdisjoint(WITNESSES),
)
"""Grid workers, building heads and committee members, of what is broken in common parts."""
MEMBERS = Audience("repairs.members", lambda _db, reader, _asked: reader.organisation != b"")
"""Whoever works for an organisation of the community."""

CASE = PARTIES | AUDITORS
LISTS = SERVING | AUDITORS
RESPONSIBLE = own_organisation("responsible") | SERVING | AUDITORS
EXECUTING = own_organisation("executing") | SERVING | AUDITORS
HELPING = own_organisation("organisation") | AUDITORS
OF_PLACE = Audience("repairs.occupants_since", _lives_since) | SERVING | AUDITORS
"""Those who live there see what was reported since they moved in: `since` has to say so."""
OF_PERSON = oneself("reporter") | Audience("repairs.delegates", _for_principal) | SERVING | AUDITORS
OF_EXECUTOR = oneself("executor") | colleagues("executor") | SERVING | AUDITORS
OVERSIGHT = SERVING | WATCHING | AUDITORS
FIGURES = MEMBERS | AUDITORS
"""Figures in which nobody's single case can be found, but which could tie two published records together."""
CREW = own_organisation("organisation") | AUDITORS
FLOWS = KNOWN | AUDITORS
PUBLISHED = EVERYBODY

SUBJECTS = (Audience("repairs.parties", lambda db, reader, asked: _party(db, reader, asked["subject"])),)
"""Its parties have the whole history of a case."""

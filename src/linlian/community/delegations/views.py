"""Who acts for whom, as rows: the present or last delegation of each pair. What was before stands in the history."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from linlian.community.delegations import audience
from linlian.community.delegations.rules import (
    DelegationEnded,
    DelegationGranted,
    DelegationProposed,
    contract,
)
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Fact, Id, Limit, Millis, Reads, Rows, View, where

views = View(contract)


class DelegationState(StrEnum):
    """proposed → granted → ended. A granted one is in force from `starts` to `until`."""

    PROPOSED = "proposed"
    GRANTED = "granted"
    ENDED = "ended"


class DelegationRow(NamedTuple):
    """`scopes` are joined by commas.

    `organisation` proposed it, `witness` signed that the principal asked for it; both are empty where the principal
    granted it with their own key. `changed_at` is when it took its present state.
    """

    principal: bytes
    delegate: bytes
    state: str
    scopes: str
    basis: str
    starts: int
    until: int
    organisation: bytes
    witness: bytes
    changed_at: int


delegations = views.table("delegation", DelegationRow, key=2, indexes=("delegate, principal", "witness, state, until"))


@views.on(DelegationProposed)
def proposed(db: Rows, event: DelegationProposed, fact: Fact) -> None:
    db.put(
        delegations,
        DelegationRow(
            principal=event.principal,
            delegate=event.delegate,
            state=DelegationState.PROPOSED,
            scopes=",".join(event.scopes),
            basis=event.basis,
            starts=event.starts,
            until=event.until,
            organisation=event.organisation,
            witness=event.witness,
            changed_at=fact.time,
        ),
    )


@views.on(DelegationGranted)
def granted(db: Rows, event: DelegationGranted, fact: Fact) -> None:
    before = db.get(delegations, event.principal, event.delegate)
    witnessed = before is not None and event.witness is not None
    db.put(
        delegations,
        DelegationRow(
            principal=event.principal,
            delegate=event.delegate,
            state=DelegationState.GRANTED,
            scopes=",".join(event.scopes),
            basis=event.basis,
            starts=event.starts,
            until=event.until,
            organisation=before.organisation if before is not None and witnessed else b"",
            witness=event.witness or b"",
            changed_at=fact.time,
        ),
    )


@views.on(DelegationEnded)
def ended(db: Rows, event: DelegationEnded, fact: Fact) -> None:
    db.change(delegations, event.principal, event.delegate, state=DelegationState.ENDED, changed_at=fact.time)


@views.query(seen_by=audience.PRINCIPAL)
def delegates_of(
    db: Reads, principal: Id, state: DelegationState | None = None, limit: Limit = 100
) -> list[DelegationRow]:
    """Who acts or acted for somebody."""
    matching = where(principal=principal, state=state)
    sql = f"SELECT * FROM delegations_delegation{matching} ORDER BY delegate LIMIT :limit"
    return db.all(DelegationRow, sql, principal=principal, state=state, limit=limit)


@views.query(seen_by=audience.WITNESS)
def to_be_witnessed(db: Reads, witness: Id, now: Millis = 0, limit: Limit = 100) -> list[DelegationRow]:
    """What waits for somebody's signature as a witness, the one that ends first on top."""
    sql = """
        SELECT * FROM delegations_delegation WHERE witness = :witness AND state = 'proposed' AND until > :now
        ORDER BY until, principal, delegate LIMIT :limit"""
    return db.all(DelegationRow, sql, witness=witness, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.DELEGATE)
def principals_of(db: Reads, delegate: Id, now: Millis = 0, limit: Limit = 100) -> list[DelegationRow]:
    """For whom somebody may act at a time."""
    sql = """
        SELECT * FROM delegations_delegation
        WHERE delegate = :delegate AND state = 'granted' AND starts <= :now AND until > :now
        ORDER BY principal LIMIT :limit"""
    return db.all(DelegationRow, sql, delegate=delegate, now=time_of(db, now), limit=limit)

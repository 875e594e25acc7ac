"""Publications and grants as rows."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.funds.views import views as funds
from linlian.community.grants.rules import GrantRecorded, PublicationRecorded, contract
from linlian.readmodel.audience import AUDITORS, EVERYBODY, own_organisation
from linlian.readmodel.view import Fact, Id, Limit, Reads, Rows, View

views = View(contract, needs=(funds,))


class PublicationRow(NamedTuple):
    """A file that was brought in: how many grants it brings, and how many of them are there."""

    publication: bytes
    organisation: bytes
    digest: bytes
    size_bytes: int
    grants: int
    recorded_by: bytes
    recorded_at: int
    recorded: int = 0


class TotalRow(NamedTuple):
    """What a publication adds up to, in one currency."""

    publication: bytes
    currency: str
    grants: int = 0
    awarded_minor: int = 0
    disbursed_minor: int = 0


class GrantRow(NamedTuple):
    """One grant; `remainder` is the commitment to the rest of it. `number`: as which it came in."""

    external: bytes
    publication: bytes
    number: int
    funder: bytes
    currency: str
    amount_minor: int
    disbursed_minor: int
    awarded_at: int
    to_person: bool
    remainder: bytes


publications = views.table("publication", PublicationRow, indexes=("recorded_at, publication",))
totals = views.table("total", TotalRow, key=2)
grants = views.table("grant", GrantRow, indexes=("publication, number",))


@views.on(PublicationRecorded)
def published(db: Rows, event: PublicationRecorded, fact: Fact) -> None:
    row = PublicationRow(
        publication=event.publication,
        organisation=event.organisation,
        digest=event.digest,
        size_bytes=event.size_bytes,
        grants=event.grants,
        recorded_by=event.recorded_by,
        recorded_at=fact.time,
    )
    db.add(publications, row)


@views.on(GrantRecorded)
def recorded(db: Rows, event: GrantRecorded, fact: Fact) -> None:
    row = GrantRow(
        external=event.external,
        publication=event.publication,
        number=event.number,
        funder=event.funder,
        currency=event.currency,
        amount_minor=event.amount_minor,
        disbursed_minor=event.disbursed_minor,
        awarded_at=event.awarded_at,
        to_person=event.to_person,
        remainder=event.remainder.commitment,
    )
    db.add(grants, row)
    db.change(publications, event.publication, recorded=event.number)
    sums = db.get(totals, event.publication, event.currency) or TotalRow(event.publication, event.currency)
    now = sums._replace(
        grants=sums.grants + 1,
        awarded_minor=sums.awarded_minor + event.amount_minor,
        disbursed_minor=sums.disbursed_minor + event.disbursed_minor,
    )
    db.put(totals, now)


@views.query(seen_by=EVERYBODY)
def all_publications(db: Reads, limit: Limit = 100) -> list[PublicationRow]:
    """Files of grants that others published, the latest first."""
    sql = "SELECT * FROM grants_publication ORDER BY recorded_at DESC, publication DESC LIMIT :limit"
    return db.all(PublicationRow, sql, limit=limit)


@views.query(seen_by=EVERYBODY)
def totals_of(db: Reads, publication: Id, limit: Limit = 100) -> list[TotalRow]:
    """What a publication adds up to, by currency."""
    sql = "SELECT * FROM grants_total WHERE publication = :publication ORDER BY currency LIMIT :limit"
    return db.all(TotalRow, sql, publication=publication, limit=limit)


@views.query(seen_by=own_organisation("organisation") | AUDITORS)
def grants_of(db: Reads, organisation: Id, publication: Id, limit: Limit = 100) -> list[GrantRow]:
    """The grants of a publication that an organisation brought in, in the order in which they came."""
    sql = """
        SELECT g.* FROM grants_grant AS g JOIN grants_publication AS p ON p.publication = g.publication
        WHERE g.publication = :publication AND p.organisation = :organisation ORDER BY g.number LIMIT :limit"""
    return db.all(GrantRow, sql, publication=publication, organisation=organisation, limit=limit)

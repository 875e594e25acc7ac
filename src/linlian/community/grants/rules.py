"""Grants that others made and published, brought in by whoever answers for having copied them rightly.

Rules
- A grant of another funder is no payment of ours: nobody here entered, approved or received it, and no row of funds,
  programmes or transfers says so. All that is witnessed here is who brought which file in, and when.
- A file is a *publication*: its digest, how many grants it brings and who brought it. While it is not whole it is
  recorded once by an organisation.
- A grant is recorded once, whichever file it stands in: its published identifier, hashed, is its key.
- It is whole when all that it brings are there; until then everybody sees how many are missing.
- Sums are whole hundredths and are added up by currency, never across. Words and people are sealed.

    record_publication → record_grant, as often as it said
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from linlian.community import funds, identity
from linlian.community.funds import Currency, Minor
from linlian.community.identity import AccountId, OrganisationId, Role
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Count,
    Event,
    Hash,
    Id,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    Rows,
    Subject,
    compose,
    replace,
)

PublicationId: TypeAlias = Annotated[Id, Subject("publication")]
GRANTS_MAX = 500_000
"""Of one publication: its history is proved as a whole."""
SIZE_BYTES_MAX = 1 << 40

Many = Annotated[int, Meta(ge=1, le=GRANTS_MAX)]

contract = Contract("grants", needs=(identity.contract, funds.contract))


class Publication(Row):
    """One file. `grants`: how many it brings; `recorded`: how many of them are there."""

    digest: Hash
    organisation: Id
    recorded_by: Id
    grants: Many
    recorded: Count = 0


class File(Row):
    """The publication that a file became, the last one. Keyed by the organisation and the file's digest."""

    publication: Id


class Total(Row):
    """What a publication adds up to. Keyed by the publication and a currency."""

    grants: Count = 0
    awarded_minor: Count = 0
    disbursed_minor: Count = 0


class Grant(Row):
    """One grant of another funder, as it was published. Keyed by SHA-256 of compose("360giving", its identifier).

    funder      SHA-256 of compose("360giving.organisation", the funder's identifier)
    to_person   it was granted to an individual
    """

    publication: Id
    funder: Hash
    currency: Currency
    amount_minor: Minor
    disbursed_minor: Count
    awarded_at: Millis
    to_person: bool


publications = contract.table("publication", Publication)
files = contract.table("file", File)
totals = contract.table("total", Total)
grants = contract.table("grant", Grant)


class RecordPublication(Command):
    """`digest`: SHA-256 of the file as it was published, `package`: what it says of itself, sealed."""

    digest: Hash
    size_bytes: Annotated[int, Meta(ge=1, le=SIZE_BYTES_MAX)]
    grants: Many
    package: Content


class RecordGrant(Command):
    """`remainder`: the grant as it was published, sealed; `person`: what of it may tell of an individual, apart.

    to_person   it was granted to an individual; contacts of organisations are apart without that
    """

    publication: PublicationId
    external: Hash
    funder: Hash
    currency: Currency
    amount_minor: Minor
    awarded_at: Millis
    remainder: Content
    disbursed_minor: Count = 0
    to_person: bool = False
    person: Content | None = None


@contract.event
class PublicationRecorded(Event):
    publication: PublicationId
    organisation: OrganisationId
    digest: Hash
    size_bytes: Count
    grants: Count
    package: Content
    recorded_by: AccountId


@contract.event
class GrantRecorded(Event):
    """Its `occurred_at` is `awarded_at`; nothing in it was witnessed here."""

    publication: PublicationId
    external: Hash
    funder: Hash
    currency: Currency
    amount_minor: Minor
    awarded_at: Millis
    remainder: Content
    number: Count
    disbursed_minor: Count = 0
    to_person: bool = False
    person: Content | None = None


@contract.command
def record_publication(ctx: Context, cmd: RecordPublication) -> None:
    """Say which file one is about to bring in, and how many grants it brings."""
    member = identity.require_role(ctx, Role.CLERK)
    key = compose(member.organisation, cmd.digest)
    known = files.get(ctx, key)
    if known is not None and not _is_whole(ctx, known.publication):
        raise Refused("grants.file_known", about=(known.publication,))
    publication = ctx.new_id()
    row = Publication(cmd.digest, member.organisation, ctx.signer, cmd.grants)
    publications.create(ctx, publication, row)
    files.put(ctx, key, File(publication))
    ctx.emit(
        PublicationRecorded(
            publication=publication,
            organisation=member.organisation,
            digest=cmd.digest,
            size_bytes=cmd.size_bytes,
            grants=cmd.grants,
            package=cmd.package,
            recorded_by=ctx.signer,
        )
    )


@contract.command
def record_grant(ctx: Context, cmd: RecordGrant) -> None:
    """Put one published grant on record."""
    member = identity.require_role(ctx, Role.CLERK)
    found = publications.get(ctx, cmd.publication)
    if found is None:
        raise Refused("grants.unknown_publication")
    if found.organisation != member.organisation:
        raise Refused("grants.not_yours", about=(cmd.publication,))
    known = grants.get(ctx, cmd.external)
    if known is not None:
        raise Refused("grants.grant_known", about=(known.publication,))
    if found.recorded == found.grants:
        raise Refused("grants.publication_whole", about=(cmd.publication,), grants=found.grants)
    if cmd.awarded_at == 0 or cmd.awarded_at > ctx.time:
        raise Refused("grants.not_awarded_yet")
    if cmd.currency in funds.NO_HUNDREDTHS:
        raise Refused("grants.no_hundredths", currency=cmd.currency)
    row = Grant(
        publication=cmd.publication,
        funder=cmd.funder,
        currency=cmd.currency,
        amount_minor=cmd.amount_minor,
        disbursed_minor=cmd.disbursed_minor,
        awarded_at=cmd.awarded_at,
        to_person=cmd.to_person,
    )
    grants.create(ctx, cmd.external, row)
    publications.put(ctx, cmd.publication, replace(found, recorded=found.recorded + 1))
    _add_up(ctx, cmd)
    ctx.emit(
        GrantRecorded(
            publication=cmd.publication,
            external=cmd.external,
            funder=cmd.funder,
            currency=cmd.currency,
            amount_minor=cmd.amount_minor,
            awarded_at=cmd.awarded_at,
            remainder=cmd.remainder,
            number=found.recorded + 1,
            disbursed_minor=cmd.disbursed_minor,
            to_person=cmd.to_person,
            person=cmd.person,
        ),
        occurred_at=cmd.awarded_at,
    )


def keeper_of(reader: Reader, publication: bytes) -> bytes:
    """The organisation that brought a publication in; b"" if there is none."""
    found = publications.get(reader, publication)
    return b"" if found is None else found.organisation


def _is_whole(reader: Reader, publication: bytes) -> bool:
    found = publications.get(reader, publication)
    return found is not None and found.recorded == found.grants


def _add_up(ctx: Context, cmd: RecordGrant) -> None:
    key = compose(cmd.publication, cmd.currency)
    sums = totals.get(ctx, key) or Total()
    now = Total(sums.grants + 1, sums.awarded_minor + cmd.amount_minor, sums.disbursed_minor + cmd.disbursed_minor)
    totals.put(ctx, key, now)


@contract.invariant
def totals_are_the_sums_of_their_grants(rows: Rows) -> None:
    """By publication and currency: number, awarded, disbursed."""
    added: dict[bytes, Total] = {}
    for _, row in rows(grants):
        key = compose(row.publication, row.currency)
        sums = added.get(key, Total())
        awarded, disbursed = sums.awarded_minor + row.amount_minor, sums.disbursed_minor + row.disbursed_minor
        added[key] = Total(sums.grants + 1, awarded, disbursed)
    assert added == dict(rows(totals)), "totals differ from what is recorded"


@contract.invariant
def a_publication_brings_no_more_than_it_said(rows: Rows) -> None:
    found = dict(rows(publications))
    for publication, row in found.items():
        recorded = sum(grant.publication == publication for _, grant in rows(grants))
        assert recorded == row.recorded <= row.grants, publication.hex()
    last = {row.publication for _, row in rows(files)}
    for publication, row in found.items():
        assert publication in last or row.recorded == row.grants, "of a file, all but the last are whole"

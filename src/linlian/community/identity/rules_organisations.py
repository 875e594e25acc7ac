"""Organisations: how the community is founded, and what `council` carries out once it is decided.

Rules
- The founders' organisations are active from block 0, each with one officer.
- Any other is proposed, admitted by vote, and active once its first officer has accepted the invitation: an
  organisation that nobody can speak for would only make majorities harder to reach.
- A removal never leaves fewer than two: one organisation alone could rewrite everything alone.

    propose_organisation → (council's vote) → admit_organisation → (its officer accepts) → activate_organisation
"""

from __future__ import annotations

from typing import Annotated

from linlian.community.identity.rules import (
    COMMUNITY,
    ORGANISATIONS_MAX,
    Account,
    AccountId,
    AccountKind,
    AccountStatus,
    Community,
    Member,
    Organisation,
    OrganisationId,
    OrganisationKind,
    OrganisationStatus,
    PublicKey,
    Role,
    accounts,
    communities,
    contract,
    members,
    organisations,
    the_community,
)
from linlian.kernel import crypto
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Event,
    Fields,
    Hash,
    Id,
    Label,
    Meta,
    Reader,
    Refused,
    replace,
)
from linlian.kernel.errors import KeyInvalid
from linlian.kernel.keys import Origin, register_key
from linlian.kernel.operator import appoint_operator

ORGANISATIONS_MIN = 2
NO_OPERATOR = bytes(32)
FOUNDERS_MAX = 16


class Founder(Fields):
    """A founding organisation and its first officer. Ids are random, chosen by whoever writes the genesis."""

    organisation: Id
    kind: OrganisationKind
    code: Label
    officer: Id
    suite: Label
    public_key: PublicKey
    rp_id: Origin = ""
    origin: Origin = ""


class FoundCommunity(Command):
    """The founding organisations, and the Ed25519 public key that signs the ledger's checkpoints.

    All zeros is no key: validators sign (`council.FoundNetwork`).
    """

    founders: Annotated[tuple[Founder, ...], Meta(max_length=FOUNDERS_MAX)]
    operator_key: Hash


@contract.event
class OperatorKeySet(Event):
    """The key that signs the ledger's checkpoints from now on."""

    operator_key: Hash


@contract.event
class OrganisationProposed(Event):
    organisation: OrganisationId
    kind: OrganisationKind
    code: Label
    name: Content | None = None


@contract.event
class OrganisationAdmitted(Event):
    """Voted in; it joins once its first officer has accepted."""

    organisation: OrganisationId


@contract.event
class OrganisationJoined(Event):
    """It is active from now on; this is its first officer and their key."""

    organisation: OrganisationId
    kind: OrganisationKind
    code: Label
    officer: AccountId
    key: Hash


@contract.event
class OrganisationDeclined(Event):
    organisation: OrganisationId


@contract.event
class OrganisationRemoved(Event):
    organisation: OrganisationId


@contract.genesis
def found_community(ctx: Context, cmd: FoundCommunity) -> None:
    """Block 0: organisations, their first officers, and keys that sign from block 1."""
    if not cmd.founders:
        raise Refused("identity.no_founders")
    communities.create(ctx, COMMUNITY, Community(()))
    if cmd.operator_key != NO_OPERATOR:
        set_operator_key(ctx, cmd.operator_key)
    for founder in cmd.founders:
        if organisations.has(ctx, founder.organisation) or accounts.has(ctx, founder.officer):
            raise Refused("identity.founder_twice", organisation=founder.code)
        row = Organisation(founder.kind, OrganisationStatus.ADMITTED, founder.code, (), ctx.time)
        organisations.put(ctx, founder.organisation, row)
        key = register_key(ctx, founder.suite, founder.public_key, founder.officer, founder.rp_id, founder.origin)
        account = Account(AccountKind.PERSON, AccountStatus.ACTIVE, (key,), ctx.time)
        accounts.put(ctx, founder.officer, account)
        members.put(ctx, founder.officer, Member(founder.organisation, (Role.OFFICER,), ctx.time))
        activate_organisation(ctx, founder.organisation, founder.officer, key)


def active_organisations(reader: Reader) -> tuple[bytes, ...]:
    """The organisations that have a vote, in the order in which they joined."""
    return the_community(reader).organisations


def check_operator_key(public_key: bytes) -> None:
    """Refuse what is not an Ed25519 public key."""
    try:
        crypto.check_key("ed25519", public_key)
    except KeyInvalid as error:
        raise Refused("identity.operator_key_invalid", reason=error.code) from error


def set_operator_key(ctx: Context, public_key: bytes) -> None:
    """Let another key sign the checkpoints."""
    check_operator_key(public_key)
    appoint_operator(ctx, public_key)
    ctx.emit(OperatorKeySet(operator_key=public_key))


def check_room(reader: Reader) -> None:
    """Refuse one organisation more than the community can count."""
    if len(active_organisations(reader)) >= ORGANISATIONS_MAX:
        raise Refused("identity.too_many_organisations", most=ORGANISATIONS_MAX)


def propose_organisation(ctx: Context, kind: OrganisationKind, code: str, name: Content | None) -> bytes:
    """Write down an organisation that has still to be voted in; its id. Refused: `.too_many_organisations`."""
    check_room(ctx)
    identifier = ctx.new_id()
    organisations.create(ctx, identifier, Organisation(kind, OrganisationStatus.PROPOSED, code, (), ctx.time))
    ctx.emit(OrganisationProposed(organisation=identifier, kind=kind, code=code, name=name))
    return identifier


def admit_organisation(ctx: Context, identifier: bytes) -> None:
    """Voted in: its first officer may accept now."""
    found = organisations.require(ctx, identifier)
    organisations.put(ctx, identifier, replace(found, status=OrganisationStatus.ADMITTED))
    ctx.emit(OrganisationAdmitted(organisation=identifier))


def decline_organisation(ctx: Context, identifier: bytes) -> None:
    """Not voted in, or its first officer did not accept in time."""
    found = organisations.require(ctx, identifier)
    if found.status in (OrganisationStatus.PROPOSED, OrganisationStatus.ADMITTED):
        organisations.put(ctx, identifier, replace(found, status=OrganisationStatus.DECLINED))
        ctx.emit(OrganisationDeclined(organisation=identifier))


def activate_organisation(ctx: Context, identifier: bytes, officer: bytes, key: bytes) -> None:
    """Its first officer is here: it counts from now on. Refused: `identity.too_many_organisations`."""
    check_room(ctx)
    community, found = the_community(ctx), organisations.require(ctx, identifier)
    communities.put(ctx, COMMUNITY, replace(community, organisations=(*community.organisations, identifier)))
    active = replace(found, status=OrganisationStatus.ACTIVE, officers=(officer,), since=ctx.time)
    organisations.put(ctx, identifier, active)
    ctx.emit(OrganisationJoined(organisation=identifier, kind=found.kind, code=found.code, officer=officer, key=key))


def check_removable(reader: Reader, identifier: bytes) -> None:
    """Refused: `identity.organisation_not_active`, `.last_organisation`, `.too_few_organisations`."""
    active = active_organisations(reader)
    if identifier not in active:
        raise Refused("identity.organisation_not_active", about=(identifier,))
    if len(active) == 1:
        raise Refused("identity.last_organisation", about=(identifier,))
    if len(active) <= ORGANISATIONS_MIN:
        raise Refused("identity.too_few_organisations", about=(identifier,), least=ORGANISATIONS_MIN)


def remove_organisation(ctx: Context, identifier: bytes) -> None:
    """It loses its vote, and its members lose their roles; their accounts stay theirs."""
    check_removable(ctx, identifier)
    community, found = the_community(ctx), organisations.require(ctx, identifier)
    left = tuple(other for other in community.organisations if other != identifier)
    communities.put(ctx, COMMUNITY, replace(community, organisations=left))
    organisations.put(ctx, identifier, replace(found, status=OrganisationStatus.REMOVED))
    ctx.emit(OrganisationRemoved(organisation=identifier))

"""Licences: what somebody, or their organisation, is allowed by law to do, and until when.

Rules
- One licence of a kind for each holder: a person with a card, or the organisation. The number and the paper are sealed;
  kind, issuing body and dates are in clear, for whoever is served may see that they hold.
- An officer or clerk of the employer records it: it is the employer's word, with the paper to show for it. They, or the
  government, revoke it. A licence that has run out is not recorded, and one that runs out counts no more from that
  millisecond on.
- A renewal goes on from the one that is in force, without a gap. What ran out or was revoked is recorded anew.
- A timer warns 30 days before a licence runs out, and says when it has.

    record_licence → renew_licence … → a timer: running out, run out; or revoke_licence
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community import identity
from linlian.community.identity import AccountId, OrganisationId, OrganisationKind, Role
from linlian.community.staff.rules import DAY_MS, OFFICE, card, contract
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Event,
    Hash,
    Id,
    Label,
    Millis,
    Reader,
    Refused,
    Row,
    Rows,
    compose,
    replace,
)

WARNING_MS = 30 * DAY_MS
LICENCE_MS_MAX = 10 * 366 * DAY_MS
"""No licence here is given for longer; a later end is a slip of the pen."""


class LicenceKind(StrEnum):
    """Of a person: the operator's certificates of special equipment, special work and fire protection, and others.

    Of an organisation (`…_firm`): what it must hold to take the work at all.
    """

    LIFT_REPAIR = "lift_repair"
    ELECTRICIAN_LOW_VOLTAGE = "electrician_low_voltage"
    ELECTRICIAN_HIGH_VOLTAGE = "electrician_high_voltage"
    WELDING = "welding"
    WORK_AT_HEIGHT = "work_at_height"
    REFRIGERATION = "refrigeration"
    BOILER_OPERATION = "boiler_operation"
    GAS_FITTING = "gas_fitting"
    FIRE_FACILITY_OPERATION = "fire_facility_operation"
    LOCKSMITH = "locksmith"
    SECURITY_GUARD = "security_guard"
    LIFT_FIRM = "lift_firm"
    ELECTRICITY_FIRM = "electricity_firm"
    GAS_FIRM = "gas_firm"
    FIRE_FIRM = "fire_firm"
    LOCKSMITH_FIRM = "locksmith_firm"
    SECURITY_FIRM = "security_firm"


OF_ORGANISATIONS = (
    *(LicenceKind.LIFT_FIRM, LicenceKind.ELECTRICITY_FIRM, LicenceKind.GAS_FIRM),
    *(LicenceKind.FIRE_FIRM, LicenceKind.LOCKSMITH_FIRM, LicenceKind.SECURITY_FIRM),
)
"""The others are people's."""


class RevocationReason(StrEnum):
    WITHDRAWN = "withdrawn"
    NOT_GENUINE = "not_genuine"
    RECORDED_WRONGLY = "recorded_wrongly"


class Licence(Row):
    """Keyed by holder and kind. It has been held without a gap since `starts`; `revoked_at` is 0 while it is not."""

    organisation: Id
    number: Hash
    body: Label
    starts: Millis
    until: Millis
    recorded_by: Id
    revoked_at: Millis = 0


licences = contract.table("licence", Licence)


class LicenceFields(Command, kw_only=True):
    """Of a member of the signer's organisation; without `account`, of the organisation itself."""

    kind: LicenceKind
    number: Content
    until: Millis
    account: AccountId | None = None
    paper: Content | None = None


class RecordLicence(LicenceFields):
    """`body` is a public short name of the authority that issued it."""

    body: Label
    starts: Millis


class RenewLicence(LicenceFields):
    """The same licence for longer; the authority may have given it another number."""


class RevokeLicence(Command):
    organisation: OrganisationId
    kind: LicenceKind
    reason: RevocationReason
    account: AccountId | None = None


class WatchLicence(Command):
    organisation: OrganisationId
    kind: LicenceKind
    account: AccountId | None = None


class LicenceEvent(Event, kw_only=True):
    organisation: OrganisationId
    kind: LicenceKind
    account: AccountId | None = None


@contract.event
class LicenceRecorded(LicenceEvent):
    body: Label
    starts: Millis
    until: Millis
    number: Content
    paper: Content | None = None


@contract.event
class LicenceRenewed(LicenceEvent):
    until: Millis
    number: Content
    paper: Content | None = None


@contract.event
class LicenceRevoked(LicenceEvent):
    reason: RevocationReason
    revoked_by: AccountId


@contract.event
class LicenceRunningOut(LicenceEvent):
    """30 days, or what was left when it was recorded."""

    until: Millis


@contract.event
class LicenceRanOut(LicenceEvent):
    """It counts no more."""


@contract.command
def record_licence(ctx: Context, cmd: RecordLicence) -> None:
    """Put a licence on record that nobody has recorded yet, or that ran out or was revoked."""
    organisation = _holding_office(ctx, cmd)
    key = compose(cmd.account or organisation, cmd.kind)
    if _is_held(licences.get(ctx, key), ctx.time):
        raise Refused("staff.licence_recorded", about=_holders(organisation, cmd.account), kind=cmd.kind)
    if not cmd.body:
        raise Refused("staff.no_issuing_body")
    if cmd.until <= cmd.starts:
        raise Refused("staff.licence_ends_before_it_begins", starts=cmd.starts)
    _check_end(ctx, cmd)
    row = Licence(organisation, cmd.number.commitment, cmd.body, cmd.starts, cmd.until, ctx.signer)
    _keep(ctx, key, row, WatchLicence(organisation=organisation, kind=cmd.kind, account=cmd.account))
    ctx.emit(
        LicenceRecorded(
            organisation=organisation,
            account=cmd.account,
            kind=cmd.kind,
            body=cmd.body,
            starts=cmd.starts,
            until=cmd.until,
            number=cmd.number,
            paper=cmd.paper,
        )
    )


@contract.command
def renew_licence(ctx: Context, cmd: RenewLicence) -> None:
    """A licence in force goes on until a later day."""
    organisation = _holding_office(ctx, cmd)
    key = compose(cmd.account or organisation, cmd.kind)
    found = licences.get(ctx, key)
    if found is None or not _is_held(found, ctx.time) or found.organisation != organisation:
        raise Refused("staff.nothing_to_renew", about=_holders(organisation, cmd.account), kind=cmd.kind)
    if cmd.until <= found.until:
        raise Refused("staff.renewed_for_no_longer", until=found.until)
    _check_end(ctx, cmd)
    row = replace(found, number=cmd.number.commitment, until=cmd.until, recorded_by=ctx.signer)
    _keep(ctx, key, row, WatchLicence(organisation=organisation, kind=cmd.kind, account=cmd.account))
    ctx.emit(
        LicenceRenewed(
            organisation=organisation,
            account=cmd.account,
            kind=cmd.kind,
            until=cmd.until,
            number=cmd.number,
            paper=cmd.paper,
        )
    )


@contract.command
def revoke_licence(ctx: Context, cmd: RevokeLicence) -> None:
    """End a licence before its time: by the organisation that recorded it, or by the government."""
    job = identity.member(ctx, ctx.signer)
    if job is not None and job.organisation == cmd.organisation:
        identity.require_role(ctx, *OFFICE)
    else:
        identity.require_office(ctx, (OrganisationKind.GOVERNMENT,), Role.OFFICER, Role.SUPERVISOR)
    key = compose(cmd.account or cmd.organisation, cmd.kind)
    found = licences.get(ctx, key)
    if found is None or found.organisation != cmd.organisation or not _is_held(found, ctx.time):
        raise Refused("staff.no_licence", kind=cmd.kind)
    ctx.unschedule("staff.licence", key)
    licences.put(ctx, key, replace(found, revoked_at=ctx.time))
    ctx.emit(
        LicenceRevoked(
            organisation=cmd.organisation,
            account=cmd.account,
            kind=cmd.kind,
            reason=cmd.reason,
            revoked_by=ctx.signer,
        )
    )


@contract.timer
def watch_licence(ctx: Context, cmd: WatchLicence) -> None:
    """Thirty days before its end it is running out, at its end it has run out; told while its holder has a card."""
    key = compose(cmd.account or cmd.organisation, cmd.kind)
    found = licences.get(ctx, key)
    assert found is not None, "licences are never deleted"
    if ctx.time < found.until:
        ctx.schedule("staff.licence", key, found.until, cmd)
    if cmd.account is not None and card(ctx, cmd.account) is None:
        return
    if ctx.time < found.until:
        until = found.until
        ctx.emit(LicenceRunningOut(organisation=cmd.organisation, account=cmd.account, kind=cmd.kind, until=until))
    else:
        ctx.emit(LicenceRanOut(organisation=cmd.organisation, account=cmd.account, kind=cmd.kind))


# --- the front door ---


def has_licence(reader: Reader, account: bytes, kind: LicenceKind, time: int) -> bool:
    """Whether somebody who has a card holds a licence that counts at a time."""
    held, found = card(reader, account), licences.get(reader, compose(account, kind))
    return held is not None and found is not None and found.organisation == held.organisation and _counts(found, time)


def organisation_has_licence(reader: Reader, organisation: bytes, kind: LicenceKind, time: int) -> bool:
    """Whether an active organisation holds a licence that counts at a time."""
    found = licences.get(reader, compose(organisation, kind))
    return found is not None and identity.is_active(reader, organisation) and _counts(found, time)


def licence(reader: Reader, holder: bytes, kind: LicenceKind) -> Licence | None:
    """The row, whether it counts or not; the holder is an account or an organisation."""
    return licences.get(reader, compose(holder, kind))


def _counts(row: Licence, time: int) -> bool:
    return row.starts <= time < row.until and (row.revoked_at == 0 or time < row.revoked_at)


def _is_held(row: Licence | None, time: int) -> bool:
    """In force or still to begin."""
    return row is not None and row.revoked_at == 0 and time < row.until


def _holding_office(ctx: Context, cmd: LicenceFields) -> bytes:
    """The signer's organisation, for whose holder a licence of this kind makes sense."""
    organisation = identity.require_role(ctx, *OFFICE).organisation
    if (cmd.account is None) is not (cmd.kind in OF_ORGANISATIONS):
        raise Refused("staff.wrong_holder", kind=cmd.kind)
    if cmd.account is not None:
        held = card(ctx, cmd.account)
        if held is None or held.organisation != organisation:
            raise Refused("staff.no_card")
    return organisation


def _holders(organisation: bytes, account: bytes | None) -> tuple[bytes, ...]:
    return (organisation,) if account is None else (organisation, account)


def _check_end(ctx: Context, cmd: LicenceFields) -> None:
    if cmd.until <= ctx.time:
        raise Refused("staff.licence_has_run_out", until=cmd.until)
    if cmd.until > ctx.time + LICENCE_MS_MAX:
        raise Refused("staff.licence_too_long", most_days=LICENCE_MS_MAX // DAY_MS)


def _keep(ctx: Context, key: bytes, row: Licence, watch: WatchLicence) -> None:
    licences.put(ctx, key, row)
    ctx.schedule("staff.licence", key, max(row.until - WARNING_MS, ctx.time), watch)


@contract.invariant
def licences_have_a_time_and_a_holder(rows: Rows) -> None:
    """A licence begins before it ends, and is a person's or an organisation's as its kind says."""
    organisations = {key for key, _ in rows(identity.contract.tables["identity.organisation"])}
    for key, row in rows(licences):
        holder, kind = key[1:17], LicenceKind(key[18:].decode())
        assert row.starts < row.until
        assert row.organisation in organisations
        assert (holder in organisations) == (kind in OF_ORGANISATIONS), f"the holder of {kind}"

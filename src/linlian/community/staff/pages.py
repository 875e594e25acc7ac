"""Cards and licences, on the pages of an organisation and of its members: what is on record, and, for officers and
clerks, what they may record now.

Which kinds of licence are offered is not decided here: each is tried on the rules, and what they would accept is
offered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from linlian.community.identity import AccountKind, AccountStatus
from linlian.community.identity.pages import MemberPage, OrganisationPage
from linlian.community.staff import views
from linlian.community.staff.rules import IssueCard, Trade, WithdrawCard
from linlian.community.staff.rules_licences import (
    LicenceKind,
    RecordLicence,
    RenewLicence,
    RevocationReason,
    RevokeLicence,
)
from linlian.community.staff.views import CardRow, LicenceRow, LicenceState
from linlian.kernel.contract import Command, Content
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Pages, Part

pages = Pages("staff")

DAY_MS = 86_400_000
SOMETHING = Content(commitment=bytes(32), ciphertext_hash=bytes(32))
"""Stands for what is still to be sealed, when a command is tried."""
KEEPERS = frozenset({"officer", "clerk"})
BADGES = {"valid": "well", "running_out": "waiting", "run_out": "late", "revoked": "late"}

pages.constants.update(LICENCE_STATES=BADGES)


@dataclass(frozen=True, kw_only=True)
class PapersPart(Part):
    """The card and the licences of a member, and what the reader may do about them."""

    card: CardRow | None
    licences: list[LicenceRow]
    forms: list[Form]


@dataclass(frozen=True, kw_only=True)
class LicencesPart(Part):
    """The licences of an organisation itself, those of its people that run out, and what the reader may record."""

    licences: list[LicenceRow]
    running_out: list[LicenceRow]
    forms: list[Form]


@pages.part(MemberPage)
def papers(ask: Ask, page: MemberPage) -> PapersPart | None:
    row = page.row
    if row.kind != AccountKind.PERSON or row.status == AccountStatus.INVITED:
        return None
    account, organisation = row.account, row.organisation
    card = ask.maybe(views.card, account=account)
    licences = ask.rows(views.licences_of, organisation=organisation, account=account)
    forms = _card_forms(ask, account) + _licence_forms(ask, organisation, account, licences) if _keeps(ask) else []
    return PapersPart(card=card, licences=licences, forms=forms)


@pages.part(OrganisationPage)
def licences(ask: Ask, _page: OrganisationPage) -> LicencesPart | None:
    own = ask.reader.organisation
    held = [row for row in ask.rows(views.licences_of, organisation=own) if not row.account]  # these come first
    ending = ask.rows(views.licences_of, organisation=own, state=LicenceState.RUNNING_OUT)
    forms = _licence_forms(ask, own, None, held) if _keeps(ask) else []
    if not (held or ending or forms):
        return None
    return LicencesPart(licences=held, running_out=[row for row in ending if row.account], forms=forms)


def _keeps(ask: Ask) -> bool:
    return not ask.reader.roles.isdisjoint(KEEPERS)


def _card_forms(ask: Ask, account: bytes) -> list[Form]:
    issue = ask.offer(IssueCard(account=account, trades=(Trade.PLUMBING,), name=SOMETHING), "account")
    withdraw = ask.offer(WithdrawCard(account=account), "account")
    return [form for form in (issue, withdraw) if form is not None]


def _licence_forms(ask: Ask, organisation: bytes, account: bytes | None, held: list[LicenceRow]) -> list[Form]:
    """Record one of a kind that is not held, renew or revoke one that is."""
    fixed = {} if account is None else {"account": account}
    ends = {row.kind: row.until for row in held}
    number, body, now = SOMETHING, "authority", ask.now

    def record(kind: LicenceKind) -> Command:
        return RecordLicence(kind=kind, number=number, account=account, body=body, starts=now, until=now + DAY_MS)

    def renew(kind: LicenceKind) -> Command:
        return RenewLicence(kind=kind, number=number, account=account, until=ends.get(kind, now) + DAY_MS)

    def revoke(kind: LicenceKind) -> Command:
        reason = RevocationReason.WITHDRAWN
        return RevokeLicence(organisation=organisation, kind=kind, reason=reason, account=account)

    offered = (
        _of_kinds(ask, RecordLicence, record, fixed),
        _of_kinds(ask, RenewLicence, renew, fixed),
        _of_kinds(ask, RevokeLicence, revoke, {"organisation": organisation, **fixed}),
    )
    return [form for form in offered if form is not None]


def _of_kinds(
    ask: Ask, command: type[Command], sample: Callable[[LicenceKind], Command], fixed: dict[str, bytes]
) -> Form | None:
    """The form of a command with the kinds for which the rules would accept it."""
    kinds = [kind for kind in LicenceKind if ask.may(sample(kind))]
    if not kinds:
        return None
    form = ask.form(command, {"kind": [(kind.value, ask.tongue.value("staff", kind.value)) for kind in kinds]}, **fixed)
    shown = (each for each in form.controls if each.name != "account" or "account" in fixed)
    return replace(form, controls=tuple(shown))

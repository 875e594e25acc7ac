"""Pages about accounts: the invitations that I made, and, for officers, who works here as what and with which keys.

Other businesses' pages take from here what organisations are called (`organisation_codes`) and which may be chosen
(`organisation_choices`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from linlian.community.identity import views
from linlian.community.identity.rules import (
    ORGANISATIONS_MAX,
    ROLES_OF,
    AccountKind,
    AccountStatus,
    OrganisationKind,
    OrganisationStatus,
)
from linlian.community.identity.rules_accounts import (
    ChangeRoles,
    CloseAccount,
    ResumeAccount,
    SuspendAccount,
    SuspensionReason,
)
from linlian.community.identity.rules_invitations import InviteMember
from linlian.community.identity.views import AccountRow, KeyRow
from linlian.kernel.codec import Id
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import Page, Pages, Place

pages = Pages("identity")
OTHERS_NAMED = 100
STATUSES = [status.value for status in AccountStatus]
pages.constants.update(STATUSES=STATUSES)


@dataclass(frozen=True)
class Invited:
    """An invitation that nobody has accepted yet, and the form that takes it back."""

    row: AccountRow
    withdraw: Form | None


@dataclass(frozen=True)
class InvitationsPage(Page):
    """The invitations that the reader made and that are still open."""

    invited: list[Invited]


@dataclass(frozen=True)
class OrganisationPage(Page):
    """The people and devices of the reader's organisation. `invite` is for its officers; None for its others."""

    code: str
    kind: str
    members: list[AccountRow]
    next: str
    status: str
    invite: Form | None


@dataclass(frozen=True)
class MemberPage(Page):
    """One member: status, roles and keys, and what an officer may do about them now."""

    row: AccountRow
    keys: list[KeyRow]
    forms: list[Form]


@pages.page("/me/invitations")
def invitations(ask: Ask) -> InvitationsPage:
    me = ask.reader.account
    if not me:
        raise WebError("web.sign_in")
    rows = ask.rows(views.invited_by, inviter=me)
    return InvitationsPage([Invited(row, _withdraw(ask, row)) for row in rows], live=(me,))


@pages.page("/organisation")
def organisation(ask: Ask, status: AccountStatus | None = None) -> OrganisationPage:
    own = _organisation(ask)
    found = ask.page(views.members, ask.after, organisation=own, status=status, limit=50)
    rows = ask.rows(views.organisations_by_status, limit=100)
    row = next(row for row in rows if row.organisation == own)
    invite = _invite(ask, OrganisationKind(row.kind)) if "officer" in ask.reader.roles else None
    asked = status.value if status else ""
    return OrganisationPage(row.code, row.kind, found.rows, found.next, asked, invite, live=(own,))


@pages.page("/organisation/{account}")
def member(ask: Ask, account: Id) -> MemberPage:
    """Only what the rules would accept from the reader is offered: the last officer, say, cannot be suspended."""
    own = _organisation(ask)
    row = ask.one(views.account, account=account)
    if row.organisation != own:
        raise WebError("web.nothing_there")
    keys = ask.rows(views.keys_of, account=account) if ask.sees(views.keys_of, account=account) else []
    forms = _forms(ask, row) if "officer" in ask.reader.roles else []
    return MemberPage(row, keys, forms, live=(account,))


def organisation_codes(ask: Ask) -> dict[bytes, str]:
    """What organisations are called: every one that is active, and as many others as a page needs to name."""
    active = ask.rows(views.organisations_by_status, status=OrganisationStatus.ACTIVE, limit=ORGANISATIONS_MAX)
    others = ask.rows(views.organisations_by_status, limit=OTHERS_NAMED)
    return {row.organisation: row.code for row in (*others, *active)}


def organisation_choices(ask: Ask) -> list[tuple[bytes | str, str]]:
    """The active organisations, to be chosen from in a form."""
    rows = ask.rows(views.organisations_by_status, status=OrganisationStatus.ACTIVE, limit=ORGANISATIONS_MAX)
    return [(row.organisation, row.code) for row in rows]


def _forms(ask: Ask, row: AccountRow) -> list[Form]:
    if row.status == AccountStatus.INVITED:
        return [form] if (form := _withdraw(ask, row)) is not None else []
    account, offered = row.account, []
    roles = tuple(ROLES_OF[OrganisationKind(ask.reader.kind)])
    if row.kind == AccountKind.PERSON and any(ask.may(ChangeRoles(account=account, roles=(role,))) for role in roles):
        offered.append(ask.form(ChangeRoles, _roles(ask, OrganisationKind(ask.reader.kind)), account=account))
    if ask.may(SuspendAccount(account=account, reason=SuspensionReason.INVESTIGATION)):
        offered.append(ask.form(SuspendAccount, account=account))
    if ask.may(ResumeAccount(account=account)):
        offered.append(ask.form(ResumeAccount, account=account))
    if ask.may(CloseAccount(account=account)):
        offered.append(ask.form(CloseAccount, account=account))
    return [form.laid_out() for form in offered]


def _withdraw(ask: Ask, row: AccountRow) -> Form | None:
    if not ask.may(CloseAccount(account=row.account)):
        return None
    label = ask.tongue.text("identity.withdraw")
    return replace(ask.form(CloseAccount, account=row.account), label=label, says=label, undo="")


def _invite(ask: Ask, kind: OrganisationKind) -> Form:
    return ask.form(InviteMember, _roles(ask, kind)).only("roles").laid_out()


def _roles(ask: Ask, kind: OrganisationKind) -> dict[str, list[tuple[bytes | str, str]]]:
    """What an organisation of this kind can make of somebody."""
    return {"roles": [(role.value, ask.tongue.value("identity", role.value)) for role in ROLES_OF[kind]]}


def _organisation(ask: Ask) -> bytes:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    if not ask.reader.organisation:
        raise WebError("web.not_for_you")
    return ask.reader.organisation


def _keeps_papers(reader: Reader) -> bool:
    return not reader.roles.isdisjoint({"officer", "clerk"})


pages.way("/organisation", "organisation", Place.RAIL, _keeps_papers, rank=70)

"""Forms of a fund itself: opening it, who manages it, who may look, whose interest is declared, and what comes in.

Whoever fills them in picks organisations, colleagues and sub-accounts, and needs no code of anybody's but the one that
the fund is to have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from linlian.community.funds import (
    REGULATORS,
    Access,
    ChangeManagers,
    DeclareInterest,
    FundKind,
    GrantAccess,
    OpenFund,
    RecordIncome,
    Source,
)
from linlian.community.funds import views as fund_views
from linlian.community.funds.views import FundRow
from linlian.community.identity import AccountStatus, OrganisationStatus
from linlian.community.identity import views as identity_views
from linlian.community.identity.views import OrganisationRow
from linlian.community.transfers.pages.kit import SOMETHING, called, plainly
from linlian.web.ask import Ask
from linlian.web.forms import Form

ORGANISATIONS_MAX, PEOPLE_MAX = 64, 100
PURSES = ("general", "meals", "health", "schooling", "housing", "emergency", "repairs", "reserve")
"""Sub-accounts that forms offer; a program may name others."""
CURRENCIES = ("CNY", "HKD", "EUR", "USD", "GBP")
"""Currencies that forms offer, by ISO 4217, of those that have hundredths."""
ORDER = ("kind", "code", "rules", "purses", "currency", "bank", "managers", "approver", "limit_minor", "regulator")
"""What it is for, its money, who runs it, who says yes, who watches."""
SAID_ALREADY = ("funds.declared_already", "funds.receives_already")
Choice: TypeAlias = tuple[bytes | str, str]


def opening(ask: Ask) -> Form | None:
    """For officers, whose organisation is to hold it; it may approve for itself, and is never its own regulator."""
    if "officer" not in ask.reader.roles:
        return None
    ours, known = ask.reader.organisation, _organisations(ask)
    watchers = [row for row in known if row.kind in REGULATORS and row.organisation != ours]
    staff = ask.rows(identity_views.members, organisation=ours, status=AccountStatus.ACTIVE, limit=PEOPLE_MAX)
    people = [(row.account, row.roles) for row in staff if row.roles]
    if not watchers or not people:
        return None
    sample = OpenFund(
        kind=FundKind.OTHER,
        code="a",
        approver=ours,
        regulator=watchers[0].organisation,
        currency=CURRENCIES[0],
        limit_minor=0,
        purses=PURSES[:1],
        managers=(people[0][0],),
        bank=SOMETHING,
        rules=SOMETHING,
    )
    choices: dict[str, Sequence[Choice]] = {
        "approver": [(row.organisation, row.code) for row in known],
        "regulator": [(row.organisation, row.code) for row in watchers],
        "managers": _people(ask, people),
        "purses": [(purse, called(ask, "purse", purse)) for purse in PURSES],
        "currency": [(currency, ask.tongue.text(f"transfers.currency.{currency}")) for currency in CURRENCIES],
    }
    form = ask.offer(sample, choices=choices)
    return form and plainly(ask, form, *ORDER)


def keeping(ask: Ask, row: FundRow) -> list[Form]:
    """What approving body, managers and regulator may change about the fund itself."""
    if not ask.reader.account or not ask.sees(fund_views.candidates, fund=row.fund):
        return []
    staff = ask.rows(fund_views.candidates, fund=row.fund, limit=PEOPLE_MAX)
    ours = [(each.account, each.roles) for each in staff if each.organisation == row.organisation]
    others = [each for each in _organisations(ask) if each.organisation not in (row.organisation, row.approver)]
    offers: list[Form | None] = []
    if ours:
        choices = {"managers": _people(ask, ours)}
        offers.append(ask.offer(ChangeManagers(fund=row.fund, managers=(ours[0][0],)), "fund", choices=choices))
    if others:
        named = {"organisation": [(each.organisation, each.code) for each in others]}
        looks = GrantAccess(fund=row.fund, organisation=others[0].organisation, access=Access.AUDIT)
        offers.append(ask.offer(looks, "fund", choices=named))
    offers.append(_interest(ask, row, others, [(each.account, each.roles) for each in staff]))
    return [plainly(ask, form) for form in offers if form is not None]


def income(ask: Ask, row: FundRow) -> Form | None:
    """For managers: money that is there without a promise."""
    purses = [(purse, called(ask, "purse", purse)) for purse in row.purses.split(",")]
    sample = RecordIncome(
        fund=row.fund,
        source=Source.OTHER,
        amount_minor=1,
        currency=row.currency,
        purse=purses[0][0],
        particulars=SOMETHING,
    )
    fixed = ("fund", "currency", "purse") if len(purses) == 1 else ("fund", "currency")
    form = ask.offer(sample, *fixed, choices={"purse": purses})
    if form is None:
        return None
    return plainly(ask, form.only("fund", "currency", "source", "amount_minor", "purse", "particulars", "public"))


def _interest(
    ask: Ask, row: FundRow, others: Sequence[OrganisationRow], staff: Sequence[tuple[bytes, str]]
) -> Form | None:
    """Of an organisation or of one of the staff: those of whom it can still be declared."""
    named: list[Choice] = []
    for each in others:
        no = ask.refusal(DeclareInterest(fund=row.fund, organisation=each.organisation))
        if no is None:
            named.append((each.organisation, each.code))
        elif no.code not in SAID_ALREADY:  # it is not for this reader, whomever they name
            return None
    if not named:
        return None
    known = {each.account for each in ask.rows(fund_views.managers_of, fund=row.fund, limit=PEOPLE_MAX)}
    people = _people(ask, [each for each in staff if each[0] not in known])
    form = ask.form(DeclareInterest, {"organisation": named, "account": people}, fund=row.fund)
    form = form.only("fund", "organisation", "account").ordered("fund", "organisation", "account")
    person = ask.tongue.text("transfers.person")
    return replace(form, controls=tuple(replace(c, label=person) if c.name == "account" else c for c in form.controls))


def _organisations(ask: Ask) -> list[OrganisationRow]:
    status = OrganisationStatus.ACTIVE
    return ask.rows(identity_views.organisations_by_status, status=status, limit=ORGANISATIONS_MAX)


def _people(ask: Ask, people: Sequence[tuple[bytes, str]]) -> list[Choice]:
    """Colleagues by what they are and the letters of their account, as on every other page."""
    words = ask.tongue
    return [
        (account, words.text("transfers.colleague", roles=_said(ask, roles), who=ask.name(account)))
        for account, roles in people
    ]


def _said(ask: Ask, roles: str) -> str:
    return ask.tongue.text("list.between").join(ask.tongue.value("identity", role) for role in roles.split(","))

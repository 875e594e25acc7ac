"""Pages about what organisations decide together: admission, removal, releases; and accounts that get a new key.

What may be done is tried on the rules, and only what they would accept is offered. Everybody sees how the votes stand.
"""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.council import views
from linlian.community.council.rules import (
    ProposalStatus,
    ProposeAdmission,
    ProposeRemoval,
    Vote,
)
from linlian.community.council.rules_recovery import ApproveRecovery, OpenRecovery, VetoRecovery
from linlian.community.council.views import ProposalRow, RecoveryRow, VoteRow
from linlian.community.identity.pages import organisation_choices, organisation_codes
from linlian.kernel.codec import Id
from linlian.readmodel.audience import Reader
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import ANY, Page, Pages, Place

pages = Pages("council")
SUITES = ("ed25519", "p256")
AWAY_BLOCKS = 3
"""Whoever has signed none of so many blocks of the engine is away."""


@dataclass(frozen=True)
class Decision:
    """A proposal with the vote of each organisation; `code` is of the organisation that it is about."""

    row: ProposalRow
    code: str
    votes: list[VoteRow]
    for_it: Form | None
    against: Form | None


@dataclass(frozen=True)
class DecisionsPage(Page):
    """What is to be decided, how the votes stand, and what was decided before."""

    open: list[Decision]
    closed: list[ProposalRow]
    next: str
    codes: dict[bytes, str]
    active: int
    admit: Form | None
    remove: Form | None


@dataclass(frozen=True)
class Keeper:
    """An organisation's node: its share of the votes in percent, and whether it takes part, if that is known."""

    code: str
    key: bytes
    power: int
    share: int
    since: int
    here: bool | None


@dataclass(frozen=True)
class KeeperFault:
    """What a node is proved to have done, at which time; `code` is "" if it has left since."""

    code: str
    key: bytes
    kind: str
    time: int


@dataclass(frozen=True)
class KeepersPage(Page):
    """Who keeps the ledger. `operator` is the key of whoever keeps it alone; else there are keepers, `enough` says
    whether those here can decide, and `faults` are what some are proved to have done, with their organisation's code.
    """

    keepers: list[Keeper]
    enough: bool
    engine_height: int
    faults: list[KeeperFault]
    operator: bytes
    state_root: bytes


@dataclass(frozen=True)
class RecoveriesPage(Page):
    """Accounts that are to get a new key; `start` is for desks."""

    rows: list[RecoveryRow]
    next: str
    start: Form | None


@dataclass(frozen=True)
class RecoveryPage(Page):
    """One recovery: how far it is, until when it can be stopped, and by the reader now."""

    row: RecoveryRow
    approve: Form | None
    veto: Form | None


@pages.page("/decisions")
def decisions(ask: Ask) -> DecisionsPage:
    codes, active = organisation_codes(ask), organisation_choices(ask)
    waiting = ask.rows(views.proposals_by_status, status=ProposalStatus.OPEN, limit=50)
    found = ask.page(views.proposals_by_status, ask.after, closed=True, limit=50)
    admit = remove = None
    if "officer" in ask.reader.roles:
        admit = ask.form(ProposeAdmission).only("kind", "code", "name")
        remove = ask.form(ProposeRemoval, {"organisation": active})
    return DecisionsPage(
        [_decision(ask, row, codes) for row in waiting],
        found.rows,
        found.next,
        codes,
        len(active),
        admit,
        remove,
        live=(ANY,),
    )


@pages.page("/keepers")
def keepers(ask: Ask) -> KeepersPage:
    """Everybody may know who could stop or falsify the ledger, and that nobody can alone."""
    rows = {row.validator_key: row for row in ask.rows(views.validators_in_force, limit=100)}
    codes = organisation_codes(ask)
    standing, total = ask.house.standing(), sum(row.power for row in rows.values())
    found = []
    for key, row in rows.items():
        here = None
        if standing and standing.signed_at:
            here = standing.signed_at.get(key, 0) >= standing.engine_height - AWAY_BLOCKS
        share = round(100 * row.power / total)
        found.append(Keeper(codes.get(row.organisation, ""), key, row.power, share, row.since, here))
    present = sum(keeper.power for keeper in found if keeper.here is not False)
    faults = [
        KeeperFault(codes.get(rows[key].organisation, "") if key in rows else "", key, fault.kind, fault.time)
        for fault in (standing.faults if standing else ())
        for key in (fault.validator,)
    ]
    enough, engine_height = present * 3 > total * 2, standing.engine_height if standing else 0
    return KeepersPage(found, enough, engine_height, faults, ask.operator_key, ask.head.state_root, live=(ANY,))


@pages.page("/recoveries")
def recoveries(ask: Ask) -> RecoveriesPage:
    found = ask.page(views.recoveries_by_state, ask.after, limit=50)
    start = None
    if not ask.reader.roles.isdisjoint({"officer", "clerk", "desk"}):
        suites = [(suite, ask.tongue.text(f"council.suite.{suite}")) for suite in SUITES]
        start = ask.form(OpenRecovery, {"suite": suites}).only("account", "suite", "public_key", "evidence")
    return RecoveriesPage(found.rows, found.next, start, live=(ANY,))


@pages.page("/recoveries/{account}")
def recovery(ask: Ask, account: Id) -> RecoveryPage:
    """For the account itself too: any of its keys stops what somebody else began."""
    if not ask.reader.account:
        raise WebError("web.sign_in")
    row = ask.one(views.recovery_of, account=account)
    approval = ApproveRecovery(account=account, key=row.key)
    approve = ask.form(ApproveRecovery, account=account, key=row.key) if ask.may(approval) else None
    veto = ask.form(VetoRecovery, account=account) if ask.may(VetoRecovery(account=account)) else None
    return RecoveryPage(row, approve, veto, live=(account,))


def _decision(ask: Ask, row: ProposalRow, codes: dict[bytes, str]) -> Decision:
    votes = ask.rows(views.votes_on, proposal=row.proposal, limit=100)
    return Decision(row, codes.get(row.organisation, ""), votes, _vote(ask, row, True), _vote(ask, row, False))


def _vote(ask: Ask, row: ProposalRow, in_favour: bool) -> Form | None:
    if not ask.may(Vote(proposal=row.proposal, in_favour=in_favour)):
        return None
    return ask.form(Vote, proposal=row.proposal, in_favour=in_favour)


def _office(reader: Reader) -> bool:
    return not reader.roles.isdisjoint({"officer", "clerk", "desk"})


pages.way("/decisions", "decisions", Place.RAIL, lambda reader: "officer" in reader.roles, rank=71)
pages.way("/keepers", "keepers", Place.RAIL, _office, rank=73)
pages.way("/recoveries", "recoveries", Place.RAIL, _office, rank=72)

"""Cards and licences: whose they are, when they count, and that one that has run out does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.community.council.rules import ProposeRemoval, Vote, VoteCast
from linlian.community.identity.rules_accounts import CloseAccount, SuspendAccount, SuspensionReason
from linlian.community.identity.tests.village import DAY_MS, Village, content, organisation_id
from linlian.community.staff import (
    LicenceKind,
    Trade,
    card,
    has_licence,
    licence,
    organisation_has_licence,
    trades_of,
)
from linlian.community.staff.rules import WithdrawCard
from linlian.community.staff.rules_licences import (
    LICENCE_MS_MAX,
    OF_ORGANISATIONS,
    WARNING_MS,
    LicenceRanOut,
    LicenceRunningOut,
    RecordLicence,
    RevocationReason,
    RevokeLicence,
)
from linlian.community.staff.tests.office import found_office, issue, record, renew
from linlian.kernel.contract import Command, replace

LOW, LIFT, FIRM = LicenceKind.ELECTRICIAN_LOW_VOLTAGE, LicenceKind.LIFT_REPAIR, LicenceKind.LIFT_FIRM


@pytest.fixture
def village() -> Village:
    return found_office()


def has(village: Village, who: str, kind: LicenceKind, time: int | None = None) -> bool:
    at = village.town.time if time is None else time
    return has_licence(village.town.state, village.id(who), kind, at)


def revoke(village: Village, kind: LicenceKind, who: str | None, organisation: str = "harmony") -> RevokeLicence:
    return RevokeLicence(
        organisation=organisation_id(organisation),
        account=None if who is None else village.id(who),
        kind=kind,
        reason=RevocationReason.NOT_GENUINE,
    )


def test_a_card_says_for_whom_and_what_somebody_comes(village: Village) -> None:
    found = card(village.town.state, village.id("repairer"))
    assert found is not None
    assert (found.organisation, found.name) == (organisation_id("harmony"), content("repairer").commitment)
    assert trades_of(village.town.state, village.id("repairer")) == (Trade.PLUMBING, Trade.ELECTRICITY)
    assert trades_of(village.town.state, village.id("second")) == ()


@pytest.mark.parametrize("how", ["withdrawn", "suspended", "leaves", "employer removed"])
def test_a_card_counts_no_more_when(village: Village, how: str) -> None:
    village.do("rise", record(village, LIFT, "fitter"))
    assert has(village, "fitter", LIFT)
    if how == "withdrawn":
        village.do("rise", WithdrawCard(account=village.id("fitter")))
    elif how == "suspended":
        village.do("rise", SuspendAccount(account=village.id("fitter"), reason=SuspensionReason.INVESTIGATION))
    elif how == "leaves":
        village.do("rise", CloseAccount(account=village.id("fitter")))
    else:
        proposal = village.do("street", ProposeRemoval(organisation=organisation_id("rise"))).the(VoteCast).proposal
        village.do("harmony", Vote(proposal=proposal, in_favour=True))
    assert card(village.town.state, village.id("fitter")) is None
    assert not has(village, "fitter", LIFT)
    assert [e for e in village.town.advance(days=400) if isinstance(e, LicenceRunningOut | LicenceRanOut)] == []


def test_a_licence_counts_from_its_first_millisecond_to_before_its_last(village: Village) -> None:
    village.do("clerk", record(village, LOW, "repairer", days=100, since=10))
    row = licence(village.town.state, village.id("repairer"), LOW)
    assert row is not None
    times = (row.starts - 1, row.starts, row.until - 1, row.until)
    assert [has(village, "repairer", LOW, time) for time in times] == [False, True, True, False]
    assert not has(village, "repairer", LIFT, row.starts), "another kind"
    assert not has(village, "second", LOW, row.starts), "another person"


def test_an_organisation_holds_licences_of_its_own(village: Village) -> None:
    village.do("rise", record(village, FIRM, None, days=100))
    town, rise = village.town, organisation_id("rise")
    assert organisation_has_licence(town.state, rise, FIRM, town.time)
    assert not organisation_has_licence(town.state, organisation_id("harmony"), FIRM, town.time)
    assert not organisation_has_licence(town.state, rise, FIRM, town.time + 101 * DAY_MS)
    village.do("inspector", revoke(village, FIRM, None, "rise"))
    assert not organisation_has_licence(town.state, rise, FIRM, town.time)


@pytest.mark.parametrize("days", [100, 30, 29, 1])
def test_it_is_warned_of_thirty_days_before_and_said_to_have_run_out(village: Village, days: int) -> None:
    village.do("clerk", record(village, LOW, "repairer", days=days))
    row = licence(village.town.state, village.id("repairer"), LOW)
    assert row is not None
    who: dict[str, Any] = {"organisation": organisation_id("harmony"), "account": village.id("repairer"), "kind": LOW}
    wait_ms = row.until - WARNING_MS - village.town.time
    if wait_ms > 0:
        assert village.town.advance(ms=wait_ms - 1) == []
    assert village.town.advance(ms=int(wait_ms > 0)) == [LicenceRunningOut(until=row.until, **who)]
    assert village.town.advance(ms=row.until - 1 - village.town.time) == []
    assert has(village, "repairer", LOW)
    assert village.town.advance(ms=1) == [LicenceRanOut(**who)]
    assert not has(village, "repairer", LOW)


def test_a_renewal_leaves_no_gap_and_moves_the_warning(village: Village) -> None:
    village.do("clerk", record(village, LOW, "repairer", days=40))
    before = licence(village.town.state, village.id("repairer"), LOW)
    assert before is not None
    village.do("clerk", renew(village, LOW, "repairer", before.until + 365 * DAY_MS))
    assert village.town.advance(days=300) == []
    assert has(village, "repairer", LOW)
    assert has(village, "repairer", LOW, before.until), "no gap"
    assert has(village, "repairer", LOW, before.starts), "of the past it is still right"
    (event,) = village.town.advance(days=100)
    assert isinstance(event, LicenceRunningOut)


@pytest.mark.parametrize("who", ["clerk", "harmony", "street", "inspector"])
def test_who_may_revoke(village: Village, who: str) -> None:
    village.do("clerk", record(village, LOW, "repairer"))
    at = village.town.time
    village.do(who, revoke(village, LOW, "repairer"))
    assert not has(village, "repairer", LOW)
    assert has(village, "repairer", LOW, at), "what was done under it stays done under it"
    assert village.town.advance(days=400) == [], "nothing more is said of it"
    village.do("clerk", record(village, LOW, "repairer"))
    assert has(village, "repairer", LOW)
    village.town.check_invariants()


Make = Callable[[Village], Command]


@dataclass(frozen=True)
class No:
    """A command that is refused, and with what; `after` happened before."""

    who: str
    make: Make
    code: str
    after: tuple[tuple[str, Make], ...] = ()


def over(village: Village) -> Command:
    return record(village, LOW, "repairer", days=0)


RECORDED: tuple[tuple[str, Make], ...] = (("clerk", lambda v: record(v, LOW, "repairer")),)
REFUSED: dict[str, No] = {
    "a card by a dispatcher": No("dispatcher", lambda v: issue(v, "second", Trade.LOCKS), "identity.role_missing"),
    "a card for another's": No("clerk", lambda v: issue(v, "fitter", Trade.LIFTS), "staff.not_your_member"),
    "a card for a resident": No("clerk", lambda v: issue(v, "anna", Trade.LIFTS), "staff.not_your_member"),
    "a card for a pump": No("clerk", lambda v: issue(v, "pump", Trade.LIFTS), "staff.not_a_person"),
    "a card for nothing": No("clerk", lambda v: issue(v, "second"), "staff.no_trade"),
    "a trade twice": No("clerk", lambda v: issue(v, "second", Trade.GAS, Trade.GAS), "staff.trade_twice"),
    "withdrawing none": No("clerk", lambda v: WithdrawCard(account=v.id("second")), "staff.no_card"),
    "withdrawing another's": No("rise", lambda v: WithdrawCard(account=v.id("repairer")), "staff.no_card"),
    "by its own holder": No("repairer", lambda v: record(v, LOW, "repairer"), "identity.role_missing"),
    "without a card": No("clerk", lambda v: record(v, LOW, "second"), "staff.no_card"),
    "of another's": No("rise", lambda v: record(v, LOW, "repairer"), "staff.no_card"),
    "of a firm for a person": No("clerk", lambda v: record(v, FIRM, "repairer"), "staff.wrong_holder"),
    "of a person for a firm": No("clerk", lambda v: record(v, LOW, None), "staff.wrong_holder"),
    "that has run out": No("clerk", over, "staff.licence_has_run_out"),
    "that ends before it begins": No(
        "clerk", lambda v: record(v, LOW, "repairer", days=5, since=6), "staff.licence_ends_before_it_begins"
    ),
    "for ever": No(
        "clerk",
        lambda v: replace(record(v, LOW, "repairer"), until=v.town.time + LICENCE_MS_MAX + 2),
        "staff.licence_too_long",
    ),
    "by nobody": No("clerk", lambda v: replace(record(v, LOW, "repairer"), body=""), "staff.no_issuing_body"),
    "a second one": No("clerk", lambda v: record(v, LOW, "repairer"), "staff.licence_recorded", RECORDED),
    "renewing none": No("clerk", lambda v: renew(v, LOW, "repairer", v.town.time + DAY_MS), "staff.nothing_to_renew"),
    "renewing for less": No(
        "clerk", lambda v: renew(v, LOW, "repairer", v.town.time + DAY_MS), "staff.renewed_for_no_longer", RECORDED
    ),
    "renewing for ever": No(
        "clerk",
        lambda v: renew(v, LOW, "repairer", v.town.time + LICENCE_MS_MAX + 2),
        "staff.licence_too_long",
        RECORDED,
    ),
    "renewing what was revoked": No(
        "clerk",
        lambda v: renew(v, LOW, "repairer", v.town.time + 500 * DAY_MS),
        "staff.nothing_to_renew",
        (*RECORDED, ("street", lambda v: revoke(v, LOW, "repairer"))),
    ),
    "revoking none": No("clerk", lambda v: revoke(v, LOW, "repairer"), "staff.no_licence"),
    "revoking by another firm": No(
        "rise", lambda v: revoke(v, LOW, "repairer"), "identity.wrong_kind_of_organisation", RECORDED
    ),
    "revoking by the dispatcher": No(
        "dispatcher", lambda v: revoke(v, LOW, "repairer"), "identity.role_missing", RECORDED
    ),
    "revoking under another name": No(
        "street", lambda v: revoke(v, LOW, "repairer", "rise"), "staff.no_licence", RECORDED
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(village: Village, case: str) -> None:
    no = REFUSED[case]
    for who, make in no.after:
        village.do(who, make(village))
    assert village.refusal(no.who, no.make(village)) == no.code
    village.town.check_invariants()


def test_a_licence_that_ran_out_is_recorded_anew_and_not_renewed(village: Village) -> None:
    village.do("clerk", record(village, LOW, "repairer", days=3))
    village.town.advance(days=4)
    later = village.town.time + 500 * DAY_MS
    assert village.refusal("clerk", renew(village, LOW, "repairer", later)) == "staff.nothing_to_renew"
    village.do("clerk", record(village, LOW, "repairer"))


@pytest.mark.parametrize("kind", LicenceKind)
def test_each_kind_is_a_persons_or_an_organisations(village: Village, kind: LicenceKind) -> None:
    who, wrong = (None, "repairer") if kind in OF_ORGANISATIONS else ("repairer", None)
    village.do("clerk", record(village, kind, who))
    assert village.refusal("clerk", record(village, kind, wrong)) == "staff.wrong_holder"


ACTS = st.lists(st.tuples(st.sampled_from(["record", "renew", "revoke", "wait"]), st.integers(-20, 90)), max_size=12)


@settings(max_examples=30, deadline=None)
@given(ACTS)
def test_whatever_is_tried_a_licence_counts_exactly_while_it_was_given(acts: list[tuple[str, int]]) -> None:
    """Held against days counted by hand: recorded and renewed up to a day, cut short by a revocation."""
    village = found_office()
    given_until = 0
    for what, days in acts:
        now = village.town.time
        if what == "wait":
            village.town.advance(days=max(days, 0))
        elif what == "record" and given_until <= now and days > 0:
            made: RecordLicence = record(village, LOW, "repairer", days=days)
            village.do("clerk", made)
            given_until = made.until
        elif what == "renew" and now < given_until < given_until + days * DAY_MS:
            given_until += days * DAY_MS
            village.do("clerk", renew(village, LOW, "repairer", given_until))
        elif what == "revoke" and given_until > now + 1:
            village.do("inspector", revoke(village, LOW, "repairer"))
            given_until = 0
        now = village.town.time
        assert has(village, "repairer", LOW) == (now < given_until)
        village.town.check_invariants()

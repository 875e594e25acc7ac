"""The rows of staff are its state, and its queries are what the rules would answer."""

from __future__ import annotations

from typing import Any, NamedTuple

from linlian.community.identity.rules_accounts import CloseAccount
from linlian.community.identity.tests.village import DAY_MS, Village, content, organisation_id
from linlian.community.identity.views import views as identity_views
from linlian.community.staff import LicenceKind, Trade, attends, card, on_duty
from linlian.community.staff import views as ask
from linlian.community.staff.rules import WithdrawCard, cards
from linlian.community.staff.rules_duty import BeginDuty, EndDuty, ShiftState, duties, shifts
from linlian.community.staff.rules_licences import RevocationReason, RevokeLicence, licences
from linlian.community.staff.rules_rosters import rostered
from linlian.community.staff.rules_teams import ChangeTeam, DissolveTeam, teams
from linlian.community.staff.tests.office import found_office, issue, record, renew, shift_of, team_of
from linlian.community.staff.views import LicenceState
from linlian.kernel.contract import compose
from linlian.testing.rows import reading, table_rows

LOW, LIFT, FIRM = LicenceKind.ELECTRICIAN_LOW_VOLTAGE, LicenceKind.LIFT_REPAIR, LicenceKind.LIFT_FIRM


class Account(NamedTuple):
    account: bytes


def check_rows(village: Village) -> None:
    """Row by row, the read model against the state."""
    town = village.town
    with reading(town.blocks, identity_views, ask.views) as db:
        found: dict[Any, Any] = {row.account: row for row in table_rows(db, ask.cards)}
        kept: dict[bytes, Any] = dict(town.rows(cards))
        assert {key: (row.organisation, row.name, row.photo) for key, row in found.items()} == {
            key: (row.organisation, row.name, row.photo) for key, row in kept.items()
        }
        for row in table_rows(db, ask.licences):
            licence = town.get(licences, compose(row.account or row.organisation, row.kind))
            assert licence is not None
            assert (row.starts, row.until, row.number) == (licence.starts, licence.until, licence.number)
            assert (row.state == LicenceState.REVOKED) == (licence.revoked_at > 0)
        assert len(table_rows(db, ask.licences)) == len(dict(town.rows(licences)))
        members = {key: {*row.members} for key, row in town.rows(teams)}
        shown: dict[bytes, set[bytes]] = {key: set() for key in members}
        for member in table_rows(db, ask.members):
            shown[member.team].add(member.account)
        assert shown == members
        assert {compose(row.team, row.account) for row in table_rows(db, ask.rostered)} == {*dict(town.rows(rostered))}
        there = f"SELECT a.account FROM identity_account AS a WHERE {ask.attends('a.account')} ORDER BY a.account"
        seen = [row.account for row in db.all(Account, there)]
        assert seen == sorted(p.account for p in village.people.values() if attends(town.state, p.account, town.time))
        known = {row.shift: row for row in table_rows(db, ask.shifts)}
        kept = dict(town.rows(shifts))
        assert known.keys() == kept.keys()
        for key, shift in kept.items():
            row = known[key]
            assert (row.account, row.starts, row.until, row.state) == (
                *(shift.account, shift.starts, shift.until),
                shift.state,
            )
        for account, duty in town.rows(duties):
            row = known[duty.shift]
            assert (row.account, row.begun_at, row.ended_at) == (account, duty.since, duty.ended_at)
            assert on_duty(town.state, account, town.time) == any(
                there.account == account for there in ask.on_duty(db, now=town.time)
            )


def test_cards_are_shown_while_their_holders_work_there() -> None:
    village = found_office()
    village.do("clerk", issue(village, "second", Trade.LOCKS))
    village.do("clerk", issue(village, "repairer", Trade.PLUMBING))
    village.do("clerk", issue(village, "dispatcher", Trade.CLEANING))
    village.do("clerk", WithdrawCard(account=village.id("dispatcher")))
    harmony = organisation_id("harmony")
    check_rows(village)
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert {row.account for row in ask.cards_of(db, harmony)} == {village.id("repairer"), village.id("second")}
        assert [row.account for row in ask.cards_of(db, harmony, trade=Trade.LOCKS)] == [village.id("second")]
        assert ask.cards_of(db, harmony, trade=Trade.ELECTRICITY) == [], "the card that was replaced"
    village.do("harmony", CloseAccount(account=village.id("second")))
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert [row.account for row in ask.cards_of(db, harmony)] == [village.id("repairer")]
        for name in ("repairer", "second", "dispatcher"):
            assert (ask.card(db, village.id(name)) is None) == (card(village.town.state, village.id(name)) is None)


def test_licences_running_out_are_on_top_by_their_end() -> None:
    village = found_office()
    village.do("clerk", record(village, LOW, "repairer", days=20))
    village.do("rise", record(village, LIFT, "fitter", days=25))
    village.do("rise", record(village, FIRM, None, days=400))
    village.do("clerk", record(village, LicenceKind.WELDING, "repairer", days=28))
    village.do("clerk", record(village, LicenceKind.LOCKSMITH, "repairer", days=2))
    gone = RevokeLicence(
        organisation=organisation_id("harmony"),
        account=village.id("repairer"),
        kind=LicenceKind.WELDING,
        reason=RevocationReason.WITHDRAWN,
    )
    village.do("inspector", gone)
    village.town.advance(days=3)
    check_rows(village)
    now = village.town.time
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert [row.kind for row in ask.licences_running_out(db)] == [LOW, LIFT]
        assert [row.kind for row in ask.licences_running_out(db, kind=LIFT)] == [LIFT]
        assert [row.kind for row in ask.licences_running_out(db, before=now + 500 * DAY_MS)] == [LOW, LIFT, FIRM]
        of_harmony = ask.licences_of(db, organisation_id("harmony"))
        assert {row.kind: row.state for row in of_harmony} == {
            LOW: "running_out",
            LicenceKind.WELDING: "revoked",
            LicenceKind.LOCKSMITH: "run_out",
        }
        assert [row.account for row in ask.licences_of(db, organisation_id("rise"))] == [b"", village.id("fitter")]
    village.do("rise", renew(village, LIFT, "fitter", now + 700 * DAY_MS))
    village.do("harmony", CloseAccount(account=village.id("repairer")))
    check_rows(village)
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert ask.licences_running_out(db) == [], "one renewed, one of somebody who left"
        (row,) = ask.licences_of(db, organisation_id("rise"), account=village.id("fitter"))
        assert (row.state, row.number) == ("valid", content("renewed").commitment)


def test_who_is_on_duty_and_in_which_team() -> None:
    village = found_office()
    day = team_of(village, "repairer", "second")
    lifts = team_of(village, "fitter", by="rise")
    first, second = (shift_of(village, day, name, begins_in=0) for name in ("repairer", "second"))
    missed = shift_of(village, day, "second", begins_in=1, hours=2)
    for name, shift in (("repairer", first), ("second", second)):
        village.do(name, BeginDuty(shift=shift))
    village.do("second", EndDuty())
    check_rows(village)
    with reading(village.town.blocks, identity_views, ask.views) as db:
        for there in (
            *(ask.on_duty(db), ask.on_duty(db, organisation=organisation_id("harmony"))),
            ask.on_duty(db, team=day),
        ):
            assert [row.account for row in there] == [village.id("repairer")]
        assert ask.on_duty(db, team=lifts) == ask.on_duty(db, organisation=organisation_id("rise")) == []
        assert [row.code for row in ask.teams_of(db, organisation_id("harmony"))] == ["day-team"]
    village.town.advance(hours=10)
    check_rows(village)
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert ask.on_duty(db) == []
        states = {row.shift: (row.state, row.forced) for row in ask.shifts_of_team(db, day)}
        assert states == {first: ("ended", True), second: ("ended", False), missed: ("missed", False)}
        assert [row.shift for row in ask.shifts_of(db, village.id("repairer"))] == [first]
        assert [row.shift for row in ask.shifts_of(db, village.id("second"), state=ShiftState.MISSED)] == [missed]
    places = (bytes(15) + b"1", bytes(15) + b"2")
    village.do("clerk", ChangeTeam(team=day, members=(village.id("second"),), places=places))
    village.do("rise", DissolveTeam(team=lifts))
    check_rows(village)
    with reading(village.town.blocks, identity_views, ask.views) as db:
        assert [row.place for row in ask.covered_by(db, day)] == [*places]
        assert [row.account for row in ask.members_of(db, day)] == [village.id("second")]
        assert ask.teams_of(db, organisation_id("rise")) == []

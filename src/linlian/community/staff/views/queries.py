"""What may be asked about staff."""

from __future__ import annotations

from linlian.community.staff import audience
from linlian.community.staff.rules import Trade
from linlian.community.staff.rules_duty import ShiftState
from linlian.community.staff.rules_licences import LicenceKind
from linlian.community.staff.views.rows import (
    CardRow,
    LicenceRow,
    LicenceState,
    ShiftRow,
    ShownLicenceRow,
    TeamMemberRow,
    TeamPlaceRow,
    TeamRow,
    views,
)
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Id, Limit, Millis, Reads, where


def attends(account: str) -> str:
    """SQL, as in the rules: whether whoever a column names works here, and is on duty if they keep shifts."""
    return f"""EXISTS (
        SELECT 1 FROM identity_account AS att
        JOIN identity_organisation AS emp ON emp.organisation = att.organisation AND emp.status = 'active'
        WHERE att.account = {account} AND att.status = 'active'
          AND (NOT EXISTS (SELECT 1 FROM staff_rostered AS ros WHERE ros.account = att.account)
               OR EXISTS (SELECT 1 FROM staff_shift AS dut
                          WHERE dut.account = att.account AND dut.state = 'on_duty')))"""


SHOWN = """
    staff_card AS c
    JOIN identity_account AS a ON a.account = c.account AND a.status = 'active'
    JOIN identity_organisation AS o ON o.organisation = c.organisation AND o.status = 'active'"""
"""The cards that may be shown, as in the rules."""


@views.query(seen_by=audience.ORGANISATION)
def cards_of(db: Reads, organisation: Id, trade: Trade | None = None, limit: Limit = 100) -> list[CardRow]:
    """The cards of those who work for an organisation, for all trades or one."""
    of_trade = "" if trade is None else "JOIN staff_trade AS t ON t.account = c.account AND t.trade = :trade"
    sql = f"""
        SELECT c.* FROM {SHOWN} {of_trade}
        WHERE c.organisation = :organisation ORDER BY c.since, c.account LIMIT :limit"""
    return db.all(CardRow, sql, organisation=organisation, trade=trade, limit=limit)


@views.query(seen_by=audience.SHOWN)
def card(db: Reads, account: Id) -> CardRow | None:
    """The card that somebody may show."""
    return db.one(CardRow, f"SELECT c.* FROM {SHOWN} WHERE c.account = :account", account=account)


@views.query(seen_by=audience.SHOWN)
def licences_shown(db: Reads, account: Id, limit: Limit = 100) -> list[ShownLicenceRow]:
    """What the holder of a card can show besides: their own licences, then those of their employer."""
    sql = f"""
        SELECT * FROM (
            SELECT l.account, l.kind, l.state, l.body, l.starts, l.until FROM {SHOWN}
            JOIN staff_licence AS l ON l.organisation = c.organisation AND l.account IN (c.account, :firm)
            WHERE c.account = :account) AS held
        ORDER BY account DESC, kind DESC LIMIT :limit"""
    return db.all(ShownLicenceRow, sql, account=account, firm=b"", limit=limit)


@views.query(seen_by=audience.ORGANISATION)
def licences_of(
    db: Reads, organisation: Id, account: Id | None = None, state: LicenceState | None = None, limit: Limit = 100
) -> list[LicenceRow]:
    """The licences of an organisation and its people, or of one of these; those of the organisation come first."""
    matching = where(organisation=organisation, account=account, state=state)
    sql = f"SELECT * FROM staff_licence{matching} ORDER BY account, kind LIMIT :limit"
    return db.all(LicenceRow, sql, organisation=organisation, account=account, state=state, limit=limit)


@views.query(seen_by=audience.LISTS)
def licences_running_out(
    db: Reads, before: Millis = 0, kind: LicenceKind | None = None, now: Millis = 0, limit: Limit = 100
) -> list[LicenceRow]:
    """Licences that end before a time (0: those that were warned of), the one that ends first on top."""
    until = "until <= :before" if before else "state = 'running_out'"
    gone = "SELECT 1 FROM identity_account AS a WHERE a.account = l.account AND a.status = 'closed'"
    still = (f"NOT EXISTS ({gone})", "state IN ('valid', 'running_out')", "until > :now")
    matching = where(until, *still, kind=kind)
    sql = f"SELECT l.* FROM staff_licence AS l{matching} ORDER BY until, organisation, account, kind LIMIT :limit"
    return db.all(LicenceRow, sql, before=before or None, kind=kind, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.ORGANISATION)
def teams_of(db: Reads, organisation: Id, limit: Limit = 100) -> list[TeamRow]:
    """The teams of an organisation."""
    sql = """
        SELECT * FROM staff_team WHERE organisation = :organisation AND NOT dissolved
        ORDER BY code, team LIMIT :limit"""
    return db.all(TeamRow, sql, organisation=organisation, limit=limit)


@views.query(seen_by=audience.TEAM)
def members_of(db: Reads, team: Id, limit: Limit = 100) -> list[TeamMemberRow]:
    """Who is in a team, of those who work for its organisation now."""
    sql = """
        SELECT m.* FROM staff_member AS m JOIN identity_account AS a ON a.account = m.account
        WHERE m.team = :team AND a.status = 'active' ORDER BY m.account LIMIT :limit"""
    return db.all(TeamMemberRow, sql, team=team, limit=limit)


@views.query(seen_by=audience.TEAM)
def covered_by(db: Reads, team: Id, limit: Limit = 100) -> list[TeamPlaceRow]:
    """The places that a team covers; none are all."""
    sql = "SELECT * FROM staff_covered WHERE team = :team ORDER BY place LIMIT :limit"
    return db.all(TeamPlaceRow, sql, team=team, limit=limit)


@views.query(seen_by=audience.DUTY)
def on_duty(
    db: Reads, organisation: Id | None = None, team: Id | None = None, now: Millis = 0, limit: Limit = 100
) -> list[ShiftRow]:
    """Who is on duty, for an organisation, for a team, or at all; the one who leaves first on top."""
    matching = where("s.state = 'on_duty'", "s.until > :now", "a.status = 'active'", "o.status = 'active'")
    if organisation is not None:
        matching += " AND t.organisation = :organisation"
    if team is not None:
        matching += " AND s.team = :team"
    sql = f"""
        SELECT s.* FROM staff_shift AS s
        JOIN staff_team AS t ON t.team = s.team
        JOIN identity_account AS a ON a.account = s.account
        JOIN identity_organisation AS o ON o.organisation = t.organisation{matching}
        ORDER BY s.until, s.shift LIMIT :limit"""
    return db.all(ShiftRow, sql, organisation=organisation, team=team, now=time_of(db, now), limit=limit)


@views.query(seen_by=audience.ACCOUNT)
def shifts_of(
    db: Reads, account: Id, state: ShiftState | None = None, since: Millis = 0, limit: Limit = 100
) -> list[ShiftRow]:
    """The shifts of somebody that end after a time, in their order."""
    matching = where("until > :since", account=account, state=state)
    sql = f"SELECT * FROM staff_shift{matching} ORDER BY starts, shift LIMIT :limit"
    return db.all(ShiftRow, sql, account=account, state=state, since=since, limit=limit)


@views.query(seen_by=audience.TEAM)
def shifts_of_team(
    db: Reads, team: Id, state: ShiftState | None = None, since: Millis = 0, limit: Limit = 100
) -> list[ShiftRow]:
    """The shifts of a team that end after a time, in their order."""
    matching = where("until > :since", team=team, state=state)
    sql = f"SELECT * FROM staff_shift{matching} ORDER BY starts, shift LIMIT :limit"
    return db.all(ShiftRow, sql, team=team, state=state, since=since, limit=limit)

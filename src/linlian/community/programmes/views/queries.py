"""What may be asked of them, and by whom."""

from __future__ import annotations

from linlian.community.programmes import audience
from linlian.community.programmes.views.rows import (
    FEW,
    CycleRow,
    EntitlementRow,
    ObjectionRow,
    PostedLine,
    ProgrammeRow,
    PublicCycle,
    RecipientRow,
    ReportRow,
    views,
)
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Id, Limit, Reads

PUBLIC = f"""number, cycle, programme, state, ceiling_minor, starts, until,
    CASE WHEN entitlements < {FEW} THEN 0 ELSE entitlements END AS entitlements,
    CASE WHEN entitlements < {FEW} THEN 0 ELSE entitled_minor END AS entitled_minor,
    entitlements < {FEW} AS few, drafted_at, approved_at, posted_until, notice, objections, reviewed_at"""


@views.query(seen_by=audience.PUBLISHED)
def programmes_of(db: Reads, fund: Id, limit: Limit = 100) -> list[ProgrammeRow]:
    """The programmes of a fund, the latest first."""
    sql = """
        SELECT * FROM programmes_programme WHERE fund = :fund
        ORDER BY drafted_at DESC, programme DESC LIMIT :limit"""
    return db.all(ProgrammeRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def programme(db: Reads, programme: Id) -> ProgrammeRow | None:
    """One programme."""
    sql = "SELECT * FROM programmes_programme WHERE programme = :programme"
    return db.one(ProgrammeRow, sql, programme=programme)


@views.query(seen_by=audience.PUBLISHED)
def published_cycles(db: Reads, programme: Id, limit: Limit = 100) -> list[PublicCycle]:
    """The rounds of a programme, the latest first; of few recipients neither number nor sum."""
    sql = f"SELECT {PUBLIC} FROM programmes_cycle WHERE programme = :programme ORDER BY number DESC, cycle LIMIT :limit"
    return db.all(PublicCycle, sql, programme=programme, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def published_cycle(db: Reads, cycle: Id) -> PublicCycle | None:
    """One round, of few recipients neither number nor sum."""
    return db.one(PublicCycle, f"SELECT {PUBLIC} FROM programmes_cycle WHERE cycle = :cycle", cycle=cycle)


@views.query(seen_by=audience.LISTS)
def cycle(db: Reads, cycle: Id) -> CycleRow | None:
    """One round with its list in numbers."""
    return db.one(CycleRow, "SELECT * FROM programmes_cycle WHERE cycle = :cycle", cycle=cycle)


@views.query(seen_by=audience.LISTS)
def list_of_cycle(db: Reads, cycle: Id, limit: Limit = 100) -> list[EntitlementRow]:
    """The list of a round, line by line."""
    sql = "SELECT * FROM programmes_entitlement WHERE cycle = :cycle ORDER BY number, entitlement LIMIT :limit"
    return db.all(EntitlementRow, sql, cycle=cycle, limit=limit)


@views.query(seen_by=audience.POSTED)
def posted_lines(db: Reads, cycle: Id, limit: Limit = 100) -> list[PostedLine]:
    """The lines of a list that hangs out, without whom they are for."""
    sql = """
        SELECT e.number, e.entitlement, e.form, e.amount_minor, e.state
        FROM programmes_entitlement AS e JOIN programmes_cycle AS c ON c.cycle = e.cycle
        WHERE e.cycle = :cycle AND c.state = 'posted' ORDER BY e.number, e.entitlement LIMIT :limit"""
    return db.all(PostedLine, sql, cycle=cycle, limit=limit)


@views.query(seen_by=audience.LISTS)
def objections_to(db: Reads, cycle: Id, limit: Limit = 100) -> list[ObjectionRow]:
    """Objections to a list and their answers, in order."""
    sql = "SELECT * FROM programmes_objection WHERE cycle = :cycle ORDER BY raised_at, objection LIMIT :limit"
    return db.all(ObjectionRow, sql, cycle=cycle, limit=limit)


@views.query(seen_by=audience.REGISTER)
def register(db: Reads, fund: Id, limit: Limit = 100) -> list[RecipientRow]:
    """Who may receive from a fund, the latest first."""
    sql = """
        SELECT * FROM programmes_recipient WHERE fund = :fund
        ORDER BY registered_at DESC, recipient DESC LIMIT :limit"""
    return db.all(RecipientRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.ONESELF)
def entitlements_of(db: Reads, account: Id, limit: Limit = 100) -> list[EntitlementRow]:
    """What somebody may receive, the latest first."""
    sql = """
        SELECT * FROM programmes_entitlement WHERE account = :account
        ORDER BY entered_at DESC, entitlement DESC LIMIT :limit"""
    return db.all(EntitlementRow, sql, account=account, limit=limit)


@views.query(seen_by=audience.HELPER)
def entitlements_for(db: Reads, delegate: Id, limit: Limit = 50) -> list[EntitlementRow]:
    """What those may receive who now let somebody confirm for them, the latest first."""
    sql = """
        SELECT e.* FROM delegations_delegation AS d JOIN programmes_entitlement AS e ON e.account = d.principal
        WHERE d.delegate = :delegate AND d.state = 'granted' AND d.starts <= :now AND d.until > :now
          AND ',' || d.scopes || ',' LIKE '%,confirm,%'
        ORDER BY e.entered_at DESC, e.entitlement DESC LIMIT :limit"""
    return db.all(EntitlementRow, sql, delegate=delegate, now=time_of(db, 0), limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def reports_on(db: Reads, programme: Id, limit: Limit = 100) -> list[ReportRow]:
    """Reports on a programme; number 0 is its full account."""
    sql = "SELECT * FROM programmes_report WHERE programme = :programme ORDER BY number LIMIT :limit"
    return db.all(ReportRow, sql, programme=programme, limit=limit)

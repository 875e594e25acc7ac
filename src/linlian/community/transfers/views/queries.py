"""What may be asked of them, and by whom."""

from __future__ import annotations

from linlian.community.funds.views import PublicGift, RefundRow
from linlian.community.programmes.views import FEW
from linlian.community.transfers import audience
from linlian.community.transfers.rules_table import PaymentState
from linlian.community.transfers.views.rows import (
    BasisRow,
    DayRow,
    FlowRow,
    HandRow,
    HopRow,
    LineRow,
    MoveRow,
    PaymentRow,
    PublicAward,
    SumRow,
    TotalRow,
    UnpaidLine,
    views,
)
from linlian.readmodel.view import Id, Limit, Reads, where

WAITS = "state IN ('sent', 'banked', 'silent')"
"""What was sent and nobody has confirmed."""


@views.query(seen_by=audience.CYCLE)
def payments_of_cycle(db: Reads, cycle: Id, state: PaymentState | None = None, limit: Limit = 100) -> list[PaymentRow]:
    """The payments of a round, in order."""
    matching = where(cycle=cycle, state=state)
    sql = f"SELECT * FROM transfers_payment{matching} ORDER BY entered_at, payment LIMIT :limit"
    return db.all(PaymentRow, sql, cycle=cycle, state=state, limit=limit)


@views.query(seen_by=audience.PROGRAMME)
def roll_of_programme(db: Reads, programme: Id, limit: Limit = 100) -> list[PaymentRow]:
    """Every payment that was ever entered for a programme, in order."""
    sql = "SELECT * FROM transfers_payment WHERE programme = :programme ORDER BY number, payment LIMIT :limit"
    return db.all(PaymentRow, sql, programme=programme, limit=limit)


@views.query(seen_by=audience.CYCLE)
def lines_to_pay(db: Reads, cycle: Id, limit: Limit = 40) -> list[UnpaidLine]:
    """The lines of a round that are due and for which no payment stands, in order."""
    sql = """
        SELECT number, entitlement, amount_minor FROM transfers_unpaid AS u
        WHERE cycle = :cycle AND payments = 0 AND EXISTS (
          SELECT 1 FROM programmes_entitlement AS e WHERE e.entitlement = u.entitlement AND e.state = 'entered')
        ORDER BY number, entitlement LIMIT :limit"""
    return db.all(UnpaidLine, sql, cycle=cycle, limit=limit)


@views.query(seen_by=audience.HOP)
def payments_to_pass_on(db: Reads, hop: Id, limit: Limit = 40) -> list[PaymentRow]:
    """The payments that whoever holds a hop's money may make from it, in order."""
    sql = """
        SELECT p.* FROM transfers_hop AS h JOIN transfers_payment AS p ON p.cycle = h.cycle
        WHERE h.hop = :hop AND p.state IN ('approved', 'failed', 'returned') AND p.amount_minor <= h.held_minor
        ORDER BY p.entered_at, p.payment LIMIT :limit"""
    return db.all(PaymentRow, sql, hop=hop, limit=limit)


@views.query(seen_by=audience.CYCLE)
def hops_of_cycle(db: Reads, cycle: Id, limit: Limit = 100) -> list[HopRow]:
    """The hops of a round, the latest first."""
    sql = "SELECT * FROM transfers_hop WHERE cycle = :cycle ORDER BY sent_at DESC, hop DESC LIMIT :limit"
    return db.all(HopRow, sql, cycle=cycle, limit=limit)


@views.query(seen_by=audience.PROGRAMME)
def hops_of_programme(db: Reads, programme: Id, limit: Limit = 100) -> list[HopRow]:
    """The hops of a programme, the latest first."""
    sql = "SELECT * FROM transfers_hop WHERE programme = :programme ORDER BY sent_at DESC, hop DESC LIMIT :limit"
    return db.all(HopRow, sql, programme=programme, limit=limit)


@views.query(seen_by=audience.HOP)
def hop(db: Reads, hop: Id) -> HopRow | None:
    """One hop."""
    return db.one(HopRow, "SELECT * FROM transfers_hop WHERE hop = :hop", hop=hop)


@views.query(seen_by=audience.HOP)
def hops_behind(db: Reads, hop: Id, limit: Limit = 100) -> list[HopRow]:
    """The hops that continue one, the latest first."""
    sql = "SELECT * FROM transfers_hop WHERE continues = :hop ORDER BY sent_at DESC, hop DESC LIMIT :limit"
    return db.all(HopRow, sql, hop=hop, limit=limit)


@views.query(seen_by=audience.ONESELF)
def hops_to(db: Reads, account: Id, waits: bool = False, limit: Limit = 100) -> list[HopRow]:
    """What was sent to somebody, the latest first; or what of it nobody has confirmed."""
    only = f" AND {WAITS}" if waits else ""
    sql = f"SELECT * FROM transfers_hop WHERE account = :account{only} ORDER BY sent_at DESC, hop DESC LIMIT :limit"
    return db.all(HopRow, sql, account=account, limit=limit)


@views.query(seen_by=audience.HOLDER)
def hops_through(db: Reads, receiver: Id, limit: Limit = 100) -> list[HopRow]:
    """What was sent to an organisation, the latest first."""
    sql = "SELECT * FROM transfers_hop WHERE receiver = :receiver ORDER BY sent_at DESC, hop DESC LIMIT :limit"
    return db.all(HopRow, sql, receiver=receiver, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def flows_of(db: Reads, programme: Id, limit: Limit = 200) -> list[FlowRow]:
    """Through whose hands the money of a programme goes."""
    sql = "SELECT * FROM transfers_flow WHERE programme = :programme ORDER BY sender, receiver LIMIT :limit"
    return db.all(FlowRow, sql, programme=programme, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def sum_of(db: Reads, programme: Id) -> SumRow | None:
    """Where the money of a programme is now."""
    return db.one(SumRow, "SELECT * FROM transfers_sum WHERE programme = :programme", programme=programme)


@views.query(seen_by=audience.PUBLISHED)
def sums_of_fund(db: Reads, fund: Id, limit: Limit = 200) -> list[SumRow]:
    """Where the money of a fund is now, programme by programme, the latest first."""
    sql = "SELECT * FROM transfers_sum WHERE fund = :fund ORDER BY drafted_at DESC, programme DESC LIMIT :limit"
    return db.all(SumRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def total_of(db: Reads, fund: Id) -> TotalRow | None:
    """Where the money of a fund is now, of all its programmes."""
    return db.one(TotalRow, "SELECT * FROM transfers_total WHERE fund = :fund", fund=fund)


@views.query(seen_by=audience.PUBLISHED)
def receipts_by_basis(db: Reads, programme: Id, limit: Limit = 20) -> list[BasisRow]:
    """On whose word the receipts of a programme stand."""
    sql = "SELECT * FROM transfers_basis WHERE programme = :programme ORDER BY basis LIMIT :limit"
    return db.all(BasisRow, sql, programme=programme, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def movements(db: Reads, fund: Id, limit: Limit = 100) -> list[MoveRow]:
    """Every movement of a fund's money, in order, to be added up by anybody."""
    sql = "SELECT * FROM transfers_move WHERE fund = :fund ORDER BY height, receipt, event LIMIT :limit"
    return db.all(MoveRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def movements_between(db: Reads, fund: Id, limit: Limit = 100) -> list[HandRow]:
    """Every movement of a fund's money between organisations, in order."""
    sql = "SELECT * FROM transfers_hand WHERE fund = :fund ORDER BY height, receipt, event LIMIT :limit"
    return db.all(HandRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def paid_by_day(db: Reads, fund: Id, limit: Limit = 100) -> list[DayRow]:
    """What was paid to recipients, added up by programme, day and hand."""
    sql = "SELECT * FROM transfers_day WHERE fund = :fund ORDER BY programme, day, sender LIMIT :limit"
    return db.all(DayRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def published_awards(db: Reads, fund: Id, limit: Limit = 100) -> list[PublicAward]:
    """What was decided for somebody, of rounds of at least five, without whom it is for and in no order of time."""
    sql = f"""
        SELECT a.award, a.programme, p.code, a.form, a.to_organisation, a.amount_minor, c.approved_at AS awarded_at,
               a.disbursed_minor, a.disbursed_at
        FROM transfers_award AS a JOIN programmes_cycle AS c ON c.cycle = a.cycle
          JOIN programmes_programme AS p ON p.programme = a.programme
        WHERE a.fund = :fund AND c.approved_at > 0 AND c.entitlements >= {FEW} ORDER BY award LIMIT :limit"""
    return db.all(PublicAward, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.BOOKS)
def statement(db: Reads, fund: Id, limit: Limit = 100) -> list[LineRow]:
    """The lines of a fund's bank statement, the latest first."""
    sql = "SELECT * FROM transfers_line WHERE fund = :fund ORDER BY booked_at DESC, mark LIMIT :limit"
    return db.all(LineRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.BOOKS)
def unmatched_lines(db: Reads, fund: Id, limit: Limit = 100) -> list[LineRow]:
    """Lines of the statement that nobody has matched, the oldest first."""
    sql = """
        SELECT * FROM transfers_line WHERE fund = :fund AND matched = :nothing
        ORDER BY booked_at, mark LIMIT :limit"""
    return db.all(LineRow, sql, fund=fund, nothing=b"", limit=limit)


@views.query(seen_by=audience.FUND)
def hops_without_line(db: Reads, fund: Id, limit: Limit = 100) -> list[HopRow]:
    """What left the fund and stands in no line of its statement, the oldest first."""
    sql = """
        SELECT * FROM transfers_hop WHERE fund = :fund AND line = :nothing AND continues = :nothing
          AND state <> 'failed' ORDER BY sent_at, hop LIMIT :limit"""
    return db.all(HopRow, sql, fund=fund, nothing=b"", limit=limit)


@views.query(seen_by=audience.BOOKS)
def gifts_without_line(db: Reads, fund: Id, limit: Limit = 100) -> list[PublicGift]:
    """What was received and stands in no line of the statement, the oldest first."""
    sql = """
        SELECT g.received_at, g.gift, g.source, g.programme, g.purse, g.amount_minor, g.refunded_minor,
               CASE WHEN g.public THEN g.donor ELSE :unnamed END AS donor
        FROM funds_gift AS g WHERE g.fund = :fund AND g.state = 'received' AND NOT EXISTS
          (SELECT 1 FROM transfers_line AS l WHERE l.fund = g.fund AND l.matched = g.gift)
        ORDER BY received_at, gift LIMIT :limit"""
    return db.all(PublicGift, sql, fund=fund, unnamed=b"", limit=limit)


@views.query(seen_by=audience.BOOKS)
def refunds_without_line(db: Reads, fund: Id, limit: Limit = 100) -> list[RefundRow]:
    """What went back to whoever gave it and stands in no line of the statement, the oldest first."""
    sql = """
        SELECT r.* FROM funds_refund AS r WHERE r.fund = :fund AND r.state = 'paid' AND NOT EXISTS
          (SELECT 1 FROM transfers_line AS l WHERE l.fund = r.fund AND l.matched = r.refund)
        ORDER BY entered_at, refund LIMIT :limit"""
    return db.all(RefundRow, sql, fund=fund, limit=limit)

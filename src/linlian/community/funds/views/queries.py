"""What may be asked of them, and by whom."""

from __future__ import annotations

from linlian.community.funds import audience
from linlian.community.funds.rules import FundKind
from linlian.community.funds.rules_table import GiftState, RefundState
from linlian.community.funds.views.rows import (
    AccessRow,
    AlertRow,
    CandidateRow,
    FundRow,
    GiftRow,
    ManagerRow,
    PublicGift,
    QuestionRow,
    RefundRow,
    views,
)
from linlian.readmodel.view import Id, Limit, Reads, where


@views.query(seen_by=audience.PUBLISHED)
def all_funds(db: Reads, kind: FundKind | None = None, limit: Limit = 100) -> list[FundRow]:
    """Funds that the public follows, the latest first."""
    matching = where(kind=kind)
    sql = f"SELECT * FROM funds_fund{matching} ORDER BY opened_at DESC, fund DESC LIMIT :limit"
    return db.all(FundRow, sql, kind=kind, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def fund(db: Reads, fund: Id) -> FundRow | None:
    """One fund."""
    return db.one(FundRow, "SELECT * FROM funds_fund WHERE fund = :fund", fund=fund)


@views.query(seen_by=audience.MANAGER)
def funds_managed(db: Reads, account: Id, limit: Limit = 100) -> list[ManagerRow]:
    """The funds that somebody manages."""
    sql = "SELECT * FROM funds_manager WHERE account = :account ORDER BY fund LIMIT :limit"
    return db.all(ManagerRow, sql, account=account, limit=limit)


@views.query(seen_by=audience.BOOKS)
def managers_of(db: Reads, fund: Id, limit: Limit = 100) -> list[ManagerRow]:
    """Who manages a fund."""
    sql = "SELECT * FROM funds_manager WHERE fund = :fund ORDER BY account LIMIT :limit"
    return db.all(ManagerRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.BOOKS)
def candidates(db: Reads, fund: Id, limit: Limit = 100) -> list[CandidateRow]:
    """Who works for the organisations that hold a fund and approve for it: managers come from the first of them."""
    sql = """
        SELECT f.fund, a.account, a.organisation, a.roles FROM funds_fund AS f
        JOIN identity_account AS a ON a.organisation IN (f.organisation, f.approver)
        WHERE f.fund = :fund AND a.status = 'active' AND a.roles <> ''
        ORDER BY account LIMIT :limit"""
    return db.all(CandidateRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def accesses_of(db: Reads, fund: Id, limit: Limit = 100) -> list[AccessRow]:
    """What third parties may see of a fund."""
    sql = "SELECT * FROM funds_access WHERE fund = :fund ORDER BY organisation LIMIT :limit"
    return db.all(AccessRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.ORGANISATION)
def funds_watched(db: Reads, organisation: Id, limit: Limit = 100) -> list[FundRow]:
    """The funds that an organisation watches over, the latest first."""
    sql = """
        SELECT * FROM funds_fund WHERE regulator = :organisation
        ORDER BY opened_at DESC, fund DESC LIMIT :limit"""
    return db.all(FundRow, sql, organisation=organisation, limit=limit)


@views.query(seen_by=audience.PARTIES)
def gifts_of_fund(db: Reads, fund: Id, state: GiftState | None = None, limit: Limit = 100) -> list[GiftRow]:
    """What was given to a fund, the latest first."""
    matching = where(fund=fund, state=state)
    sql = f"SELECT * FROM funds_gift{matching} ORDER BY given_at DESC, gift DESC LIMIT :limit"
    return db.all(GiftRow, sql, fund=fund, state=state, limit=limit)


@views.query(seen_by=audience.DONOR)
def gifts_of_donor(db: Reads, donor: Id, limit: Limit = 100) -> list[GiftRow]:
    """What somebody gave, the latest first."""
    sql = "SELECT * FROM funds_gift WHERE donor = :donor ORDER BY given_at DESC, gift DESC LIMIT :limit"
    return db.all(GiftRow, sql, donor=donor, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def published_gifts(db: Reads, fund: Id, limit: Limit = 100) -> list[PublicGift]:
    """What has come in, the latest first; donors only where they may be named."""
    sql = """
        SELECT received_at, gift, source, programme, purse, amount_minor, refunded_minor,
               CASE WHEN public THEN donor ELSE :unnamed END AS donor
        FROM funds_gift WHERE fund = :fund AND received_at > 0 ORDER BY received_at DESC, gift DESC LIMIT :limit"""
    return db.all(PublicGift, sql, fund=fund, unnamed=b"", limit=limit)


@views.query(seen_by=audience.BOOKS)
def refunds_of_fund(db: Reads, fund: Id, state: RefundState | None = None, limit: Limit = 100) -> list[RefundRow]:
    """What goes back to whoever gave it, the latest first."""
    matching = where(fund=fund, state=state)
    sql = f"SELECT * FROM funds_refund{matching} ORDER BY entered_at DESC, refund DESC LIMIT :limit"
    return db.all(RefundRow, sql, fund=fund, state=state, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def questions_of_fund(db: Reads, fund: Id, limit: Limit = 100) -> list[QuestionRow]:
    """What the regulator asked and whether it was answered, the latest first."""
    sql = "SELECT * FROM funds_question WHERE fund = :fund ORDER BY asked_at DESC, question DESC LIMIT :limit"
    return db.all(QuestionRow, sql, fund=fund, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def published_alerts(
    db: Reads, fund: Id, programme: Id | None = None, unmet: bool = False, limit: Limit = 100
) -> list[AlertRow]:
    """What was not done in time, the latest first; `unmet`: and is not done now."""
    matching = where(fund=fund, programme=programme, met_at=0 if unmet else None)
    sql = f"SELECT * FROM funds_alert{matching} ORDER BY missed_at DESC, kind, record LIMIT :limit"
    return db.all(AlertRow, sql, fund=fund, programme=programme, met_at=0, limit=limit)


@views.query(seen_by=audience.BOOKS)
def alerts_of_fund(db: Reads, fund: Id, limit: Limit = 100) -> list[AlertRow]:
    """What is not done in time now, and about which record; the latest first."""
    sql = """
        SELECT * FROM funds_alert WHERE fund = :fund AND met_at = 0
        ORDER BY missed_at DESC, kind, record LIMIT :limit"""
    return db.all(AlertRow, sql, fund=fund, limit=limit)

"""What somebody may confirm for those who let them: a helper, or one of the household."""

from __future__ import annotations

from linlian.community.transfers.views.queries import WAITS
from linlian.community.transfers.views.rows import HopRow, views
from linlian.readmodel.audience import AUDITORS, oneself
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Id, Limit, Reads

ACTING = """d.delegate = :delegate AND d.state = 'granted' AND d.starts <= :now AND d.until > :now
    AND ',' || d.scopes || ',' LIKE '%,confirm,%'"""


@views.query(seen_by=oneself("delegate") | AUDITORS)
def hops_for(db: Reads, delegate: Id, waits: bool = False, limit: Limit = 50) -> list[HopRow]:
    """What was sent to those who now let somebody confirm for them, the latest first; or what nobody has confirmed."""
    only = f" AND h.{WAITS}" if waits else ""
    sql = f"""
        SELECT h.* FROM delegations_delegation AS d JOIN transfers_hop AS h ON h.account = d.principal
        WHERE {ACTING}{only} ORDER BY h.sent_at DESC, h.hop DESC LIMIT :limit"""
    return db.all(HopRow, sql, delegate=delegate, now=time_of(db, 0), limit=limit)

"""Which request repeats which earlier one of the same place and category: for those who look after all of them.

An event says that a case repeats another, never which: the earlier one may be of whoever lived there before. Rows find
it by the order of the reports, as the rules do (`rules_history.link_repeat`).
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.repairs.views.rows import RequestRow, requests, views
from linlian.readmodel.view import Rows


class LatestRow(NamedTuple):
    """The request reported last for a place and category."""

    place: bytes
    category: str
    case_id: bytes


class RepeatLinkRow(NamedTuple):
    """A request and the earlier one that it repeats."""

    case_id: bytes
    repeat_of: bytes


latests = views.table("latest", LatestRow, key=2)
links = views.table("repeat", RepeatLinkRow, indexes=("repeat_of",))


def link(db: Rows, row: RequestRow, repeats: bool) -> None:
    """Make a request the latest of its place and category; note the one before it, if it repeats that."""
    latest = db.get(latests, row.place, row.category)
    last = None if latest is None else db.the(requests, latest.case_id)
    if last is not None and last.reported_at > row.reported_at:
        return
    db.put(latests, LatestRow(row.place, row.category, row.case_id))
    if repeats and latest is not None:
        db.put(links, RepeatLinkRow(row.case_id, latest.case_id))


def unlink(db: Rows, row: RequestRow) -> None:
    """Undo `link` for a request that turns out to be of another category."""
    latest, before = db.get(latests, row.place, row.category), db.get(links, row.case_id)
    db.delete(links, row.case_id)
    if latest is None or latest.case_id != row.case_id:
        return
    if before is None:
        db.delete(latests, row.place, row.category)
    else:
        db.put(latests, latest._replace(case_id=before.repeat_of))

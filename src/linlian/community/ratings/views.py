"""Ratings as rows, and what everybody may know of them: means of five and more.

What is published moves by five ratings at a time, and only by those that can no longer be changed. So neither a list
nor the difference of two lists of different days tells what one person said. Per organisation and kind of work; never
per repairer.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.ratings import audience
from linlian.community.ratings.rules import RepairRated, contract
from linlian.community.repairs.views import views as repairs
from linlian.readmodel.stream import time_of
from linlian.readmodel.view import Fact, Id, Limit, Reads, Rows, View

views = View(contract, needs=(repairs,))

TOGETHER = 5
"""So many ratings are published at once, and never fewer."""


class RatingRow(NamedTuple):
    """A rating as it stands. `executing` did the work; until `settled_at` it can be changed."""

    case_id: bytes
    rated_by: bytes
    stars: int
    reasons: str
    standing: str
    basis: str
    executing: bytes
    category: str
    rated_at: int
    settled_at: int
    changes: int = 0


class MeanRow(NamedTuple):
    """How the work of an organisation in a category was rated, in tenths of a star; rounded down."""

    organisation: bytes
    category: str
    ratings: int
    mean_tenths: int


ratings = views.table(
    "rating",
    RatingRow,
    key=2,
    indexes=(
        "executing, category, settled_at, case_id, rated_by",
        "rated_by, rated_at, case_id",
        "executing, rated_at, case_id, rated_by",
    ),
)


@views.on(RepairRated)
def rated(db: Rows, event: RepairRated, fact: Fact) -> None:
    before = db.get(ratings, event.case, event.rated_by)
    row = RatingRow(
        case_id=event.case,
        rated_by=event.rated_by,
        stars=event.stars,
        reasons=",".join(event.reasons),
        standing=event.standing,
        basis=event.basis,
        executing=event.executing,
        category=event.category,
        rated_at=fact.time,
        settled_at=event.settled_at,
        changes=0 if before is None else before.changes + 1,
    )
    db.put(ratings, row)


@views.query(seen_by=audience.OF_CASE)
def ratings_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[RatingRow]:
    """How a case was rated, and by whom."""
    sql = "SELECT * FROM ratings_rating WHERE case_id = :case_id ORDER BY rated_by LIMIT :limit"
    return db.all(RatingRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.OF_PERSON)
def ratings_by(db: Reads, rated_by: Id, limit: Limit = 100) -> list[RatingRow]:
    """What somebody rated, the latest first."""
    sql = "SELECT * FROM ratings_rating WHERE rated_by = :rated_by ORDER BY rated_at DESC, case_id DESC LIMIT :limit"
    return db.all(RatingRow, sql, rated_by=rated_by, limit=limit)


@views.query(seen_by=audience.OF_ORGANISATION)
def ratings_of_organisation(db: Reads, organisation: Id, limit: Limit = 100) -> list[RatingRow]:
    """How the work of an organisation was rated, the latest first; for its own people."""
    sql = """
        SELECT * FROM ratings_rating WHERE executing = :organisation
        ORDER BY rated_at DESC, case_id DESC, rated_by DESC LIMIT :limit"""
    return db.all(RatingRow, sql, organisation=organisation, limit=limit)


@views.query(seen_by=audience.PUBLISHED)
def published_means(db: Reads, organisation: Id, limit: Limit = 100) -> list[MeanRow]:
    """How the work of an organisation was rated, by category, where at least five have rated it."""
    sql = f"""
        SELECT executing AS organisation, category, COUNT(*) AS ratings,
               CAST(10 * SUM(stars) AS BIGINT) / COUNT(*) AS mean_tenths
        FROM (SELECT executing, category, stars,
                     ROW_NUMBER() OVER (PARTITION BY category ORDER BY settled_at, case_id, rated_by) AS nth,
                     COUNT(*) OVER (PARTITION BY category) AS known
              FROM ratings_rating WHERE executing = :organisation AND settled_at <= :now) AS settled
        WHERE nth <= known - known % {TOGETHER}
        GROUP BY executing, category ORDER BY category LIMIT :limit"""
    return db.all(MeanRow, sql, organisation=organisation, now=time_of(db, 0), limit=limit)

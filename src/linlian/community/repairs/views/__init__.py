"""Repairs as rows, and what may be asked about them."""

from linlian.community.repairs.views import (
    cards,
    course,
    desk,
    flows,
    houses,
    outcome,
    public,
    published,
    queries,
    tally,
)
from linlian.community.repairs.views.rows import views

DECLARED_IN = (cards, course, outcome, public, published, queries, tally, desk, flows, houses)
"""Modules that declare something by being imported."""

__all__ = ["views"]

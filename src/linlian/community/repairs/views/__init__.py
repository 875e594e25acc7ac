"""Repairs as rows, and what may be asked about them."""

from linlian.community.repairs.views import (
    acting,
    cards,
    course,
    desk,
    flows,
    houses,
    keeping,
    messages,
    outcome,
    public,
    published,
    queries,
    repeating,
    tally,
)
from linlian.community.repairs.views.cards import CardRow, card
from linlian.community.repairs.views.desk import CrewRow, crew
from linlian.community.repairs.views.rows import NOT_MERGED, requests, views

DECLARED_IN = (
    cards,
    acting,
    messages,
    course,
    keeping,
    outcome,
    public,
    published,
    queries,
    repeating,
    tally,
    desk,
    flows,
    houses,
)
"""Modules that declare something by being imported."""

__all__ = ["NOT_MERGED", "CardRow", "CrewRow", "card", "crew", "requests", "views"]

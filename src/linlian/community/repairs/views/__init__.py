"""Repairs as rows, and what may be asked about them."""

from linlian.community.repairs.views import queries
from linlian.community.repairs.views.rows import views

QUERIES_IN = (queries,)
"""A module that declares something by being imported."""

__all__ = ["views"]

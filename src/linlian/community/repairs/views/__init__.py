"""Repairs as rows, and what may be asked about them."""

from linlian.community.repairs.views import published, queries
from linlian.community.repairs.views.rows import views

QUERIES_IN = (queries, published)
"""A module that declares something by being imported."""

__all__ = ["views"]

"""Repairs as rows, and what may be asked about them."""

from linlian.community.repairs.views import course, outcome, published, queries
from linlian.community.repairs.views.rows import requests, views

DECLARED_IN = (course, outcome, published, queries)
"""Modules that declare something by being imported."""

__all__ = ["requests", "views"]

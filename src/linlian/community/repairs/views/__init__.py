"""Repairs as rows, and what may be asked about them."""

from linlian.community.repairs.views import course, outcome, queries
from linlian.community.repairs.views.rows import views

DECLARED_IN = (course, outcome, queries)
"""Modules that declare something by being imported."""

__all__ = ["views"]

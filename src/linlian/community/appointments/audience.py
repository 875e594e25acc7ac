"""Who may see appointments: whoever may see the repair; a repairer's agenda, they and who looks after them."""

from __future__ import annotations

from linlian.community.repairs import audience as repairs

CASE = repairs.CASE
AGENDA = repairs.OF_EXECUTOR
OF_PLACE = repairs.OF_PLACE
LISTS = repairs.LISTS

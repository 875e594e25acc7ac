"""Rows."""

from __future__ import annotations

from linlian.community.funds.rules import contract
from linlian.readmodel.view import View

views = View(contract)
views.leave_out(*contract.events.values())

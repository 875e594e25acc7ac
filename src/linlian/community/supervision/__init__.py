"""Who looks after those who look after a repair: longer promises, returns, oversight, what is late, and what nobody on
duty has in hand."""

from linlian.community.supervision import (
    rules_attending,
    rules_extending,
    rules_invariants,
    rules_ladder,
    rules_oversight,
    rules_returning,
)
from linlian.community.supervision.rules import contract

COMMANDS_IN = (
    *(rules_attending, rules_extending, rules_invariants),
    *(rules_ladder, rules_oversight, rules_returning),
)
"""Modules that declare something by being imported."""

__all__ = ["contract"]

"""A city hotline's tickets: in, answered, contested, and back again when it is not repaired."""

from linlian.community.hotline import rules_answering, rules_contesting
from linlian.community.hotline.rules import contract

COMMANDS_IN = (rules_answering, rules_contesting)
"""Modules that declare something by being imported."""

__all__ = ["contract"]

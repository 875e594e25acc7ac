"""What organisations decide together. Nobody else needs to ask it anything."""

from linlian.community.council import rules_recovery
from linlian.community.council.rules import contract

COMMANDS_IN = (rules_recovery,)

__all__ = ["contract"]

"""What organisations decide together. Nobody else needs to ask it anything."""

from linlian.community.council import rules_recovery, rules_trusted, rules_validators
from linlian.community.council.rules import contract

COMMANDS_IN = (rules_recovery, rules_trusted, rules_validators)

__all__ = ["contract"]

"""What organisations decide together. Nobody else needs to ask it anything."""

from linlian.community.council import rules_recovery, rules_trust_roots, rules_trusted, rules_validators, rules_voting
from linlian.community.council.rules import contract

COMMANDS_IN = (rules_voting, rules_recovery, rules_trusted, rules_validators, rules_trust_roots)

__all__ = ["contract"]

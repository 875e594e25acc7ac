"""How somebody comes to act for another."""

from linlian.community.delegations.rules import contract

__all__ = ["contract"]

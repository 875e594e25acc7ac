"""A whole community in memory, for tests and examples. Nothing of the product imports this."""

from linlian.testing.town import Outcome, Person, Town

__all__ = ["Outcome", "Person", "Town"]

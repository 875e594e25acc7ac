"""What a repair costs, who says yes to it, and who pays. What neighbours may ask."""

from linlian.community.quotes import rules_billing, rules_contests, rules_invariants, rules_prices, rules_quoting
from linlian.community.quotes.rules import Line, LineKind, Quote, Unit, contract, current_quote, open_contest
from linlian.community.quotes.rules_paying import warranty_of
from linlian.community.quotes.rules_table import QuoteState

COMMANDS_IN = (rules_quoting, rules_prices, rules_billing, rules_contests, rules_invariants)
"""Modules that declare something by being imported."""

__all__ = [
    "Line",
    "LineKind",
    "Quote",
    "QuoteState",
    "Unit",
    "contract",
    "current_quote",
    "open_contest",
    "warranty_of",
]

"""Handing a case over at the end of a shift, which counts once a colleague accepts. What neighbours may ask."""

from linlian.community.handovers.rules import Offer, contract, is_for, offer_of

__all__ = ["Offer", "contract", "is_for", "offer_of"]

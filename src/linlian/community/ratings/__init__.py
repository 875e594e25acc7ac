"""What those for whom it was done think of a repair, if they want to say so."""

from linlian.community.ratings.rules import Rating, contract, rating_of

__all__ = ["Rating", "contract", "rating_of"]

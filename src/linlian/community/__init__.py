"""The businesses of a community, in the order in which they are founded. The tuple is part of consensus."""

from linlian.community import council, delegations, identity, places, repairs, staff

BUSINESSES = (
    identity.contract,
    delegations.contract,
    council.contract,
    staff.contract,
    places.contract,
    repairs.contract,
)
"""A business comes after those it needs. `make new` adds a line here and one above."""

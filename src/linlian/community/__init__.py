"""The businesses of a community, in the order in which they are founded. The tuple is part of consensus."""

from linlian.community import (
    answers,
    appointments,
    calendars,
    council,
    delegations,
    equipment,
    handovers,
    hotline,
    identity,
    joint_reports,
    openings,
    outages,
    places,
    quotes,
    ratings,
    repairs,
    staff,
    supervision,
)

BUSINESSES = (
    identity.contract,
    delegations.contract,
    council.contract,
    staff.contract,
    calendars.contract,
    places.contract,
    equipment.contract,
    repairs.contract,
    handovers.contract,
    answers.contract,
    joint_reports.contract,
    outages.contract,
    quotes.contract,
    appointments.contract,
    supervision.contract,
    ratings.contract,
    hotline.contract,
    openings.contract,
)
"""A business comes after those it needs. `make new` adds a line here and one above."""

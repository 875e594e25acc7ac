"""What holds over all rows, whatever was done. Run by tests and audits."""

from __future__ import annotations

from itertools import pairwise

from linlian.community.appointments.rules import appointments, contract, currents, diaries
from linlian.community.appointments.rules_table import PENDING, State
from linlian.community.identity import NOBODY
from linlian.kernel.contract import Rows


@contract.invariant
def an_appointment_agrees_with_its_state(rows: Rows) -> None:
    for appointment_id, row in rows(appointments):
        where = appointment_id.hex()
        assert row.starts < row.ends or row.starts == row.ends == 0, where
        assert (row.executor != NOBODY) == (row.starts > 0), where
        assert row.state is not State.PROPOSED or row.starts == 0, where
        assert row.state in (State.PROPOSED, State.CANCELLED, State.LAPSED) or row.starts > 0, where
        assert row.proof or row.state not in (State.NO_ACCESS, State.CONTESTED), where


@contract.invariant
def a_case_has_one_appointment_at_a_time(rows: Rows) -> None:
    latest = {case_id: current.appointment for case_id, current in rows(currents)}
    for appointment_id, row in rows(appointments):
        assert row.state not in PENDING or latest[row.case] == appointment_id, appointment_id.hex()


@contract.invariant
def nobody_is_in_two_places(rows: Rows) -> None:
    """Diaries are in order and overlap nowhere, and what is agreed stands in the diary of whoever agreed to come."""
    booked = []
    for account, diary in rows(diaries):
        ordered = list(diary.bookings)
        assert all(one.ends <= two.starts for one, two in pairwise(ordered)), account.hex()
        booked += [(account, one.appointment) for one in ordered]
    for appointment_id, row in rows(appointments):
        if row.state is not State.AGREED:
            assert (row.executor, appointment_id) not in booked, appointment_id.hex()

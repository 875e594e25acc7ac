"""What holds over all rows, whatever was done: nothing is planned or approved beyond what stands above it."""

from __future__ import annotations

from linlian.community import funds
from linlian.community.identity import NOBODY
from linlian.community.programmes.rules import (
    contract,
    cycles,
    entitlements,
    listed,
    objections,
    programmes,
    recipients,
)
from linlian.community.programmes.rules_table import CycleState, EntitlementState, ObjectionState, ProgrammeState
from linlian.kernel.contract import Rows, compose

STANDS = (EntitlementState.ENTERED, EntitlementState.HELD, EntitlementState.EXPIRED)
DECIDED = (CycleState.POSTED, CycleState.PAYABLE, CycleState.OVER)
RAN = (ProgrammeState.RUNNING, ProgrammeState.ENDED, ProgrammeState.ACCOUNTED)


@contract.invariant
def cycles_stay_within_their_programme(rows: Rows) -> None:
    known, funds_known = dict(rows(programmes)), dict(rows(funds.contract.tables["funds.fund"]))
    planned = dict.fromkeys(known, 0)
    for _, cycle in rows(cycles):
        planned[cycle.programme] += 0 if cycle.state is CycleState.CANCELLED else cycle.ceiling_minor
    for programme_id, row in known.items():
        assert row.planned_minor == planned[programme_id] <= row.budget_minor, programme_id.hex()
        if row.state in RAN:
            many = funds.needed(funds_known[row.fund], row.budget_minor)
            _check_approved(programme_id.hex(), row.approved_by, (row.entered_by,), many)


@contract.invariant
def lists_stay_within_their_cycle_and_are_approved(rows: Rows) -> None:
    known, funds_known = dict(rows(programmes)), dict(rows(funds.contract.tables["funds.fund"]))
    for cycle_id, cycle in rows(cycles):
        where, of_cycle = cycle_id.hex(), [row for _, row in rows(entitlements) if row.cycle == cycle_id]
        own = [row for row in of_cycle if row.state in STANDS]
        assert cycle.entitled_minor == sum(row.amount_minor for row in own) <= cycle.ceiling_minor, where
        assert cycle.entitlements == len(own), where
        assert cycle.sent_minor <= cycle.approved_minor <= cycle.entitled_minor, where
        for row in of_cycle:
            assert row.ordered_minor <= row.amount_minor, where
            assert not row.ordered_minor or cycle.state in (CycleState.PAYABLE, CycleState.OVER), where
        if cycle.state in DECIDED:
            struck = sum(row.amount_minor for row in of_cycle if row.state is EntitlementState.STRUCK)
            emergency = known[cycle.programme].emergency
            many = 1 if emergency else funds.needed(funds_known[cycle.fund], cycle.entitled_minor)
            assert struck or len(cycle.approved_by) >= many, where
            _check_approved(where, cycle.approved_by, (cycle.entered_by, cycle.submitted_by), 1)


@contract.invariant
def nobody_is_on_a_list_twice(rows: Rows) -> None:
    seen = set()
    for entitlement_id, row in rows(entitlements):
        if row.state in STANDS:
            key = compose(row.cycle, row.recipient)
            assert key not in seen, entitlement_id.hex()
            seen.add(key)
    assert sorted(seen) == [key for key, _ in rows(listed)]


@contract.invariant
def open_objections_are_counted(rows: Rows) -> None:
    for cycle_id, cycle in rows(cycles):
        own = [row for _, row in rows(objections) if row.cycle == cycle_id and row.state is ObjectionState.OPEN]
        assert cycle.objections == len(own), cycle_id.hex()
        assert not own or cycle.state in (CycleState.POSTED, CycleState.DRAFTED, CycleState.SUBMITTED), cycle_id.hex()


@contract.invariant
def recipients_have_no_part_in_the_fund(rows: Rows) -> None:
    known = dict(rows(funds.contract.tables["funds.fund"]))
    declared = [key for key, _ in rows(funds.contract.tables["funds.interest"])]
    for recipient_id, row in rows(recipients):
        fund = known[row.fund]
        assert row.account == NOBODY or row.account not in fund.managers, recipient_id.hex()
        assert row.organisation != fund.organisation, recipient_id.hex()
        assert all(compose(row.fund, each) not in declared for each in (row.account, row.organisation, row.mark))


def _check_approved(where: str, approved_by: tuple[bytes, ...], entered_by: tuple[bytes, ...], many: int) -> None:
    """Enough people approved, each once, and none of them entered it."""
    assert len(dict.fromkeys(approved_by)) == len(approved_by) >= many, where
    assert not any(account in entered_by for account in approved_by), where

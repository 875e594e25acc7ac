"""What holds over all rows, whatever was done: what is out is somewhere, and nobody has more than was decided."""

from __future__ import annotations

from linlian.community import funds, programmes
from linlian.community.identity import NOBODY
from linlian.community.transfers.rules import NOTHING, contract, hops, payments, rolls
from linlian.community.transfers.rules_banking import lines, matches
from linlian.community.transfers.rules_table import ON_ITS_WAY, HopState, PaymentState
from linlian.kernel.contract import Rows

COUNTS = (PaymentState.APPROVED, PaymentState.SENT, PaymentState.RECEIVED, PaymentState.FAILED, PaymentState.RETURNED)


@contract.invariant
def what_is_out_is_somewhere(rows: Rows) -> None:
    """Of each fund: with organisations, on its way, on its way back, or with recipients."""
    for fund_id, account in rows(funds.contract.tables["funds.books"]):
        own = [hop for _, hop in rows(hops) if hop.fund == fund_id]
        away = sum(hop.held_minor + hop.returning_minor for hop in own)
        away += sum(hop.amount_minor for hop in own if hop.state in ON_ITS_WAY)
        there = sum(hop.amount_minor for hop in own if hop.receiver == NOBODY and hop.state is HopState.CONFIRMED)
        assert account.delivered_minor == there, fund_id.hex()
        assert account.out_minor == away + there, fund_id.hex()


@contract.invariant
def a_hop_continues_one_that_arrived(rows: Rows) -> None:
    known = dict(rows(hops))
    for hop_id, hop in known.items():
        where = hop_id.hex()
        onward = [row for row in known.values() if row.continues == hop_id]
        passed = sum(row.amount_minor - row.back_minor for row in onward if row.state is not HopState.FAILED)
        arrived = hop.receiver != NOBODY and hop.state is HopState.CONFIRMED
        there = hop.held_minor + hop.returning_minor + hop.back_minor + passed
        assert there == (hop.amount_minor if arrived else hop.returning_minor + hop.back_minor), where
        assert (hop.receiver == NOBODY) != (hop.recipient == NOTHING), where
        assert len(dict.fromkeys(hop.chain)) == len(hop.chain), where
        assert hop.receiver not in hop.chain, where
        assert hop.sender == hop.chain[-1], where
        assert not onward or hop.state is HopState.CONFIRMED, where
        assert hop.continues == NOTHING or known[hop.continues].receiver == hop.sender, where


@contract.invariant
def nobody_receives_more_than_was_decided(rows: Rows) -> None:
    lists = dict(rows(programmes.contract.tables["programmes.entitlement"]))
    known = dict(rows(funds.contract.tables["funds.fund"]))
    plans = dict(rows(programmes.contract.tables["programmes.programme"]))
    rounds = dict(rows(programmes.contract.tables["programmes.cycle"]))
    ordered = dict.fromkeys(lists, 0)
    approved = dict.fromkeys(rounds, 0)
    for payment_id, row in rows(payments):
        where, cycle = payment_id.hex(), rounds[row.cycle]
        ordered[row.entitlement] += 0 if row.state is PaymentState.CANCELLED else row.amount_minor
        if row.state in COUNTS:
            approved[row.cycle] += row.amount_minor
            many = 1 if plans[cycle.programme].emergency else funds.needed(known[cycle.fund], row.amount_minor)
            assert len(dict.fromkeys(row.approved_by)) == len(row.approved_by) >= many, where
        assert row.entered_by not in row.approved_by, where
    had = dict.fromkeys(lists, 0)
    paid = dict(rows(payments))
    for _, hop in rows(hops):
        if hop.payment != NOTHING and hop.state in (*ON_ITS_WAY, HopState.CONFIRMED):
            had[paid[hop.payment].entitlement] += hop.amount_minor
    for entitlement_id, line in lists.items():
        assert had[entitlement_id] <= line.amount_minor, entitlement_id.hex()
        assert line.ordered_minor == ordered[entitlement_id] <= line.amount_minor, entitlement_id.hex()
    for cycle_id, cycle in rounds.items():
        first = [hop for _, hop in rows(hops) if hop.cycle == cycle_id and hop.continues == NOTHING]
        left = sum(hop.amount_minor - hop.back_minor for hop in first if hop.state is not HopState.FAILED)
        assert cycle.sent_minor == left <= cycle.approved_minor == approved[cycle_id], cycle_id.hex()


@contract.invariant
def every_payment_is_on_the_roll(rows: Rows) -> None:
    rounds = dict(rows(programmes.contract.tables["programmes.cycle"]))
    entered: dict[bytes, int] = {}
    for _, row in rows(payments):
        programme = rounds[row.cycle].programme
        entered[programme] = entered.get(programme, 0) + 1
    assert entered == {programme: roll.count for programme, roll in rows(rolls)}


@contract.invariant
def a_payment_and_its_last_hop_agree(rows: Rows) -> None:
    known = dict(rows(hops))
    for payment_id, row in rows(payments):
        where, hop = payment_id.hex(), known.get(row.hop)
        assert (hop is None) == (row.state in (PaymentState.ENTERED, PaymentState.APPROVED)) or (
            row.state is PaymentState.CANCELLED
        ), where
        if hop is not None:
            assert (hop.payment, hop.amount_minor) == (payment_id, row.amount_minor), where
            assert (row.state is PaymentState.SENT) == (hop.state in ON_ITS_WAY), where
            received = hop.state in (HopState.CONFIRMED, HopState.RETURNING)
            assert (row.state is PaymentState.RECEIVED) == received, where


@contract.invariant
def a_line_is_one_thing(rows: Rows) -> None:
    matched = [row.matched for _, row in rows(lines) if row.matched != NOTHING]
    assert len(dict.fromkeys(matched)) == len(matched)
    assert sorted(matched) == [key for key, _ in rows(matches)]


@contract.invariant
def nobody_pays_themselves(rows: Rows) -> None:
    known = dict(rows(programmes.contract.tables["programmes.recipient"]))
    for hop_id, hop in rows(hops):
        if hop.recipient != NOTHING:
            recipient = known[hop.recipient]
            assert recipient.account != hop.sent_by, hop_id.hex()
            assert recipient.organisation not in hop.chain, hop_id.hex()

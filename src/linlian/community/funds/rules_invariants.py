"""What holds over all rows, whatever was done: money is neither made nor lost. Run by tests and audits."""

from __future__ import annotations

from linlian.community.funds.rules import (
    books,
    contract,
    funds,
    gifts,
    interests,
    pots,
    purses,
    receives,
    refunds,
)
from linlian.community.funds.rules_acting import needed
from linlian.community.funds.rules_table import GiftState, RefundState
from linlian.kernel.contract import Rows, compose


@contract.invariant
def money_is_neither_made_nor_lost(rows: Rows) -> None:
    """What came in is what went back, what lies in sub-accounts and pots, and what is out."""
    accounts = dict(rows(books))
    for fund_id, account in accounts.items():
        where, own = fund_id.hex(), [row for _, row in rows(pots) if row.fund == fund_id]
        came = sum(g.amount_minor for _, g in rows(gifts) if g.fund == fund_id and g.state is GiftState.RECEIVED)
        back = sum(r.amount_minor for _, r in rows(refunds) if r.fund == fund_id and r.state is RefundState.PAID)
        kept = sum(row.balance_minor for key, row in rows(purses) if key.startswith(compose(fund_id)))
        kept += sum(row.own_minor for row in own)
        assert (account.in_minor, account.refunded_minor) == (came, back), where
        assert came == back + kept + account.out_minor, where
        assert account.out_minor == sum(row.out_minor for row in own), where
        assert account.delivered_minor == sum(row.delivered_minor for row in own) <= account.out_minor, where


@contract.invariant
def what_was_given_for_a_programme_is_spent_on_no_other(rows: Rows) -> None:
    for programme_id, pot in rows(pots):
        given = sum(
            gift.amount_minor - gift.refunded_minor
            for _, gift in rows(gifts)
            if gift.programme == programme_id and gift.state is GiftState.RECEIVED
        )
        assert pot.own_minor <= given <= pot.own_minor + pot.out_minor, programme_id.hex()


@contract.invariant
def no_more_goes_back_than_was_given(rows: Rows) -> None:
    for gift_id, gift in rows(gifts):
        own = [row for _, row in rows(refunds) if row.gift == gift_id and row.state is RefundState.PAID]
        assert gift.refunded_minor == sum(row.amount_minor for row in own) <= gift.amount_minor, gift_id.hex()


@contract.invariant
def who_decides_neither_enters_nor_receives(rows: Rows) -> None:
    declared, known = [key for key, _ in rows(interests)], dict(rows(funds))
    receiving = [key for key, _ in rows(receives)]
    for fund_id, fund in known.items():
        assert fund.regulator not in (fund.organisation, fund.approver), fund_id.hex()
        for account in fund.managers:
            assert compose(fund_id, account) not in receiving, fund_id.hex()
    for key in declared:
        assert key not in receiving, key.hex()
    for refund_id, refund in rows(refunds):
        assert refund.entered_by not in refund.approved_by, refund_id.hex()
        many = needed(known[refund.fund], refund.amount_minor)
        assert refund.state is not RefundState.PAID or len(refund.approved_by) == many, refund_id.hex()

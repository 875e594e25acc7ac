"""What holds over all rows, whatever was done. Run by tests and audits."""

from __future__ import annotations

from linlian.community.identity import NOBODY
from linlian.community.quotes.rules import (
    NO_QUOTE,
    amount_cents,
    contests,
    contract,
    currents,
    quotes,
)
from linlian.community.quotes.rules_table import AT_HOME, ContestState, QuoteState
from linlian.kernel.contract import Rows


@contract.invariant
def a_bill_is_never_above_what_was_approved(rows: Rows) -> None:
    for quote_id, quote in rows(quotes):
        where = quote_id.hex()
        assert quote.total_cents == sum(amount_cents(line) for line in quote.lines), where
        assert quote.billed_cents <= quote.total_cents, where
        assert not quote.billed or quote.approved_by != NOBODY, where
        assert quote.state is not QuoteState.APPROVED or quote.approved_by != NOBODY, where
        assert (quote.pays_at != NOBODY) == (quote.payer in AT_HOME), where


@contract.invariant
def a_case_has_one_quote_and_the_rest_are_over(rows: Rows) -> None:
    latest = {case_id: current.quote for case_id, current in rows(currents)}
    known = dict(rows(quotes))
    for quote_id, quote in known.items():
        if quote.replaces != NO_QUOTE:
            assert known[quote.replaces].state is QuoteState.REPLACED, quote_id.hex()
            assert known[quote.replaces].case == quote.case, quote_id.hex()
        if latest[quote.case] != quote_id:
            earlier = known[latest[quote.case]].made_at >= quote.made_at
            assert (earlier and quote.state is not QuoteState.WAITING) or quote.replaces == NO_QUOTE, quote_id.hex()


@contract.invariant
def a_contest_is_decided_by_somebody_else(rows: Rows) -> None:
    for case_id, contest in rows(contests):
        where = case_id.hex()
        assert (contest.decided_by != NOBODY) == (contest.state is ContestState.DECIDED), where
        assert contest.decided_by != contest.by, where
        assert contest.state is not ContestState.UNDECIDED or contest.level > 0, where
        assert (contest.party, contest.payer) != (contest.wants_party, contest.wants_payer), where

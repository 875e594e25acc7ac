"""What holds over all rows, whatever was done. Run by tests and audits."""

from __future__ import annotations

from linlian.community.identity import NOBODY
from linlian.community.repairs.rules import (
    IMPORTED,
    NO_CASE,
    Case,
    cases,
    contract,
)
from linlian.community.repairs.rules_clock import silence_counts
from linlian.community.repairs.rules_held import held, holder_of
from linlian.community.repairs.rules_history import imports, latests
from linlian.community.repairs.rules_steps import ANSWERABLE, AT_WORK, ENDED, State
from linlian.community.repairs.rules_terms import Urgency
from linlian.kernel.contract import Rows


@contract.invariant
def a_case_agrees_with_its_state(rows: Rows) -> None:
    for case_id, case in rows(cases):
        where = case_id.hex()
        assert case.back == case.state or case.state in (State.DEFERRED, State.MERGED), where
        assert (case.merged_into != NO_CASE) == (case.state is State.MERGED), where
        assert (case.checked_by != NOBODY) == (case.checked_at > 0), where
        assert case.checked_at == 0 or case.state in (State.CHECKED, *ENDED), where
        assert (case.paused_at > 0) == (case.paused_until > 0), where
        assert case.paused_at == 0 or case.state in (*AT_WORK, State.ASSIGNED, State.DEFERRED), where
        assert (case.deferred_until > 0) == (case.state is State.DEFERRED), where
        assert (case.closed_at > 0) == (case.state in ENDED), where
        assert (case.closing != "") == (case.state is State.CLOSED), where
        assert (case.done_at > 0) == (case.state in ANSWERABLE or _closed_here(case)), where
        assert case.executor != NOBODY or case.state not in (*AT_WORK, *ANSWERABLE), where
        assert case.safe_at > 0 or case.urgency is not Urgency.LIFE_SAFETY or case.state not in ANSWERABLE, where
        assert case.disputes > 0 or case.state is not State.DISPUTED, where
        assert (case.reporter == NOBODY) == case.imported, where


@contract.invariant
def silence_closes_only_where_it_counts(rows: Rows) -> None:
    for case_id, case in rows(cases):
        assert case.closing != "silence" or (silence_counts(case) and case.notified_at > 0), case_id.hex()


@contract.invariant
def deadlines_lie_after_the_beginning(rows: Rows) -> None:
    for case_id, case in rows(cases):
        begun = 0 < case.opened_at < min(case.respond_by, case.arrive_by, case.finish_by, case.reply_by)
        assert begun or (case.imported and case.opened_at == 0), case_id.hex()


@contract.invariant
def links_lead_to_cases_of_the_same_place(rows: Rows) -> None:
    known = dict(rows(cases))
    for case_id, case in known.items():
        repeated = known.get(case.repeat_of)
        assert case.repeat_of == NO_CASE or (
            repeated is not None and repeated.place == case.place and case.repeat_of != case_id
        ), case_id.hex()
    for key, latest in rows(latests):
        assert latest.case in known, key.hex()


@contract.invariant
def every_imported_case_has_its_record(rows: Rows) -> None:
    recorded = sorted(record.case for _, record in rows(imports))
    assert recorded == sorted(case_id for case_id, case in rows(cases) if case.imported)


@contract.invariant
def repairers_have_in_hand_what_is_theirs(rows: Rows) -> None:
    """Each list is exactly the open cases of its repairer."""
    listed = sorted((case_id, account) for account, row in rows(held) for case_id in row.cases)
    assert listed == [(case_id, holder_of(case)) for case_id, case in rows(cases) if holder_of(case) != NOBODY]


def _closed_here(case: Case) -> bool:
    return case.state is State.CLOSED and case.closing != IMPORTED

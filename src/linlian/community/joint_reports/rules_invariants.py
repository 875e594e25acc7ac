"""What holds over all rows, whatever was done. Run by tests and audits."""

from __future__ import annotations

from collections import Counter

from linlian.community.identity import NOBODY
from linlian.community.joint_reports.rules import Crowd, contract, crowds, homes, joinings, pages
from linlian.community.joint_reports.rules_merging import mergers
from linlian.kernel.contract import Rows, compose


@contract.invariant
def everybody_who_joined_stands_on_their_page_once(rows: Rows) -> None:
    listed = Counter({(key, account): row.listed.count(account) for key, row in rows(pages) for account in row.listed})
    cases = [case for case, _ in rows(crowds)]
    placed = Counter[tuple[bytes, bytes]]()
    for key, row in rows(joinings):
        case, account = _parts(key)
        assert case in cases, key.hex()
        placed[compose(case, row.page), account] += 1
    assert placed == listed


@contract.invariant
def crowds_are_counted(rows: Rows) -> None:
    people, households, merged = Counter[bytes](), Counter[bytes](), Counter[bytes]()
    living = Counter[bytes]()
    for key, row in rows(joinings):
        case, _ = _parts(key)
        people[case] += 1
        if row.home != NOBODY:
            living[compose(case, row.home)] += 1
        assert row.direct or row.merged > 0, key.hex()
    assert living == {key: row.people for key, row in rows(homes)}
    for key in living:
        households[_parts(key)[0]] += 1
    for _, merger in rows(mergers):
        merged[merger.into] += 1
    for case, crowd in rows(crowds):
        counted = Crowd(people[case], households[case], merged[case], crowd.told_done)
        assert crowd == counted, case.hex()


@contract.invariant
def whose_case_is_merged_has_joined(rows: Rows) -> None:
    """As often as cases of theirs are merged; and what is merged is not merged into."""
    merged = Counter((row.into, row.joined) for _, row in rows(mergers) if row.joined != NOBODY)
    joined = {_parts(key): row.merged for key, row in rows(joinings) if row.merged}
    assert dict(merged) == joined
    into = {row.into for _, row in rows(mergers)}
    assert into.isdisjoint(key for key, _ in rows(mergers))


def _parts(key: bytes) -> tuple[bytes, bytes]:
    """Case and account of a joining's key: each part is led by its length."""
    case, account = key[1:17], key[18:]
    assert compose(case, account) == key
    return case, account

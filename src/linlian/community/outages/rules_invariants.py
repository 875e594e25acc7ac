"""What holds over all rows, whatever was done. Run by tests and audits."""

from __future__ import annotations

from collections import Counter

from linlian.community.outages.rules import Nature, OutageState, contract, followings, outages, pages
from linlian.kernel.contract import Rows, compose


@contract.invariant
def an_outage_agrees_with_its_state(rows: Rows) -> None:
    for key, row in rows(outages):
        where = key.hex()
        assert (row.ended_at > 0) == (row.state is not OutageState.ANNOUNCED), where
        assert row.starts < row.until, where
        assert not row.late or row.nature is Nature.PLANNED, where
        assert row.nature is Nature.PLANNED or row.starts <= row.announced_at, where
        assert row.overran or row.state is not OutageState.LAPSED, where
        assert len({*row.places}) == len(row.places), where


@contract.invariant
def whatever_follows_an_outage_stands_on_its_page_once(rows: Rows) -> None:
    listed = Counter((key, case) for key, row in rows(pages) for case in row.listed)
    placed = Counter((compose(row.outage, row.page), case) for case, row in rows(followings))
    assert listed == placed
    joined = Counter(row.outage for _, row in rows(followings))
    assert {key: row.joined for key, row in rows(outages) if row.joined} == dict(joined)

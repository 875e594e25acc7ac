"""What holds over all rows, whatever was done. Run by tests and audits."""

from __future__ import annotations

from linlian.community.identity import NOBODY
from linlian.community.supervision.rules import contract
from linlian.community.supervision.rules_extending import ASKED_MAX, extensions
from linlian.community.supervision.rules_ladder import climbs
from linlian.community.supervision.rules_oversight import oversights
from linlian.community.supervision.rules_returning import RETURNS_MAX, returns
from linlian.kernel.contract import Rows


@contract.invariant
def levels_are_told_in_order_and_once(rows: Rows) -> None:
    for key, climb in rows(climbs):
        levels = [told.level for told in climb.told]
        assert len(dict.fromkeys(levels)) == len(levels), key.hex()
        times = [told.told_at for told in climb.told]
        assert times == sorted(times), key.hex()
        assert all(climb.began_at <= time for time in times), key.hex()


@contract.invariant
def asking_and_returning_have_an_end(rows: Rows) -> None:
    for case_id, extension in rows(extensions):
        assert 0 < extension.asked <= ASKED_MAX, case_id.hex()
        assert extension.opened_at < extension.decide_by, case_id.hex()
    for case_id, returned in rows(returns):
        assert 0 < len(returned.returned) <= RETURNS_MAX, case_id.hex()
        assert returned.organisation == returned.returned[-1], case_id.hex()
        assert len(returned.named) <= len(returned.returned) - returned.open, case_id.hex()
        assert not returned.open or returned.organisation not in returned.named, case_id.hex()


@contract.invariant
def whoever_oversees_wants_an_answer(rows: Rows) -> None:
    for case_id, oversight in rows(oversights):
        assert oversight.organisation != NOBODY, case_id.hex()
        assert 0 < oversight.since < oversight.reply_by, case_id.hex()
        assert oversight.replied_at == 0 or oversight.replied_at >= oversight.since, case_id.hex()

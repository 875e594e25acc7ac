"""A story on a real ledger: what it says happens, when it says so, and every timer at its time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from linlian import node
from linlian.community.equipment import equipment
from linlian.community.places import PlaceKind
from linlian.community.repairs.rules import Case, cases
from linlian.community.repairs.rules_steps import AT_WORK, ENDED, State
from linlian.community.repairs.rules_terms import Urgency
from linlian.demo.acts import DAY, DAYS, HOUR
from linlian.demo.performing import Performance, StoryBroken
from linlian.demo.scenes import Feast
from linlian.demo.sealing import seal_fields
from linlian.demo.story import Story, tell
from linlian.engine.embedded import EmbeddedLedger
from linlian.kernel import codec
from linlian.vault import Contents
from tests.demo.stage import stage

SILENCE_MS = 7 * DAY * 1_000
FEASTS = (Feast(78, 9), Feast(306, 7))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("seed", "hour", "houses"), [("spruce", 15, 3), ("larch", 3, 3), ("spruce", 20, 12)])
def test_every_story_goes_as_it_is_told(tmp_path: Path, seed: str, hour: int, houses: int) -> None:
    end = DAYS * DAY + hour * HOUR
    story = tell(seed, end, houses, FEASTS)
    with stage(tmp_path, end) as (ledger, performance):
        performance.play(story.acts, seal_fields(story.acts, Contents(tmp_path / "contents"), "zh"), end)
        reported = [made for act in story.acts for made in act.makes if act.command == "repairs.report_repair"]
        rows = [_case(ledger, performance.ids[case]) for case in reported]
        for contract in node.rulebook().contracts:
            for check in contract.invariants:
                check(ledger._state.table_rows)
        assert not ledger.alarms
        assert {row.state for row in rows} == {*State}, "something stands in every state"
        assert sum(row.paused_at > 0 for row in rows) == 1, "one waits for somebody to be at home"
        assert all(_case(ledger, performance.ids[case]).state is State.DONE for case in story.waiting)
        _check_backlog(rows, ledger.clock())
        _check_lifts(ledger, performance, story)
        _check_timers(ledger)


def _check_backlog(rows: list[Case], now: int) -> None:
    """What waits is what a well-run community of this size has waiting."""
    waiting = [row for row in rows if row.state not in (*ENDED, State.MERGED)]
    assert 25 <= len(waiting) <= 45
    assert 4 <= sum(row.state is State.DONE for row in waiting) <= 9
    assert 3 <= sum(row.finish_by < now and not row.done_at for row in waiting) <= 7
    assert sum(row.urgency is Urgency.LIFE_SAFETY and row.state in AT_WORK for row in waiting) == 2


def _check_lifts(ledger: EmbeddedLedger, performance: Performance, story: Story) -> None:
    """One waits for a part, one did not pass, one should have been inspected."""
    lifts = [equipment(ledger, performance.ids[place.key]) for place in story.places if place.kind is PlaceKind.LIFT]
    assert sum(lift.stopped_at > 0 for lift in lifts) == 2
    assert sum(lift.overdue for lift in lifts) == 1


def test_a_deed_that_the_ledger_refuses_breaks_the_story(tmp_path: Path) -> None:
    end = DAYS * DAY
    story = tell("spruce", end, houses=3)
    first_report = next(number for number, act in enumerate(story.acts) if act.command == "repairs.report_repair")
    fields = {"case": "nothing", "reason": "withdrawn"}
    wrong = story.acts[first_report]._replace(command="repairs.cancel_repair", makes=(), fields=fields)
    with stage(tmp_path, end) as (_, performance):
        performance.ids["nothing"] = bytes(16)
        acts = [*story.acts[:first_report], wrong]
        sealed = seal_fields(acts, Contents(tmp_path / "contents"), "en")
        with pytest.raises(StoryBroken) as broken:
            performance.play(acts, sealed, end)
    assert broken.value.facts["answer"] == "repairs.unknown_case"


def test_a_refusal_that_does_not_come_breaks_the_story(tmp_path: Path) -> None:
    end = DAYS * DAY
    story = tell("spruce", end, houses=3)
    invited = next(number for number, act in enumerate(story.acts) if act.command == "identity.invite_member")
    expected = story.acts[invited]._replace(no="identity.role_missing")
    with stage(tmp_path, end) as (_, performance), pytest.raises(StoryBroken) as broken:
        performance.play([expected], [expected.fields], end)
    assert broken.value.facts["answer"] == "accepted"


def _case(ledger: EmbeddedLedger, case: bytes) -> Case:
    row = cases.get(ledger, case)
    assert row is not None
    return row


def _check_timers(ledger: EmbeddedLedger) -> None:
    """Silence closes seven days after the notice, to the millisecond; a deadline is noticed when it passes."""
    told: dict[bytes, int] = {}
    silent, noticed = 0, Counter[bool]()
    for block in ledger.follow(0):
        for receipt in block.receipts:
            for entry in receipt.entries:
                _, kind, _, fields = codec.decode_plain(entry)
                if kind == "repairs.notice_served" and fields.get("counts"):
                    told[fields["case"]] = block.header.time
                elif kind == "repairs.repair_closed_unanswered":
                    silent += 1
                    assert block.header.time == told[fields["case"]] + SILENCE_MS
                elif kind == "repairs.overdue_noticed":
                    noticed[block.header.time == fields["due_at"]] += 1
        if block.header.height == ledger.head.height:
            break
    assert silent > 10
    assert noticed[True] > 10
    assert noticed[False] < noticed[True] // 2, "late only where the deadline had passed before it counted again"

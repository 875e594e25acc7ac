"""No byte without a committed opening: the vault over a ledger, and whatever somebody tries."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.community.openings.rules_table import Purpose
from linlian.community.openings.tests.reading_room import ASSIGNED, WORDS, ReadingRoom, make_room, reported
from linlian.community.repairs.rules_triage import AssignRepair
from linlian.kernel.contract import Refused
from linlian.kernel.transaction import open_transaction
from linlian.vault import FRESH_MS, Contents, VaultError


def no(room: ReadingRoom, reading: bytes, name: str, words: str) -> str:
    """The code with which the vault keeps shut."""
    with pytest.raises(VaultError) as refused:
        room.serve(reading, name, words)
    return refused.value.code


def test_an_accepted_opening_is_served_to_its_reader_once(room: ReadingRoom) -> None:
    reported(room, *ASSIGNED)
    reading = room.ask("repairer", WORDS, Purpose.REPAIR)
    assert no(room, reading, "second", WORDS) == "vault.reading_not_yours"
    assert no(room, reading, "repairer", "a photo") == "vault.reading_not_yours"
    assert room.serve(reading, "repairer", WORDS) == WORDS
    assert no(room, reading, "repairer", WORDS) == "vault.reading_over"


def test_another_process_of_the_folder_does_not_serve_it_again(room: ReadingRoom, tmp_path: Path) -> None:
    reported(room, *ASSIGNED)
    reading = room.ask("repairer", WORDS, Purpose.REPAIR)
    room.serve(reading, "repairer", WORDS)
    room.vault = Contents(tmp_path / "contents")
    assert no(room, reading, "repairer", WORDS) == "vault.reading_over"


def test_an_opening_is_good_for_two_minutes(room: ReadingRoom) -> None:
    reported(room, *ASSIGNED)
    reading = room.ask("repairer", WORDS, Purpose.REPAIR)
    room.town_ledger.late_ms = FRESH_MS + 1
    assert no(room, reading, "repairer", WORDS) == "vault.reading_over"
    room.town_ledger.late_ms = FRESH_MS
    assert room.serve(reading, "repairer", WORDS) == WORDS


def test_a_refused_opening_opens_nothing(room: ReadingRoom) -> None:
    reported(room, *ASSIGNED)
    town, person = room.scene.town, room.scene.people["second"]
    raw = town.transaction(person, room.command(WORDS, Purpose.REPAIR))
    with pytest.raises(Refused):
        town.submit(raw)
    assert no(room, open_transaction(raw, town.state.chain).id, "second", WORDS) == "vault.reading_refused"


def test_what_is_signed_but_not_committed_opens_nothing(room: ReadingRoom) -> None:
    reported(room, *ASSIGNED)
    town, person = room.scene.town, room.scene.people["repairer"]
    raw = town.transaction(person, room.command(WORDS, Purpose.REPAIR))
    assert no(room, open_transaction(raw, town.state.chain).id, "repairer", WORDS) == "vault.reading_not_committed"


def test_any_other_transaction_opens_nothing(room: ReadingRoom) -> None:
    case = reported(room, *ASSIGNED)
    town, person = room.scene.town, room.scene.people["dispatcher"]
    raw = town.transaction(person, AssignRepair(case=case, executor=room.scene.account("second")))
    town.submit(raw)
    assert no(room, open_transaction(raw, town.state.chain).id, "dispatcher", WORDS) == "vault.reading_refused"


def test_an_erased_content_is_gone_whoever_asks(room: ReadingRoom) -> None:
    reported(room, *ASSIGNED)
    assert room.vault.erase(room.sealed[WORDS].commitment)
    reading = room.ask("repairer", WORDS, Purpose.REPAIR)
    assert no(room, reading, "repairer", WORDS) == "vault.no_opening"


WHO = ("tess", "uli", "repairer", "second", "desk", "dispatcher", "auditor", "cai", "swift_repairer", "clerk")
WHAT = (WORDS, "a photo", "door 301", "the stair")
TRY = st.tuples(
    st.sampled_from(["ask", "serve", "reassign", "wait"]),
    st.sampled_from(WHO),
    st.sampled_from(WHAT),
    st.sampled_from(list(Purpose)),
    st.integers(0, 3),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(TRY, min_size=10, max_size=40))
def test_no_byte_leaves_without_a_committed_opening_of_its_own(tries: list[tuple[str, str, str, Purpose, int]]) -> None:
    with TemporaryDirectory() as folder:
        made = make_room(Path(folder))
        case = reported(made, *ASSIGNED)
        asked: list[tuple[bytes, str, str]] = []
        accepted: dict[tuple[bytes, str, str], int] = {}
        for what, name, words, purpose, number in tries:
            if what == "ask":
                of_case = case if number % 2 and words == "door 301" else None
                try:
                    reading = made.ask(name, words, purpose, case=of_case, authority="order-7" if number else "")
                except Refused:
                    continue
                accepted[(reading, name, words)] = made.scene.town.time
                asked.append((reading, name, words))
            elif what == "serve" and asked:
                reading = asked[-1 - number % len(asked)][0]
                try:
                    assert made.serve(reading, name, words) == words
                except VaultError:
                    continue
                assert made.scene.town.time <= accepted.pop((reading, name, words)) + FRESH_MS
            elif what == "reassign":
                executor = made.scene.account("repairer" if number % 2 else "second")
                made.scene.do("dispatcher", AssignRepair(case=case, executor=executor))
            elif what == "wait":
                made.scene.town.advance(minutes=number)

"""The history of a subject is complete: nothing left out, nothing added, refusals included, absence proved."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.kernel import codec
from linlian.kernel.block import PLACE_BYTES, SUBJECT_PREFIX, entry_digest, entry_place, subject_link, subject_start
from linlian.kernel.codec import replace
from linlian.kernel.errors import EncodingInvalid, ProofInvalid
from linlian.kernel.proof import HistoryFile, check_history, read_file
from linlian.kernel.withholding import withhold
from linlian.testing.town import Town
from tests.kernel.garden import (
    DRY_MS,
    PLOT,
    DigUpTreasure,
    Garden,
    LeavePlot,
    SharePlot,
    TakePlot,
    WaterPlot,
    plot_id,
    prover,
)

Lie = Callable[[HistoryFile], HistoryFile]


def a_full_life() -> Garden:
    """Taken, watered, refused twice, shared, dried by timer, broken once, left."""
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    town.do(town.anna, WaterPlot(plot=PLOT, litres=7))
    town.refusal(town.ben, WaterPlot(plot=PLOT, litres=1))
    town.refusal(town.ben, TakePlot(plot=PLOT))
    town.do(town.anna, SharePlot(plot=PLOT, neighbours=(town.ben.account, town.warden.account, town.ben.account)))
    town.advance(ms=DRY_MS)
    town.block(town.transaction(town.anna, DigUpTreasure(plot=PLOT)))
    town.do(town.anna, LeavePlot(plot=PLOT))
    return town


def types(file: HistoryFile) -> list[str]:
    return [name for _, name, _, _ in check_history(file, {}).entries]


PLOT_LIFE = [
    "garden.plot_taken",
    "garden.plot_watered",
    "kernel.refused",
    "kernel.refused",
    "garden.plot_shared",
    "garden.plot_dried",
    "garden.plot_left",
]


def test_everything_about_a_subject_is_in_its_history_refusals_included(tmp_path: Path) -> None:
    town = a_full_life()
    file = prover(town, tmp_path).history(PLOT)
    history = check_history(file, {})
    assert types(file) == PLOT_LIFE
    assert (history.subject, history.count, history.withheld) == (PLOT, 7, 0)
    assert [fields["code"] for _, name, _, fields in history.entries if name == "kernel.refused"] == [
        "garden.not_owner",
        "garden.plot_taken",
    ]
    assert read_file(codec.encode(file)) == file


def test_who_was_refused_has_it_in_their_own_history_too(tmp_path: Path) -> None:
    town = a_full_life()
    made = prover(town, tmp_path)
    assert types(made.history(town.ben.account)) == ["kernel.refused", "kernel.refused", "garden.plot_shared"]
    assert types(made.history(town.warden.account)) == ["garden.plot_shared"]


def test_an_event_is_once_in_the_history_of_whom_it_names_twice(tmp_path: Path) -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    town.do(town.anna, SharePlot(plot=PLOT, neighbours=(town.ben.account,) * 3))
    assert types(prover(town, tmp_path).history(town.ben.account)) == ["garden.plot_shared"]


def test_a_broken_command_leaves_nothing_in_a_history(tmp_path: Path) -> None:
    town = Garden()
    town.block(town.transaction(town.anna, DigUpTreasure(plot=PLOT)))
    assert check_history(prover(town, tmp_path).history(PLOT), {}).count == 0


def test_a_subject_nobody_spoke_of_has_a_proof_of_an_empty_history(tmp_path: Path) -> None:
    town = a_full_life()
    file = prover(town, tmp_path).history(plot_id(99))
    assert check_history(file, {}).entries == []
    assert file.row == b""


def test_an_empty_history_of_one_who_has_a_past_is_refused(tmp_path: Path) -> None:
    made = prover(a_full_life(), tmp_path)
    true, empty = made.history(PLOT), made.history(plot_id(99))
    for lie in (
        replace(true, entries=(), row=b""),
        replace(empty, subject=PLOT),
        replace(true, entries=()),
        replace(empty, entries=true.entries),
    ):
        with pytest.raises(ProofInvalid):
            check_history(lie, {})


def place_of(file: HistoryFile, number: int) -> tuple[int, int, int]:
    """(height, receipt, event) of an entry of a file that withholds none."""
    place = file.places[PLACE_BYTES * number :][:PLACE_BYTES]
    return int.from_bytes(place[:8], "big"), int.from_bytes(place[8:12], "big"), int.from_bytes(place[12:], "big")


def moved(file: HistoryFile, number: int, height: int = 0, receipt: int = 0, event: int = 0) -> HistoryFile:
    """The file with an entry somewhere else, by so much."""
    at = place_of(file, number)
    place = entry_place(at[0] + height, at[1] + receipt, at[2] + event)
    start = PLACE_BYTES * number
    return replace(file, places=file.places[:start] + place + file.places[start + PLACE_BYTES :])


def without(file: HistoryFile, *numbers: int) -> HistoryFile:
    """The file with entries left out, places and all."""
    return arranged(file, [number for number in range(len(file.entries)) if number not in numbers])


def arranged(file: HistoryFile, order: list[int]) -> HistoryFile:
    places = b"".join(entry_place(*place_of(file, number)) for number in order)
    return replace(file, entries=tuple(file.entries[number] for number in order), places=places)


def with_entry(file: HistoryFile, number: int, entry: bytes) -> HistoryFile:
    return replace(file, entries=(*file.entries[:number], entry, *file.entries[number + 1 :]))


def flipped(data: bytes, index: int) -> bytes:
    changed = bytearray(data)
    changed[index] ^= 1
    return bytes(changed)


LIES: list[tuple[str, Lie]] = [
    ("the last left out", lambda file: without(file, 6)),
    ("the first left out", lambda file: without(file, 0)),
    ("one in the middle left out", lambda file: without(file, 2)),
    ("one left out and its place kept", lambda file: replace(file, entries=file.entries[:6])),
    ("two swapped", lambda file: arranged(file, [1, 0, 2, 3, 4, 5, 6])),
    ("two swapped, not their places", lambda file: replace(file, entries=arranged(file, [1, 0, *range(2, 7)]).entries)),
    ("one twice", lambda file: arranged(file, [0, 1, 2, 3, 4, 5, 6, 6])),
    ("one added", lambda file: moved(arranged(file, [0, 1, 2, 3, 4, 5, 6, 6]), 7, event=1)),
    ("another height", lambda file: moved(file, 1, height=1)),
    ("a height above the anchor", lambda file: moved(file, 6, height=9)),
    ("another receipt", lambda file: moved(file, 1, receipt=1)),
    ("another event", lambda file: moved(file, 1, event=1)),
    ("another subject", lambda file: replace(file, subject=plot_id(1))),
    ("another salt", lambda file: with_entry(file, 1, flipped(file.entries[1], 5))),
    ("another text", lambda file: with_entry(file, 2, file.entries[2].replace(b"not_owner", b"not_known"))),
    ("another count in the row", lambda file: replace(file, row=flipped(file.row, 23))),
    ("another head in the row", lambda file: replace(file, row=flipped(file.row, -1))),
    ("the row cut off", lambda file: replace(file, row=file.row[:-1])),
    ("a digest beside its entry", lambda file: replace(file, withheld=(bytes(32),))),
    ("neither entry nor digest", lambda file: with_entry(file, 1, b"")),
    ("a place cut off", lambda file: replace(file, places=file.places[:-1])),
    ("a false digest", lambda file: replace(withhold(file, {1}), withheld=(bytes(32),))),
    ("a place for one withheld", lambda file: replace(withhold(file, {1}), places=file.places)),
    ("one withheld left out", lambda file: replace(withhold(file, {0, 1}), entries=withhold(file, {1}).entries)),
    ("one withheld and its digest left out", lambda file: withhold(without(file, 2), {1})),
]  # fmt: skip


@pytest.mark.parametrize("lie", [case[1] for case in LIES], ids=[case[0] for case in LIES])
def test_a_lie_about_a_history_is_refused(lie: Lie, tmp_path: Path) -> None:
    file = prover(a_full_life(), tmp_path).history(PLOT)
    changed = lie(file)
    assert changed != file
    with pytest.raises(ProofInvalid):
        check_history(changed, {})


@pytest.mark.parametrize("numbers", [(0,), (6,), (1, 2, 3), tuple(range(7))])
def test_withheld_entries_are_counted_and_said(numbers: tuple[int, ...], tmp_path: Path) -> None:
    file = prover(a_full_life(), tmp_path).history(PLOT)
    history = check_history(withhold(file, numbers), {})
    assert (history.count, history.withheld) == (7, len(numbers))
    assert [name for _, name, _, _ in history.entries] == [t for n, t in enumerate(PLOT_LIFE) if n not in numbers]


def test_withholding_one_after_the_other_is_withholding_both(tmp_path: Path) -> None:
    file = prover(a_full_life(), tmp_path).history(PLOT)
    assert withhold(withhold(file, {4}), {1, 4}) == withhold(file, {1, 4})
    assert withhold(file, ()) == file


def test_an_entry_that_is_none_is_found_by_whoever_reads_it(tmp_path: Path) -> None:
    """A ledger's own keeper can chain any bytes. They are counted like the rest, and never shown as an entry."""
    file = prover(a_full_life(), tmp_path).history(PLOT)
    odd = codec.encode_plain([bytes(16), "taken\n3 witnesses vouch", 1, {}])
    history = dataclasses.replace(check_history(file, {}), shown=((1, file.entries[0]), (2, odd)))
    with pytest.raises(EncodingInvalid):
        _ = history.entries


def test_a_history_of_yesterday_does_not_pass_for_one_of_today(tmp_path: Path) -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    yesterday = prover(town, tmp_path).history(PLOT)
    town.do(town.anna, WaterPlot(plot=PLOT, litres=1))
    today = prover(town, tmp_path).history(PLOT)
    with pytest.raises(ProofInvalid):
        check_history(replace(yesterday, anchor=today.anchor), {})
    assert check_history(yesterday, {}).vouched.height == 1


def test_the_head_is_the_chain_of_digests_from_the_subject_itself(tmp_path: Path) -> None:
    """Written out once more, from the domains of docs/format/history.md."""
    file = prover(a_full_life(), tmp_path).history(PLOT)
    chain = file.chain.encode()
    head = sha256(b"\x10" + bytes([len(chain)]) + chain + bytes([16]) + PLOT).digest()
    assert head == subject_start(file.chain, PLOT)
    for number, entry in enumerate(file.entries, 1):
        height, receipt, event = place_of(file, number - 1)
        place = height.to_bytes(8, "big") + receipt.to_bytes(4, "big") + event.to_bytes(2, "big")
        digest = sha256(b"\x12" + place + entry).digest()
        head = sha256(b"\x11" + head + number.to_bytes(8, "big") + digest).digest()
    assert file.row[16:] == (7).to_bytes(8, "big") + head
    assert subject_link(bytes(32), 1, bytes(32)) == sha256(b"\x11" + bytes(39) + b"\x01" + bytes(32)).digest()


steps = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=25)


@settings(max_examples=20)
@given(steps)
def test_every_history_is_all_that_the_receipts_say_of_its_subject(made: list[tuple[int, int, int]]) -> None:
    town = Garden()
    people = (town.anna, town.ben, town.warden)
    for who, what, number in made:
        plot = plot_id(number)
        commands = (TakePlot(plot=plot), WaterPlot(plot=plot, litres=1), SharePlot(plot=plot, neighbours=(plot_id(2),)))
        town.block(town.transaction(people[who], commands[what]))
    expected = told(town)
    for subject in [*expected, plot_id(77)]:
        head, digests = subject_start(town.state.chain, subject), expected.get(subject, [])
        for position, digest in enumerate(digests, 1):
            head = subject_link(head, position, digest)
        row = town.state.row(SUBJECT_PREFIX + subject)
        assert (row[16:] if row else b"") == (len(digests).to_bytes(8, "big") + head if digests else b"")


def told(town: Town) -> dict[bytes, list[bytes]]:
    """Of each subject, the digests of the entries that name it, in the ledger's order."""
    found: dict[bytes, list[bytes]] = {}
    for height, block in enumerate(town.blocks):
        for index, receipt in enumerate(block.receipts):
            for number, (entry, subjects) in enumerate(zip(receipt.entries, receipt.subjects, strict=True)):
                for subject in subjects:
                    found.setdefault(subject, []).append(entry_digest(height, index, number, entry))
    return found


def test_a_refusal_makes_no_history_for_whom_nobody_knows() -> None:
    """Else anybody could fill the state with rows, each for a subject of their own invention."""
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    for number in range(1, 50):
        assert town.refusal(town.ben, WaterPlot(plot=plot_id(number), litres=1)) == "garden.no_plot"
        assert town.refusal(town.ben, TakePlot(plot=PLOT)) == "garden.plot_taken"
    assert [key[-16:] for key in town.state.rows if key.startswith(SUBJECT_PREFIX)] == [
        PLOT,
        town.anna.account,
        town.ben.account,
    ]
    (unknown,) = town.blocks[2].receipts[0].entries
    assert codec.decode_plain(unknown)[3] == {"code": "garden.no_plot", "command": "garden.water_plot", "facts": {}}
    (known,) = town.blocks[3].receipts[0].entries
    assert codec.decode_plain(known)[3]["about"] == [PLOT, town.ben.account]


def test_whom_an_earlier_item_of_the_block_made_known_is_known() -> None:
    town = Garden()
    raws = [town.transaction(town.anna, TakePlot(plot=PLOT)), town.transaction(town.ben, LeavePlot(plot=PLOT))]
    block = town.block(*raws)
    assert block.receipts[1].subjects == ((PLOT, town.ben.account),)


def test_a_plot_that_was_given_up_keeps_the_refusals_about_it() -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    town.do(town.anna, LeavePlot(plot=PLOT))
    assert town.refusal(town.ben, LeavePlot(plot=PLOT)) == "garden.no_plot"
    assert town.blocks[-1].receipts[0].subjects == ((PLOT,),)

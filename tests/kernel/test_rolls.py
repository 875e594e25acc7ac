"""A list is the whole of what a row counts, or is found not to be: whatever is left out, added, moved or changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel import codec
from linlian.kernel.contract import Table
from linlian.kernel.errors import EncodingInvalid, ProofInvalid
from linlian.kernel.rolls import ITEM_BYTES_MAX, Roll, check_roll, enroll, extended, roll_of, roll_start
from tests.kernel.garden import Plot

ROLLS = Table("parking.roll", Roll)
KEY = ROLLS.key(b"street")
items = st.binary(min_size=1, max_size=ITEM_BYTES_MAX)
lists = st.lists(items, min_size=1, max_size=12)


class State:
    """As much of a context as a roll asks for."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}

    def read(self, key: bytes) -> bytes | None:
        return self.rows.get(key)

    def write(self, key: bytes, value: bytes | None) -> None:
        assert value is not None
        self.rows[key] = value


@given(st.lists(lists, min_size=1, max_size=4))
def test_a_roll_is_the_same_however_its_items_came_in(several: list[list[bytes]]) -> None:
    state = State()
    for some in several:
        enroll(state, ROLLS, b"street", some)  # type: ignore[arg-type]
    every = [item for some in several for item in some]
    assert check_roll(KEY, state.rows[KEY], every) == roll_of(KEY, every)
    assert extended(KEY, roll_of(KEY, every[:1]), every[1:]) == roll_of(KEY, every)


@given(lists, lists)
def test_another_list_is_no_whole_roll(one: list[bytes], other: list[bytes]) -> None:
    row = codec.encode(roll_of(KEY, one))
    if one == other:
        check_roll(KEY, row, other)
        return
    with pytest.raises(ProofInvalid, match=r"kernel\.roll_incomplete"):
        check_roll(KEY, row, other)


@given(lists, st.data())
def test_what_is_left_out_added_moved_or_changed_is_found(one: list[bytes], data: st.DataObject) -> None:
    row, at = codec.encode(roll_of(KEY, one)), data.draw(st.integers(0, len(one) - 1))
    changed = [
        one[:at] + one[at + 1 :],
        [*one[:at], one[at], *one[at:]],
        [*one[:at], bytes([one[at][0] ^ 1]) + one[at][1:], *one[at + 1 :]],
        *([] if one == one[::-1] else [one[::-1]]),
    ]
    for wrong in changed:
        with pytest.raises(ProofInvalid, match=r"kernel\.roll_incomplete"):
            check_roll(KEY, row, wrong)


def test_the_roll_of_another_row_is_another_roll() -> None:
    elsewhere = Table("parking.roll", Roll).key(b"square")
    with pytest.raises(ProofInvalid, match=r"kernel\.roll_incomplete"):
        check_roll(elsewhere, codec.encode(roll_of(KEY, [b"bay"])), [b"bay"])


def test_no_row_is_no_item() -> None:
    assert check_roll(KEY, None, []) == Roll(0, roll_start(KEY))
    with pytest.raises(ProofInvalid, match=r"kernel\.roll_incomplete"):
        check_roll(KEY, None, [b"bay"])


def test_a_row_of_another_kind_is_no_roll() -> None:
    with pytest.raises(EncodingInvalid):
        check_roll(KEY, codec.encode(Plot(bytes(16), 1)), [])


@pytest.mark.parametrize("item", [b"", bytes(ITEM_BYTES_MAX + 1)])
def test_an_item_has_a_size(item: bytes) -> None:
    with pytest.raises(AssertionError):
        roll_of(KEY, [item])

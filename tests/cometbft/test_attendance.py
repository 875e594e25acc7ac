"""An absence is told once, and so is a return."""

from __future__ import annotations

from linlian.engine.cometbft.attendance import ABSENT_BLOCKS, Attendance

HERE, AWAY = bytes(20), bytes([1]) * 20


def test_who_stays_away_is_named_once_and_once_more_on_return() -> None:
    attendance = Attendance()
    said = [attendance.signed(height, {HERE: True, AWAY: False}) for height in range(2, 2 + 2 * ABSENT_BLOCKS)]
    assert [bool(each) for each in said].count(True) == 1
    assert AWAY.hex() in said[ABSENT_BLOCKS - 1][0]
    (back,) = attendance.signed(100, {HERE: True, AWAY: True})
    assert "signs again" in back
    assert not attendance.signed(101, {HERE: True, AWAY: True})


def test_the_last_vote_of_each_is_known() -> None:
    attendance = Attendance()
    for height in range(2, 10):
        attendance.signed(height, {HERE: True, AWAY: height < 5})
    assert attendance.last == {HERE: 8, AWAY: 3}


def test_a_few_missed_blocks_are_nothing() -> None:
    attendance = Attendance()
    for height in range(2, 200):
        assert not attendance.signed(height, {AWAY: height % ABSENT_BLOCKS == 0})


def test_who_left_the_validators_is_forgotten() -> None:
    attendance = Attendance()
    for height in range(2, 1 + ABSENT_BLOCKS):
        assert not attendance.signed(height, {HERE: True, AWAY: False})
    assert not attendance.signed(50, {HERE: True})
    assert not attendance.signed(51, {HERE: True, AWAY: False})

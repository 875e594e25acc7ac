"""The picture of what flows from hand to hand: on a phone no name stands in its neighbour's."""

from __future__ import annotations

import pytest

from linlian.web.river import Bank, Stream, river_svg

BANKS = [Bank("the fund", "3", 0, 3), Bank("meals-for-the-old", "2", 1, 2), Bank("独居老人午餐计划项目", "1", 1, 1)]
STREAMS = [Stream(0, 1, 2, "well"), Stream(0, 2, 1, "moving")]


@pytest.mark.parametrize(
    ("downward", "names"),
    [(True, ("the fund", "meals-for-the…", "独居老人午餐…")), (False, tuple(bank.name for bank in BANKS))],
)
def test_names_are_as_long_as_there_is_room(downward: bool, names: tuple[str, ...]) -> None:
    drawn = river_svg("Where it is", BANKS, STREAMS, downward=downward)
    assert all(f">{name}</text>" in drawn for name in names)
    assert "the fund → meals-for-the-old" in drawn

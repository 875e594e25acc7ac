"""The way to the rest of a list."""

from __future__ import annotations

import pytest

from linlian.web.render import behind


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/prices", "/prices?after=B"),
        ("/prices?after=A", "/prices?after=B"),
        ("/repairs?state=done&after=A&category=", "/repairs?state=done&after=B"),
        ("/repairs?state=done&after=A&after=A", "/repairs?state=done&after=B"),
        ("/as/resident/repairs?place=%E6%A5%BC", "/as/resident/repairs?place=%E6%A5%BC&after=B"),
    ],
)
def test_a_cursor_takes_the_place_of_the_one_before_it(address: str, expected: str) -> None:
    assert behind(address, "B") == expected

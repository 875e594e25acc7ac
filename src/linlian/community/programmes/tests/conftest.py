from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community.programmes.tests.rounds import Rounds


@pytest.fixture
def rounds() -> Iterator[Rounds]:
    made = Rounds()
    yield made
    made.town.check_invariants()

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community.funds.tests.treasury import Treasury


@pytest.fixture
def treasury() -> Iterator[Treasury]:
    made = Treasury()
    yield made
    made.town.check_invariants()

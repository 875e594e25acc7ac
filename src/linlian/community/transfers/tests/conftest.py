from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community.transfers.tests.counter import Counter


@pytest.fixture
def counter() -> Iterator[Counter]:
    made = Counter()
    yield made
    made.town.check_invariants()

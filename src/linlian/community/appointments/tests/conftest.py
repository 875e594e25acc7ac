from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community.appointments.tests.hall import Hall


@pytest.fixture
def hall() -> Iterator[Hall]:
    made = Hall()
    yield made
    made.scene.town.check_invariants()

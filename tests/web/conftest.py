from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.community import Community, open_community


@pytest.fixture
def community(tmp_path: Path) -> Iterator[Community]:
    """Everybody in place, everything whole."""
    with open_community(tmp_path) as opened:
        yield opened

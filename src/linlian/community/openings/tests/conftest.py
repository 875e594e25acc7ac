from __future__ import annotations

from pathlib import Path

import pytest

from linlian.community.openings.tests.reading_room import ReadingRoom, make_room


@pytest.fixture
def room(tmp_path: Path) -> ReadingRoom:
    """A case at the flat, and people who might want to look into it."""
    return make_room(tmp_path)

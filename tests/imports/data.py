"""Where the large sets are: beside the project, at `../shared/data`. CI has them; elsewhere a test is skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared(path: str) -> Path:
    """A file of the shared data; skips the test where there is none."""
    found = SHARED / path
    if not found.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI has no ../shared/data/{path}")
        pytest.skip(f"needs ../shared/data/{path}")
    return found

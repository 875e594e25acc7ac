"""The browser's half of the ledger: the same bytes as Python, the same verdicts, tried by Node's own test runner."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_what_browsers_run_agrees_with_the_format() -> None:
    command = [sys.executable, str(ROOT / "tools" / "frontend.py"), "test"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "pass 0" not in done.stdout, "no test ran"

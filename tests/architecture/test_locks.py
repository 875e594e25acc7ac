"""Lock files hold versions and hashes. Where packages come from is for each machine to say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

OTHER_TOOLS = ("uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock")
"""These write down where each package was fetched from."""


def lock_faults(text: str) -> list[str]:
    """Addresses, options, and requirements that are not one version with its hashes."""
    found = [f"holds an address: {line.strip()}" for line in text.splitlines() if "://" in line]
    joined = text.replace("\\\n", " ")
    for line in joined.splitlines():
        if not line or line.lstrip().startswith("#"):
            continue
        if line.startswith("-"):
            found.append(f"holds an option: {line}")
        elif not re.match(r"[a-z0-9-]+==[0-9][\w.+-]*\s", line):
            found.append(f"is not pinned: {line.split()[0]}")
        elif "--hash=sha256:" not in line:
            found.append(f"has no hash: {line.split()[0]}")
    return found


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.lock")), ids=lambda path: path.name)
def test_a_lock_holds_versions_and_hashes_only(path: Path) -> None:
    found = lock_faults(path.read_text(encoding="utf-8"))
    assert not found, "\n".join(found) + "\nWrite it again with `make lock`."


def test_the_lock_of_the_frontend_holds_no_address() -> None:
    """`.npmrc` leaves out where packages come from; what npm adds of whom to pay is taken out by hand."""
    found = [
        line.strip() for line in (ROOT / "frontend/package-lock.json").read_text("utf-8").splitlines() if "://" in line
    ]
    assert not found, "\n".join(found)


def test_what_runs_is_what_is_tested() -> None:
    runtime, development = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert runtime
    assert runtime <= development, f"`make lock`: {', '.join(sorted(runtime - development))}"


def test_no_lock_file_of_a_tool_that_writes_addresses() -> None:
    there = [name for name in OTHER_TOOLS if (ROOT / name).exists()]
    assert not there, f"remove {', '.join(there)}: requirements*.lock are the lock files"


@pytest.mark.parametrize(
    "line",
    [
        "rich==15.0.0",
        "rich>=15 --hash=sha256:00",
        "--index-url https://example.org/simple",
        "--no-binary :all:",
        "rich @ file:///rich.whl --hash=sha256:00",
        "    # from https://example.org/simple",
    ],
)
def test_a_fault_in_a_lock_is_found(line: str) -> None:
    assert lock_faults(line)


def test_a_pinned_line_passes() -> None:
    assert lock_faults("rich==15.0.0 ; sys_platform == 'x' \\\n    --hash=sha256:00\n    # via linlian\n") == []

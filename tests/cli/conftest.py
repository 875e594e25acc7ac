from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A community of three organisations with a house in it, Anna in its flat, and a leak that she reported."""
    folder = tmp_path_factory.mktemp("founded") / "node"
    shell = Shell(folder)
    shell.fine("init", "sunrise")
    shell.fine(
        "do",
        "identity.change-roles",
        "--account",
        "property",
        "--roles",
        "officer,clerk,dispatcher",
        "--as",
        "property",
    )
    place = ("do", "places.register-place", "--as", "property")
    shell.fine(*place, "--kind", "community", "--call", "grounds", "--name", "旭日小区")
    shell.fine(*place, "--kind", "building", "--parent", "grounds", "--number", "3", "--call", "house-3")
    shell.fine(*place, "--kind", "floor", "--parent", "house-3", "--number", "1", "--call", "floor-1")
    shell.fine(*place, "--kind", "dwelling", "--parent", "floor-1", "--call", "flat", "--name", "101室")
    shell.fine("key", "new", "once")
    shell.fine("key", "new", "anna")
    shell.fine("do", "identity.invite-resident", "--public-key", "once", "--as", "property")
    shell.fine("do", "identity.accept-invitation", "--public-key", "anna", "--as", "once")
    occupancy = ("--capacity", "owner", "--rights", "report,see", "--rights", "confirm")
    shell.fine("do", "places.grant-occupancy", "--place", "flat", "--account", "anna", *occupancy, "--as", "property")
    report = ("--place", "flat", "--category", "water.leak", "--words", "厨房水管漏水", "--as", "anna")
    shell.fine("do", "repairs.report-repair", *report, "--call", "leak")
    return folder


@pytest.fixture
def shell(founded: Path, tmp_path: Path) -> Shell:
    """The command line on a copy of that community."""
    folder = tmp_path / "node"
    shutil.copytree(founded, folder)
    return Shell(folder)

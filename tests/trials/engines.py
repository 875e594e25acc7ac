"""The other engines that are tried, built with Go where it is: a folder for each version, kept for the next time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

OTHERS = ("v0.38.25", "v0.40.0")
WITHDRAWN = "v1.0.1"
PACKAGE = "github.com/cometbft/cometbft/cmd/cometbft"
FOLDER = "LL_TRIAL_ENGINES"
"""The environment says where they are, if not beside the environment's own programs."""


def folder() -> Path:
    return Path(os.environ.get(FOLDER) or Path(sys.prefix) / "engines")


def find_or_build(version: str) -> Path | None:
    """The program, built if need be; None where there is no Go."""
    program = folder() / version / "cometbft"
    if not program.exists() and (go := shutil.which("go")):
        program.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "GOBIN": str(program.parent), "CGO_ENABLED": "0"}
        command = [go, "install", "-ldflags=-s -w", f"{PACKAGE}@{version}"]
        subprocess.run(command, env=environment, check=False, stdout=sys.stderr)
    return program if program.exists() else None


def missing(*versions: str) -> str:
    """Why something cannot be tried, if so."""
    lacking = [version for version in versions if find_or_build(version) is None]
    return f"no engine {', '.join(lacking)}, and no Go to build it" if lacking else ""

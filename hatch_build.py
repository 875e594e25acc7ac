"""Building the package builds what browsers get, so that an installed Linlian needs no Node and no network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontendHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `tools/frontend.py build` before a wheel is put together, also for an installation in place."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises CalledProcessError if the build fails."""
        subprocess.run([sys.executable, str(Path(self.root) / "tools" / "frontend.py"), "build"], check=True)

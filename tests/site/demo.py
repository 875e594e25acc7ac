"""A real demo in a process of its own, for a browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

from linlian.node.forgery.workshop import FOLDER
from tests.site.town import DESK

LINLIAN = (sys.executable, "-m", "linlian.cli.main")


@dataclass
class Served:
    """A demo with its address. `faults` are what pages complained about."""

    here: Path
    url: str
    faults: list[str] = field(default_factory=list)

    @property
    def copies(self) -> list[Path]:
        folder = self.here / ".linlian" / FOLDER
        return [*folder.iterdir()] if folder.is_dir() else []

    def disputed(self) -> str:
        told = tomllib.loads((self.here / ".linlian" / "guests.toml").read_text(encoding="utf-8"))
        case: str = told["stage"]["disputed"]
        return case

    def page(self, browser: Browser, viewport: ViewportSize = DESK, locale: str = "en-GB") -> Page:
        page = browser.new_context(viewport=viewport, locale=locale).new_page()
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", lambda told: self.faults.append(told.text) if _is_fault(told.type, told.text) else None)
        return page


def _is_fault(kind: str, text: str) -> bool:
    return kind == "error" and "Failed to load resource" not in text


@contextmanager
def serve_demo(here: Path, houses: int | None = None) -> Iterator[Served]:
    """Make a demo there and serve it; of so many houses, or of all."""
    told = {**os.environ, "LINLIAN_HTTP": "127.0.0.1:0", "LANG": "C.UTF-8"}
    size = () if houses is None else ("--houses", str(houses))
    process = subprocess.Popen([*LINLIAN, "demo", *size], cwd=here, env=told, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        text = ""
        for line in process.stdout:
            text += line
            if line.startswith("Ctrl-C"):
                break
        yield Served(here, re.findall(r"http://127\.0\.0\.1:\d+", text)[0])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

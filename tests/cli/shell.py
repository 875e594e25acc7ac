"""The command line as a person or a program meets it: what is typed, what is printed, and the exit code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from linlian.cli import main


@dataclass(frozen=True)
class Said:
    """How a call ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """Calls in this process, on one folder, in one language."""

    folder: Path
    language: str = "en"
    environment: Mapping[str, str] = field(default_factory=dict)

    def with_settings(self, **settings: str) -> Shell:
        """The same with these settings."""
        return replace(self, environment={f"LINLIAN_{name.upper()}": value for name, value in settings.items()})

    def __call__(self, *typed: str) -> Said:
        """Whatever the exit code."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main.run(["--folder", str(self.folder), "--lang", self.language, *typed], dict(self.environment))
        return Said(code, out.getvalue(), err.getvalue())

    def fine(self, *typed: str) -> str:
        """What is printed; fails unless the exit code is 0."""
        said = self(*typed)
        assert said.code == 0, f"{typed}: {said.code}\n{said.out}{said.err}"
        return said.out

    def json(self, *typed: str) -> Any:
        """The value for programs; fails unless the exit code is 0."""
        return json.loads(self.fine("--json", *typed))

    def refused(self, *typed: str) -> tuple[int, str]:
        """(exit code, error code); fails if it is not an error that is told to programs."""
        said = self("--json", *typed)
        return said.code, json.loads(said.err)["error"]["code"]

    def start(self, *typed: str) -> subprocess.Popen[str]:
        """A call in a process of its own."""
        arguments = [sys.executable, "-m", "linlian.cli.start", "--folder", str(self.folder), "--lang", self.language]
        pipe = subprocess.PIPE
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "LINLIAN_HTTP": "127.0.0.1:0"}
        return subprocess.Popen([*arguments, *typed], stdout=pipe, stderr=pipe, text=True, env=environment)

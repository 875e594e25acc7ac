"""Our checkpoints and proofs, judged by Go's `sumdb/note` and `sumdb/tlog` and transparency.dev's `formats`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.independent import golang
from tests.independent.records import Ledger, Record


@pytest.fixture(scope="module")
def tlog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return golang.build("tlog", (1, 24), tmp_path_factory.mktemp("tlog"))


def judge(program: Path, records: Sequence[Record]) -> list[str]:
    return golang.judge(program, [record.as_json() for record in records])


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

"""The engine's process is started again when it ends, and when it goes on and decides nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from linlian.engine.cometbft import process
from linlian.engine.cometbft.process import PID_FILE, EngineProcess

SECONDS = 15.0
FAILURE = 'E[2026-11-29|14:36:51.026] CONSENSUS FAILURE!!! module=consensus err="wrong \\"AppHash\\"" stack="goroutine"'


@contextmanager
def engine(folder: Path, script: str) -> Iterator[list[str]]:
    """Something that stands for the engine, and what is told of it."""
    program, told = folder / "cometbft", list[str]()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    running = EngineProcess(program, folder, folder / "engine.socket", told.append, lambda no: told.append(str(no)))
    try:
        yield told
    finally:
        running.close()


def wait_for(told: list[str], count: int) -> None:
    until = time.monotonic() + SECONDS
    while len(told) < count:
        assert time.monotonic() < until, told
        time.sleep(0.05)


def test_an_engine_that_ends_is_started_again(tmp_path: Path) -> None:
    with engine(tmp_path, "exit 3") as told:
        wait_for(told, 2)
    assert told[0].startswith("cometbft ended (3)")


@pytest.mark.parametrize("before", ["", "echo something else\n"])
def test_an_engine_that_decides_no_more_is_ended_and_started_again(tmp_path: Path, before: str) -> None:
    with engine(tmp_path, f"{before}echo '{FAILURE}'\nexec sleep 60") as told:
        first = int((tmp_path / PID_FILE).read_text())
        wait_for(told, 1)
        wait_for(told, 2)
        assert int((tmp_path / PID_FILE).read_text()) != first
    assert "decides no more (wrong" in told[0]


def test_an_engine_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    with engine(tmp_path, "echo all is well; exec sleep 60") as told:
        time.sleep(2.5)
    assert not told


@pytest.mark.parametrize(
    "line",
    [
        'CONSENSUS FAILURE!!! module=consensus err="+2/3 committed an invalid block: wrong Block.Header.AppHash. Exp"',
        'Error in validation      module=blocksync height=55 hash=28 err="wrong Block.Header.AppHash.  Expected E9BB"',
    ],
)
def test_where_two_thirds_have_signed_another_state_the_node_stops(tmp_path: Path, line: str) -> None:
    with engine(tmp_path, f"echo '{line}'; exec sleep 60") as told:
        wait_for(told, 1)
        time.sleep(1.5)
    assert [each.split()[:2] for each in told] == [["engine.state_differs", "part=AppHash"]]


def test_one_proposer_who_is_wrong_stops_nobody(tmp_path: Path) -> None:
    line = (
        'prevote step: ProposalBlock is invalid module=consensus height=55 err="wrong Block.Header.AppHash. Expected"'
    )
    with engine(tmp_path, f"echo '{line}'; exec sleep 60") as told:
        time.sleep(2.5)
    assert not told


def test_it_is_heard_though_its_log_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "cometbft.log").mkdir()
    with engine(tmp_path, f"echo '{FAILURE}'\nexec sleep 60") as told:
        wait_for(told, 1)
    assert "decides no more" in told[0]


def test_its_log_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOG_BYTES_MAX", 1000)
    with engine(tmp_path, "for n in 1 2 3 4 5 6 7 8 9; do printf '%0300d\\n' $n; done\nexec sleep 60"):
        until = time.monotonic() + SECONDS
        while not (tmp_path / "cometbft.log").exists() or b"9\n" not in (tmp_path / "cometbft.log").read_bytes():
            assert time.monotonic() < until
            time.sleep(0.05)
    kept = b"".join((tmp_path / name).read_bytes() for name in ("cometbft.log.1", "cometbft.log"))
    assert len(kept) < 3000

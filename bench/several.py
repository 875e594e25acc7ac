"""Several organisations: finalised signed transactions a second, and how long one takes, beside CometBFT's own kvstore.

Four validators with all their processes on this one machine, real `repairs` handlers, real signatures. The same engine
with the same configuration then runs its built-in `kvstore`, which checks no signature, with as many bytes.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.ledger import Bench
from bench.report import Row
from bench.workload import AT_ONCE, STEPS, repairs, settle
from linlian.engine.cometbft.home import Addresses, FirstValidator, Peer, make_keys, write_config, write_genesis
from linlian.engine.cometbft.process import find_binary
from linlian.engine.cometbft.rpc import Rpc
from linlian.engine.ledger import Final
from linlian.engine.local import LocalLedger
from linlian.kernel.errors import Busy, LinlianError
from linlian.node import folder as place
from linlian.node.several import MadeNetwork, make_network_from

PORT = 18431
READY_S = 60.0
BATCH = 96
"""Twelve whole cases, handed in together: envelopes may overtake one another."""
KVSTORE_BATCH = 100
NODES = 4


class Timed(NamedTuple):
    """What a run came to: finalised a second, seconds to final in order, how often it was told to come back."""

    rate: float
    times: list[float]
    busy: int


def several(keys: int, transactions: int) -> list[Row]:
    """The rows of the table: ours at full and at half load, overloaded, and kvstore."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        root = Path(folder)
        bench, made = _found(root, keys)
        with running(made) as ledgers:
            warm = _signed(bench, made.chain, transactions // 10)
            submit_at(ledgers[0], warm, 1_000)
            full = submit_at(ledgers[0], _signed(bench, made.chain, transactions), 100_000)
            half = submit_at(ledgers[0], _signed(bench, made.chain, transactions // 2), full.rate / 2)
            thousand = submit_at(ledgers[0], _signed(bench, made.chain, transactions // 4), 1_000)
            twice = submit_at(ledgers[0], _signed(bench, made.chain, transactions), full.rate * 2)
            size = sum(map(len, warm)) // len(warm)
        theirs = _kvstore(root / "kvstore", transactions, size)
    return [
        Row("finalised signed transactions, 4 validators", full.rate, "tx/s", goal="≥ 2,400"),
        Row("kvstore of CometBFT, same bytes", theirs, "tx/s"),
        Row("ratio to kvstore", full.rate / theirs, "×", goal="≥ 0.75"),
        *(
            Row(f"time to final at half load, {share:.0%}", _share(half.times, share), "s")
            for share in (0.5, 0.95, 0.99)
        ),
        Row("time to final at 1,000 tx/s, 95%", _share(thousand.times, 0.95), "s", goal="≤ 1"),
        Row("offered twice that", twice.rate / full.rate, "× best rate", goal="≥ 0.9"),
        Row("answered busy meanwhile", twice.busy, "times"),
    ]


def _found(root: Path, keys: int) -> tuple[Bench, MadeNetwork]:
    """A community of `keys` rows that goes over to its four organisations."""
    old = root / "old"
    old.mkdir()
    bench = Bench(old, keys)
    bench.store.close()
    return bench, make_network_from(root / "net", old, first_port=PORT)


@contextmanager
def running(made: MadeNetwork) -> Iterator[list[LocalLedger]]:
    """All validators as processes of their own, and a connection to each."""
    with ExitStack() as closing:
        for node in made.nodes:
            command = [sys.executable, "-m", "bench.validating", str(node.folder)]
            process = subprocess.Popen(command, start_new_session=True)
            closing.callback(_end, process)
        ledgers = [_connect(node.folder / place.SOCKET) for node in made.nodes]
        for ledger in ledgers:
            closing.callback(ledger.close)
        yield ledgers


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _connect(socket: Path) -> LocalLedger:
    until = time.monotonic() + READY_S
    while True:
        try:
            return LocalLedger(socket)
        except LinlianError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _signed(bench: Bench, chain: str, count: int) -> list[bytes]:
    """Signed now, for this chain, in an order in which each is accepted; whole cases, or hands stay full."""
    steps = len(STEPS) + 1
    whole = AT_ONCE * steps
    count = max(1, round(count / whole)) * whole
    town = bench.community.scene.town
    town.state.chain, town.time = chain, time.time_ns() // 1_000_000 + 50_000
    waves = list(repairs(bench.community, count))
    return [
        waves[at + step * AT_ONCE + case]
        for at in range(0, count, whole)
        for case in range(AT_ONCE)
        for step in range(steps)
    ]


def submit_at(ledger: LocalLedger, raws: list[bytes], rate: float) -> Timed:
    """Hand in at this rate, at one node so that the steps of a case stay in order; wait for all."""
    waiting: list[Future[Final]] = []
    times: list[float] = []
    busy = 0
    started = time.perf_counter()

    for start in range(0, len(raws), BATCH):
        while (ahead := start / rate - (time.perf_counter() - started)) > 0:
            time.sleep(min(ahead, 0.01))
        answers: list[Future[Final]] = []
        while not answers:
            try:
                answers = ledger.submit_many(raws[start : start + BATCH])
            except Busy as error:
                busy += 1
                time.sleep(error.retry_after_ms / 1000 * random.uniform(0.5, 1.0))
        for answer in answers:
            answer.add_done_callback(partial(_note, times, time.perf_counter()))
        waiting.extend(answers)
    outcomes = [answer.result(120).outcome for answer in waiting]
    elapsed = time.perf_counter() - started
    assert set(outcomes) == {"accepted"}, {outcome: outcomes.count(outcome) for outcome in set(outcomes)}
    return Timed(len(raws) / elapsed, sorted(times), busy)


def _note(times: list[float], sent: float, _: Future[Final]) -> None:
    times.append(time.perf_counter() - sent)


def _kvstore(root: Path, transactions: int, size_bytes: int) -> float:
    """Transactions a second of four engines with their built-in application, of our size, a hundred to a request."""
    rpcs = []
    with ExitStack() as closing:
        for home, rpc in _kvstore_homes(root):
            command = [str(find_binary()), "start", "--home", str(home), "--proxy_app", "kvstore"]
            with (home / "cometbft.log").open("wb") as log:
                closing.callback(_end, subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))
            rpcs.append(rpc)
        for rpc in rpcs:
            _wait_for_blocks(rpc)
        before = _finalised(rpcs[0])
        started = time.perf_counter()
        for start in range(0, transactions, KVSTORE_BATCH):
            _hand_in(rpcs[start // KVSTORE_BATCH % len(rpcs)], start, size_bytes)
        until = time.monotonic() + 120
        while (done := _finalised(rpcs[0]) - before) < transactions and time.monotonic() < until:
            time.sleep(0.05)
        return done / (time.perf_counter() - started)


def _kvstore_homes(root: Path) -> list[tuple[Path, str]]:
    """Four homes with our own configuration; the genesis holds no document of ours."""
    homes = [root / f"n{number}" for number in range(NODES)]
    keys = [make_keys(home) for home in homes]
    places = [Addresses(f"127.0.0.1:{PORT + 200 + 2 * n}", f"127.0.0.1:{PORT + 201 + 2 * n}") for n in range(NODES)]
    document = _any_document()
    first = [FirstValidator(home.name, key.validator_key, 10) for home, key in zip(homes, keys, strict=True)]
    for number, home in enumerate(homes):
        write_genesis(home, document, time.time_ns() // 1_000_000, first)
        genesis = json.loads((home / "config" / "genesis.json").read_text())
        (home / "config" / "genesis.json").write_text(json.dumps(genesis | {"app_state": {}}))
        peers = [Peer(k.node_id, p.p2p) for n, (k, p) in enumerate(zip(keys, places, strict=True)) if n != number]
        write_config(home, home.name, places[number], peers)
        config = home / "config" / "config.toml"
        # Our envelopes are a hundred transactions; theirs stand alone, and as many must fit.
        told = config.read_text().replace("size = 5000", "size = 50000").replace("20000", "100000")
        config.write_text(told.replace("[rpc]", f"[rpc]\nmax_request_batch_size = {KVSTORE_BATCH}"))
    return [(home, place.rpc) for home, place in zip(homes, places, strict=True)]


def _any_document() -> bytes:
    return settle().scene.town.genesis_document


def _hand_in(rpc: str, start: int, size_bytes: int) -> None:
    calls = []
    for number in range(start, start + KVSTORE_BATCH):
        tx = b"%d=" % number + os.urandom(size_bytes // 2).hex().encode()
        calls.append(
            {"jsonrpc": "2.0", "id": number, "method": "broadcast_tx_async", "params": {"tx": b64encode(tx).decode()}}
        )
    for answer in httpx.post(f"http://{rpc}/", json=calls, timeout=60).raise_for_status().json():
        assert "error" not in answer, answer["error"]


def _finalised(rpc: str) -> int:
    """How many transactions the blocks hold so far."""
    asked = Rpc(rpc)
    try:
        last, total = int(asked.ask("status")["sync_info"]["latest_block_height"]), 0
        for low in range(1, last + 1, 20):
            told = asked.ask("blockchain", minHeight=str(low), maxHeight=str(min(last, low + 19)))
            total += sum(int(meta["num_txs"]) for meta in told["block_metas"])
        return total
    finally:
        asked.close()


def _wait_for_blocks(rpc: str) -> None:
    until = time.monotonic() + READY_S
    asked = Rpc(rpc)
    while time.monotonic() < until:
        try:
            if int(asked.ask("status")["sync_info"]["latest_block_height"]) > 0:
                asked.close()
                return
        except LinlianError:
            pass
        time.sleep(0.2)
    raise TimeoutError(rpc)


def _share(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))]

"""Several nodes on this machine, each with an engine of its own, all in this process: for tests of the engine."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from linlian.engine.cometbft.home import Addresses, FirstValidator, Peer, make_keys, write_config, write_genesis
from linlian.engine.cometbft.ledger import CometLedger, Places
from linlian.engine.cometbft.process import find_binary
from linlian.engine.embedded import wall_clock
from linlian.kernel.errors import LinlianError
from linlian.store.sqlite import SqliteStore
from tests.engine import ledgers


def binary() -> Path:
    """The engine's program; the test is skipped where there is none, and fails where there must be one."""
    try:
        return find_binary()
    except LinlianError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{error}: make cometbft builds it")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Network:
    """`count` folders with keys, and nodes that can be opened and closed one by one."""

    def __init__(self, folder: Path, count: int, program: Path):
        self.folder = folder
        self.program = program
        self.addresses = [Addresses(f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}") for _ in range(count)]
        self.keys = [make_keys(self.place(number) / "cometbft") for number in range(count)]
        now = wall_clock()
        self.document = ledgers.write_genesis(tuple(key.validator_key for key in self.keys), now - 1000)
        validators = [FirstValidator(f"n{n}", key.validator_key, 10) for n, key in enumerate(self.keys)]
        for number in range(count):
            home = self.place(number) / "cometbft"
            write_genesis(home, self.document, now, validators)
            peers = [Peer(k.node_id, a.p2p) for k, a in zip(self.keys, self.addresses, strict=True)]
            del peers[number]
            write_config(home, f"n{number}", self.addresses[number], peers)
        self.nodes: dict[int, CometLedger] = {}

    def place(self, number: int) -> Path:
        place = self.folder / f"n{number}"
        place.mkdir(exist_ok=True)
        return place

    def open(self, number: int, snapshot_interval: int = 1000) -> CometLedger:
        place = self.place(number)
        places = Places(
            home=place / "cometbft",
            socket=place / "abci.sock",
            snapshots=place / "snapshots",
            ledger=place / "ledger.sqlite",
            rpc=self.addresses[number].rpc,
        )
        store = SqliteStore(place / "ledger.sqlite")
        self.nodes[number] = CometLedger(
            store,
            ledgers.RULEBOOK,
            places,
            self.program,
            document=self.document,
            snapshot_interval=snapshot_interval,
        )
        return self.nodes[number]

    def close(self) -> None:
        with ExitStack() as closing:
            for node in self.nodes.values():
                closing.callback(node.close)
        self.nodes.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

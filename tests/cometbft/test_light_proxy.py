"""CometBFT's own light client, its stock program, verifies our chain: headers, and the two roots that a query shows."""

from __future__ import annotations

import json
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from linlian.engine.cometbft.answering import PATH
from linlian.kernel.shown import check_state_row
from tests.cometbft.network import Network, binary, free_port
from tests.cometbft.test_network import SECONDS, Now
from tests.engine import ledgers


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    network = Network(tmp_path_factory.mktemp("net"), 4, binary())
    with ThreadPoolExecutor() as pool:
        list(pool.map(network.open, range(4)))
    yield network
    network.close()


@pytest.fixture(scope="module")
def proxy(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `cometbft light`, which trusts one header and asks two of our engines."""
    desk = ledgers.Desk(network.nodes[0].chain, Now())
    network.nodes[0].submit(desk.note("first")).result(SECONDS)
    trusted = network.nodes[0].engine.ask("commit", height="1")["signed_header"]["commit"]["block_id"]["hash"]
    address = f"127.0.0.1:{free_port()}"
    command = [str(network.program), "light", network.nodes[0].chain, "--laddr", f"tcp://{address}"]
    command += ["--primary", f"tcp://{network.addresses[0].rpc}", "--witnesses", f"tcp://{network.addresses[1].rpc}"]
    command += ["--height", "1", "--hash", trusted, "--home-dir", str(tmp_path_factory.mktemp("light"))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield address
    finally:
        process.kill()
        process.communicate()


def ask(proxy: str, method: str, **parameters: str) -> dict[str, Any]:
    """The result of a call to the proxy, which verifies before it answers; its error as an AssertionError."""
    address, until = f"http://{proxy}/{method}?{urlencode(parameters)}", time.monotonic() + SECONDS
    told: dict[str, Any] = {}
    while not told:
        try:
            with urlopen(address, timeout=SECONDS) as answer:
                told = json.load(answer)
        except URLError:
            # It answers once it has verified what it trusts.
            assert time.monotonic() < until
            time.sleep(0.2)
    assert "error" not in told, told["error"]
    result: dict[str, Any] = told["result"]
    return result


def test_headers_are_verified_by_the_stock_light_client(network: Network, proxy: str) -> None:
    verified = ask(proxy, "commit", height="2")["signed_header"]
    assert verified["header"]["chain_id"] == network.nodes[0].chain
    ours = network.nodes[3].engine.ask("commit", height="2")["signed_header"]
    assert verified["header"] == ours["header"]


def test_the_roots_are_verified_and_a_row_is_proved_from_there(network: Network, proxy: str) -> None:
    node = network.nodes[0]
    desk = ledgers.Desk(node.chain, Now())
    final = node.submit(desk.note("second")).result(SECONDS)
    file = node.prove_state(ledgers.notes.key(bytes(16)))
    # A light client compares with its witness, and waits long where that one is a block behind.
    signed = file.anchor.light_blocks[-1].header.height
    until = time.monotonic() + SECONDS
    while any(other.application.position.height < signed for other in network.nodes.values()):
        assert time.monotonic() < until
        time.sleep(0.05)
    query = {"path": f'"{PATH}"', "prove": "true"}
    state = ask(proxy, "abci_query", data="0x" + b"state".hex(), **query)["response"]
    log = ask(proxy, "abci_query", data="0x" + b"log".hex(), **query)["response"]
    assert file.anchor.header.height == final.height
    assert b64decode(state["value"]) == file.anchor.header.state_root
    roots = node.application.signed_roots()
    assert roots is not None
    assert b64decode(log["value"]) == roots.log
    check_state_row(node.chain, file.key, file.row, file.proof, b64decode(state["value"]))
    assert not file.row


@pytest.mark.parametrize(("path", "data"), [("/store/linlian/key", b"other"), ("/elsewhere", b"state")])
def test_what_is_not_there_is_said(network: Network, path: str, data: bytes) -> None:
    told = network.nodes[0].engine.ask("abci_query", path=path, data=data.hex(), prove=True)["response"]
    assert told["code"] != 0
    assert not told["value"]

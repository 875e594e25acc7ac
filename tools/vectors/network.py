"""Record what a real CometBFT network says of itself: `python -m tools.vectors.network CHAIN FILE [BINARY]`.

Four validators and two more nodes on this machine, with the key-value store that comes inside the binary. Validators
are then changed until less than a third of the first ones is left. The file holds `/commit` and `/validators` as the
network's RPC answered, at heights before and after each change. Keys are the network's own, so each record differs.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

NODES, VALIDATORS = 6, 4
RPC_PORT, P2P_PORT = 41657, 41656
CHANGES: tuple[dict[int, int], ...] = ({4: 10}, {0: 0}, {5: 10}, {1: 0, 2: 0}, {3: 25})
"""Node → its power from then on; after the fourth, one of the first four is left with a quarter of their power."""
STOPPED = 2
"""The node that is stopped before the first change, so that commits lack a signature."""


def address(node: int) -> str:
    return f"127.77.0.{node + 2}"


def ask(method: str, node: int = 3, **parameters: Any) -> Any:
    """One call of the RPC; raises RuntimeError for what it refuses."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = Request(f"http://{address(node)}:{RPC_PORT}", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as answer:
        told = json.load(answer)
    if "error" in told:
        raise RuntimeError(str(told["error"]))
    return told["result"]


def height() -> int:
    return int(ask("status")["sync_info"]["latest_block_height"])


def wait_for(wanted: int) -> None:
    """Until the block of that height is there, and its commit in the next one."""
    for _ in range(600):
        try:
            if height() > wanted:
                return
        except OSError:
            pass  # the node is not up yet
        time.sleep(0.1)
    raise TimeoutError(f"no block {wanted}")


def prepare(binary: str, chain: str, folder: Path) -> None:
    """Six homes, each with an address of its own on this machine, and a genesis that names the chain."""
    words = [binary, "testnet", "--v", str(VALIDATORS), "--n", str(NODES - VALIDATORS), "--o", str(folder)]
    words += ["--starting-ip-address", address(0), "--p2p-port", str(P2P_PORT)]
    subprocess.run(words, check=True, capture_output=True)
    for node in range(NODES):
        config = folder / f"node{node}" / "config" / "config.toml"
        text = config.read_text(encoding="utf-8")
        text = re.sub(r'laddr = "tcp://[\d.]+:26657"', f'laddr = "tcp://{address(node)}:{RPC_PORT}"', text)
        text = re.sub(r'laddr = "tcp://[\d.]+:\d*6656"', f'laddr = "tcp://{address(node)}:{P2P_PORT}"', text)
        text = text.replace('timeout_commit = "1s"', 'timeout_commit = "200ms"')
        config.write_text(text.replace('pprof_laddr = "localhost:6060"', 'pprof_laddr = ""'), encoding="utf-8")
        genesis = folder / f"node{node}" / "config" / "genesis.json"
        told = json.loads(genesis.read_text(encoding="utf-8"))
        genesis.write_text(json.dumps(told | {"chain_id": chain}), encoding="utf-8")


def key_of(folder: Path, node: int) -> str:
    told = json.loads((folder / f"node{node}" / "config" / "priv_validator_key.json").read_text(encoding="utf-8"))
    return str(told["pub_key"]["value"])


def set_power(public_key: str, power: int) -> int:
    """The height of the block with the change; it is in force two blocks later."""
    change = f"val=ed25519!{public_key}!{power}".encode()
    told = ask("broadcast_tx_commit", tx=b64encode(change).decode())
    assert told["tx_result"]["code"] == 0, told
    return int(told["height"])


def record(at: int) -> dict[str, Any]:
    return {"commit": ask("commit", height=str(at)), "validators": ask("validators", height=str(at), per_page="100")}


def run(binary: str, chain: str, folder: Path) -> dict[str, Any]:
    """The network's life, and what it says of it."""
    prepare(binary, chain, folder)
    with ExitStack() as running:
        processes = []
        for node in range(NODES):
            words = [binary, "node", "--home", str(folder / f"node{node}"), "--proxy_app=kvstore"]
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            running.callback(process.wait)
            running.callback(process.terminate)
            processes.append(process)
        wait_for(3)
        heights = [1, 2]
        processes[STOPPED].terminate()
        for change in CHANGES:
            changed = max(set_power(key_of(folder, node), power) for node, power in change.items())
            wait_for(changed + 4)
            heights += [changed + 1, changed + 2, changed + 4]
        return {"chain": chain, "genesis": ask("genesis")["genesis"], "blocks": [record(at) for at in heights]}


def main() -> None:
    chain, path, *rest = sys.argv[1:]
    with TemporaryDirectory() as folder:
        told = run(rest[0] if rest else "cometbft", chain, Path(folder))
    blocks = ",\n".join(json.dumps(block, sort_keys=True) for block in told.pop("blocks"))
    lines = [f'"{name}": {json.dumps(value, sort_keys=True)},\n' for name, value in told.items()]
    Path(path).write_text("{\n" + "".join(lines) + '"blocks": [\n' + blocks + "\n]}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

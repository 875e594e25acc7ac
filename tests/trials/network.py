"""Four organisations' nodes on this machine, as `linlian network` makes, starts, stops and breaks them.

What is not theirs: between two engines stands a relay (`links`), and a node may be run by another program than the
usual one: another build, a build with a fault (`faulty`), or in a network namespace of its own (`namespaces`).
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from linlian.engine.cometbft.home import Addresses, Peer, make_keys, write_config
from linlian.engine.cometbft.process import PID_FILE
from linlian.engine.cometbft.rpc import EngineAway, Rpc, RpcError
from linlian.engine.ledger import Ledger
from linlian.engine.local import LocalLedger
from linlian.kernel.errors import LinlianError
from linlian.node import folder as place
from linlian.node import network
from linlian.node.several import MadeNetwork, MadeNode, addresses_of, make_network
from linlian.settings import FILE_NAME
from tests.trials.links import Links
from tests.trials.people import Community, Person, new_key

FOUNDERS = {
    "street": "government",
    "property": "property_company",
    "owners": "owners_committee",
    "auditor": "third_party",
}
ROOT = Path(__file__).parents[2]
FIRST_PORT = 21_000
LAST_PORT = 31_000
PORTS_EACH = 200


def free_ports() -> int:
    """A first port of which the following `PORTS_EACH` are free as far as a network needs them."""
    first = FIRST_PORT + os.getpid() % 40 * PORTS_EACH
    while first < LAST_PORT:
        if all(_is_free(port) for port in (*range(first, first + 6), *range(first + 100, first + 112))):
            return first
        first += PORTS_EACH
    raise OSError("no free ports for a network")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class TrialNetwork:
    """The folders below `root`, the people who sign, and what runs each node."""

    def __init__(self, root: Path, name: str, engine: Path, *, snapshot_every: int = 1_000, relayed: bool = True):
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.links = Links()
        self.wires: Any = self.links
        """What `phases_cuts` cuts."""
        keys = {code: new_key() for code in FOUNDERS}
        founders = [(kind, code, "ed25519", keys[code].public_key) for code, kind in FOUNDERS.items()]
        self.first_port = free_ports()
        self.made: MadeNetwork = make_network(root, name, founders, self.first_port)
        self.nodes: dict[str, MadeNode] = {node.code: node for node in self.made.nodes}
        network.write_network_file(root, self.made)
        officers = {node.code: Person(node.officer, keys[node.code]) for node in self.made.nodes}
        self.community = Community(self.made.chain, officers)
        self.programs: dict[str, Sequence[str]] = {}
        self.snapshot_every = snapshot_every
        self.use_engine(engine)
        if relayed:
            for code in self.nodes:
                self.join_links(code)

    @property
    def codes(self) -> list[str]:
        return list(self.nodes)

    def folder(self, code: str) -> Path:
        return self.nodes[code].folder

    def engine_home(self, code: str) -> Path:
        return self.folder(code) / place.ENGINE

    def use_engine(self, engine: Path) -> None:
        """Let all nodes run this engine from their next start on."""
        self.engine = engine
        for code in self.nodes:
            self.write_settings(code)

    def write_settings(self, code: str) -> None:
        """The node's file: its address, the engine, how often a snapshot is made."""
        lines = [
            'folder = "."',
            f'http = "{self.nodes[code].http}"',
            f'cometbft = "{self.engine}"',
            f"snapshot_every = {self.snapshot_every}",
        ]
        (self.folder(code) / FILE_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def join_links(self, code: str, state_sync: tuple[Sequence[str], int, str] | None = None) -> None:
        """Let a node reach the others by relays. Of two nodes the one that comes later dials the other too."""
        node = self.nodes[code]
        peers = [
            Peer(other.keys.node_id, f"127.0.0.1:{self.links.lay(code, other.code, port_of(other.addresses.p2p))}")
            for other in self.nodes.values()
            if other.code != code
        ]
        write_config(self.engine_home(code), code, node.addresses, peers, state_sync)

    def admit(self, code: str, kind: str) -> MadeNode:
        """A folder for one more node, with keys of its own and the genesis of the chain; nothing else is in it yet."""
        first, folder = next(iter(self.nodes.values())), self.root / code
        place.make_folder(folder)
        http, addresses = addresses_of(len(self.nodes), self.first_port)
        keys = make_keys(folder / place.ENGINE)
        genesis = Path("config") / "genesis.json"
        shutil.copy(first.folder / place.ENGINE / genesis, folder / place.ENGINE / genesis)
        place.write_secret(folder / place.GENESIS, self.made.document)
        node = MadeNode(code, kind, folder, bytes(16), bytes(16), http, addresses, keys)
        self.nodes[code] = node
        self.write_settings(code)
        network.write_network_file(self.root, replace_nodes(self.made, self.nodes.values()))
        return node

    def forget(self, code: str) -> None:
        """A node that is stopped is none of the network any more."""
        del self.nodes[code]
        network.write_network_file(self.root, replace_nodes(self.made, self.nodes.values()))

    def adopt(self, code: str, organisation: bytes, officer: bytes) -> None:
        """The node is now this organisation's."""
        self.nodes[code] = self.nodes[code]._replace(organisation=organisation, officer=officer)

    # Starting, stopping, breaking: what `linlian network` does.

    def start(self, *codes: str) -> None:
        """Start these, or all, at once, each with its program. Raises NodeError (`node.did_not_start`)."""
        together([partial(self._start, code) for code in codes or self.codes])

    def _start(self, code: str) -> None:
        network.start_network(self.root, [code], program=self.programs.get(code, network.PROGRAM))

    def stop(self, *codes: str) -> None:
        network.stop_network(self.root, codes)

    def kill(self, *codes: str) -> None:
        """SIGKILL to all of a node, each of these."""
        for code in codes:
            network.break_node(self.root, code, "kill")

    def break_node(self, code: str, how: str) -> None:
        network.break_node(self.root, code, how)

    def close(self) -> None:
        """End everything, gently or not."""
        self.stop()
        self.links.close()

    # Looking.

    def ledger(self, code: str) -> LocalLedger:
        """A connection of the caller's own. Raises LinlianError (`engine.nobody_there`)."""
        return LocalLedger(self.folder(code) / place.SOCKET)

    def engine_says(self, code: str, method: str, **parameters: Any) -> dict[str, Any]:
        """An answer of a node's engine. Raises EngineAway, RpcError."""
        rpc = Rpc(self.nodes[code].addresses.rpc)
        try:
            return rpc.ask(method, **parameters)
        finally:
            rpc.close()

    def engine_height(self, code: str) -> int:
        """The engine's height; −1 if it does not answer."""
        try:
            return int(self.engine_says(code, "status")["sync_info"]["latest_block_height"])
        except (EngineAway, RpcError):
            return -1

    def proposer(self, code: str) -> str:
        """Whose turn it is to propose, as one of the engines sees it."""
        state = self.engine_says(code, "consensus_state")["round_state"]
        address = state["proposer"]["address"]
        return next(each for each in self.codes if self.validator_address(each) == address)

    def validator_address(self, code: str) -> str:
        return sha256(self.nodes[code].validator_key).digest()[:20].hex().upper()

    def signers(self, code: str) -> set[str]:
        """Whose signatures stand under the last block, as one of the engines has it."""
        signatures = self.engine_says(code, "commit")["signed_header"]["commit"]["signatures"]
        addresses = {each["validator_address"] for each in signatures if each["block_id_flag"] == 2}
        return {each for each in self.codes if self.validator_address(each) in addresses}

    def said(self, code: str) -> str:
        """What the node has said since it was first started."""
        return (self.folder(code) / network.LOG).read_text(encoding="utf-8", errors="replace")

    def engine_said(self, code: str) -> str:
        return (self.engine_home(code) / "cometbft.log").read_text(encoding="utf-8", errors="replace")

    def is_running(self, code: str) -> bool:
        return any(status.process for status in network.network_status(self.root) if status.code == code)

    def engine_process(self, code: str) -> int:
        return int((self.engine_home(code) / PID_FILE).read_text())


def replace_nodes(made: MadeNetwork, nodes: Iterable[MadeNode]) -> MadeNetwork:
    return made._replace(nodes=tuple(nodes))


def moved(node: MadeNode, addresses: Addresses) -> MadeNode:
    """The node with its engine at other addresses."""
    return node._replace(addresses=addresses)


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def together(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all at once; raise the first thing that went wrong, once all are done."""
    if not tasks:
        return []
    with ThreadPoolExecutor(len(tasks)) as pool:
        futures: list[Future[Any]] = [pool.submit(task) for task in tasks]
    return [future.result() for future in futures]


def wait_until(happens: Callable[[], bool], seconds: float, what: str) -> float:
    """How many seconds it took. Raises AssertionError if it does not happen in time."""
    started = time.monotonic()
    while not happens():
        assert time.monotonic() - started < seconds, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)
    return time.monotonic() - started


def answers(ledger_of: Callable[[], Ledger]) -> bool:
    """Whether somebody answers there."""
    try:
        ledger_of().close()
    except LinlianError:
        return False
    return True


def from_tree(tree: Path) -> tuple[str, ...]:
    """The program as another source tree has it."""
    return ("/usr/bin/env", f"PYTHONPATH={tree}", *network.PROGRAM)


def with_fault(fault: str, *arguments: str) -> tuple[str, ...]:
    """The program with one of the faults of `faulty`."""
    run = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.trials.faulty import main; main()"
    return (sys.executable, "-c", run, fault, *arguments, "--")

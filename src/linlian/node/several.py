"""One of several organisations' nodes: what its folder holds besides, how it is made, and how its ledger opens.

    made = make_network(root, "sunrise", [Founder(…), …], Ports())        # a folder for each, all on this machine
    open_ledger_of_several(settings, rules)

A node's folder holds the chain's genesis document, the engine's own folder with this node's keys, and a configuration
that names the others. Nobody's keys leave their folder: of the others it holds addresses and public keys.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from linlian.community.identity.rules_organisations import NO_OPERATOR
from linlian.engine.cometbft.home import Addresses, EngineKeys, FirstValidator, Peer, make_keys, write_config
from linlian.engine.cometbft.home import write_genesis as write_engine_genesis
from linlian.engine.cometbft.ledger import CometLedger, Places
from linlian.engine.cometbft.process import find_binary
from linlian.kernel.genesis import chain_id, check_chain_name, open_genesis
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State, Writes
from linlian.kernel.succession import carry_over
from linlian.node import folder as place
from linlian.node.folder import NodeError
from linlian.node.founding import FIRST_POWER, Founder, write_genesis
from linlian.settings import FILE_NAME, Settings
from linlian.store.protocol import StoreError
from linlian.store.sqlite import SqliteStore

HOST = "127.0.0.1"
FIRST_PORT = 8431


class MadeNode(NamedTuple):
    """A node of a new network: whose it is, where it lies, and where it will be reached. `power` is its vote's."""

    code: str
    kind: str
    folder: Path
    organisation: bytes
    officer: bytes
    http: str
    addresses: Addresses
    keys: EngineKeys
    power: int = FIRST_POWER

    @property
    def validator_key(self) -> bytes:
        return self.keys.validator_key


class MadeNetwork(NamedTuple):
    """`time` is the genesis's, in ms."""

    chain: str
    time: int
    document: bytes
    nodes: tuple[MadeNode, ...]


def addresses_of(number: int, first_port: int = FIRST_PORT) -> tuple[str, Addresses]:
    """The n-th node's own address, and its engine's for peers and for itself: three ports of one machine."""
    ports = [first_port + number, first_port + 100 + 2 * number, first_port + 101 + 2 * number]
    http, p2p, rpc = (f"{HOST}:{port}" for port in ports)
    return http, Addresses(p2p=p2p, rpc=rpc)


def make_network(
    root: Path, name: str, founders: Sequence[tuple[str, str, str, bytes]], first_port: int = FIRST_PORT
) -> MadeNetwork:
    """Write the folders of a new network, one below `root` for each founder, named by its code.

    Raises NodeError (`node.ledger_exists`), and as `create_community`.
    """
    check_chain_name(name)
    told = [Founder(*founder) for founder in founders]
    keys, places = {}, {}
    for number, founder in enumerate(told):
        folder = root / founder.code
        if (folder / place.GENESIS).exists() or (folder / place.LEDGER).exists():
            raise NodeError("node.ledger_exists", folder=str(folder))
        place.make_folder(folder)
        keys[founder.code] = make_keys(folder / place.ENGINE)
        places[founder.code] = addresses_of(number, first_port)
    now = time.time_ns() // 1_000_000
    validators = {code: key.validator_key for code, key in keys.items()}
    document, ids = write_genesis(name, told, now, NO_OPERATOR, validators)
    nodes = [
        MadeNode(founder.code, founder.kind, root / founder.code, *pair, *places[founder.code], keys[founder.code])
        for founder, pair in zip(told, ids, strict=True)
    ]
    for node in nodes:
        write_node(node, nodes, document, now)
    return MadeNetwork(chain_id(document), now, document, tuple(nodes))


def write_node(node: MadeNode, nodes: Sequence[MadeNode], document: bytes, time_ms: int) -> None:
    """What its folder needs besides its keys, which are there: genesis, configuration, settings."""
    home = node.folder / place.ENGINE
    first = [FirstValidator(other.code, other.keys.validator_key, FIRST_POWER) for other in nodes]
    write_engine_genesis(home, document, time_ms, first)
    peers = [Peer(other.keys.node_id, other.addresses.p2p) for other in nodes if other.code != node.code]
    write_config(home, node.code, node.addresses, peers)
    (node.folder / FILE_NAME).write_text(f'folder = "."\nhttp = "{node.http}"\n', encoding="utf-8")
    place.write_secret(node.folder / place.GENESIS, document)


def open_ledger_of_several(settings: Settings, rules: Rulebook) -> CometLedger:
    """The ledger of a folder that the caller has locked, its engine started. Raises LinlianError (`engine.…`)."""
    folder, binary = settings.folder, find_binary(settings.cometbft)
    places = Places(
        home=folder / place.ENGINE,
        socket=folder / place.ENGINE_SOCKET,
        snapshots=folder / place.SNAPSHOTS,
        ledger=folder / place.LEDGER,
        rpc=rpc_of(folder),
    )
    document = (folder / place.GENESIS).read_bytes()
    store = SqliteStore(folder / place.LEDGER)
    return CometLedger(
        store,
        rules,
        places,
        binary,
        document=document,
        carried=lambda named: _carried(folder, named),
        snapshot_interval=settings.snapshot_every,
    )


def rpc_of(folder: Path) -> str:
    """host:port of the engine of a folder. Raises NodeError (`node.engine_config_unreadable`)."""
    path = folder / place.ENGINE / "config" / "config.toml"
    try:
        laddr = tomllib.loads(path.read_text(encoding="utf-8"))["rpc"]["laddr"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NodeError("node.engine_config_unreadable", path=str(path)) from error
    return str(laddr).removeprefix("tcp://")


def _carried(folder: Path, document: bytes) -> Writes | None:
    """The rows of the predecessor that a genesis document names. Raises NodeError (`node.no_predecessor`)."""
    named = open_genesis(document).predecessor
    if named is None:
        return None
    path = folder / place.PREDECESSORS / f"{named.chain}.sqlite"
    try:
        store = SqliteStore(path, read_only=True)
    except StoreError as error:
        raise NodeError("node.no_predecessor", chain=named.chain, path=str(path)) from error
    try:
        old = store.genesis()
        assert old is not None, "a predecessor's ledger has begun"
        state = State(chain_id(old), open_genesis(old).work)
        store.load(state)
    finally:
        store.close()
    return carry_over(state, chain_id(document))

"""One of several organisations' nodes: what its folder holds besides, how it is made, and how its ledger opens.

    made = make_network(root, "sunrise", [Founder(…), …], Ports())        # a folder for each, all on this machine
    open_ledger_of_several(settings, rules)

A node's folder holds the chain's genesis document, the engine's own folder with this node's keys, and a configuration
that names the others. Nobody's keys leave their folder: of the others it holds addresses and public keys.
"""

from __future__ import annotations

import secrets
import shutil
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from linlian.community.council.rules_validators import FirstValidator as FirstValidatorFields
from linlian.community.council.rules_validators import FoundNetwork
from linlian.community.identity.rules import organisations
from linlian.community.identity.rules_organisations import NO_OPERATOR
from linlian.engine.cometbft.home import Addresses, EngineKeys, FirstValidator, Peer, make_keys, write_config
from linlian.engine.cometbft.home import write_genesis as write_engine_genesis
from linlian.engine.cometbft.ledger import CometLedger, Places
from linlian.engine.cometbft.process import find_binary
from linlian.kernel import codec
from linlian.kernel.genesis import Genesis, Seed, chain_id, check_chain_name, open_genesis
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State, Writes
from linlian.kernel.succession import carry_over, predecessor_of
from linlian.node import folder as place
from linlian.node import guests
from linlian.node.folder import NodeError
from linlian.node.founding import FIRST_POWER, Founder, write_genesis
from linlian.node.neighbours import Neighbour, write_neighbours
from linlian.settings import FILE_NAME, Settings
from linlian.store.protocol import StoreError
from linlian.store.sqlite import SqliteStore

HOST = "127.0.0.1"
FIRST_PORT = 8431
TRUST, PUBLIC, NOTICE = "trust.toml", "public.toml", "notice.toml"


class MadeNode(NamedTuple):
    """A node of a new network: whose it is, where it lies, and where it will be reached. `power` is its vote's, `url`
    where the others and their people come to it, "" if that is not known yet."""

    code: str
    kind: str
    folder: Path
    organisation: bytes
    officer: bytes
    http: str
    addresses: Addresses
    keys: EngineKeys
    power: int = FIRST_POWER
    url: str = ""

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
    keys, places = _prepare(root, [founder.code for founder in told], first_port)
    now = time.time_ns() // 1_000_000
    validators = {code: key.validator_key for code, key in keys.items()}
    document, ids = write_genesis(name, told, now, NO_OPERATOR, validators)
    nodes = [
        _here(
            MadeNode(founder.code, founder.kind, root / founder.code, *pair, *places[founder.code], keys[founder.code])
        )
        for founder, pair in zip(told, ids, strict=True)
    ]
    for node in nodes:
        write_node(node, nodes, document, now)
    return MadeNetwork(chain_id(document), now, document, tuple(nodes))


def make_network_from(root: Path, old: Path, codes: Sequence[str] = (), first_port: int = FIRST_PORT) -> MadeNetwork:
    """The network that takes over the community of a folder: a node for each active organisation, or for those named.

    The new chain names the old one's last header and state root; the old ledger goes along into every folder, and the
    old folder adds nothing from then on. Old receipts stay what they are, vouched for by who signed them. Sealed
    content, and what opens it, goes to the first node alone; of a demo, whose people lend their keys, to all.

    Raises NodeError: `node.no_ledger`, `node.succeeded`, `node.ledger_exists`, `node.no_organisation`.
    """
    place.require_ledger(old)
    place.require_not_succeeded(old)
    lock = place.lock_folder(old)
    try:
        state, name = _load(old / place.LEDGER)
        active = {row.code: key for key, row in state.table_rows(organisations) if row.status == "active"}
        for code in codes:
            if code not in active:
                raise NodeError("node.no_organisation", organisation=code, known=", ".join(active))
        taking_part = {code: active[code] for code in codes or active}
        keys, places = _prepare(root, list(taking_part), first_port)
        now = max(time.time_ns() // 1_000_000, state.time)
        document = _successor_document(state, name, now, {taking_part[code]: key for code, key in keys.items()})
        nodes = []
        for code, identifier in taking_part.items():
            row = organisations.get(state, identifier)
            assert row is not None, "it was found in this state"
            officer = row.officers[0] if row.officers else bytes(16)
            made = MadeNode(code, str(row.kind), root / code, identifier, officer, *places[code], keys[code])
            nodes.append(_here(made))
        for node in nodes:
            write_node(node, nodes, document, now)
            _hand_on(old, node, state.chain)
        _hand_on_contents(old, nodes)
        (old / place.SUCCESSOR).write_text(f"{chain_id(document)}\n", encoding="ascii")
    finally:
        lock.release()
    return MadeNetwork(chain_id(document), now, document, tuple(nodes))


def _here(node: MadeNode) -> MadeNode:
    """All on this machine."""
    return node._replace(url=f"http://{node.http}")


def _successor_document(state: State, name: str, time_ms: int, validators: Mapping[bytes, EngineKeys]) -> bytes:
    """A genesis document that names a state's chain as its predecessor; validators' keys by organisation."""
    first = [
        FirstValidatorFields(organisation=organisation, validator_key=key.validator_key, power=FIRST_POWER)
        for organisation, key in validators.items()
    ]
    seed = FoundNetwork(validators=tuple(first))
    genesis = Genesis(
        name=name,
        nonce=secrets.token_bytes(32),
        time=time_ms,
        release=state.release.number,
        release_hash=state.release.source_hash,
        work=state.work,
        seeds=(Seed(command="council.found_network", fields=codec.as_plain(seed)),),
        predecessor=predecessor_of(state),
    )
    return codec.encode(genesis)


def _hand_on(old: Path, node: MadeNode, chain: str) -> None:
    """What a node needs of the old folder: the ledger, names, who signed, and its own officer's key."""
    predecessors = node.folder / place.PREDECESSORS
    predecessors.mkdir(mode=0o700, exist_ok=True)
    source_store = SqliteStore(old / place.LEDGER, read_only=True)
    try:
        source_store.backup(predecessors / f"{chain}.sqlite")
    finally:
        source_store.close()
    for earlier in (old / place.PREDECESSORS).glob("*.sqlite"):
        shutil.copy2(earlier, predecessors / earlier.name)
    for path in (Path(place.NAMES), Path(TRUST), Path(PUBLIC), Path(NOTICE), Path(place.KEYS) / f"{node.code}.key"):
        if (old / path).is_file():
            (node.folder / path).parent.mkdir(mode=0o700, exist_ok=True)
            shutil.copy2(old / path, node.folder / path)


def _hand_on_contents(old: Path, nodes: Sequence[MadeNode]) -> None:
    is_demo = (old / guests.FILE).is_file()
    for node in nodes if is_demo else nodes[:1]:
        for name in (place.CONTENTS, *((place.KEYS,) if is_demo else ())):
            if (old / name).is_dir():
                shutil.copytree(old / name, node.folder / name, dirs_exist_ok=True)
        if is_demo:
            shutil.copy2(old / guests.FILE, node.folder / guests.FILE)


def _load(ledger: Path) -> tuple[State, str]:
    """A ledger's last state, and the name its chain was given."""
    store = SqliteStore(ledger, read_only=True)
    try:
        document = store.genesis()
        if document is None:
            raise NodeError("node.no_ledger", folder=str(ledger.parent))
        genesis = open_genesis(document)
        state = State(chain_id(document), genesis.work)
        store.load(state)
    finally:
        store.close()
    return state, genesis.name


def _prepare(
    root: Path, codes: Sequence[str], first_port: int
) -> tuple[dict[str, EngineKeys], dict[str, tuple[str, Addresses]]]:
    """A folder with keys for each node, and its addresses. Raises NodeError (`node.ledger_exists`)."""
    keys, places = {}, {}
    for number, code in enumerate(codes):
        folder = root / code
        if (folder / place.GENESIS).exists() or (folder / place.LEDGER).exists():
            raise NodeError("node.ledger_exists", folder=str(folder))
        place.make_folder(folder)
        keys[code] = make_keys(folder / place.ENGINE)
        places[code] = addresses_of(number, first_port)
    return keys, places


def write_node(node: MadeNode, nodes: Sequence[MadeNode], document: bytes, time_ms: int) -> None:
    """What its folder needs besides its keys, which are there: genesis, configuration, settings."""
    home = node.folder / place.ENGINE
    first = [FirstValidator(other.code, other.keys.validator_key, FIRST_POWER) for other in nodes]
    write_engine_genesis(home, document, time_ms, first)
    peers = [Peer(other.keys.node_id, other.addresses.p2p) for other in nodes if other.code != node.code]
    write_config(home, node.code, node.addresses, peers)
    known = [Neighbour(one.code, one.keys.node_id, one.url, _names(one.url)) for one in nodes if one is not node]
    write_neighbours(node.folder, [one for one in known if one.url])
    (node.folder / FILE_NAME).write_text(f'folder = "."\nhttp = "{node.http}"\n', encoding="utf-8")
    place.write_secret(node.folder / place.GENESIS, document)


def _names(url: str) -> tuple[str, ...]:
    """Under which hosts people come to a URL; of this machine, under its name too."""
    host = url.partition("://")[2].rstrip("/").lower()
    return (host, host.replace(HOST, "localhost")) if host.startswith(HOST) else (host,)


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
        state, _ = _load(path)
    except StoreError as error:
        raise NodeError("node.no_predecessor", chain=named.chain, path=str(path)) from error
    return carry_over(state, chain_id(document))

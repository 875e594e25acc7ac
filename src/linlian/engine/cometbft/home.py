"""The engine's own folder: its keys, the genesis of the chain, its configuration.

    config/node_key.json              who the node is to its peers
    config/priv_validator_key.json    the key with which the organisation's validator votes
    config/genesis.json               the chain: its id, the first validators, our genesis document
    config/config.toml                addresses, peers, pace
    data/                             the engine's blocks; data/priv_validator_state.json keeps it from voting twice

Rules
- Keys are made here and never leave the folder. The validator's key votes for blocks and signs nothing else of ours.
- Only what differs from the engine's defaults is written, each with its reason.

Source: config/config.go, privval/file.go, p2p/key.go and types/genesis.go of CometBFT v0.39.4.
"""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from linlian.engine.cometbft.calls import APP_STATE
from linlian.engine.cometbft.envelope import ENVELOPE_BYTES_MAX
from linlian.kernel.crypto import SEED_BYTES, SoftwareKey
from linlian.kernel.genesis import chain_id

BLOCK_BYTES: Final = 1024 * 1024
"""About half a second of execution: larger blocks take seconds, and rounds time out."""
TIMEOUT_COMMIT_MS: Final = 100
HEARTBEAT_S: Final = 3600
"""An idle chain makes a block an hour, so that a light client's header does not grow old."""


class Peer(NamedTuple):
    """Another node: its id, and host:port where it listens."""

    node_id: str
    address: str


class Addresses(NamedTuple):
    """host:port for peers (`p2p`), with the address they are told if it differs, and for this node alone (`rpc`)."""

    p2p: str
    rpc: str
    external: str = ""


class FirstValidator(NamedTuple):
    """A validator of the genesis."""

    name: str
    public_key: bytes
    power: int


class EngineKeys(NamedTuple):
    """What the keys of a folder are known by."""

    node_id: str
    validator_key: bytes


def make_keys(home: Path) -> EngineKeys:
    """New keys, or those that are there."""
    for part in (home, home / "config", home / "data"):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    node, validator = home / "config" / "node_key.json", home / "config" / "priv_validator_key.json"
    if not node.exists():
        _write_secret(node, {"priv_key": _private(secrets.token_bytes(SEED_BYTES))[0]})
    if not validator.exists():
        private, public = _private(secrets.token_bytes(SEED_BYTES))
        told = {
            "address": sha256(public).hexdigest()[:40].upper(),
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": b64encode(public).decode()},
            "priv_key": private,
        }
        _write_secret(validator, told)
    state = home / "data" / "priv_validator_state.json"
    if not state.exists():
        _write_secret(state, {"height": "0", "round": 0, "step": 0})
    return read_keys(home)


def read_keys(home: Path) -> EngineKeys:
    """Raises OSError, ValueError or KeyError for files that are not there or not as the engine writes them."""
    node = json.loads((home / "config" / "node_key.json").read_text())
    public = b64decode(node["priv_key"]["value"])[SEED_BYTES:]
    validator = json.loads((home / "config" / "priv_validator_key.json").read_text())
    return EngineKeys(sha256(public).hexdigest()[:40], b64decode(validator["pub_key"]["value"]))


def node_key(home: Path) -> bytes:
    """The seed of the key by which peers know this node. Raises OSError, ValueError or KeyError."""
    told = json.loads((home / "config" / "node_key.json").read_text())
    return b64decode(told["priv_key"]["value"])[:SEED_BYTES]


def write_genesis(home: Path, document: bytes, time_ms: int, validators: Sequence[FirstValidator]) -> None:
    """The engine's genesis, the same bytes for every node. Our document stands in it, so nobody can change either."""
    genesis = {
        "genesis_time": datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "chain_id": chain_id(document),
        "initial_height": "1",
        "consensus_params": {
            "block": {"max_bytes": str(BLOCK_BYTES), "max_gas": "-1"},
            # A node does not start with more bytes of evidence than a block holds.
            "evidence": {"max_age_num_blocks": "100000", "max_age_duration": "1209600000000000", "max_bytes": "65536"},
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {"app": "1"},
            "abci": {"vote_extensions_enable_height": "0"},
        },
        "validators": [
            {
                "address": sha256(validator.public_key).hexdigest()[:40].upper(),
                "pub_key": {"type": "tendermint/PubKeyEd25519", "value": b64encode(validator.public_key).decode()},
                "power": str(validator.power),
                "name": validator.name,
            }
            for validator in validators
        ],
        "app_hash": "",
        "app_state": {APP_STATE: document.hex()},
    }
    path = home / "config" / "genesis.json"
    path.write_text(json.dumps(genesis, indent=1) + "\n")


def write_config(
    home: Path,
    moniker: str,
    addresses: Addresses,
    peers: Sequence[Peer],
    state_sync: tuple[Sequence[str], int, str] | None = None,
) -> None:
    """`state_sync`, for a node that comes late: (two engines' RPC addresses, trusted height, trusted header hash)."""
    tables: dict[str, dict[str, Any]] = {
        "": {"moniker": moniker, "abci": "socket", "log_level": "info"},
        "rpc": {"laddr": f"tcp://{addresses.rpc}"},
        "p2p": {
            "laddr": f"tcp://{addresses.p2p}",
            "external_address": addresses.external,
            "persistent_peers": ",".join(f"{peer.node_id}@{peer.address}" for peer in peers),
            # Several organisations may stand behind one address, and a community's network may be private.
            "allow_duplicate_ip": True,
            "addr_book_strict": False,
            "pex": False,
            "flush_throttle_timeout": "10ms",
            "send_rate": 51_200_000,
            "recv_rate": 51_200_000,
        },
        "mempool": {
            # Envelopes, each of up to a hundred transactions; what is more than can be served is refused before.
            "size": 5_000,
            "cache_size": 20_000,
            "max_tx_bytes": ENVELOPE_BYTES_MAX,
            "max_txs_bytes": 64 * 1024 * 1024,
            # Windows and repetitions change with each block.
            "recheck": True,
        },
        "consensus": {
            "timeout_propose": "1s",
            "timeout_prevote": "500ms",
            "timeout_precommit": "500ms",
            "timeout_commit": f"{TIMEOUT_COMMIT_MS}ms",
            # Idle is idle: a block is made for a transaction, a due timer, or a new app hash.
            "create_empty_blocks": False,
            "create_empty_blocks_interval": f"{HEARTBEAT_S}s",
        },
        # The read model answers what an index of the engine would.
        "tx_index": {"indexer": "null"},
        # What the engine replays after a crash.
        "storage": {"discard_abci_responses": False},
        "instrumentation": {"prometheus": False},
    }
    if state_sync is not None:
        servers, height, header_hash = state_sync
        tables["statesync"] = {
            "enable": True,
            "rpc_servers": ",".join(servers),
            "trust_height": height,
            "trust_hash": header_hash,
            "trust_period": "168h0m0s",
            "discovery_time": "5s",
        }
    lines = []
    for table, keys in tables.items():
        lines += [f"\n[{table}]"] if table else []
        # JSON's strings, numbers and truth values are TOML's.
        lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    (home / "config" / "config.toml").write_text("\n".join(lines) + "\n")


def _private(seed: bytes) -> tuple[dict[str, str], bytes]:
    """An Ed25519 key as the engine writes it, seed and public key behind one another; and the public key."""
    public = SoftwareKey("ed25519", seed).public_key
    return {"type": "tendermint/PrivKeyEd25519", "value": b64encode(seed + public).decode()}, public


def _write_secret(path: Path, told: dict[str, Any]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(told, file, indent=1)
        file.flush()
        os.fsync(file.fileno())

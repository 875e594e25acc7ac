"""A node's folder: what lies where, and that one process at a time works in it.

    ledger.sqlite      the ledger                       watermark      the last header this node has signed
    readmodel.sqlite   rows for queries, made anew at need
    operator.key       the seed of the key that signs checkpoints, in hex
    keys/              people's software keys           contents/      sealed content
    trust.toml         who signs for this community, to be handed to whoever checks
    predecessors/      ledgers of the chains before this one
    names.toml         names that people here gave to identifiers
    webhooks.sqlite    who is told of events, with their secrets
    funds.key          makes the marks by which funds know people, payments and the bank's lines again
    open311.toml       how cities' apps see this community            open311-keys.toml  which of them may report
    https.pem          key and certificate that this machine made for itself (`--phone`)
    genesis            the chain's first document, where several organisations keep the ledger
    cometbft/          their engine: its keys, configuration, blocks     snapshots/     for nodes that come late
    neighbours.toml    where the other organisations' nodes are reached
    successor          the chain that took this one over: nothing is added here any more
    node.socket        where a running node can be spoken to           lock

The folder is its owner's alone (0700); secrets are 0600 and appear whole or not at all.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from linlian.kernel.crypto import SEED_BYTES, SoftwareKey
from linlian.kernel.errors import LinlianError
from linlian.store.schema import FileLock

LEDGER = "ledger.sqlite"
READ_MODEL = "readmodel.sqlite"
WATERMARK = "watermark"
OPERATOR_KEY = "operator.key"
KEYS = "keys"
CONTENTS = "contents"
NAMES = "names.toml"
TRUST = "trust.toml"
PREDECESSORS = "predecessors"
WEBHOOKS = "webhooks.sqlite"
FUNDS_KEY = "funds.key"
OPEN311 = "open311.toml"
OPEN311_KEYS = "open311-keys.toml"
GENESIS = "genesis"
ENGINE = "cometbft"
ENGINE_SOCKET = "engine.socket"
SNAPSHOTS = "snapshots"
NEIGHBOURS = "neighbours.toml"
SUCCESSOR = "successor"
SOCKET = "node.socket"
LOCK = "lock"


class NodeError(LinlianError):
    """The folder or the node in it cannot do what was asked."""


def require_ledger(folder: Path) -> Path:
    """The ledger's path. Raises NodeError (`node.no_ledger`)."""
    path = folder / LEDGER
    if not path.is_file() and not is_of_several(folder):
        raise NodeError("node.no_ledger", folder=str(folder))
    return path


def require_not_succeeded(folder: Path) -> None:
    """Raise NodeError (`node.succeeded`) if another chain has taken this one over: a second history must not begin."""
    path = folder / SUCCESSOR
    if path.is_file():
        raise NodeError("node.succeeded", chain=path.read_text(encoding="ascii").strip(), folder=str(folder))


def is_of_several(folder: Path) -> bool:
    """Whether this is one of several organisations' nodes; its ledger may still have to come from the others."""
    return (folder / GENESIS).is_file() and (folder / ENGINE).is_dir()


def make_folder(folder: Path) -> None:
    """Make the folder if need be, for its owner alone. Raises NodeError (`node.folder_unusable`)."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NodeError("node.folder_unusable", folder=str(folder), reason=error.strerror or "") from error


def lock_folder(folder: Path) -> FileLock:
    """Be the one process that works in this folder. Raises StoreError (`store.locked` names the other process)."""
    return FileLock(folder / LOCK)


def make_operator_key(folder: Path) -> SoftwareKey:
    """The folder's operator key, a new one if it has none."""
    if not (folder / OPERATOR_KEY).exists():
        write_secret(folder / OPERATOR_KEY, secrets.token_bytes(SEED_BYTES).hex().encode() + b"\n")
    return read_operator_key(folder)


def read_operator_key(folder: Path) -> SoftwareKey:
    """The key that signs checkpoints. Raises NodeError: `node.no_operator_key`, `node.operator_key_damaged`."""
    path = folder / OPERATOR_KEY
    try:
        seed = bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError as error:
        raise NodeError("node.no_operator_key", path=str(path)) from error
    except (OSError, ValueError) as error:
        raise NodeError("node.operator_key_damaged", path=str(path)) from error
    if len(seed) != SEED_BYTES:
        raise NodeError("node.operator_key_damaged", path=str(path))
    return SoftwareKey("ed25519", seed)


def write_secret(path: Path, data: bytes) -> None:
    """Write a file for its owner alone, whole or not at all, and never over another."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    finally:
        fresh.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that what was renamed or made in a folder is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Backups, and how a community goes on from one.

A backup is a folder: `ledger.sqlite`, `contents/`, `names.toml`, `funds.key`, and `backup.toml`, which says of which
chain and up to which block it is. It holds what opens sealed content and what makes marks, so it is guarded like the
folder itself. The operator's key and people's keys are in it only if that was asked for.

Rules
- A backup is verified before anything of it is used.
- A node never signs a second history. A backup may continue its chain only where this folder's watermark says that
  nothing above it was signed; without a watermark nobody knows, so it may not. Else a new chain begins that names
  the old one as its predecessor, takes over its state, and keeps the old ledger beside its own.
- What stood in the folder before is moved aside, never deleted.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

from linlian.engine.watermark import Watermark
from linlian.kernel import codec
from linlian.kernel.block import Header
from linlian.kernel.crypto import sha256
from linlian.kernel.errors import LinlianError
from linlian.kernel.genesis import Genesis, chain_id, open_genesis
from linlian.kernel.operator import current_operator
from linlian.kernel.state import State
from linlian.kernel.succession import carry_over, predecessor_of
from linlian.kernel.transition import found
from linlian.node import folder as place
from linlian.node import source
from linlian.node.folder import NodeError
from linlian.settings import Settings
from linlian.store.protocol import Progress
from linlian.store.sqlite import SqliteStore
from linlian.vault import Contents

MANIFEST = "backup.toml"


class Kept(NamedTuple):
    """A ledger that was written somewhere: its chain and last block, the path, and how many sealed contents."""

    chain: str
    height: int
    path: Path
    contents: int


class Restored(NamedTuple):
    """The chain that goes on in the folder, and who signs for it; `predecessor` is "" where it is the backup's own."""

    chain: str
    height: int
    predecessor: str
    operator_key: bytes


def back_up(settings: Settings, target: Path, *, with_keys: bool, progress: Progress | None = None) -> Kept:
    """Write a backup into a new folder, while the node runs or not. Raises NodeError (`node.target_exists`)."""
    ledger = place.require_ledger(settings.folder)
    if target.exists():
        raise NodeError("node.target_exists", path=str(target))
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    place.make_folder(partial)
    store = SqliteStore(ledger, read_only=True)
    try:
        store.backup(partial / place.LEDGER, progress)
    finally:
        store.close()
    # Content is put in the vault before its command is handed in, so what is copied now has all that the ledger names.
    count = _copy_contents(settings.folder / place.CONTENTS, partial / place.CONTENTS)
    for name in (place.NAMES, place.FUNDS_KEY, *((place.OPERATOR_KEY, place.KEYS) if with_keys else ())):
        _copy(settings.folder / name, partial / name)
    head = _head(partial / place.LEDGER)
    for ending in ("-wal", "-shm"):  # left by that reading, and empty
        (partial / f"{place.LEDGER}{ending}").unlink(missing_ok=True)
    told = (
        f'chain = "{head.chain}"',
        f"height = {head.height}",
        f'header = "{_hash(head).hex()}"',
        f"time = {head.time}",
    )
    (partial / MANIFEST).write_text("\n".join(told) + "\n", encoding="utf-8")
    partial.rename(target)
    place.sync_folder(target.absolute().parent)
    return Kept(head.chain, head.height, target, count)


def check_manifest(backup: Path, head: Header) -> None:
    """Compare a backup with what it said of itself. Raises NodeError (`node.backup_differs`)."""
    path = backup / MANIFEST
    if not path.is_file():
        return
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    if (told.get("chain"), told.get("height"), told.get("header")) != (head.chain, head.height, _hash(head).hex()):
        raise NodeError("node.backup_differs", chain=head.chain, height=head.height)


def restore(
    settings: Settings, backup: Path, *, new_chain: bool, replace: bool, progress: Progress | None = None
) -> Restored:
    """Go on from a backup that the caller has verified.

    Raises NodeError: `node.no_ledger`, `node.ledger_exists`, `node.may_not_continue` (the facts say what was signed),
    `node.operator_key_differs`.
    """
    ledger = ledger_of(backup)
    head = _head(ledger)
    if backup.is_dir():
        check_manifest(backup, head)
    place.make_folder(settings.folder)
    lock = place.lock_folder(settings.folder)
    try:
        if (settings.folder / place.LEDGER).exists() and not replace:
            raise NodeError("node.ledger_exists", folder=str(settings.folder))
        if not new_chain:
            _check_may_continue(settings.folder, ledger, head)
        if backup.is_dir():
            _copy_missing(backup, settings.folder)
        operator = _check_operator(settings.folder, ledger) if new_chain else None
        stage = settings.folder / f"{place.LEDGER}.restored"
        _remove_database(stage)
        if operator is None:
            _copy(ledger, stage)
            restored = Restored(head.chain, head.height, "", b"")
        else:
            restored = _succeed(ledger, stage, operator, progress)
        _put_in_place(settings.folder, stage, ledger if new_chain else None, head.chain)
        return restored
    finally:
        lock.release()


def ledger_of(path: Path) -> Path:
    """The ledger's file in a folder or backup, or the file itself. Raises NodeError (`node.no_ledger`)."""
    return path if path.is_file() else place.require_ledger(path)


def _check_may_continue(folder: Path, ledger: Path, head: Header) -> None:
    """Only a watermark that lies within the backup's own history says that nothing else was signed."""
    path = folder / place.WATERMARK
    if not path.exists():
        raise NodeError("node.may_not_continue", signed="?", height=head.height)
    watermark = Watermark(path)
    store = SqliteStore(ledger, read_only=True)
    try:
        signed = store.header(watermark.height)
    finally:
        store.close()
    try:
        watermark.check(head.height, _hash(signed) if signed else None)
    except LinlianError as error:
        raise NodeError("node.may_not_continue", signed=watermark.height, height=head.height) from error


def _check_operator(folder: Path, ledger: Path) -> bytes:
    """The operator's key must be here: the new chain names the same operator as the old one did."""
    state = _load(ledger, None)
    named, ours = current_operator(state), place.read_operator_key(folder).public_key
    if named is None or named.public_key != ours:
        raise NodeError("node.operator_key_differs", ours=ours, named=named.public_key if named else b"")
    return ours


def _succeed(ledger: Path, stage: Path, operator: bytes, progress: Progress | None) -> Restored:
    """Write block 0 of the successor."""
    state = _load(ledger, progress)
    old = predecessor_of(state)
    genesis = Genesis(
        name=_name_of(ledger),
        nonce=secrets.token_bytes(32),
        time=max(time.time_ns() // 1_000_000, state.time),
        release=state.release.number,
        release_hash=state.release.source_hash,
        work=state.work,
        predecessor=old,
    )
    document = codec.encode(genesis)
    _, applied = found(source.rulebook(), document, carry_over(state, chain_id(document)))
    store = SqliteStore(stage)
    try:
        store.create(document, applied.block)
    finally:
        store.close()
    return Restored(chain_id(document), 0, old.chain, operator)


def _load(ledger: Path, progress: Progress | None) -> State:
    store = SqliteStore(ledger, read_only=True)
    try:
        document = store.genesis()
        assert document is not None, "a verified backup has a genesis document"
        state = State(chain_id(document), open_genesis(document).work)
        store.load(state, progress)
    finally:
        store.close()
    return state


def _name_of(ledger: Path) -> str:
    store = SqliteStore(ledger, read_only=True)
    try:
        document = store.genesis()
    finally:
        store.close()
    assert document is not None, "a verified backup has a genesis document"
    return open_genesis(document).name


def _head(ledger: Path) -> Header:
    store = SqliteStore(ledger, read_only=True)
    try:
        head = store.head()
    finally:
        store.close()
    if head is None:
        raise NodeError("node.no_ledger", folder=str(ledger))
    return head


def _put_in_place(folder: Path, stage: Path, predecessor: Path | None, chain: str) -> None:
    """Move what was here aside, keep the old chain's ledger and watermark, and put the restored ledger in place."""
    mark = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    for name in (f"{place.LEDGER}{ending}" for ending in ("", "-wal", "-shm")):
        if (folder / name).exists():
            (folder / name).rename(folder / f"{name}.before-{mark}")
    if predecessor is not None:
        kept = folder / place.PREDECESSORS
        kept.mkdir(mode=0o700, exist_ok=True)
        _copy(predecessor, kept / f"{chain}.sqlite")
        if (folder / place.WATERMARK).exists():
            (folder / place.WATERMARK).rename(kept / f"{chain}.watermark")
    _remove_database(folder / place.READ_MODEL)
    stage.rename(folder / place.LEDGER)
    place.sync_folder(folder)


def _copy_missing(backup: Path, folder: Path) -> None:
    """Bring over what the folder does not have: contents, names, keys."""
    _copy_contents(backup / place.CONTENTS, folder / place.CONTENTS)
    for name in (place.NAMES, place.FUNDS_KEY, place.OPERATOR_KEY):
        if not (folder / name).exists():
            _copy(backup / name, folder / name)
    for path in sorted((backup / place.KEYS).glob("*.key")):
        if not (folder / place.KEYS / path.name).exists():
            _copy(path, folder / place.KEYS / path.name)


def _copy_contents(origin: Path, target: Path) -> int:
    count = 0
    for path in Contents(origin).files():
        copy = target / path.relative_to(origin)
        if not copy.exists():
            _copy(path, copy)
            count += 1
    return count


def _copy(path: Path, target: Path) -> None:
    """Copy a file or folder, synced, for the owner alone; what is not there is passed over."""
    if path.is_dir():
        for inner in sorted(path.iterdir()):
            _copy(inner, target / inner.name)
    elif path.exists():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = target.with_name(f"{target.name}.new")
        with (
            path.open("rb") as origin,
            os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
        ):
            shutil.copyfileobj(origin, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(target)


def _remove_database(path: Path) -> None:
    for ending in ("", "-wal", "-shm", ".lock"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _hash(header: Header) -> bytes:
    return sha256(codec.encode(header))

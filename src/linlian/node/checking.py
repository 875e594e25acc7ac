"""Whole ledgers and backups, checked offline: what `linlian verify` asks of the store.

    report = check_ledger(path, anchor=anchor_of(Path("leak.receipt")), replay=True)
    report.audit.finding, report.audit.vouched_until, report.predecessor

An anchor is a header, or a checkpoint, that was kept outside the ledger: the node's watermark, any proof file, a
backup's manifest, a checkpoint note. By it a ledger is found out whose end was cut off or replaced.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import NamedTuple

from linlian.engine.light_blocks import trust_root_from_genesis
from linlian.engine.watermark import Watermark
from linlian.kernel import codec
from linlian.kernel.checkpoint import Checkpoint, parse_checkpoint, parse_note
from linlian.kernel.crypto import sha256
from linlian.kernel.errors import EncodingInvalid, LedgerDamaged, LinlianError, Refused, Unproven
from linlian.kernel.genesis import Genesis, Predecessor, chain_id, open_genesis
from linlian.kernel.lightclient import TrustRoot
from linlian.kernel.merkle import Log
from linlian.kernel.proof import read_file
from linlian.kernel.state import State
from linlian.kernel.succession import carry_over, predecessor_of
from linlian.kernel.transition import found
from linlian.node import folder as place
from linlian.node import source
from linlian.node.folder import NodeError
from linlian.node.keeping import MANIFEST, ledger_of
from linlian.store.audit import AuditReport, audit_file
from linlian.store.protocol import Progress
from linlian.store.sqlite import SqliteStore


class Anchor(NamedTuple):
    """A header's height and hash, or (with `root`) a checkpoint over `height` + 1 headers. `chain` "" is unknown."""

    chain: str
    height: int
    header_hash: bytes
    root: bytes = b""


class LedgerReport(NamedTuple):
    """`predecessor` is what the genesis document names; `predecessor_checked`: its ledger was here and agrees."""

    audit: AuditReport
    predecessor: Predecessor | None
    predecessor_checked: bool


def check_ledger(
    path: Path, *, anchor: Anchor | None = None, replay: bool = False, progress: Progress | None = None
) -> LedgerReport:
    """Audit a ledger's file, or that of a folder or backup. What is wrong is in the report, not raised.

    Raises NodeError (`node.no_ledger`, `node.other_chain`), StoreError for a file that cannot be read.
    """
    ledger = ledger_of(path)
    held = (anchor.height, anchor.header_hash) if anchor and not anchor.root else None
    rules = source.rulebook() if replay else None
    report = audit_file(ledger, replay=rules, anchor=held, progress=progress)
    if report.finding is not None:
        return LedgerReport(report, None, False)
    if anchor is not None and anchor.chain not in ("", report.chain):
        raise NodeError("node.other_chain", chain=report.chain, expected=anchor.chain)
    store = SqliteStore(ledger, read_only=True)
    try:
        if anchor is not None and anchor.root:
            report.finding = _compare_root(store, anchor)
            report.vouched_until = None if report.finding else anchor.height
        document = store.genesis()
        assert document is not None, "the audit has opened it"
        genesis = open_genesis(document)
        old = (
            ledger.parent / place.PREDECESSORS / f"{genesis.predecessor.chain}.sqlite" if genesis.predecessor else None
        )
        # Founding commands run again only under the rules that ran them first.
        ours = not genesis.seeds or genesis.release_hash == source.source_hash()
        checked = old is not None and old.is_file() and ours
        if checked and old is not None and report.finding is None:
            report.finding = _compare_predecessor(store, genesis, old)
    finally:
        store.close()
    return LedgerReport(report, genesis.predecessor, checked)


def own_anchor(path: Path) -> tuple[str, Anchor] | None:
    """What a folder or backup holds beside its ledger to compare it with: (file name, anchor)."""
    if not path.is_dir():
        return None
    for name in (place.WATERMARK, MANIFEST):
        if (path / name).is_file():
            return name, anchor_of(path / name)
    return None


def anchor_of(path: Path) -> Anchor:
    """An anchor from a watermark, a manifest, a proof file or a checkpoint note.

    Raises NodeError (`node.anchor_unreadable`).
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NodeError("node.anchor_unreadable", path=str(path)) from error
    for read in (_watermark, _manifest, _proof_file, _note):
        try:
            return read(path, data)
        except (LinlianError, ValueError, KeyError, TypeError):
            continue
    raise NodeError("node.anchor_unreadable", path=str(path))


def genesis_root(path: Path) -> tuple[TrustRoot, dict[bytes, str]]:
    """The validators in a genesis file of CometBFT, and the names that stand with their public keys.

    Raises NodeError (`node.genesis_unreadable`) with the reason.
    """
    try:
        told = json.loads(path.read_bytes())
        return trust_root_from_genesis(told if isinstance(told, dict) else {})
    except OSError as error:
        raise NodeError("node.genesis_unreadable", path=str(path), reason=error.strerror or "") from error
    except (ValueError, EncodingInvalid) as error:
        raise NodeError("node.genesis_unreadable", path=str(path), reason=str(error)) from error


def _watermark(path: Path, _: bytes) -> Anchor:
    mark = Watermark(path)
    return Anchor("", mark.height, mark.header_hash)


def _manifest(_: Path, data: bytes) -> Anchor:
    told = tomllib.loads(data.decode())
    return Anchor(told["chain"], int(told["height"]), bytes.fromhex(told["header"]))


def _proof_file(_: Path, data: bytes) -> Anchor:
    header = read_file(data).anchor.header
    return Anchor(header.chain, header.height, sha256(codec.encode(header)))


def _note(_: Path, data: bytes) -> Anchor:
    checkpoint: Checkpoint = parse_checkpoint(parse_note(data).text)
    return Anchor(checkpoint.chain, checkpoint.size - 1, b"", checkpoint.root)


def _compare_root(store: SqliteStore, anchor: Anchor) -> LedgerDamaged | None:
    """Whether the ledger's first headers have the checkpoint's root."""
    head = store.head()
    assert head is not None, "the audit has read it"
    if anchor.height > head.height:
        return LedgerDamaged("store.truncated", part="end", height=head.height + 1, anchor_height=anchor.height)
    log = Log(header.leaf() for header in store.headers())
    if log.root(anchor.height + 1) != anchor.root:
        return LedgerDamaged("store.anchor_differs", part="header", height=anchor.height)
    return None


def _compare_predecessor(store: SqliteStore, genesis: Genesis, old: Path) -> LedgerDamaged | None:
    """Whether block 0 is the one that the named ledger's last state leads to. Its own audit is another call."""
    earlier = SqliteStore(old, read_only=True)
    try:
        document = earlier.genesis()
        if document is None:
            return LedgerDamaged("node.predecessor_differs", part="predecessor", height=0)
        state = State(chain_id(document), open_genesis(document).work)
        earlier.load(state)
    except (EncodingInvalid, Unproven) as error:
        return LedgerDamaged(error.code, part="predecessor", height=0)
    finally:
        earlier.close()
    ours, block = store.genesis(), store.block(0)
    assert ours is not None, "the audit has read it"
    assert block is not None, "the audit has read it"
    try:
        _, again = found(source.rulebook(), ours, carry_over(state, chain_id(ours)))
    except Refused as error:
        return LedgerDamaged("node.predecessor_differs", part="predecessor", height=0, cause=error.code)
    if genesis.predecessor != predecessor_of(state) or again.block.header != block.header:
        return LedgerDamaged("node.predecessor_differs", part="predecessor", height=0)
    return None

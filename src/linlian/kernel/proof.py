"""What can be handed over and checked without a server: a receipt, a complete history, a value of the state.

Rules
- A file is one canonical record; any altered byte is either not canonical or leads to another root.
- Every file ends in an *anchor*: the ledger's last header at some size, its path in the log, and a checkpoint note or
  light blocks over that log. Whoever vouches for the log vouches for state and time too.
- Checking is pure. It says what follows from the file and **who vouches**; it never says more. A checkpoint that
  only the operator signed proves nothing against an operator who shows others another history.
- The time of judging and the validators that a reader trusts are arguments: so a contract can check the receipt of
  another community's chain, with validators that its own organisations have voted to trust.

    >>> verdict = check_receipt(read_file(data), trust={"linlian/…/operator": [public_key]})
    >>> verdict.outcome, verdict.time, verdict.vouchers
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Literal

from linlian.kernel import codec, merkle
from linlian.kernel.anchor import Anchor, Trust, Vouched, check_anchor, log_root
from linlian.kernel.block import (
    PLACE_BYTES,
    SUBJECT_PREFIX,
    Header,
    Outcome,
    Run,
    entry_digest,
    placed_digest,
    redacted_leaf,
    run_id,
    subject_link,
    subject_start,
)
from linlian.kernel.codec import Blob, Count, Fields, Hash, Label, Meta
from linlian.kernel.contract import SALT_BYTES, SYSTEM
from linlian.kernel.crypto import sha256
from linlian.kernel.errors import EncodingInvalid, ProofInvalid
from linlian.kernel.grounds import Ground, Grounds, Log, check_grounds
from linlian.kernel.lightclient import Committed, Judging, TrustRoot
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.shown import RECEIPTS_MAX, Path, StateProofRecord, check_signed, check_state_row
from linlian.kernel.transaction import open_transaction

FILE_BYTES_MAX = 32 * 1024 * 1024
"""A history of more than 100,000 entries; a file of nothing but empty lists takes 150 times its size to decode."""
ENTRIES_MAX = 1_000_000
Entries = Annotated[tuple[Annotated[bytes, Meta(max_length=131072)], ...], Meta(max_length=1024)]
Digests = Annotated[tuple[Hash, ...], Meta(max_length=1024)]


class ReceiptFile(Fields):
    """One item of a block with everything that proves it. `item` is a transaction or (with `run`) a run.

    An entry that is withheld is empty, and its digest stands in `withheld`, in order. `grounds` say on what the key
    rests; only `check_grounds_of` looks at them.
    """

    format: Literal["linlian/receipt/1"]
    chain: Label
    item: Annotated[bytes, Meta(max_length=65536)]
    index: Count
    outcome: Outcome
    header: Header
    anchor: Anchor
    run: bool = False
    entries: Entries = ()
    withheld: Digests = ()
    receipt_path: Path = ()
    header_path: Path = ()
    key_row: Blob = b""
    key_proof: StateProofRecord | None = None
    grounds: Grounds | None = None


class HistoryFile(Fields):
    """Everything that ever happened to one subject up to the anchor: nothing left out, nothing added.

    An entry that is withheld is empty, and its digest stands in `withheld`, in order; the places of the others
    (`block.entry_place`) stand one behind the other in `places`.
    """

    format: Literal["linlian/history/1"]
    chain: Label
    subject: Annotated[bytes, Meta(max_length=64)]
    proof: StateProofRecord
    anchor: Anchor
    entries: Annotated[tuple[Annotated[bytes, Meta(max_length=131072)], ...], Meta(max_length=ENTRIES_MAX)] = ()
    places: Annotated[bytes, Meta(max_length=PLACE_BYTES * ENTRIES_MAX)] = b""
    withheld: Annotated[tuple[Hash, ...], Meta(max_length=ENTRIES_MAX)] = ()
    row: Blob = b""


class StateFile(Fields):
    """A row of the state, or its absence, at the anchor."""

    format: Literal["linlian/state/1"]
    chain: Label
    key: Annotated[bytes, Meta(max_length=512)]
    proof: StateProofRecord
    anchor: Anchor
    row: Annotated[bytes, Meta(max_length=131072)] = b""


class RedactedFile(Fields):
    """A receipt for outsiders: what its leaf commits to, but for the entries shown nothing but hashes."""

    format: Literal["linlian/redacted/1"]
    chain: Label
    item_id: Hash
    item_hash: Hash
    index: Count
    outcome: Outcome
    header: Header
    anchor: Anchor
    entries: Entries = ()
    withheld: Digests = ()
    receipt_path: Path = ()
    header_path: Path = ()


ProofFile = ReceiptFile | HistoryFile | StateFile | RedactedFile
_FORMATS: dict[str, type[Any]] = {
    "linlian/receipt/1": ReceiptFile,
    "linlian/history/1": HistoryFile,
    "linlian/state/1": StateFile,
    "linlian/redacted/1": RedactedFile,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a receipt proves. `entries` are (type, occurred_at ms, fields); withheld ones are counted, not shown."""

    item_id: bytes
    signer: bytes
    command: str
    fields: dict[str, Any]
    outcome: Outcome
    height: int
    time: int
    occurred_at: int
    entries: list[tuple[str, int, dict[str, Any]]]
    withheld: int
    vouched: Vouched


@dataclass(frozen=True, slots=True)
class RedactedVerdict:
    """What a redacted receipt proves: this outcome, in this block. Who signed what is not shown."""

    item_id: bytes
    outcome: Outcome
    height: int
    time: int
    entries: list[tuple[str, int, dict[str, Any]]]
    withheld: int
    vouched: Vouched


@dataclass(frozen=True, slots=True)
class History:
    """What a history file proves: so many entries, in this order, and no others. `shown` are (height, entry bytes)."""

    subject: bytes
    shown: tuple[tuple[int, bytes], ...]
    count: int
    withheld: int
    vouched: Vouched

    @property
    def entries(self) -> list[tuple[int, str, int, dict[str, Any]]]:
        """Those shown, as (height, type, occurred_at ms, fields); opened strictly, and only when they are asked for.

        Raises EncodingInvalid or ProofInvalid for what the ledger itself should never have held.
        """
        return [(height, *_open_entry(entry)) for height, entry in self.shown]


def read_file(data: bytes) -> ProofFile:
    """Decode a proof file of any kind.

    Raises EncodingInvalid, or ProofInvalid (`kernel.proof_too_large`, `kernel.unknown_format`).
    """
    if len(data) > FILE_BYTES_MAX:
        raise ProofInvalid("kernel.proof_too_large", size_bytes=len(data), size_bytes_max=FILE_BYTES_MAX)
    plain = codec.decode_plain_trusted(data)
    kind = _FORMATS.get(str(plain.get("format"))) if isinstance(plain, dict) else None
    if kind is None:
        raise ProofInvalid("kernel.unknown_format")
    # Nothing in these records is untyped, so what encodes back to the same bytes holds nothing that it may not.
    record: ProofFile = codec.typed(kind, plain)
    if codec.encode(record) != data:
        raise EncodingInvalid("kernel.not_canonical", expected=kind.__name__)
    return record


def check_receipt(file: ReceiptFile, trust: Trust, judging: Judging | None = None) -> Verdict:
    """Check a receipt from the signature up to who signed for the log. Raises LinlianError."""
    vouched = _check_header(file, trust, judging)
    item_id, signer, command, fields, occurred_at = _check_item(file)
    _check_leaf(file, item_id, sha256(file.item))
    return Verdict(
        item_id=item_id,
        signer=signer,
        command=command,
        fields=fields,
        outcome=file.outcome,
        height=file.header.height,
        time=file.header.time,
        occurred_at=occurred_at or file.header.time,
        entries=[_open_entry(entry) for entry in file.entries if entry],
        withheld=len(file.withheld),
        vouched=vouched,
    )


def check_redacted(file: RedactedFile, trust: Trust, judging: Judging | None = None) -> RedactedVerdict:
    """Check a redacted receipt from its leaf up to who signed for the log. Raises LinlianError.

    That the item with this hash has this id, and was signed, is vouched for, not shown.
    """
    vouched = _check_header(file, trust, judging)
    _check_leaf(file, file.item_id, file.item_hash)
    return RedactedVerdict(
        item_id=file.item_id,
        outcome=file.outcome,
        height=file.header.height,
        time=file.header.time,
        entries=[_open_entry(entry) for entry in file.entries if entry],
        withheld=len(file.withheld),
        vouched=vouched,
    )


def _check_header(file: ReceiptFile | RedactedFile, trust: Trust, judging: Judging | None) -> Vouched:
    """The anchor, and that it covers the block's header."""
    vouched = check_anchor(file.chain, file.anchor, trust, judging)
    if file.header.chain != file.chain:
        raise ProofInvalid("kernel.wrong_chain", chain=file.header.chain, expected=file.chain)
    root = log_root(file.anchor)
    merkle.check_inclusion(file.header.leaf(), file.header.height, vouched.height + 1, list(file.header_path), root)
    if file.index >= RECEIPTS_MAX:
        raise ProofInvalid("kernel.proof_index_beyond_size", index=file.index, size=file.header.count)
    return vouched


def _check_leaf(file: ReceiptFile | RedactedFile, item_id: bytes, item_hash: bytes) -> None:
    """That the block's receipts include what the file says of the item."""
    leaf = redacted_leaf(item_id, item_hash, file.outcome, _digests(file))
    header = file.header
    merkle.check_inclusion(leaf, file.index, header.count, list(file.receipt_path), header.receipts_root)


def check_grounds_of(file: ReceiptFile, rules: Rulebook) -> tuple[Ground, ...]:
    """Check, after `check_receipt`, that the key that signed came to its account by signed commands; tells them.

    Raises ProofInvalid (`kernel.grounds_not_shown`, `kernel.key_unjustified`, …). A run is signed by no key.
    """
    if file.run:
        return ()
    if file.grounds is None:
        raise ProofInvalid("kernel.grounds_not_shown")
    anchored = file.anchor.header
    log = Log(file.chain, anchored.height + 1, log_root(file.anchor), anchored.state_root)
    transaction = open_transaction(file.item, file.chain)
    return check_grounds(file.grounds, log, rules, transaction.key_id, transaction.body.signer, file.header.height)


def check_history(file: HistoryFile, trust: Trust, judging: Judging | None = None) -> History:
    """Check that a history is complete: its entries lead to the head that the state holds for the subject."""
    vouched = check_anchor(file.chain, file.anchor, trust, judging)
    key = SUBJECT_PREFIX + file.subject
    check_state_row(file.chain, key, file.row, file.proof, file.anchor.header.state_root)
    count, head = _subject_row(file.row, file.chain, file.subject)
    places = _places(file, vouched.height)
    at, hidden = iter(places), iter(file.withheld)
    link = subject_start(file.chain, file.subject)
    for number, entry in enumerate(file.entries, 1):
        link = subject_link(link, number, placed_digest(next(at), entry) if entry else next(hidden))
    if len(file.entries) != count or link != head:
        raise ProofInvalid("kernel.history_incomplete", count=len(file.entries), expected=count)
    heights = [int.from_bytes(place[:8], "big") for place in places]
    shown = tuple(zip(heights, [entry for entry in file.entries if entry], strict=True))
    return History(file.subject, shown, count, len(file.withheld), vouched)


def check_state(file: StateFile, trust: Trust, judging: Judging | None = None) -> tuple[bytes | None, Vouched]:
    """Check a row or its absence; returns the value without salt, or None."""
    vouched = check_anchor(file.chain, file.anchor, trust, judging)
    check_state_row(file.chain, file.key, file.row, file.proof, file.anchor.header.state_root)
    return file.row[SALT_BYTES:] or None, vouched


def _check_item(file: ReceiptFile) -> tuple[bytes, bytes, str, dict[str, Any], int]:
    """(id, signer, command, fields, occurred_at) of the item, after checking its signature if it has one."""
    if file.run:
        if file.key_row or file.key_proof is not None or file.grounds is not None:
            raise ProofInvalid("kernel.key_not_asked")
        run = codec.typed(Run, codec.decode_plain(file.item))
        identifier = run_id(file.chain, file.header.height, file.index, file.item)
        return identifier, SYSTEM, run.command, run.fields, 0
    anchored = file.anchor.header.state_root
    transaction = check_signed(file.chain, file.item, file.header, file.key_row, file.key_proof, anchored)
    body = transaction.body
    return transaction.id, body.signer, body.command, body.fields, body.occurred_at


def _places(file: HistoryFile, height: int) -> list[bytes]:
    """The place of each entry shown: as many as there are, ascending, none above this height.

    Nothing vouches for where a withheld entry stands, so the file has no room to say it.
    """
    places = [file.places[at : at + PLACE_BYTES] for at in range(0, len(file.places), PLACE_BYTES)]
    shown = sum(1 for entry in file.entries if entry)
    if PLACE_BYTES * shown != len(file.places) or len(file.entries) - shown != len(file.withheld):
        raise ProofInvalid("kernel.history_disordered", number=shown)
    for number, (before, after) in enumerate(pairwise(places), 2):
        if before >= after:
            raise ProofInvalid("kernel.history_disordered", number=number)
    if places and int.from_bytes(places[-1][:8], "big") > height:
        raise ProofInvalid("kernel.history_disordered", number=shown)
    return places


def _digests(file: ReceiptFile | RedactedFile) -> list[bytes]:
    if sum(1 for entry in file.entries if not entry) != len(file.withheld):
        raise ProofInvalid("kernel.entry_malformed")
    hidden = iter(file.withheld)
    return [
        entry_digest(file.header.height, file.index, number, entry) if entry else next(hidden)
        for number, entry in enumerate(file.entries)
    ]


def _subject_row(row: bytes, chain: str, subject: bytes) -> tuple[int, bytes]:
    if not row:
        return 0, subject_start(chain, subject)
    if len(row) != SALT_BYTES + 8 + 32:
        raise ProofInvalid("kernel.subject_row_malformed", size_bytes=len(row))
    return int.from_bytes(row[16:24], "big"), row[24:]


_ENTRY_TYPE: Any = Label


def _open_entry(entry: bytes) -> tuple[str, int, dict[str, Any]]:
    plain = codec.decode_plain(entry)
    shape = [type(part) for part in plain] if isinstance(plain, list) else []
    if shape != [bytes, str, int, dict] or len(plain[0]) != SALT_BYTES or plain[2] < 0:
        raise ProofInvalid("kernel.entry_malformed")
    codec.typed(_ENTRY_TYPE, plain[1])
    return plain[1], plain[2], plain[3]


__all__ = [
    "ENTRIES_MAX",
    "FILE_BYTES_MAX",
    "Anchor",
    "Committed",
    "History",
    "HistoryFile",
    "Judging",
    "ProofFile",
    "ReceiptFile",
    "RedactedFile",
    "RedactedVerdict",
    "StateFile",
    "Trust",
    "TrustRoot",
    "Verdict",
    "Vouched",
    "check_anchor",
    "check_grounds_of",
    "check_history",
    "check_receipt",
    "check_redacted",
    "check_state",
    "read_file",
]

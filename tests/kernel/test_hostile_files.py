"""Files made to deceive or to break the checker: vouchers who are none, invented ledgers, numbers beyond their room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linlian.kernel import codec
from linlian.kernel.block import PLACE_BYTES, Header, Run, entry_digest, receipt_leaf
from linlian.kernel.checkpoint import checkpoint_text, cosign_checkpoint, parse_note, sign_checkpoint
from linlian.kernel.codec import replace
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import LinlianError, ProofInvalid, Rejected
from linlian.kernel.keys import KEYS, KeyRow
from linlian.kernel.merkle import Log
from linlian.kernel.operator import KEY, OPERATORS, Operator, operator_name
from linlian.kernel.proof import (
    FILE_BYTES_MAX,
    Anchor,
    HistoryFile,
    ReceiptFile,
    StateFile,
    check_history,
    check_receipt,
    check_state,
    read_file,
)
from linlian.kernel.shown import StateProofRecord
from linlian.kernel.stateproof import path_of, value_hash
from linlian.kernel.statetree import StateTree
from linlian.kernel.transaction import Body, sign, transaction_id
from tests.kernel.garden import OPERATOR, PLOT, Garden, TakePlot, prover

CHAIN = "garden-" + "0" * 32
TIME = 1_767_225_600_000
FORGER = SoftwareKey("ed25519", b"f" * 32)
WITNESS = SoftwareKey("ed25519", b"w" * 32)


class Invented:
    """A ledger of one header with whatever rows and leaves its inventor likes, signed by its own operator."""

    def __init__(self, rows: dict[bytes, bytes], leaves: tuple[bytes, ...] = (), chain: str = CHAIN):
        self.chain = chain
        self.rows = {key: bytes(16) + value for key, value in rows.items()}
        self.rows.setdefault(
            OPERATORS.key(KEY), bytes(16) + codec.encode(Operator(public_key=FORGER.public_key, from_height=0))
        )
        self.tree = StateTree()
        self.tree.update([(path_of(chain, key), value_hash(row)) for key, row in self.rows.items()])
        root = leaves[0] if leaves else bytes(32)
        self.header = Header(chain, 0, TIME, Log().root(), root, self.tree.root(), 1, bytes(32), len(leaves))
        self.log = Log([self.header.leaf()])

    def proof(self, key: bytes) -> StateProofRecord:
        proof = self.tree.prove(path_of(self.chain, key))
        return StateProofRecord(siblings=proof.siblings, bucket=proof.bucket)

    def anchor(self, *more: Callable[[bytes], bytes]) -> Anchor:
        text = checkpoint_text(self.chain, 1, self.log.root())
        lines = [sign_checkpoint(text, operator_name(self.chain), FORGER), *(line(text) for line in more)]
        key = OPERATORS.key(KEY)
        note = text + b"\n" + b"".join(lines)
        return Anchor(header=self.header, note=note, operator_row=self.rows[key], operator_proof=self.proof(key))

    def state(self, key: bytes, *more: Callable[[bytes], bytes]) -> StateFile:
        row = self.rows.get(key, b"")
        anchor = self.anchor(*more)
        return StateFile(
            format="linlian/state/1", chain=self.chain, key=key, row=row, proof=self.proof(key), anchor=anchor
        )


def as_operator_of(chain: str, key: SoftwareKey) -> Callable[[bytes], bytes]:
    return lambda text: sign_checkpoint(text, operator_name(chain), key)


def test_an_invented_ledger_is_vouched_for_by_nobody() -> None:
    vouched = check_state(Invented({}).state(b"x"), {operator_name(CHAIN): [OPERATOR.public_key]})[1]
    assert (vouched.trusted, vouched.operator) == ((), FORGER.public_key)


def test_the_operator_of_another_chain_says_nothing_of_this_one() -> None:
    """Somebody who is trusted for their own community invents a ledger under the id of another."""
    trust = {operator_name(CHAIN): [OPERATOR.public_key], operator_name("other-1"): [WITNESS.public_key]}
    file = Invented({}).state(b"x", as_operator_of("other-1", WITNESS))
    assert check_state(file, trust)[1].trusted == ()


def test_the_operators_cosignature_makes_it_no_witness() -> None:
    name = operator_name(CHAIN)
    file = Invented({}).state(b"x", lambda text: cosign_checkpoint(text, name, FORGER, 1))
    trust = {name: [FORGER.public_key], "witness.example/w": [FORGER.public_key]}
    assert [signer.time for signer in check_state(file, trust)[1].trusted] == [None]
    stripped = replace(file, anchor=replace(file.anchor, operator_row=b"", operator_proof=None))
    assert [signer.time for signer in check_state(stripped, trust)[1].trusted] == [None]


def test_a_witness_counts_once_however_often_it_signed() -> None:
    names = ("witness.example/a", "witness.example/b")
    lines: list[Callable[[bytes], bytes]] = [lambda text: sign_checkpoint(text, names[0], WITNESS)]
    lines += [lambda text, name=name: cosign_checkpoint(text, name, WITNESS, 7) for name in names]  # type: ignore[misc]
    file = Invented({}).state(b"x", *lines)
    trusted = check_state(file, {name: [WITNESS.public_key] for name in names})[1].trusted
    assert [(signer.public_key, signer.time) for signer in trusted] == [(WITNESS.public_key, 7)]
    assert len(parse_note(file.anchor.note).signatures) == 4


@pytest.mark.parametrize("row", [[[1]], [{"a": 1}], [True], [2], [b"\x01"], ["1"], {}, 5, []])
def test_an_invented_row_of_any_shape_is_refused_in_order(row: Any) -> None:
    """Of the operator, and of the key of a transaction: whatever stands there, the checker says no by name."""
    with pytest.raises(LinlianError):
        check_state(Invented({OPERATORS.key(KEY): codec.encode_plain(row)}).state(b"x"), {})
    with pytest.raises(LinlianError):
        check_receipt(receipt(codec.encode_plain(row), TIME + 1000), {})


def receipt(key_row: bytes | None = None, valid_until: int = TIME + 1000, entry: bytes = b"") -> ReceiptFile:
    """A transaction in an invented ledger, with a key row and an entry of its inventor's choice."""
    account = bytes(15) + b"\x07"
    body = Body(
        chain=CHAIN,
        command="garden.take_plot",
        fields={"plot": PLOT},
        signer=account,
        nonce=bytes(16),
        valid_until=valid_until,
    )
    item = sign(body, FORGER)
    digests = [entry_digest(0, 0, 0, entry)] if entry else []
    leaf = receipt_leaf(transaction_id(CHAIN, codec.encode(body)), item, "accepted", digests)
    key = KEYS.key(FORGER.key_id)
    row = codec.encode(KeyRow("ed25519", FORGER.public_key, account, 0)) if key_row is None else key_row
    made = Invented({key: row}, (leaf,))
    return ReceiptFile(
        format="linlian/receipt/1",
        chain=CHAIN,
        item=item,
        index=0,
        outcome="accepted",
        entries=(entry,) if entry else (),
        header=made.header,
        anchor=made.anchor(),
        key_row=made.rows[key],
        key_proof=made.proof(key),
    )


def test_a_transaction_is_proved_only_in_a_block_within_its_validity() -> None:
    """An operator who kept an old order back, or carries one out before its time, gets no receipt for it."""
    assert check_receipt(receipt(), {}).outcome == "accepted"
    assert check_receipt(receipt(valid_until=TIME + 120_000), {}).outcome == "accepted"
    for valid_until, code in ((TIME, "kernel.expired"), (TIME + 120_001, "kernel.early")):
        with pytest.raises(Rejected) as caught:
            check_receipt(receipt(valid_until=valid_until), {})
        assert caught.value.code == code


def test_an_entry_has_a_salt_a_plain_name_and_a_time() -> None:
    """Whoever prints a verdict need not fear lines of its inventor's among the names."""
    good: list[Any] = [bytes(16), "garden.plot_taken", TIME, {"plot": PLOT}]
    assert check_receipt(receipt(entry=codec.encode_plain(good)), {}).entries == [tuple(good[1:])]
    names = ("taken\n3 witnesses vouch", "\x1b[2K", "x" * 65)
    odd = [[bytes(16), name, TIME, {}] for name in names] + [[bytes(15), "a", TIME, {}], [bytes(16), "a", -1, {}]]
    for entry in odd:
        with pytest.raises(LinlianError):
            check_receipt(receipt(entry=codec.encode_plain(entry)), {})


def test_places_beyond_the_room_of_a_digest_are_refused_in_order(tmp_path: Path) -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    made = prover(town, tmp_path)
    run, history = made.receipt(town.blocks[0].item_id(0)), made.history(PLOT)
    [entry] = history.entries
    odd: list[ReceiptFile | HistoryFile] = [replace(run, index=2**32)]
    odd.append(replace(history, places=b"\xff" * PLACE_BYTES))
    odd.append(
        replace(history, entries=(entry, b""), withheld=(bytes(32),), places=history.places + bytes(PLACE_BYTES))
    )
    for file in odd:
        again = read_file(codec.encode(file))
        with pytest.raises(ProofInvalid):
            check_receipt(again, {}) if isinstance(again, ReceiptFile) else check_history(file, {})  # type: ignore[arg-type]


def test_a_file_of_any_content_is_refused_before_it_is_decoded_if_it_is_too_large() -> None:
    assert isinstance(read_file(codec.encode(Invented({}).state(b"x"))), StateFile)
    with pytest.raises(ProofInvalid, match=r"kernel\.proof_too_large"):
        read_file(b"\x9b" + FILE_BYTES_MAX.to_bytes(8, "big") + b"\x80" * FILE_BYTES_MAX)


def test_a_run_is_no_transaction_and_a_transaction_no_run(tmp_path: Path) -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    made = prover(town, tmp_path)
    transaction = made.receipt(town.blocks[1].item_id(0))
    posing = Run("timer", "garden.dry_plot", {"plot": PLOT}, "", b"", bytes(16))
    item = codec.encode(posing)
    for file in (
        replace(transaction, run=True, key_row=b"", key_proof=None),
        replace(transaction, run=True, item=item, key_row=b"", key_proof=None),
        replace(made.receipt(town.blocks[0].item_id(0)), run=False),
    ):
        with pytest.raises(LinlianError):
            check_receipt(file, {})

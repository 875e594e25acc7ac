"""How a community moves from one block to the next. Read from the top; this is the ledger.

    found(genesis)                 block 0: the founding commands of each business
    admit(received, time)          the filter: what of all that was received may stand in a block
    apply_block(time, admitted)    due timers, then transactions, each to a receipt; then the header

Rules
- What the filter drops leaves no trace: no leaf, no receipt. What it admits always has a receipt.
- A handler's `Refused` undoes everything it did; the refusal is an entry, chained to those subjects it names that
  have a history, or are its signer: nobody makes rows for invented ones.
- Any other error of a handler is a bug. It becomes a constant `broken` receipt on every node alike; only failures
  of the machine (memory, recursion depth, disk) stop the node, because they would not strike every node alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any

from linlian.kernel import codec, merkle
from linlian.kernel.block import REFUSED, Block, Header, Outcome, Receipt, Run, receipt_leaf, run_id
from linlian.kernel.contract import SALT_BYTES, SYSTEM, Command, replace
from linlian.kernel.crypto import TIMER_RUN, SignatureCheck
from linlian.kernel.entropy import (
    ENTROPY_KEY,
    NO_NONCE,
    RELEASE_SALT,
    current_entropy,
    entropy_row,
    first_entropy,
    salt,
)
from linlian.kernel.errors import EncodingInvalid, NodeMustStop, Refused, Rejected
from linlian.kernel.execution import Draft, Execution
from linlian.kernel.genesis import Genesis, chain_id, open_genesis
from linlian.kernel.keys import KeyRow, key_in_force
from linlian.kernel.limits import BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX
from linlian.kernel.release import KEY as RELEASE_KEY
from linlian.kernel.release import RELEASES, Release
from linlian.kernel.replay import ForgetOffline, OfflineRow, check_not_seen, check_window, offline
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State, Writes
from linlian.kernel.timers import TIMERS
from linlian.kernel.transaction import Transaction, open_transaction

Verify = Callable[[list[SignatureCheck]], list[bool]]


SubjectBytes = Annotated[bytes, codec.Meta(max_length=codec.SUBJECT_BYTES_MAX)]


class Refusal(codec.Fields):
    """The fields of a `kernel.refused` entry."""

    code: codec.Label
    command: codec.Label
    facts: dict[str, Any]
    about: Annotated[tuple[SubjectBytes, ...], codec.Meta(max_length=16)] = ()


class Broken(codec.Fields):
    """The fields of a `kernel.broken` entry: a bug of this release met this command."""

    command: codec.Label


@dataclass(slots=True)
class Applied:
    """A block that the state has moved to. `alarms` are the bugs met, for the operator; they are not consensus."""

    block: Block
    ids: list[bytes]
    alarms: list[str] = field(default_factory=list)


def found(rulebook: Rulebook, document: bytes, carried: Writes | None = None) -> tuple[State, Applied]:
    """The first state and block 0 of the chain that a genesis document describes.

    `carried` are the rows of the predecessor (`succession.carry_over`), if the document names one. Raises
    EncodingInvalid (`kernel.predecessor_differs` for one without the other), or Refused if a founding command is
    refused: a community is founded whole or not at all.
    """
    genesis = open_genesis(document)
    if (genesis.predecessor is None) != (carried is None):
        raise EncodingInvalid("kernel.predecessor_differs", named=genesis.predecessor is not None)
    state = State(chain_id(document), genesis.work)
    block = OpenBlock.first(state, rulebook, genesis)
    changes = block.draft.changes
    for key, row in carried or ():
        changes[key] = row
    release = codec.encode(Release(genesis.release, genesis.release_hash))
    changes[RELEASES.key(RELEASE_KEY)] = salt(block.draft.entropy, NO_NONCE, RELEASE_SALT) + release
    for number, seed in enumerate(genesis.seeds):
        nonce = sha256(TIMER_RUN + genesis.nonce + number.to_bytes(4, "big")).digest()[:16]
        run = Run("genesis", seed.command, seed.fields, "", b"", nonce)
        receipt = block.run(run)
        if receipt.outcome != "accepted":
            raise Refused("kernel.not_founded", command=seed.command, cause=_cause(receipt))
    return state, block.seal(state)


def admit(
    state: State, rulebook: Rulebook, received: Sequence[bytes | Transaction], time: int, verify: Verify | None
) -> tuple[list[Transaction], list[tuple[int, Rejected]]]:
    """The transactions, in order, that may stand in a block of this time, and why each of the others may not.

    Pure: the same state, bytes and time give the same answer everywhere. `verify` checks signatures; None means
    that the caller has checked every one against the key row of this very state. Repetition is judged after the
    signature, so that a badly signed copy cannot push out the transaction whose id it has.
    """
    candidates: list[tuple[int, Transaction]] = []
    checks: list[SignatureCheck] = []
    rejected: list[tuple[int, Rejected]] = []
    for index, item in enumerate(received):
        try:
            transaction = item if isinstance(item, Transaction) else open_transaction(item, state.chain)
            checks.append(check_transaction(state, rulebook, transaction, time))
            candidates.append((index, transaction))
        except Rejected as rejection:
            rejected.append((index, rejection))
    good = [True] * len(candidates) if verify is None else verify(checks)
    admitted: dict[bytes, Transaction] = {}
    size_bytes = 0
    for (index, transaction), fine in zip(candidates, good, strict=True):
        if not fine:
            rejected.append((index, Rejected("kernel.wrong_signature")))
        elif transaction.id in admitted:
            rejected.append((index, Rejected("kernel.repeated", transaction=transaction.id)))
        elif len(admitted) >= BLOCK_TRANSACTIONS_MAX or size_bytes + len(transaction.raw) > BLOCK_BYTES_MAX:
            rejected.append((index, Rejected("kernel.block_full")))
        else:
            admitted[transaction.id] = transaction
            size_bytes += len(transaction.raw)
    return list(admitted.values()), rejected


def check_transaction(state: State, rulebook: Rulebook, transaction: Transaction, time: int) -> SignatureCheck:
    """Window, replay, known command and fields, key in force, key of the signer; returns what is left to check."""
    check_window(transaction.body, time)
    check_not_seen(state, state.guard, transaction)
    open_command(rulebook, transaction)
    return signature_check(state, transaction)


def open_command(rulebook: Rulebook, transaction: Transaction) -> Command:
    """The typed command. Raises Rejected: `kernel.unknown_command` or `kernel.malformed`."""
    body = transaction.body
    spec = rulebook.commands.get(body.command)
    if spec is None or spec.internal:
        raise Rejected("kernel.unknown_command", command=body.command)
    known: Command | None = transaction.typed.get(spec.kind)
    if known is not None:
        return known
    try:
        command = codec.typed(spec.kind, body.fields)
        codec.check_same_fields(command, body.fields)
    except EncodingInvalid as error:
        raise Rejected("kernel.malformed", cause=error.code, **error.facts) from error
    transaction.typed[spec.kind] = command
    return command


def key_of(state: State, transaction: Transaction) -> KeyRow:
    """The row of the key that signed, in force in the next block. Raises Rejected (`kernel.key_not_in_force`)."""
    row = key_in_force(state, transaction.key_id, state.height + 1)
    if row is None:
        raise Rejected("kernel.key_not_in_force", key=transaction.key_id)
    if row.account != transaction.body.signer:
        raise Rejected("kernel.not_signers_key", key=transaction.key_id, signer=transaction.body.signer)
    return row


def signature_check(state: State, transaction: Transaction) -> SignatureCheck:
    """What `crypto.verify_many` needs to check this transaction's signature."""
    row = key_of(state, transaction)
    return (row.suite, row.public_key, transaction.signing_bytes, transaction.signature, row.binding)


def apply_block(state: State, rulebook: Rulebook, time: int, transactions: Sequence[Transaction]) -> Applied | None:
    """Run due timers and admitted transactions, seal the block, and move the state to it.

    Returns None, and leaves the state alone, if there is nothing to run. The caller commits the block or calls
    `state.rollback()`. Raises NodeMustStop (`kernel.release_missing`) if this build lacks the next block's release.
    """
    block = OpenBlock.after(state, rulebook, time)
    for transaction in transactions:
        block.apply_transaction(transaction)
    return block.seal(state) if block.items else None


class OpenBlock:
    """A block in the making: the draft, and the items and receipts so far."""

    @classmethod
    def first(cls, state: State, rulebook: Rulebook, genesis: Genesis) -> OpenBlock:
        """Block 0, before its founding commands."""
        release = Release(genesis.release, genesis.release_hash)
        entropy = first_entropy(genesis.nonce)
        draft = Draft(state, rulebook, state.chain, genesis.work, 0, genesis.time, genesis.release, entropy)
        return cls(draft, release)

    @classmethod
    def after(cls, state: State, rulebook: Rulebook, time: int) -> OpenBlock:
        """The block after the state's last one; due timers have run. Header time never falls."""
        release = state.release
        if release.number not in rulebook.numbers:
            raise NodeMustStop("kernel.release_missing", release=release.number, height=state.height + 1)
        time = max(time, state.time)
        height, entropy = state.height + 1, current_entropy(state)
        draft = Draft(state, rulebook, state.chain, state.work, height, time, release.number, entropy)
        block = cls(draft, release)
        block._enter_release()
        for key in state.timers.due(time):
            block._run_timer(key)
        return block

    @classmethod
    def sketch(cls, state: State, rulebook: Rulebook, time: int) -> OpenBlock:
        """The same without its timers, to see what the rules would say; it is never sealed."""
        release, time = state.release, max(time, state.time)
        height, entropy = state.height + 1, current_entropy(state)
        return cls(Draft(state, rulebook, state.chain, state.work, height, time, release.number, entropy), release)

    def __init__(self, draft: Draft, release: Release):
        self.draft = draft
        self.release = release
        self.items: list[bytes] = []
        self.ids: list[bytes] = []
        self.nonces: list[bytes] = []
        self.receipts: list[Receipt] = []
        self.leaves: list[bytes] = []
        self.alarms: list[str] = []
        self.runs = 0

    def _run_timer(self, key: bytes) -> None:
        """Run a due timer unless an earlier item of this block removed or replaced it: then its turn is later."""
        row = self.draft.row(key)
        if row is None or key in self.draft.changes:
            return
        timer = TIMERS.decode(row[SALT_BYTES:])
        self.draft.changes[key] = None
        nonce = sha256(TIMER_RUN + row[:SALT_BYTES] + self.draft.height.to_bytes(8, "big")).digest()[:16]
        fields = codec.decode_plain_trusted(timer.fields)
        self.run(Run("timer", timer.command, fields, timer.name, timer.record, nonce))

    def run(self, run: Run) -> Receipt:
        """Run an internal command in the name of SYSTEM."""
        raw = codec.encode(run)
        identifier = run_id(self.draft.chain, self.draft.height, len(self.items), raw)
        execution = Execution(self.draft, SYSTEM, run.nonce, identifier, bytes(32), 0)
        self.runs += 1
        return self._record(execution, run.command, run.fields, raw)

    def apply_transaction(self, transaction: Transaction) -> Receipt:
        """Execute one admitted transaction; a refusal goes on the record."""
        body = transaction.body
        receipt = self._record(self._execution(transaction), body.command, body.fields, transaction.raw, transaction)
        if body.offline:
            self._remember_offline(transaction)
        return receipt

    def try_transaction(self, transaction: Transaction) -> Refused | None:
        """Execute one admitted transaction if it is accepted; if it is refused, leave no trace and say why."""
        execution, body = self._execution(transaction), transaction.body
        no = self._attempt(execution, body.command, body.fields, transaction)
        if no is not None:
            return no if isinstance(no, Refused) else Refused("kernel.broken", command=body.command)
        self._keep(execution, transaction.raw, "accepted")
        if body.offline:
            self._remember_offline(transaction)
        return None

    def _execution(self, transaction: Transaction) -> Execution:
        body, key_id = transaction.body, transaction.key_id
        return Execution(self.draft, body.signer, body.nonce, transaction.id, key_id, body.occurred_at)

    def _record(
        self,
        execution: Execution,
        name: str,
        fields: dict[str, Any],
        raw: bytes,
        transaction: Transaction | None = None,
    ) -> Receipt:
        """Execute an item and keep its receipt, whatever the outcome."""
        no = self._attempt(execution, name, fields, transaction)
        if no is None:
            return self._keep(execution, raw, "accepted")
        execution.discard()
        if isinstance(no, Refused):
            try:
                refusal = Refusal(code=no.code, command=name, facts=dict(no.facts), about=no.about)
                plain = codec.as_plain(refusal)
                codec.check_plain(plain)
                codec.typed(Refusal, plain)
                known = tuple(subject for subject in dict.fromkeys(no.about) if execution.is_known(subject))
                execution.append(REFUSED, replace(refusal, about=known), known, None)
                return self._keep(execution, raw, "refused")
            except (EncodingInvalid, Refused) as bug:
                self.alarms.append(f"{name}: a refusal that cannot be written: {bug!r}")
                execution.discard()
        execution.append("kernel.broken", Broken(command=name), (), None)
        return self._keep(execution, raw, "broken")

    def _attempt(
        self, execution: Execution, name: str, fields: dict[str, Any], transaction: Transaction | None = None
    ) -> Exception | None:
        """Run the handler. A timer of an older release whose command is gone is a bug like any other."""
        try:
            spec = self.draft.rulebook.commands[name]
            command = None if transaction is None else transaction.typed.get(spec.kind)
            spec.handler(execution, codec.typed(spec.kind, fields) if command is None else command)
        except Refused as no:
            return no
        except (MemoryError, RecursionError, OSError) as failure:
            raise NodeMustStop("kernel.machine_failed", reason=type(failure).__name__) from failure
        except Exception as bug:  # noqa: BLE001
            self.alarms.append(f"{name}: {bug!r}")
            return bug
        return None

    def _keep(self, execution: Execution, raw: bytes, outcome: Outcome) -> Receipt:
        receipt = execution.finish(outcome, len(self.items))
        self.items.append(raw)
        self.ids.append(execution.transaction_id)
        self.nonces.append(execution.nonce)
        self.receipts.append(receipt)
        self.leaves.append(receipt_leaf(execution.transaction_id, raw, outcome, execution.digests))
        return receipt

    def _remember_offline(self, transaction: Transaction) -> None:
        nonce = sha256(TIMER_RUN + transaction.body.nonce).digest()[:16]
        execution = Execution(self.draft, SYSTEM, nonce, transaction.id, bytes(32), 0)
        offline.put(execution, transaction.id, OfflineRow(transaction.body.valid_until))
        forget = ForgetOffline(transaction=transaction.id)
        execution.schedule("kernel.offline", transaction.id, transaction.body.valid_until, forget)
        execution.finish("accepted", len(self.items))

    def _enter_release(self) -> None:
        """Write the release row if a voted release takes effect with this block."""
        release = self.release
        if RELEASES.get(self.draft, RELEASE_KEY) == release:
            return
        salted = salt(self.draft.entropy, NO_NONCE, RELEASE_SALT)
        self.draft.changes[RELEASES.key(RELEASE_KEY)] = salted + codec.encode(release)

    def seal(self, state: State) -> Applied:
        """Root everything, make the header, and move the state to it."""
        draft = self.draft
        draft.changes[ENTROPY_KEY] = entropy_row(draft.entropy, self.nonces)
        writes = [(key, row or b"") for key, row in sorted(draft.changes.items())]
        log_root, staged = state.log.root(), state.stage(writes)
        header = Header(
            chain=draft.chain,
            height=draft.height,
            time=draft.time,
            log_root=log_root,
            receipts_root=merkle.tree_root(self.leaves),
            state_root=state.root,
            release=self.release.number,
            release_hash=self.release.source_hash,
            count=len(self.items),
        )
        state.seal(header, staged, self.ids[self.runs :])
        return Applied(Block(header, self.runs, self.items, self.receipts, writes), self.ids, self.alarms)


def _cause(receipt: Receipt) -> str:
    entry = codec.decode_plain_trusted(receipt.entries[0])
    return str(entry[3].get("code", "broken"))

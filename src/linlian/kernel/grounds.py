"""On what a key rests: the signed commands by which it came to its account, back to the keys the ledger began with.

A key's row says whose it is, and whoever makes the blocks writes the rows. Its *grounds* say why: they let a reader
follow, signature by signature, how the key was given to its account, so that a row that was merely put there is found.

Rules
- A key that stands in block 0's own state is *founding*: the ledger began with it.
- Every other key is *named* by a signed command, in one of three ways that the command's type declares (`key_for`):
    signer    the account adds or replaces a key of its own
    new       somebody invites: the key is that of an account which the command itself creates
    account   somebody names a key for another's account; others approve it (`approves_key`: so many at the least),
              each naming that very key in the field `key`
- Whoever signs such a command does so with a key that is founding or was named before. The steps stand in the order of
  the ledger and before what they are to justify.
- It says who named and who approved. Whether they were the right people for that is the reader's to judge.

    steps = check_grounds(file.grounds, …)       # raises ProofInvalid (`kernel.key_unjustified`) for the first key
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from linlian.kernel import codec, crypto, merkle
from linlian.kernel.block import Header, receipt_leaf
from linlian.kernel.codec import Blob, Count, Fields, Hash, Meta
from linlian.kernel.contract import SALT_BYTES, Command
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.keys import KEYS
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.shown import RECEIPTS_MAX, Path, StateProofRecord, check_signed, check_state_row
from linlian.kernel.transaction import Body, Transaction, new_identifier

NEW_ACCOUNTS_MAX = 16
"""The account that a command creates is among the first so many identifiers that it gives out."""


class FoundingKey(Fields):
    """A key's row in the state of block 0."""

    row: Blob
    proof: StateProofRecord


class Step(Fields):
    """An accepted transaction in its block, its entries withheld, and the row of the key that signed it."""

    item: Annotated[bytes, Meta(max_length=65536)]
    index: Count
    header: Header
    key_row: Blob
    key_proof: StateProofRecord
    digests: Annotated[tuple[Hash, ...], Meta(max_length=1024)] = ()
    receipt_path: Path = ()
    header_path: Path = ()


class Grounds(Fields):
    """Block 0's header with its path in the anchor's log, founding keys, and steps in the order of the ledger."""

    first: Header
    first_path: Path = ()
    founding: Annotated[tuple[FoundingKey, ...], Meta(max_length=256)] = ()
    steps: Annotated[tuple[Step, ...], Meta(max_length=1024)] = ()


@dataclass(frozen=True, slots=True)
class Log:
    """The log that an anchor vouches for, and the state at its end."""

    chain: str
    size: int
    root: bytes
    state_root: bytes

    def check_header(self, header: Header, path: Path) -> None:
        """Raises ProofInvalid unless the header stands in this log at its height."""
        if header.chain != self.chain:
            raise ProofInvalid("kernel.wrong_chain", chain=header.chain, expected=self.chain)
        merkle.check_inclusion(header.leaf(), header.height, self.size, list(path), self.root)


@dataclass(frozen=True, slots=True)
class Ground:
    """A step as it is told: who signed which command when, and which key (if any) it names."""

    height: int
    time: int
    command: str
    signer: bytes
    key: bytes | None


@dataclass(slots=True)
class _Named:
    """A key that somebody named for another's account, and who has approved it since."""

    key: bytes
    approvers: set[bytes] = field(default_factory=set)


def open_key_command(rules: Rulebook, body: Body) -> Command | None:
    """The command of a transaction, if its type names or approves keys. Raises EncodingInvalid."""
    spec = rules.commands.get(body.command)
    if spec is None or not (spec.kind.key_for or spec.kind.approves_key):
        return None
    return codec.typed(spec.kind, body.fields)


def named_key(command: Any) -> bytes | None:
    """The id of the key that a command names, if its type names one."""
    if not command.key_for:
        return None
    return crypto.key_id(command.suite, command.public_key, crypto.Binding(command.rp_id, command.origin))


def check_grounds(
    grounds: Grounds, log: Log, rules: Rulebook, key: bytes, account: bytes, height: int
) -> tuple[Ground, ...]:
    """Check that a key, used in the block at `height`, came to its account by these steps.

    Raises LinlianError; ProofInvalid with `kernel.key_unjustified` names the first key that nothing leads to.
    """
    if grounds.first.height != 0:
        raise ProofInvalid("kernel.grounds_disordered", height=grounds.first.height)
    log.check_header(grounds.first, grounds.first_path)
    book = _Book(rules)
    for founding in grounds.founding:
        row = KEYS.decode(founding.row[SALT_BYTES:])
        identifier = crypto.key_id(row.suite, row.public_key, row.binding)
        check_state_row(log.chain, KEYS.key(identifier), founding.row, founding.proof, grounds.first.state_root)
        book.accounts[identifier] = frozenset((row.account,))
    told: list[Ground] = []
    before = (0, -1)
    for step in grounds.steps:
        place = (step.header.height, step.index)
        if place <= before or step.header.height >= height or step.index >= RECEIPTS_MAX:
            raise ProofInvalid("kernel.grounds_disordered", height=step.header.height)
        before = place
        transaction = _check_step(step, log)
        named = book.enter(transaction, step.header.height)
        body = transaction.body
        told.append(Ground(step.header.height, step.header.time, body.command, body.signer, named))
    book.require(key, account, height)
    return tuple(told)


def _check_step(step: Step, log: Log) -> Transaction:
    """The transaction, which stands in its block as accepted and is signed by a key then in force."""
    log.check_header(step.header, step.header_path)
    transaction = check_signed(log.chain, step.item, step.header, step.key_row, step.key_proof, log.state_root)
    leaf = receipt_leaf(transaction.id, step.item, "accepted", list(step.digests))
    header = step.header
    merkle.check_inclusion(leaf, step.index, header.count, list(step.receipt_path), header.receipts_root)
    return transaction


class _Book:
    """Which account each key was given to, as far as the steps so far tell."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self.accounts: dict[bytes, frozenset[bytes]] = {}
        self._waiting: dict[bytes, _Named] = {}

    def require(self, key: bytes, account: bytes, height: int) -> None:
        """Raise ProofInvalid (`kernel.key_unjustified`) unless the key was given to the account."""
        if account not in self.accounts.get(key, ()):
            raise ProofInvalid("kernel.key_unjustified", key=key, account=account, height=height)

    def enter(self, transaction: Transaction, height: int) -> bytes | None:
        """Note what a step does; the key that it names, if it names one."""
        body = transaction.body
        self.require(transaction.key_id, body.signer, height)
        command: Any = open_key_command(self._rules, body)
        if command is None:
            raise ProofInvalid("kernel.step_without_key", command=body.command, height=height)
        key = named_key(command)
        if key is None:
            self._approve(command, body.signer)
        elif command.key_for == "signer":
            self.accounts[key] = frozenset((body.signer,))
        elif command.key_for == "new":
            made = (new_identifier(transaction.id, body.nonce, number + 1) for number in range(NEW_ACCOUNTS_MAX))
            self.accounts[key] = frozenset(made)
        else:
            self._waiting[command.account] = _Named(key)
        return key

    def _approve(self, command: Any, officer: bytes) -> None:
        named = self._waiting.get(command.account)
        if named is None or officer == command.account or command.key != named.key:
            return
        named.approvers.add(officer)
        if len(named.approvers) >= command.approves_key:
            self.accounts[named.key] = frozenset((command.account,))

"""What must be true: the decided blocks, and for each what the embedded path makes of it.

Rules
- The oracle executes a block as soon as it is decided, by `admit` and `apply_block` alone: no envelope cache, no draft,
  no store, no clock. Each node must come to the same app hash, header, roots and validator changes, whenever it does.
- Of each block of the ledger it keeps a model in plain dictionaries: an id stands in one block at most, and a timer
  runs once, in the first block that may run it.
- Validators change two blocks after the one that changed them, as CometBFT has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from linlian.engine.cometbft.envelope import open_envelope
from linlian.kernel import codec
from linlian.kernel.apphash import app_hash
from linlian.kernel.block import Block, Run
from linlian.kernel.contract import SALT_BYTES, compose
from linlian.kernel.crypto import verify_many
from linlian.kernel.errors import Rejected
from linlian.kernel.genesis import open_genesis
from linlian.kernel.limits import BLOCK_BYTES_MAX, BLOCK_TIMERS_MAX, BLOCK_TRANSACTIONS_MAX
from linlian.kernel.state import State
from linlian.kernel.timers import TIMERS
from linlian.kernel.transition import admit, apply_block, found
from linlian.kernel.validators import current_validators, powers
from tests.simulation.community import Community

MILLION = 1_000_000


class Mismatch(AssertionError):
    """An invariant does not hold."""


def must(holds: object, what: str) -> None:
    if not holds:
        raise Mismatch(what)


@dataclass(frozen=True, slots=True)
class EngineBlock:
    """A proposal, or a block if it is decided. `time` is in nanoseconds, as the engine has it.

    `signed` are the keys of those whose precommits of the block before stand in it.
    """

    height: int
    time: int
    txs: tuple[bytes, ...]
    hash: bytes
    misbehaviour: tuple[bytes, ...] = ()
    signed: tuple[bytes, ...] = ()

    @classmethod
    def make(
        cls,
        height: int,
        time: int,
        txs: Sequence[bytes],
        misbehaviour: tuple[bytes, ...] = (),
        signed: tuple[bytes, ...] = (),
    ) -> EngineBlock:
        content = sha256(b"%d %d %d" % (height, time, len(txs)))
        for part in (*txs, *misbehaviour, *signed):
            content.update(sha256(part).digest())
        return cls(height, time, tuple(txs), content.digest(), misbehaviour, signed)


@dataclass(frozen=True, slots=True)
class Expected:
    """What every node must have made of an engine block; `guarded` are the ids that may not come again."""

    app_hash: bytes
    changes: dict[bytes, int]
    header: bytes
    ids: tuple[bytes, ...]
    made: bool
    guarded: frozenset[bytes] = frozenset()


@dataclass
class Oracle:
    """The chain as it was decided."""

    community: Community
    blocks: list[EngineBlock] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    sets: dict[int, dict[bytes, int]] = field(default_factory=dict)
    executed: dict[bytes, int] = field(default_factory=dict)
    pending: dict[bytes, int] = field(default_factory=dict)
    runs: int = 0
    roots: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Block 0, or what the community has lived already."""
        community, held = self.community, self.community.disk()
        if held.genesis() is None:
            self.state, _ = found(community.builds[0], community.document)
        else:
            self.state = State(community.chain, open_genesis(community.document).work)
            held.load(self.state)
            for block in held.blocks():
                for index in range(block.runs, len(block.items)):
                    self.executed[block.item_id(index)] = block.header.height
        self.pending = {TIMERS.key(key): row.due for key, row in self.state.table_rows(TIMERS)}
        first = self.community.validators()
        self.sets = {1: first, 2: first}
        self.expected.append(Expected(self.root(), {}, codec.encode(self.state.header), (), made=True))

    @property
    def height(self) -> int:
        return len(self.blocks)

    def root(self) -> bytes:
        """The app hash of now; it is remembered by the two roots that it is made of."""
        log, root = self.state.log.root(), self.state.root
        self.roots[log, root] = app_hash(log, root)
        return self.roots[log, root]

    def decide(self, block: EngineBlock) -> Expected:
        """Append a decided block, and say what must come of it."""
        must(block.height == self.height + 1, "the engine decides heights in order")
        state, rulebook, time = self.state, self.community.builds[1], block.time // MILLION
        before, received = powers(current_validators(state)), []
        for tx in block.txs:
            try:
                received += open_envelope(tx)
            except Rejected:
                continue
        admitted, _ = admit(state, rulebook, received, max(time, state.time), verify_many)
        applied = apply_block(state, rulebook, time, admitted)
        changes: dict[bytes, int] = {}
        if applied is None:
            due = [key for key, when in self.pending.items() if when <= max(time, state.time)]
            must(not due, f"{len(due)} timers were due at {time} and there is no block")
        else:
            self._check(applied.block, [each.id for each in admitted])
            after = powers(current_validators(state))
            changes = {key: after.get(key, 0) for key in before | after if before.get(key) != after.get(key)}
        following = {key: power for key, power in (self.sets[block.height + 1] | changes).items() if power}
        must(following or not self.sets[1], "the validators are never all gone")
        self.sets[block.height + 2] = following
        self.blocks.append(block)
        ids = tuple(each.id for each in admitted)
        guarded = frozenset(state.guard._ids)
        self.expected.append(
            Expected(self.root(), changes, codec.encode(state.header), ids, applied is not None, guarded)
        )
        return self.expected[-1]

    def _check(self, block: Block, ids: list[bytes]) -> None:
        """Each transaction once, each timer once and in time: by the bytes of the block alone."""
        height, time, written = block.header.height, block.header.time, dict(block.writes)
        must(block.runs + len(ids) == len(block.items), "what is admitted has a receipt")
        for identifier in ids:
            must(identifier not in self.executed, f"{identifier.hex()} executed again at {height}")
            self.executed[identifier] = height
        due = sorted((when, key) for key, when in self.pending.items() if when <= time)[:BLOCK_TIMERS_MAX]
        ran = []
        for item in block.items[: block.runs]:
            run = codec.decode(Run, item)
            ran.append(TIMERS.key(compose(run.name, run.record)))
        turns = {key for _, key in due}
        must(len(set(ran)) == len(ran), f"a timer ran twice in block {height}")
        must(all(key in turns for key in ran), f"a timer ran that was not due in block {height}")
        left = [key for _, key in due if key not in ran and key not in written]
        must(not left, f"{len(left)} timers were due in block {height} and did not run")
        self.runs += len(ran)
        for key, row in block.writes:
            if key.startswith(TIMERS.prefix):
                self.pending.pop(key, None)
                if row:
                    self.pending[key] = TIMERS.decode(row[SALT_BYTES:]).due

    def due(self, time: int) -> list[bytes]:
        """The timers that are due at a time and have not run."""
        return [key for key, when in self.pending.items() if when <= time]

    def verdict(self, txs: Sequence[bytes]) -> bool:
        """Whether a proposal is to be voted for: it follows from its bytes alone."""
        try:
            counts = [len(open_envelope(tx)) for tx in txs]
        except Rejected:
            return False
        return sum(counts) <= BLOCK_TRANSACTIONS_MAX and sum(map(len, txs)) <= BLOCK_BYTES_MAX

    def check_at_tip(self, state: State, where: str) -> None:
        """A node's state, at the height of the last decided block, is as the oracle's: all that the next depends on."""
        must(state.rows == self.state.rows, f"{where}: rows differ")
        must(state.header == self.state.header, f"{where}: header differs")
        must(state.root == self.state.root, f"{where}: state root differs")
        must(state.log.root() == self.state.log.root(), f"{where}: log differs")
        must(state.timers.next_due() == min(self.pending.values(), default=None), f"{where}: the next timer differs")
        must(state.guard._ids == self.state.guard._ids, f"{where}: the replay guard differs")

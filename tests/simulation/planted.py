"""Bugs that are planted to see that the simulation finds them: some that others have had, some that were ours.

Each has a name, a sentence, the seeds among which it must be found, and a patch for as long as it is wanted. `apart`
are those that differ only between processes: two with different hash seeds have to be compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest import mock

from linlian.engine.cometbft.application import Application
from linlian.engine.cometbft.records import Finalized, Position
from linlian.engine.cometbft.remembering import Remembered
from linlian.kernel import codec
from linlian.kernel.block import Block
from linlian.kernel.contract import CommandSpec, Context
from linlian.kernel.crypto import SignatureCheck
from linlian.kernel.replay import Forgotten, ReplayGuard
from linlian.kernel.state import State
from linlian.kernel.timers import TimerIndex
from linlian.kernel.validators import current_validators, powers
from linlian.store import memory, snapshot, sqlite
from linlian.store.recovery import fill
from tests.simulation.community import Notes

Patch = Callable[[], AbstractContextManager[object]]
FILES: Final = range(1, 1 + 16 * 25, 16)
"""Seeds whose nodes have files."""


@dataclass(frozen=True)
class Bug:
    """`seeds` are those among which at least one must fail."""

    says: str
    patch: Patch
    seeds: range = range(12)
    apart: bool = False


BUGS: Final[dict[str, Bug]] = {}


def bug(says: str, seeds: range = range(12), apart: bool = False) -> Callable[[Patch], Patch]:
    """Plant what the function patches."""

    def planted(patch: Patch) -> Patch:
        BUGS[patch.__name__] = Bug(says, patch, seeds, apart)
        return patch

    return planted


@contextmanager
def handler(name: str, change: Callable[[Any], Any]) -> Iterator[None]:
    """Let a command of the notes be another before its handler sees it, in every build."""
    with ExitStack() as patches:
        for count in (3, 4, 5):
            for build in Notes.of(count).builds:
                spec = build.commands[name]

                def changed(ctx: Context, cmd: Any, honest: CommandSpec = spec) -> None:
                    honest.handler(ctx, change(cmd))

                other = CommandSpec(spec.name, spec.kind, changed, spec.internal)
                patches.enter_context(mock.patch.dict(build.commands, {name: other}))
        yield


# Rules that do not follow from state and block alone.


@bug("a mean kept in a float beside the state, rounded into a row")
def float_beside_the_state() -> AbstractContextManager[object]:
    mean = [0.0]

    def change(cmd: Any) -> Any:
        mean[0] = 0.7 * mean[0] + 0.3 * len(cmd.label)
        return codec.replace(cmd, label=f"{mean[0]:.3f}")

    return handler("notes.write_note", change)


@bug("a time of the machine's clock, rounded into a row")
def clock_in_a_row() -> AbstractContextManager[object]:
    return handler("upkeep.count_up", lambda cmd: codec.replace(cmd, by=f"{time.perf_counter():.4f}"))


@bug("the first of a set of objects, which lie in it by their addresses")
def order_by_address() -> AbstractContextManager[object]:
    class Named:
        def __init__(self, name: str) -> None:
            self.name = name
            self.room = bytearray(len(name))

    def change(cmd: Any) -> Any:
        several = {Named(name) for name in ("north", "south", "east", "west", "up", "down")}
        kept.append(several.pop())
        return codec.replace(cmd, by=next(iter(several)).name)

    kept: list[Named] = []
    return handler("upkeep.count_up", change)


@bug("the first of a set of texts, which lie in it by a hash seeded anew in each process", apart=True)
def order_by_hash() -> AbstractContextManager[object]:
    labels = ("north", "south", "east", "west", "up", "down")
    return handler("upkeep.count_up", lambda cmd: codec.replace(cmd, by=next(iter({cmd.by, *labels}))))


# Writes in the wrong phase.


@bug("FinalizeBlock writes the block already")
def written_in_finalize() -> AbstractContextManager[object]:
    honest = Application.finalize

    def finalize(self: Application, *args: Any) -> Finalized:
        finalized = honest(self, *args)
        if self._pending is not None and self._pending.applied is not None:
            self.store.commit(self._pending.applied.block, self._pending.notes)
        return finalized

    return _both(
        mock.patch.object(Application, "finalize", finalize),
        mock.patch.object(Application, "_store_block", return_value=None),
    )


@bug("Commit is answered, and the block written with the next one")
def written_after_commit() -> AbstractContextManager[object]:
    late: dict[Application, tuple[Block, dict[str, bytes]]] = {}

    def store_block(self: Application, block: Block, notes: dict[str, bytes]) -> None:
        if self in late:
            self.store.commit(*late[self])
        late[self] = (block, notes)

    return mock.patch.object(Application, "_store_block", store_block)


@bug("the engine's height is written after the block, not with it", range(60))
def position_apart() -> AbstractContextManager[object]:
    def store_block(self: Application, block: Block, notes: dict[str, bytes]) -> None:
        self.store.commit(block)
        self.store.note(notes)

    return mock.patch.object(Application, "_store_block", store_block)


@bug("a block is written in several transactions of the file", FILES)
def block_in_parts() -> AbstractContextManager[object]:
    @contextmanager
    def transaction(_: object) -> Iterator[None]:
        yield

    return mock.patch.object(sqlite, "transaction", transaction)


# What is lost at a restart or a rollback.


@bug("timers are not filled from the rows at a start")
def timers_lost_at_start() -> AbstractContextManager[object]:
    honest = State.load

    def load(self: State, rows: Any) -> None:
        honest(self, rows)
        self.timers = TimerIndex()

    return mock.patch.object(State, "load", load)


@bug("a block that is taken back does not give back its timers", range(60))
def timers_lost_at_rollback() -> AbstractContextManager[object]:
    honest = State.rollback

    def rollback(self: State) -> None:
        timers, self.timers = self.timers, TimerIndex()
        honest(self)
        self.timers = timers

    return mock.patch.object(State, "rollback", rollback)


@bug("of timers that are due together the last is forgotten, by all nodes alike", range(60))
def last_timer_forgotten() -> AbstractContextManager[object]:
    honest = TimerIndex.due

    def due(self: TimerIndex, at: int) -> list[bytes]:
        found = honest(self, at)
        return found[:-1] if len(found) > 1 else found

    return mock.patch.object(TimerIndex, "due", due)


@bug("the replay guard is not restored at a start", range(60))
def guard_lost_at_start() -> AbstractContextManager[object]:
    def forgetful(*args: Any, **kwargs: Any) -> None:
        fill(*args, **(kwargs | {"recent": ()}))

    return _both(mock.patch.object(memory, "fill", forgetful), mock.patch.object(sqlite, "fill", forgetful))


@bug("a block that is taken back stays in the replay guard", range(60))
def guard_kept_at_rollback() -> AbstractContextManager[object]:
    def remove_last(self: ReplayGuard, forgotten: Forgotten) -> None:
        del forgotten
        self._blocks.pop()

    return mock.patch.object(ReplayGuard, "remove_last", remove_last)


@bug("a snapshot brings no more than its last block, and is taken", FILES)
def snapshot_without_guard() -> AbstractContextManager[object]:
    return mock.patch.object(snapshot, "VALIDITY_MS_MAX", -(10**15))


# What is remembered too long, or of another.


@bug("a signature is remembered whether it was good or not", range(60))
def bad_signature_remembered() -> AbstractContextManager[object]:
    honest = Remembered.verify

    def verify(self: Remembered, checks: Sequence[SignatureCheck]) -> list[bool]:
        verdicts = honest(self, checks)
        self._good.update(dict.fromkeys(checks))
        return verdicts

    return mock.patch.object(Remembered, "verify", verify)


@bug("a block executed ahead is taken for another of its height")
def draft_of_another_block() -> AbstractContextManager[object]:
    honest = Application.finalize

    def finalize(self: Application, txs: Any, height: int, at: int, block_hash: bytes, told: Any = ()) -> Finalized:
        for draft in self._drafts.values():
            draft.time = at
            self._drafts = {block_hash: draft}
        return honest(self, txs, height, at, block_hash, told)

    return mock.patch.object(Application, "finalize", finalize)


@bug("an envelope is remembered by its nonce", range(60))
def envelope_by_its_nonce() -> AbstractContextManager[object]:
    honest = Remembered.open

    def opened(self: Remembered, tx: bytes, chain: str) -> Any:
        for known in self._opened:
            if len(tx) > 20 and known[:18] == tx[:18]:
                return self._opened[known]
        return honest(self, tx, chain)

    return mock.patch.object(Remembered, "open", opened)


# Verdicts that differ between nodes.


@bug("a proposal is judged by the node's own clock", range(60))
def proposal_by_the_clock() -> AbstractContextManager[object]:
    honest = Application.process

    def process(self: Application, txs: Sequence[bytes], height: int, at: int, block_hash: bytes) -> bool:
        return honest(self, txs, height, at, block_hash) and at < self.clock() + 60_000

    return mock.patch.object(Application, "process", process)


@bug("changes of validators are told against the genesis", range(60))
def validators_since_genesis() -> AbstractContextManager[object]:
    honest = Application._changes
    first: dict[str, dict[bytes, int]] = {}

    def changes(self: Application, before: dict[bytes, int], applied: Any) -> dict[bytes, int]:
        return honest(self, first.setdefault(self.state.chain, before), applied)

    return mock.patch.object(Application, "_changes", changes)


@bug("a validator that leaves is not told", range(200))
def leaving_not_told() -> AbstractContextManager[object]:
    def changes(self: Application, before: dict[bytes, int], _: Any) -> dict[bytes, int]:
        after = powers(current_validators(self.state))
        return {key: power for key, power in after.items() if before.get(key) != power}

    return mock.patch.object(Application, "_changes", changes)


# Ours that were.


@bug("Info takes back what is finalized and not committed")
def info_takes_back() -> AbstractContextManager[object]:
    def info(self: Application) -> Position:
        self.abandon()
        return self.position

    return mock.patch.object(Application, "info", info)


@bug("a query waits for the commit, in the thread that has to make it")
def query_waits() -> AbstractContextManager[object]:
    honest = Application.signed_roots

    def signed_roots(self: Application, height: int = 0) -> Any:
        with self.standing:
            return honest(self, height)

    return mock.patch.object(Application, "signed_roots", signed_roots)


@bug("what was executed ahead is thrown away and executed again")
def executed_twice() -> AbstractContextManager[object]:
    return mock.patch.object(Application, "_take_back", Application.abandon)


@bug("a store that fails after its last word is not asked whether it has the block", range(100))
def doubtful_commit() -> AbstractContextManager[object]:
    def store_block(self: Application, block: Block, notes: dict[str, bytes]) -> None:
        self.store.commit(block, notes)

    return mock.patch.object(Application, "_store_block", store_block)


def _both(one: AbstractContextManager[object], other: AbstractContextManager[object]) -> AbstractContextManager[object]:
    stack = ExitStack()
    stack.enter_context(one)
    stack.enter_context(other)
    return stack

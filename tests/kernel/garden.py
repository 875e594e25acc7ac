"""A community garden: the smallest business that uses every word of the kernel, and a town that has it.

town = Garden()
town.do(town.anna, TakePlot(plot=PLOT))            # accepted
town.refusal(town.ben, TakePlot(plot=PLOT))        # "garden.plot_taken", on the record of the plot and of Ben
town.advance(hours=24)                             # the plot dries by timer
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from linlian.engine.prover import OperatorVoucher, Prover
from linlian.engine.watermark import Watermark
from linlian.kernel.block import Block
from linlian.kernel.codec import Blob, Count, Hash, Id, Label, Meta, Row, Subject, replace
from linlian.kernel.contract import Command, Context, Contract, Event, Refused
from linlian.kernel.crypto import SoftwareKey, verify_many
from linlian.kernel.entropy import ENTROPY_KEY
from linlian.kernel.errors import Rejected
from linlian.kernel.keys import end_key, register_key
from linlian.kernel.operator import appoint_operator
from linlian.kernel.release import schedule_release
from linlian.kernel.state import State
from linlian.kernel.transition import Applied, admit, apply_block
from linlian.store.memory import MemoryStore
from linlian.testing.town import Person, Town

contract = Contract("garden")

GardenerId = Annotated[Id, Subject("gardener")]
PlotId = Annotated[Id, Subject("plot")]
DRY_MS = 24 * 3600 * 1000


class Gardener(Row):
    role: Label


class Plot(Row):
    owner: Id
    litres: Count
    dry: bool = False


gardeners = contract.table("gardener", Gardener)
plots = contract.table("plot", Plot)


class Found(Command):
    """Suites, keys, accounts and roles side by side, and who signs checkpoints."""

    suites: Annotated[tuple[Label, ...], Meta(max_length=16)]
    keys: Annotated[tuple[Annotated[bytes, Meta(max_length=128)], ...], Meta(max_length=16)]
    accounts: Annotated[tuple[Id, ...], Meta(max_length=16)]
    roles: Annotated[tuple[Label, ...], Meta(max_length=16)]
    operator: Hash


class TakePlot(Command):
    plot: PlotId


class WaterPlot(Command):
    plot: PlotId
    litres: Count
    note: Label = ""


class LeavePlot(Command):
    plot: PlotId


class SharePlot(Command):
    plot: PlotId
    neighbours: Annotated[tuple[GardenerId, ...], Meta(max_length=8)] = ()


class ChangeKey(Command):
    """Rotate to a new key; without one, only end the key that signs."""

    key: Annotated[bytes, Meta(max_length=32)] = b""


class VoteRelease(Command):
    number: Count
    source_hash: Hash
    at_height: Count


class DigUpTreasure(Command):
    """Meets a bug of this release after it has written a row, emitted an event and set a timer."""

    plot: PlotId
    map: Blob = b""


class DryPlot(Command):
    plot: PlotId


@contract.event
class PlotTaken(Event):
    plot: PlotId
    gardener: GardenerId


@contract.event
class PlotWatered(Event):
    plot: PlotId
    litres: Count


@contract.event
class PlotShared(Event):
    plot: PlotId
    neighbours: Annotated[tuple[GardenerId, ...], Meta(max_length=8)] = ()


@contract.event
class PlotLeft(Event):
    plot: PlotId


@contract.event
class PlotDried(Event):
    plot: PlotId


@contract.genesis
def found_garden(ctx: Context, cmd: Found) -> None:
    for suite, key, account, role in zip(cmd.suites, cmd.keys, cmd.accounts, cmd.roles, strict=True):
        register_key(ctx, suite, key, account)
        gardeners.create(ctx, account, Gardener(role))
    appoint_operator(ctx, cmd.operator)


@contract.command
def take_plot(ctx: Context, cmd: TakePlot) -> None:
    if plots.has(ctx, cmd.plot):
        raise Refused("garden.plot_taken", about=(cmd.plot, ctx.signer), plot=cmd.plot)
    plots.create(ctx, cmd.plot, Plot(ctx.signer, 0))
    ctx.schedule("garden.dry", cmd.plot, ctx.time + DRY_MS, DryPlot(plot=cmd.plot))
    ctx.emit(PlotTaken(plot=cmd.plot, gardener=ctx.signer))


@contract.command
def water_plot(ctx: Context, cmd: WaterPlot) -> None:
    plot = _own_plot(ctx, cmd.plot)
    plots.put(ctx, cmd.plot, replace(plot, litres=plot.litres + cmd.litres, dry=False))
    ctx.schedule("garden.dry", cmd.plot, ctx.time + DRY_MS, DryPlot(plot=cmd.plot))
    ctx.emit(PlotWatered(plot=cmd.plot, litres=cmd.litres))


@contract.command
def leave_plot(ctx: Context, cmd: LeavePlot) -> None:
    _own_plot(ctx, cmd.plot)
    plots.delete(ctx, cmd.plot)
    ctx.unschedule("garden.dry", cmd.plot)
    ctx.emit(PlotLeft(plot=cmd.plot))


@contract.command
def share_plot(ctx: Context, cmd: SharePlot) -> None:
    _own_plot(ctx, cmd.plot)
    ctx.emit(PlotShared(plot=cmd.plot, neighbours=cmd.neighbours))


@contract.command
def change_key(ctx: Context, cmd: ChangeKey) -> None:
    if cmd.key:
        register_key(ctx, "ed25519", cmd.key, ctx.signer)
    end_key(ctx, ctx.key_id)


@contract.command
def vote_release(ctx: Context, cmd: VoteRelease) -> None:
    gardener = gardeners.get(ctx, ctx.signer)
    if gardener is None or gardener.role != "warden":
        raise Refused("garden.role_missing", about=(ctx.signer,), role="warden")
    schedule_release(ctx, cmd.number, cmd.source_hash, cmd.at_height)


@contract.command
def dig_up_treasure(ctx: Context, cmd: DigUpTreasure) -> None:
    plots.put(ctx, cmd.plot, Plot(ctx.signer, 1))
    ctx.schedule("garden.dry", cmd.plot, ctx.time + DRY_MS, DryPlot(plot=cmd.plot))
    ctx.emit(PlotTaken(plot=cmd.plot, gardener=ctx.signer))
    _ = cmd.map[7]


@contract.timer
def dry_plot(ctx: Context, cmd: DryPlot) -> None:
    plot = plots.get(ctx, cmd.plot)
    if plot is None:
        raise Refused("garden.no_plot", about=(cmd.plot,))
    plots.put(ctx, cmd.plot, replace(plot, dry=True))
    ctx.emit(PlotDried(plot=cmd.plot))


def _own_plot(ctx: Context, plot_id: bytes) -> Plot:
    plot = plots.get(ctx, plot_id)
    if plot is None:
        raise Refused("garden.no_plot", about=(plot_id,))
    if plot.owner != ctx.signer:
        raise Refused("garden.not_owner", about=(plot_id, ctx.signer))
    return plot


def plot_id(number: int) -> bytes:
    """A plot's 16-byte id."""
    return sha256(b"plot" + number.to_bytes(8, "big")).digest()[:16]


PLOT = plot_id(0)
OPERATOR = SoftwareKey("ed25519", sha256(b"operator").digest())


class Garden(Town):
    """Anna and Ben garden, Wei is warden; Ben's key is P-256. More contracts may stand beside the garden."""

    def __init__(self, more: Sequence[Contract] = ()) -> None:
        people = [someone("anna"), someone("ben", "p256"), someone("wei")]
        self.anna, self.ben, self.warden = people
        seed = Found(
            suites=tuple(person.key.suite for person in people),
            keys=tuple(person.key.public_key for person in people),
            accounts=tuple(person.account for person in people),
            roles=("gardener", "gardener", "warden"),
            operator=OPERATOR.public_key,
        )
        super().__init__([contract, *more], [seed])

    def offer(self, *raws: bytes, after_ms: int = 1) -> tuple[Block | None, list[tuple[int, Rejected]]]:
        """Hand all of these to the filter and make a block of what it admits."""
        self.time += after_ms
        admitted, rejected = admit(self.state, self.rulebook, raws, self.time, verify_many)
        applied = apply_block(self.state, self.rulebook, self.time, admitted)
        return (self._add(applied) if applied is not None else None), rejected

    def block(self, *raws: bytes, after_ms: int = 1) -> Block:
        """A block of all of these; fails if one is not admitted."""
        block, rejected = self.offer(*raws, after_ms=after_ms)
        assert block is not None
        assert rejected == []
        return block

    def _add(self, applied: Applied) -> Block:
        self.blocks.append(applied.block)
        return applied.block


def someone(name: str, suite: str = "ed25519") -> Person:
    """A person with a key and an account of their own, both derived from the name."""
    seed = sha256(b"gardener:" + name.encode()).digest()
    return Person(name, seed[:16], SoftwareKey(suite, seed))


def everything(state: State) -> dict[str, Any]:
    """All that a state holds, to compare two of them."""
    return {
        "header": state.header,
        "rows": dict(state.rows),
        "root": state.root,
        "log": state.log.root(),
        "size": len(state.log),
        "due": state.timers.next_due(),
        "all due": state.timers.due(2**53),
        "release": state.release,
    }


def business_rows(state: State) -> dict[bytes, bytes]:
    """The rows that a refused or broken command leaves as they were: all but histories and the block's own."""
    return {key: row for key, row in state.rows.items() if b"kernel.subject" not in key and key != ENTROPY_KEY}


def prover(town: Town, folder: Path) -> Prover:
    """Who makes proof files of this town's ledger as it stands, in the operator's name."""
    store = MemoryStore()
    store.create(town.genesis_document, town.blocks[0])
    for block in town.blocks[1:]:
        store.commit(block)
    return Prover(town.state, store, OperatorVoucher(OPERATOR, Watermark(folder / f"watermark-{town.state.height}")))

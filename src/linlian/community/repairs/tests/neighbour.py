"""A throw-away business that needs repairs, and does with a case whatever the front door lets it do."""

from __future__ import annotations

from linlian.community import repairs
from linlian.community.identity import Basis
from linlian.community.repairs import Clock, PauseReason, Standing
from linlian.kernel.contract import Command, Content, Context, Contract, Id, Label, Millis

contract = Contract("nextdoor", needs=(repairs.contract,))


class Hold(Command):
    case: Id
    name: Label
    step: Label


class Lift(Command):
    case: Id
    name: Label


class Pause(Command):
    """Approved by the signer as whatever they are: the resident's side, a dispatcher, a supervisor."""

    case: Id
    reason: PauseReason
    until: Millis
    evidence: Content


class Resume(Command):
    case: Id


class Tighten(Command):
    case: Id
    clock: Clock
    due: Millis


class Extend(Command):
    case: Id
    clock: Clock
    due: Millis
    standing: Standing | None = None


class GiveBack(Command):
    case: Id


class SayRepaired(Command):
    """The signer is somebody outside, who was told so."""

    case: Id
    repaired: bool


class Object(Command):
    case: Id


class Reopen(Command):
    case: Id


class Merge(Command):
    case: Id
    into: Id


class Split(Command):
    case: Id


@contract.command
def hold(ctx: Context, cmd: Hold) -> None:
    repairs.hold(ctx, cmd.case, cmd.name, cmd.step)


@contract.command
def lift(ctx: Context, cmd: Lift) -> None:
    repairs.lift(ctx, cmd.case, cmd.name)


@contract.command
def pause(ctx: Context, cmd: Pause) -> None:
    who = (Standing.SUPERVISOR, Standing.REPORTER, Standing.OCCUPANT, Standing.DISPATCHER)
    standing, basis = repairs.standing_in(ctx, cmd.case, *who)
    repairs.pause_clock(ctx, cmd.case, standing, basis, cmd.reason, cmd.until, cmd.evidence)


@contract.command
def resume(ctx: Context, cmd: Resume) -> None:
    standing, _ = repairs.standing_in(ctx, cmd.case, Standing.EXECUTOR, Standing.DISPATCHER)
    repairs.resume_clock(ctx, cmd.case, standing)


@contract.command
def tighten(ctx: Context, cmd: Tighten) -> None:
    repairs.tighten_deadline(ctx, cmd.case, cmd.clock, cmd.due, Standing.GATEWAY)


@contract.command
def extend(ctx: Context, cmd: Extend) -> None:
    standing, basis = repairs.standing_in(ctx, cmd.case, cmd.standing or Standing.SUPERVISOR)
    repairs.extend_deadline(ctx, cmd.case, cmd.clock, cmd.due, standing, basis)


@contract.command
def give_back(ctx: Context, cmd: GiveBack) -> None:
    standing, basis = repairs.standing_in(ctx, cmd.case, Standing.DESK, Standing.SUPERVISOR)
    repairs.give_back(ctx, cmd.case, standing, basis)


@contract.command
def say_repaired(ctx: Context, cmd: SayRepaired) -> None:
    if cmd.repaired:
        repairs.confirm_for(ctx, cmd.case, Standing.OUTSIDER, Basis.CALLBACK)
    else:
        repairs.object_to(ctx, cmd.case, Standing.OUTSIDER, Basis.CALLBACK)


@contract.command
def object_to(ctx: Context, cmd: Object) -> None:
    repairs.object_to(ctx, cmd.case, Standing.JOINED, Basis.OWN_KEY)


@contract.command
def reopen(ctx: Context, cmd: Reopen) -> None:
    repairs.reopen_for(ctx, cmd.case, Standing.GATEWAY, Basis.CALLBACK)


@contract.command
def merge(ctx: Context, cmd: Merge) -> None:
    standing, basis = repairs.standing_in(ctx, cmd.case, Standing.DESK)
    repairs.mark_merged(ctx, cmd.case, cmd.into, standing, basis)


@contract.command
def split(ctx: Context, cmd: Split) -> None:
    standing, basis = repairs.standing_in(ctx, cmd.case, Standing.DESK, Standing.REPORTER)
    repairs.unmark_merged(ctx, cmd.case, standing, basis)

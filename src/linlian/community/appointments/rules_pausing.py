"""When an appointment lets the clocks of a repair wait: for a listed reason, approved by somebody who does not come.

nobody opened, and the household did not contest it or a supervisor found so     ACCESS, the proof that was recorded
the household has time only after the repairer had to be there                  RESIDENT, until the window begins
"""

from __future__ import annotations

from linlian.community import identity, repairs
from linlian.community.appointments.rules import (
    Actor,
    Appointment,
    CaseCommand,
    contract,
    current_appointment,
    is_staff,
)
from linlian.community.appointments.rules_table import As, State
from linlian.community.repairs import PauseReason, Standing
from linlian.kernel.contract import Content, Context, Millis, Refused


class PauseForAppointment(CaseCommand):
    """`evidence`: how the household said that they have no time before; that nobody opened has its own."""

    until: Millis
    evidence: Content | None = None


@contract.command
def pause_for_appointment(ctx: Context, cmd: PauseForAppointment) -> None:
    """Let arriving, finishing and replying wait, because nobody opened or the household wants it later."""
    identity.acting(ctx)
    actor = _approves(ctx, cmd.case)
    found = current_appointment(ctx, cmd.case)
    reason, evidence = _ground(cmd, None if found is None else found[1])
    repairs.pause_clock(ctx, cmd.case, actor.standing, actor.basis, reason, cmd.until, evidence)


def _approves(ctx: Context, case_id: bytes) -> Actor:
    """The household or a supervisor from outside; none of those who come. Refused: `repairs.not_yours`."""
    if is_staff(ctx, repairs.require_case(ctx, case_id), ctx.signer):
        raise Refused("repairs.own_pause", about=(case_id,))
    who = (Standing.REPORTER, Standing.OCCUPANT, Standing.SUPERVISOR)
    return Actor(As.HOUSEHOLD, *repairs.standing_in(ctx, case_id, *who))


def _ground(cmd: PauseForAppointment, row: Appointment | None) -> tuple[PauseReason, Content]:
    if row is not None and row.state is State.NO_ACCESS:
        return PauseReason.ACCESS, row.proof[0]
    if row is None or row.state is not State.AGREED or not row.wished or cmd.until > row.starts:
        raise Refused("appointments.no_ground", about=(cmd.case,))
    if cmd.evidence is None:
        raise Refused("appointments.evidence_missing", about=(cmd.case,))
    return PauseReason.RESIDENT, cmd.evidence

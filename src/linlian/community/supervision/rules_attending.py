"""What nobody on duty has in hand is made known, whatever became of whoever had it.

`staff` hands on whose open work is left unattended: their shift ended while they held some, they did not come, or it
was given to them while they were away. Each of their cases then goes up by itself (`rules_ladder`) until a colleague
has accepted it, it was given to somebody who is there, or they are back. Whoever is given what nobody looked after
before, and does not look after it either, begins no new time.

    close_shift → LeftUnattended → Escalated(about=unattended) … until accept_handover, assign_repair or begin_duty
"""

from __future__ import annotations

from linlian.community import repairs
from linlian.community.repairs import UNATTENDED
from linlian.community.staff import LeftUnattended
from linlian.community.supervision.rules import contract
from linlian.community.supervision.rules_ladder import begin, climbing, is_trouble
from linlian.kernel.contract import Context

CASES_AT_ONCE = 3
"""So many cases in each block: every one of them tells people and sets a timer."""


@contract.timer
def left_unattended(ctx: Context, cmd: LeftUnattended) -> None:
    """Let each case that somebody holds and does not look after go up; the next ones come with the next block."""
    begun = 0
    for case_id in repairs.cases_held_by(ctx, cmd.account):
        case = repairs.require_case(ctx, case_id)
        climb = climbing(ctx, case_id, case, UNATTENDED)
        goes_up = climb is not None and (climb.began_at >= cmd.since or not cmd.left)
        if goes_up or not is_trouble(ctx, case, UNATTENDED, ctx.time):
            continue
        if begun == CASES_AT_ONCE:
            ctx.hand_on(cmd.account, cmd)
            return
        begin(ctx, case_id, UNATTENDED, case, cmd.since)
        begun += 1

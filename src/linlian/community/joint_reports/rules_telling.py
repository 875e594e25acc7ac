"""Telling all who joined: that it is done, and that a witness found it sound.

While anybody has joined, `repairs` lets nobody serve notice or check (`HOLD`): both are done here, and set a timer that
tells those who stand on the first page, and in each later block those on the next.
"""

from __future__ import annotations

from typing import Annotated

from linlian.community import repairs
from linlian.community.identity import AccountId
from linlian.community.joint_reports.rules import HOLD, Crowd, contract, crowd, crowds, pages
from linlian.community.joint_reports.rules_pages import PAGES_MAX, page, page_after
from linlian.community.repairs import CaseId, Proofs, Standing, State
from linlian.kernel.contract import Command, Context, Event, Id, Meta, Refused, replace


class TellJoined(Command):
    case: CaseId


class CheckJointly(Command):
    """`proofs`: what the witness saw."""

    case: CaseId
    proofs: Proofs


class TellPage(Command):
    case: CaseId
    page: Annotated[int, Meta(ge=0, le=PAGES_MAX - 1)]
    state: State


@contract.event
class JoinedTold(Event):
    """Somebody who joined is told that it is done, or that a witness found it sound and they may object."""

    case: Id
    joined: AccountId
    state: State


@contract.command
def tell_joined(ctx: Context, cmd: TellJoined) -> None:
    """Tell the reporter and all who joined that it is done."""
    crowd = _require_crowd(ctx, cmd.case)
    standing, basis = repairs.standing_in(ctx, cmd.case, Standing.DESK, Standing.DISPATCHER, Standing.EXECUTOR)
    done_at = repairs.require_case(ctx, cmd.case).done_at
    if done_at and crowd.told_done == done_at:
        raise Refused("joint_reports.told_already", about=(cmd.case,))
    repairs.serve_for(ctx, cmd.case, standing, basis, HOLD)
    crowds.put(ctx, cmd.case, replace(crowd, told_done=done_at))
    _tell(ctx, cmd.case, State.DONE, None)


@contract.command
def check_jointly(ctx: Context, cmd: CheckJointly) -> None:
    """A witness looks and finds it sound, and all who joined are told: they have three days to object."""
    _require_crowd(ctx, cmd.case)
    _, basis = repairs.standing_in(ctx, cmd.case, Standing.WITNESS)
    repairs.check_for(ctx, cmd.case, basis, cmd.proofs, HOLD)
    _tell(ctx, cmd.case, State.CHECKED, None)


@contract.timer
def tell_page(ctx: Context, cmd: TellPage) -> None:
    """Tell those on one page, if it still stands; the next page comes with the next block."""
    if repairs.require_case(ctx, cmd.case).state is not cmd.state:
        return
    for account in page(ctx, pages, cmd.case, cmd.page):
        ctx.emit(JoinedTold(case=cmd.case, joined=account, state=cmd.state))
    _tell(ctx, cmd.case, cmd.state, cmd.page)


def _require_crowd(ctx: Context, case_id: bytes) -> Crowd:
    repairs.require_case(ctx, case_id)
    found = crowd(ctx, case_id)
    if not found.people:
        raise Refused("joint_reports.nobody_joined", about=(case_id,))
    return found


def _tell(ctx: Context, case_id: bytes, state: State, before: int | None) -> None:
    """Set the timer that tells those on the page after this one."""
    number = page_after(ctx, pages, case_id, -1 if before is None else before)
    if number is not None:
        command = TellPage(case=case_id, page=number, state=state)
        ctx.schedule("joint_reports.tell", case_id, ctx.time, command)

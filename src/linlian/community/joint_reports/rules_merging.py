"""Two reports of one fault: merged into one case, and split again, on the record.

Rules
- The desk that answers for a case, or whoever reported it, merges it into another. Its reporter has joined that one
  from then on, with the account and basis on which it was reported; its words and photographs stay where they are.
- Into a case of a common part, or into one where its reporter may report today and might see already when that one was
  opened: nobody comes to see a stranger's home, or what was there before or after them.
- What was merged is merged into nothing else, and nothing is merged into it. A case that others joined stays the one
  that is followed.
- Split, it stands where it stood; its promises never stopped.
"""

from __future__ import annotations

from linlian.community import identity, places, repairs
from linlian.community.identity import AccountId, Basis
from linlian.community.joint_reports.rules import (
    check_home,
    contract,
    crowd,
    is_common,
    join,
    joining,
    keep_crowd,
    leave,
    tell_case,
)
from linlian.community.places import Right
from linlian.community.repairs import Case, CaseId, Standing
from linlian.kernel.contract import Command, Context, Event, Id, Reader, Refused, Row, replace

BOTH = (Standing.DESK, Standing.REPORTER)


class Merger(Row):
    """A case that was merged, keyed by it; `joined` is who joined by it, NOBODY if its reporter speaks for nobody."""

    into: Id
    joined: Id


mergers = contract.table("merger", Merger)


class MergeCase(Command):
    case: CaseId
    into: CaseId


class SplitCase(Command):
    case: CaseId


@contract.event
class CaseMerged(Event):
    """In the history of the case and of its reporter. `into` is no subject, for that case's parties are strangers."""

    case: CaseId
    into: Id
    standing: Standing
    basis: Basis
    joined: AccountId | None = None


@contract.event
class CaseSplit(Event):
    case: CaseId
    was_in: Id
    standing: Standing
    basis: Basis
    joined: AccountId | None = None


@contract.command
def merge_case(ctx: Context, cmd: MergeCase) -> None:
    """It is the same fault: from now on another case is followed in its place."""
    case, main = repairs.require_case(ctx, cmd.case), repairs.require_case(ctx, cmd.into)
    standing, basis = repairs.standing_in(ctx, cmd.case, *BOTH)
    if crowd(ctx, cmd.case).people or crowd(ctx, cmd.case).merged:
        raise Refused("joint_reports.others_follow", about=(cmd.case,))
    if not _may_follow(ctx, case, main):
        raise Refused("joint_reports.strangers_home", about=(cmd.case,))
    repairs.mark_merged(ctx, cmd.case, cmd.into, standing, basis)
    joined = case.reporter if _speaks(ctx, case) and case.reporter != main.reporter else identity.NOBODY
    if joined != identity.NOBODY:
        join(ctx, cmd.into, joined, _home(ctx, case, main), direct=False)
    known = crowd(ctx, cmd.into)
    keep_crowd(ctx, cmd.into, replace(known, merged=known.merged + 1))
    mergers.put(ctx, cmd.case, Merger(cmd.into, joined))
    ctx.emit(
        CaseMerged(
            case=cmd.case,
            into=cmd.into,
            standing=standing,
            basis=basis,
            joined=_named(joined),
        )
    )
    tell_case(ctx, cmd.into)


@contract.command
def split_case(ctx: Context, cmd: SplitCase) -> None:
    """It is another fault after all: it stands for itself again, in the state that it had."""
    repairs.require_case(ctx, cmd.case)
    found = mergers.get(ctx, cmd.case)
    if found is None:
        raise Refused("joint_reports.not_merged", about=(cmd.case,))
    standing, basis = repairs.standing_in(ctx, cmd.case, *BOTH)
    repairs.unmark_merged(ctx, cmd.case, standing, basis)
    mergers.delete(ctx, cmd.case)
    known = crowd(ctx, found.into)
    keep_crowd(ctx, found.into, replace(known, merged=known.merged - 1))
    if found.joined != identity.NOBODY:
        row = joining(ctx, found.into, found.joined)
        assert row is not None, "whose case is merged has joined"
        leave(ctx, found.into, found.joined, replace(row, merged=row.merged - 1))
    ctx.emit(
        CaseSplit(case=cmd.case, was_in=found.into, standing=standing, basis=basis, joined=_named(found.joined)),
    )


def merger(reader: Reader, case_id: bytes) -> Merger | None:
    """Into what a case is merged; None if it stands for itself."""
    return mergers.get(reader, case_id)


def _may_follow(ctx: Context, case: Case, main: Case) -> bool:
    """Whether the reporter of a case may follow the other one."""
    if is_common(ctx, main.place) or case.reporter == main.reporter:
        return True
    may = places.may(ctx, case.reporter, main.place, Right.REPORT, ctx.time)
    return may and places.may_in_matter(ctx, case.reporter, main.place, Right.REPORT, main.opened_at, ctx.time)


def _home(ctx: Context, case: Case, main: Case) -> bytes:
    """For which home the reporter of a case joins the other one: the one of which it is, if they live there."""
    lives = not is_common(ctx, case.place) and case.reporter in places.household(ctx, case.place, ctx.time)
    return check_home(ctx, main, case.reporter, case.place if lives else None)


def _speaks(reader: Reader, case: Case) -> bool:
    """Whether a reporter speaks for themselves: not a desk that wrote down a caller, nor a machine."""
    return case.reported_as is Standing.REPORTER or identity.member(reader, case.reporter) is None


def _named(account: bytes) -> bytes | None:
    return None if account == identity.NOBODY else account

"""Joint reports: who else sees the same fault, joins the case that is open, and is asked and told like its reporter.

Rules
- Common parts are everybody's: whoever sees the same there joins the open case in place of reporting it once more, by
  themselves, by a helper, or at the telephone. They keep their own account, basis, words and photographs.
- Whoever joined says like the reporter that it is not repaired: while it waits for an answer, which is a dispute, and
  for as long after its closing as it may be reopened. Thirty join, one objects: it goes back.
- Nobody checks or serves notice past them. While anybody has joined, both steps are held back and taken here, so that
  all are told in the same breath, each by an event in their own history; and silence never closes what they joined.
- Somebody who joined sees the case, never who else did: no event names two of them. The case's own history tells how
  many they are, and of how many homes: of a household one counts, and for the reporter's the reporter.
- The staff of those who live by such work do not join; they take down who rang.

    join_case → leave_case | object_jointly
    tell_joined, check_jointly → a timer for every 32 who joined                  rules_telling
    merge_case → split_case                                                       rules_merging
"""

from __future__ import annotations

from linlian.community import identity, places, repairs
from linlian.community.identity import NOBODY, AccountId, AccountStatus, Basis, Power, Role, Scope
from linlian.community.joint_reports.rules_pages import LISTED_MAX, Page, add, drop
from linlian.community.places import PlaceId
from linlian.community.repairs import (
    ANSWERABLE,
    ENDED,
    WORKING_KINDS,
    Case,
    CaseId,
    Photos,
    Standing,
    State,
)
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Count,
    Event,
    Id,
    Millis,
    Reader,
    Refused,
    Row,
    compose,
    replace,
)

HOLD = "joint_reports.told"
HELD_STEPS = ("serve_notice", "check_repair")

contract = Contract("joint_reports", needs=(identity.contract, places.contract, repairs.contract))


class Crowd(Row):
    """Who joined a case, keyed by it. `households` counts each home once, and not the reporter's.

    `merged` cases were merged into it; `told_done` is the `done_at` of which all were told last.
    """

    people: Count = 0
    households: Count = 0
    merged: Count = 0
    told_done: Millis = 0


class Joining(Row):
    """One of them, keyed by case and account. `direct`: they joined; `merged` cases of theirs were merged.

    `page` is where they stand, `home` for which home, NOBODY if they named none or the reporter lives there.
    """

    since: Millis
    page: Count
    home: Id
    direct: bool
    merged: Count = 0


class Home(Row):
    """How many of a home's household joined, keyed by case and place."""

    people: Count


crowds = contract.table("crowd", Crowd)
homes = contract.table("home", Home)
joinings = contract.table("joining", Joining)
pages = contract.table("page", Page)


class JoinCase(Command):
    """`principal` is for whom, if not for oneself; `home` is where they live, so that each household counts once."""

    case: CaseId
    principal: AccountId | None = None
    home: PlaceId | None = None
    joined_words: Content | None = None
    joined_photos: Photos = ()


class LeaveCase(Command):
    case: CaseId
    principal: AccountId | None = None


class ObjectJointly(Command):
    case: CaseId
    principal: AccountId | None = None
    words: Content | None = None


@contract.event
class ReportAdded(Event):
    """One more sees the same. In the case's history, and without a name: the others are not told who."""

    case: CaseId
    people: Count
    households: Count
    joined_words: Content | None = None
    joined_photos: Photos = ()


@contract.event
class ReportDropped(Event):
    """One less. In the case's history."""

    case: CaseId
    people: Count
    households: Count


@contract.event
class CaseJoined(Event):
    """In the history of whoever joined."""

    case: Id
    joined: AccountId
    standing: Standing
    basis: Basis


@contract.event
class CaseLeft(Event):
    case: Id
    joined: AccountId
    standing: Standing
    basis: Basis


@contract.event
class JointObjection(Event):
    """In the history of whoever joined; that it went back stands in the case's. `state` is what it was before."""

    case: Id
    joined: AccountId
    basis: Basis
    state: State


@contract.command
def join_case(ctx: Context, cmd: JoinCase) -> None:
    """I see the same: join the open case of a common part in place of reporting it once more."""
    case = repairs.require_case(ctx, cmd.case)
    account, standing, basis = _for_whom(ctx, cmd.principal)
    if not is_common(ctx, case.place):
        raise Refused("joint_reports.not_common", about=(cmd.case,))
    if case.state is State.MERGED:
        raise Refused("joint_reports.merged", about=(cmd.case,), into=case.merged_into)
    if case.state in ENDED:
        raise Refused("joint_reports.ended", about=(cmd.case,), state=case.state.value)
    before = joining(ctx, cmd.case, account)
    if account == case.reporter or (before is not None and before.direct):
        raise Refused("joint_reports.joined_already", about=(cmd.case, account))
    join(ctx, cmd.case, account, check_home(ctx, case, account, cmd.home), direct=True)
    ctx.emit(CaseJoined(case=cmd.case, joined=account, standing=standing, basis=basis))
    tell_case(ctx, cmd.case, cmd.joined_words, cmd.joined_photos)


@contract.command
def leave_case(ctx: Context, cmd: LeaveCase) -> None:
    """It is not mine after all. What was said stays on the record."""
    account, standing, basis = _for_whom(ctx, cmd.principal)
    row = joining(ctx, cmd.case, account)
    if row is None or not row.direct:
        raise Refused("joint_reports.not_joined", about=(account,))
    leave(ctx, cmd.case, account, replace(row, direct=False))
    ctx.emit(CaseLeft(case=cmd.case, joined=account, standing=standing, basis=basis))


@contract.command
def object_jointly(ctx: Context, cmd: ObjectJointly) -> None:
    """It is not repaired, says one of those who joined: a dispute, or (once it is closed) a reopening."""
    identity.acting(ctx, Power.REPORT)
    case, account = repairs.require_case(ctx, cmd.case), cmd.principal or ctx.signer
    scope = Scope.CONFIRM if case.state in ANSWERABLE else Scope.REPORT
    basis = identity.stands_for(ctx, account, scope, Power.REPORT)
    if joining(ctx, cmd.case, account) is None:
        raise Refused("joint_reports.not_joined", about=(account,))
    if case.state in ENDED:
        repairs.reopen_for(ctx, cmd.case, Standing.JOINED, basis, cmd.words)
    else:
        repairs.object_to(ctx, cmd.case, Standing.JOINED, basis, cmd.words)
    ctx.emit(JointObjection(case=cmd.case, joined=account, basis=basis, state=case.state))


# --- the front door, and what the parts of this business share ---


def joining(reader: Reader, case_id: bytes, account: bytes) -> Joining | None:
    """How somebody joined a case; None if they did not, or have left."""
    return joinings.get(reader, compose(case_id, account))


def crowd(reader: Reader, case_id: bytes) -> Crowd:
    """How many joined a case."""
    return crowds.get(reader, case_id) or Crowd()


def is_common(reader: Reader, place: bytes) -> bool:
    """Whether there is such a common part."""
    found = places.place(reader, place)
    return found is not None and places.is_common(found)


def join(ctx: Context, case_id: bytes, account: bytes, home: bytes, direct: bool) -> None:
    """Note that somebody joined, or that one more case of theirs was merged. Refused: `joint_reports.full`."""
    row, known = joining(ctx, case_id, account), crowd(ctx, case_id)
    if row is None:
        number = add(ctx, pages, case_id, account)
        if number is None:
            raise Refused("joint_reports.full", about=(case_id,), most=LISTED_MAX)
        first = home != NOBODY and _enter_home(ctx, case_id, home)
        row = Joining(ctx.time, number, home, direct=False)
        known = replace(known, people=known.people + 1, households=known.households + first)
        repairs.hold(ctx, case_id, HOLD, *HELD_STEPS)
    row = replace(row, direct=row.direct or direct, merged=row.merged + (not direct))
    joinings.put(ctx, compose(case_id, account), row)
    keep_crowd(ctx, case_id, known)


def leave(ctx: Context, case_id: bytes, account: bytes, row: Joining) -> None:
    """Keep what is left of a joining; if nothing is, it is gone, and its home with the last of its household."""
    if row.direct or row.merged:
        joinings.put(ctx, compose(case_id, account), row)
        return
    joinings.delete(ctx, compose(case_id, account))
    drop(ctx, pages, case_id, row.page, account)
    gone = row.home != NOBODY and _leave_home(ctx, case_id, row.home)
    known = crowd(ctx, case_id)
    known = replace(known, people=known.people - 1, households=known.households - gone)
    keep_crowd(ctx, case_id, known)
    if known.people == 0:
        repairs.lift(ctx, case_id, HOLD)
    ctx.emit(ReportDropped(case=case_id, people=known.people, households=known.households))


def keep_crowd(ctx: Context, case_id: bytes, known: Crowd) -> None:
    """Write a crowd; one that is gone leaves no row."""
    if known.people or known.merged:
        crowds.put(ctx, case_id, known)
    else:
        crowds.delete(ctx, case_id)


def tell_case(ctx: Context, case_id: bytes, words: Content | None = None, photos: Photos = ()) -> None:
    """Put into the case's history how many they are now."""
    known = crowd(ctx, case_id)
    ctx.emit(
        ReportAdded(
            case=case_id,
            people=known.people,
            households=known.households,
            joined_words=words,
            joined_photos=photos,
        )
    )


def _for_whom(ctx: Context, principal: bytes | None) -> tuple[bytes, Standing, Basis]:
    """Who joins or leaves, taken down by whom, on what basis."""
    identity.acting(ctx, Power.REPORT)
    account = principal or ctx.signer
    member = identity.member(ctx, ctx.signer)
    if member is not None and account == ctx.signer:
        employer = identity.organisation(ctx, member.organisation)
        if employer is not None and employer.kind in WORKING_KINDS:
            raise Refused("joint_reports.staff_takes_down", about=(ctx.signer,))
    if account == ctx.signer:
        return account, Standing.REPORTER, Basis.OWN_KEY
    found = identity.account(ctx, account)
    if found is None or found.status is not AccountStatus.ACTIVE:
        raise Refused("repairs.unknown_reporter")
    if member is not None and identity.delegation(ctx, account, ctx.signer) is None:
        identity.require_role(ctx, Role.DESK, Role.DISPATCHER)
        return account, Standing.DESK, Basis.OWN_KEY
    return account, Standing.REPORTER, identity.stands_for(ctx, account, Scope.REPORT)


def check_home(ctx: Context, case: Case, account: bytes, home: bytes | None) -> bytes:
    """The home for which somebody joins, if its household is not the reporter's; NOBODY if none is to be counted."""
    if home is None:
        return NOBODY
    household = places.household(ctx, home, ctx.time)
    if account not in household or is_common(ctx, home):
        raise Refused("joint_reports.not_your_home", about=(account,))
    return NOBODY if case.reporter in household else home


def _enter_home(ctx: Context, case_id: bytes, home: bytes) -> bool:
    """Note one more of a home; whether they are the first."""
    key = compose(case_id, home)
    found = homes.get(ctx, key)
    homes.put(ctx, key, Home(1 if found is None else found.people + 1))
    return found is None


def _leave_home(ctx: Context, case_id: bytes, home: bytes) -> bool:
    """Note one less of a home; whether they were the last."""
    key = compose(case_id, home)
    found = homes.get(ctx, key)
    assert found is not None, "whoever joined for a home is counted there"
    if found.people > 1:
        homes.put(ctx, key, Home(found.people - 1))
        return False
    homes.delete(ctx, key)
    return True

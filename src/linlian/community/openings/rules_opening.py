"""How a content is opened: find what it is of, find out as what the signer reads, look into the table.

The first line of the table that lets the signer in counts. If none does, the refusal tells what came closest: what a
reader of that standing would have to do otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

from linlian.community import funds, grants, handovers, identity, places, repairs
from linlian.community.identity import NOBODY, Basis, Power, Role, Scope
from linlian.community.openings.rules import OVER, ContentOpened, File, OpenContent, contract, find_file, grant_for
from linlian.community.openings.rules import lines_of as lines
from linlian.community.openings.rules_table import Line, Matter, ReadAs
from linlian.community.places import Right
from linlian.community.repairs import Standing
from linlian.kernel.contract import Context, Refused


@contract.command
def open_content(ctx: Context, cmd: OpenContent) -> None:
    """Say what one is about to look into, and why. Once this is committed the vault serves it, to this reader."""
    identity.acting(ctx, Power.REPORT)  # whoever was just recovered may read their own
    file = find_file(ctx, cmd)
    line, basis = _admit(ctx, cmd, file)
    ctx.emit(
        ContentOpened(
            grant=grant_for(ctx, file, line),
            reader=ctx.signer,
            standing=line.by,
            basis=basis,
            purpose=cmd.purpose,
            contents=tuple(dict.fromkeys(cmd.contents)),
            fields=file.fields,
            matter=file.matter,
            case=file.case_id,
            place=file.place if file.matter is Matter.PLACE else None,
            concerned=file.concerned,
            authority=cmd.authority,
        )
    )


def _admit(ctx: Context, cmd: OpenContent, file: File) -> tuple[Line, Basis]:
    """The line of the table that lets the signer in, and on what basis they act. Refused if there is none."""
    about, closest = file.about(ctx.signer), ""
    for line in lines(file.matter):
        basis = _stands(ctx, file, line.by)
        if basis is None:
            continue
        hindrance = _hindrance(ctx, cmd, file, line)
        if not hindrance:
            return line, basis
        closest = closest or hindrance
    if closest == "over":
        raise Refused("openings.case_over", about=about)
    if closest == "fields":
        raise Refused("openings.not_these", about=about, fields=",".join(file.fields))
    if closest == "purpose":
        raise Refused("openings.other_purpose", about=about, purpose=cmd.purpose.value)
    if closest == "order":
        raise Refused("openings.no_authority", about=about)
    raise Refused("openings.not_yours", about=about, matter=file.matter.value)


def _hindrance(ctx: Context, cmd: OpenContent, file: File, line: Line) -> str:
    """What keeps somebody of this standing from opening; empty if nothing does."""
    followed = _followed(ctx, file)
    if line.while_open and followed is not None and repairs.require_case(ctx, followed).state in OVER:
        return "over"
    if any(field in line.but or (line.fields and field not in line.fields) for field in file.fields):
        return "fields"
    if cmd.purpose is not line.purpose:
        return "purpose"
    return "order" if line.order and not cmd.authority else ""


def _stands(ctx: Context, file: File, standing: ReadAs) -> Basis | None:
    """On what basis the signer has a standing in the matter; None if they have not."""
    try:
        return _CHECKS[standing](ctx, file)
    except Refused:
        return None


def _as_author(ctx: Context, file: File) -> Basis | None:
    ours = all(content.signer == ctx.signer for content in file.contents)
    return Basis.OWN_KEY if ours and identity.member(ctx, ctx.signer) is None else None


def _as_concerned(ctx: Context, file: File) -> Basis | None:
    return Basis.OWN_KEY if ctx.signer in file.concerned else None


def _as_reporter(ctx: Context, file: File) -> Basis | None:
    """Staff who took a report down are no reporters: their part ends with the case."""
    if file.case is None or file.case.reporter == NOBODY or identity.member(ctx, file.case.reporter) is not None:
        return None
    return identity.stands_for(ctx, file.case.reporter, Scope.SEE)


def _as_occupant(ctx: Context, file: File) -> Basis | None:
    place = file.place if file.case is None else file.case.place
    times = (ctx.time,) if file.case is None else (ctx.time, file.case.reported_at)
    there = place is not None and all(places.may(ctx, ctx.signer, place, Right.SEE, time) for time in times)
    return Basis.OWN_KEY if there else None


def _followed(ctx: Context, file: File) -> bytes | None:
    """The case in which it is worked on: what was merged is repaired with the case that is followed in its place."""
    if file.case is not None and repairs.case(ctx, file.case.merged_into) is not None:
        return file.case.merged_into
    return file.case_id


def _at_work(standing: Standing) -> Callable[[Context, File], Basis | None]:
    """A standing of those who work on it, who repair one fault and read what all said of it."""

    def check(ctx: Context, file: File) -> Basis | None:
        followed = _followed(ctx, file)
        return None if followed is None else repairs.standing_in(ctx, followed, standing)[1]

    return check


def _as_offered(ctx: Context, file: File) -> Basis | None:
    """Who is asked to take it over reads how far it is before they say yes."""
    offer = None if file.case_id is None else handovers.offer_of(ctx, file.case_id)
    return Basis.OWN_KEY if offer is not None and handovers.is_for(ctx, offer, ctx.signer) else None


def _in_case(*standings: Standing) -> Callable[[Context, File], Basis | None]:
    """A standing that repairs know of."""

    def check(ctx: Context, file: File) -> Basis | None:
        if file.case is None or file.case_id is None:
            return None
        return repairs.standing_in(ctx, file.case_id, *standings)[1]

    return check


def _as_auditor(ctx: Context, file: File) -> Basis | None:
    """Of a case only somebody of an organisation that has no part in it."""
    identity.require_role(ctx, Role.AUDITOR)
    if file.case is not None and not repairs.is_outsider(ctx, file.case, ctx.signer):
        return None
    return Basis.OWN_KEY


def _as_registrar(ctx: Context, _: File) -> Basis | None:
    identity.require_office(ctx, identity.HOSTS, Role.OFFICER, Role.CLERK)
    return Basis.OWN_KEY


def _as_keeper(ctx: Context, file: File) -> Basis | None:
    member = identity.require_role(ctx, Role.OFFICER, Role.CLERK)
    ours = file.matter is Matter.PUBLICATION and grants.keeper_of(ctx, file.identifier) == member.organisation
    return Basis.OWN_KEY if ours else None


def _as_anybody(ctx: Context, file: File) -> Basis | None:
    """What hangs on a sign: the name of a common part, or of an organisation."""
    if file.matter is Matter.PLACE:
        place = None if file.place is None else places.place(ctx, file.place)
        return Basis.OWN_KEY if place is not None and places.is_common(place) else None
    return Basis.OWN_KEY


def _as_manager(ctx: Context, file: File) -> Basis:
    funds.as_manager(ctx, file.identifier, funds.require_fund(ctx, file.identifier))
    return Basis.OWN_KEY


def _as_approver(ctx: Context, file: File) -> Basis:
    funds.as_approver(ctx, file.identifier, funds.require_fund(ctx, file.identifier))
    return Basis.OWN_KEY


def _as_regulator(ctx: Context, file: File) -> Basis:
    funds.as_regulator(ctx, file.identifier, funds.require_fund(ctx, file.identifier))
    return Basis.OWN_KEY


_CHECKS: dict[ReadAs, Callable[[Context, File], Basis | None]] = {
    ReadAs.AUTHOR: _as_author,
    ReadAs.CONCERNED: _as_concerned,
    ReadAs.REPORTER: _as_reporter,
    ReadAs.OCCUPANT: _as_occupant,
    ReadAs.EXECUTOR: _at_work(Standing.EXECUTOR),
    ReadAs.OFFERED: _as_offered,
    ReadAs.DISPATCHER: _at_work(Standing.DISPATCHER),
    ReadAs.DESK: _at_work(Standing.DESK),
    ReadAs.WITNESS: _in_case(Standing.WITNESS),
    ReadAs.ASSISTANT: _at_work(Standing.ASSISTANT),
    ReadAs.SUPERVISOR: _in_case(Standing.SUPERVISOR),
    ReadAs.AUDITOR: _as_auditor,
    ReadAs.REGISTRAR: _as_registrar,
    ReadAs.KEEPER: _as_keeper,
    ReadAs.MANAGER: _as_manager,
    ReadAs.APPROVER: _as_approver,
    ReadAs.REGULATOR: _as_regulator,
    ReadAs.ANYBODY: _as_anybody,
}

"""Answers: how somebody who signs nothing says whether it is repaired, and who vouches for it.

Rules
- Whoever brings an answer stands outside the case: of an organisation that neither answers for it, does it nor helps,
  and that does not live by such work. `repairs` itself holds to that, whatever is asked of it.
- A call-back has its recording, sealed. It closes a case or sends it back; it is never shown as the resident's own.
- Paper counts once two people of different organisations have signed for the very same sheet, both after the work was
  done: what somebody signed before it, or before it had to be done again, says nothing of how it is now.
- A link counts only from the machine that issued it, before the work was done, and only with the token that went out
  in the message. The ledger holds SHA-256 of compose(case, token), and 32 random bytes are not guessed. The machine's
  organisation vouches that the token came back from the telephone: that is what the basis `sms_link` says, no more.
- Each keeps its basis for ever (`callback`, `witnessed_paper`, `sms_link`). In common parts a witness looks instead.

    issue_link → (message, answer) → answer_by_link      record_callback      attest_paper, attest_paper
"""

from __future__ import annotations

from typing import Annotated

from linlian.community import identity, repairs
from linlian.community.identity import CALLERS, AccountId, Basis, OrganisationId, Role, Sheet, second_signature
from linlian.community.repairs import ANSWERABLE, UNDONE, CaseId, Standing
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Event,
    Hash,
    Id,
    Meta,
    Millis,
    Refused,
    Row,
    compose,
)
from linlian.kernel.crypto import sha256

Token = Annotated[bytes, Meta(min_length=32, max_length=32)]
"""What stands in the link of the message: random, and nobody else's."""

contract = Contract("answers", needs=(identity.contract, repairs.contract))


class Link(Row):
    """The link that is out. Keyed by the case."""

    gateway: Id
    token_hash: Hash
    issued_at: Millis


papers = contract.table("paper", Sheet)
"""Keyed by the case."""
links = contract.table("link", Link)


class RecordCallback(Command):
    """`recording` of the call, sealed."""

    case: CaseId
    repaired: bool
    recording: Content


class AttestPaper(Command):
    """`paper` is the sheet that says that it is repaired, signed by hand; both witnesses name the same."""

    case: CaseId
    paper: Content


class IssueLink(Command):
    """`token_hash` is SHA-256 of compose(case, token)."""

    case: CaseId
    token_hash: Hash


class AnswerByLink(Command):
    case: CaseId
    token: Token
    repaired: bool


@contract.event
class CallbackRecorded(Event):
    case: CaseId
    organisation: OrganisationId
    repaired: bool
    recording: Content


@contract.event
class PaperAttested(Event):
    """`complete`: it is the second signature, and the case is closed by it."""

    case: CaseId
    attested_by: AccountId
    organisation: OrganisationId
    paper: Content
    complete: bool = False


@contract.event
class LinkIssued(Event):
    case: CaseId
    organisation: OrganisationId


@contract.event
class LinkAnswered(Event):
    case: CaseId
    organisation: OrganisationId
    repaired: bool


@contract.command
def record_callback(ctx: Context, cmd: RecordCallback) -> None:
    """Put on record what the resident said on the telephone, with the recording."""
    organisation = _outside(ctx, cmd.case, *CALLERS)
    ctx.emit(CallbackRecorded(case=cmd.case, organisation=organisation, repaired=cmd.repaired, recording=cmd.recording))
    _answer(ctx, cmd.case, cmd.repaired, Standing.OUTSIDER, Basis.CALLBACK)


@contract.command
def attest_paper(ctx: Context, cmd: AttestPaper) -> None:
    """Sign that the resident signed this sheet by hand; the second signature closes the case."""
    organisation = _outside(ctx, cmd.case, *CALLERS)
    case = repairs.require_case(ctx, cmd.case)
    if case.state not in ANSWERABLE:
        raise Refused("answers.too_early_for_paper", about=(cmd.case,), state=case.state.value)
    complete = second_signature(
        ctx, papers, cmd.case, cmd.paper, organisation, case.done_at, refused="answers.same_organisation"
    )
    if complete:
        _answer(ctx, cmd.case, True, Standing.OUTSIDER, Basis.WITNESSED_PAPER)
    ctx.emit(
        PaperAttested(
            case=cmd.case,
            attested_by=ctx.signer,
            organisation=organisation,
            paper=cmd.paper,
            complete=complete,
        )
    )


@contract.command
def issue_link(ctx: Context, cmd: IssueLink) -> None:
    """Before the work is done: fix which token counts, and send it to the resident. A later one replaces it."""
    organisation = _outside(ctx, cmd.case, Role.GATEWAY)
    case = repairs.require_case(ctx, cmd.case)
    if case.state not in UNDONE:
        raise Refused("answers.too_late_for_a_link", about=(cmd.case,), state=case.state.value)
    links.put(ctx, cmd.case, Link(ctx.signer, cmd.token_hash, ctx.time))
    ctx.emit(LinkIssued(case=cmd.case, organisation=organisation))


@contract.command
def answer_by_link(ctx: Context, cmd: AnswerByLink) -> None:
    """Bring the answer that came back with the token."""
    organisation = _outside(ctx, cmd.case, Role.GATEWAY)
    case, link = repairs.require_case(ctx, cmd.case), links.get(ctx, cmd.case)
    if link is None or link.gateway != ctx.signer or link.issued_at < case.opened_at:
        raise Refused("answers.no_link", about=(cmd.case,))
    if sha256(compose(cmd.case, cmd.token)) != link.token_hash:
        raise Refused("answers.wrong_token", about=(cmd.case,))
    links.delete(ctx, cmd.case)
    _answer(ctx, cmd.case, cmd.repaired, Standing.GATEWAY, Basis.SMS_LINK)
    ctx.emit(LinkAnswered(case=cmd.case, organisation=organisation, repaired=cmd.repaired))


def _outside(ctx: Context, case_id: bytes, *roles: Role) -> bytes:
    """The signer's organisation, which stands outside the case."""
    member = identity.require_role(ctx, *roles)
    if not repairs.is_outsider(ctx, repairs.require_case(ctx, case_id), ctx.signer):
        raise Refused("answers.not_outside", about=(case_id,))
    return member.organisation


def _answer(ctx: Context, case_id: bytes, repaired: bool, standing: Standing, basis: Basis) -> None:
    if repaired:
        repairs.confirm_for(ctx, case_id, standing, basis)
    else:
        repairs.object_to(ctx, case_id, standing, basis)

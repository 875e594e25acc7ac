"""A sheet that somebody signed by hand, and the two people who saw it.

Paper counts once two people of different organisations, neither with a part in the matter, have signed for the very
same sheet. Each business that takes paper has a table of first signatures, and finds out first who has no part:

    papers = contract.table("paper", Sheet)
    second_signature(ctx, papers, cmd.case, cmd.paper, organisation, refused="answers.same_organisation")
"""

from __future__ import annotations

from linlian.community.identity.rules import Role
from linlian.kernel.contract import Content, Context, Hash, Id, Millis, Refused, Row, Table

CALLERS = (Role.DESK, Role.CLERK, Role.AUDITOR, Role.COMMITTEE_MEMBER)
"""Who may ring people up, and sign for a sheet of paper."""


class Sheet(Row):
    """The first signature for a sheet."""

    sheet: Hash
    attested_by: Id
    organisation: Id
    attested_at: Millis


def second_signature(
    ctx: Context, sheets: Table[Sheet], key: bytes, paper: Content, organisation: bytes, since: int = 0, *, refused: str
) -> bool:
    """Whether the signer, of this organisation, is the second; if not, their signature is kept as the first.

    `since`: what was signed before says nothing any more. Refused with `refused`, a code of the business, where the
    first is of the same organisation.
    """
    first = sheets.get(ctx, key)
    if first is None or first.sheet != paper.commitment or first.attested_at < since:
        sheets.put(ctx, key, Sheet(paper.commitment, ctx.signer, organisation, ctx.time))
        return False
    if first.organisation == organisation:
        raise Refused(refused, about=(key,))
    sheets.delete(ctx, key)
    return True

"""From whom this community takes the receipts of another one: departments belong to many."""

from __future__ import annotations

from typing import Annotated

from linlian.community.council.rules import Matter, ProposedRoot, TrustRootProposed, contract, proposed_roots
from linlian.community.council.rules_voting import new_proposal, open_proposal
from linlian.community.identity import Role, require_role
from linlian.kernel.contract import Command, Context, Count, Fields, Hash, Label, Meta, Millis, replace
from linlian.kernel.light import Validator
from linlian.kernel.trustroots import DAYS, DAYS_MAX, FOREIGN_VALIDATORS_MAX, NOBODY, ForeignRoot, check_trust_root


class ForeignValidator(Fields):
    validator_key: Hash
    power: Annotated[int, Meta(ge=1, le=2**53 - 1)]


class ProposeTrustRoot(Command):
    """Trust a chain by its operator's key, or by the validators of a height of its engine at a time, for some days.

    Left out, `days` are 180.
    """

    chain: Label
    operator_key: Annotated[bytes, Meta(max_length=32)] = b""
    at_height: Count = 0
    at_time: Millis = 0
    days: Annotated[int, Meta(ge=0, le=DAYS_MAX)] = 0
    validators: Annotated[tuple[ForeignValidator, ...], Meta(max_length=FOREIGN_VALIDATORS_MAX)] = ()


@contract.command
def propose_trust_root(ctx: Context, cmd: ProposeTrustRoot) -> None:
    """Propose from whom to take another community's receipts."""
    proposer = require_role(ctx, Role.OFFICER).organisation
    validators = tuple(Validator(told.validator_key, told.power) for told in cmd.validators)
    operator = cmd.operator_key or NOBODY
    root = ForeignRoot(operator, cmd.at_height, cmd.at_time, cmd.days or DAYS, validators)
    check_trust_root(ctx.chain, cmd.chain, root)
    row = new_proposal(ctx, Matter.TRUST_ROOT)
    row = replace(row, digest=operator, at_height=cmd.at_height, number=len(validators))
    proposal = ctx.new_id()
    proposed_roots.create(ctx, proposal, ProposedRoot(cmd.chain, root))
    ctx.emit(
        TrustRootProposed(
            proposal=proposal,
            proposer=proposer,
            until=row.until,
            chain=cmd.chain,
            operator_key=operator,
            at_height=cmd.at_height,
            validators=len(validators),
        )
    )
    open_proposal(ctx, proposal, row, proposer)

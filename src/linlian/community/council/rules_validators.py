"""Validators: the organisations' nodes that decide on blocks, at the founding and by later vote."""

from __future__ import annotations

from typing import Annotated

from linlian.community.council.rules import (
    Matter,
    ValidatorChanged,
    ValidatorProposed,
    contract,
    new_proposal,
    open_proposal,
)
from linlian.community.identity import OrganisationId, Role, active_organisations, require_role
from linlian.kernel.contract import Command, Context, Count, Fields, Hash, Id, Meta, Refused, replace
from linlian.kernel.operator import dismiss_operator
from linlian.kernel.validators import POWER_MAX, VALIDATORS_MAX, Validator, set_validators


class FirstValidator(Fields):
    organisation: Id
    validator_key: Hash
    power: Count


class FoundNetwork(Command):
    """The validators of a ledger that several organisations keep; none for one that an operator does."""

    validators: Annotated[tuple[FirstValidator, ...], Meta(max_length=VALIDATORS_MAX)] = ()


class ProposeValidator(Command):
    """Let an organisation's node decide on blocks with this power; 0 takes it out."""

    organisation: OrganisationId
    validator_key: Hash
    power: Annotated[int, Meta(ge=0, le=POWER_MAX)]


@contract.genesis
def found_network(ctx: Context, cmd: FoundNetwork) -> None:
    """The first validators, each of an organisation that is there; whoever signed alone before signs no more."""
    active = active_organisations(ctx)
    for told in cmd.validators:
        if told.organisation not in active:
            raise Refused("council.validator_of_nobody")
        power, key = told.power, told.validator_key
        ctx.emit(ValidatorChanged(organisation=told.organisation, validator_key=key, power=power))
    if cmd.validators:
        dismiss_operator(ctx)
        set_validators(ctx, [Validator(told.validator_key, told.power, told.organisation) for told in cmd.validators])


@contract.command
def propose_validator(ctx: Context, cmd: ProposeValidator) -> None:
    """Propose that an organisation's node decide on blocks, or no longer."""
    proposer = require_role(ctx, Role.OFFICER).organisation
    if cmd.power and cmd.organisation not in active_organisations(ctx):
        raise Refused("council.validator_of_nobody")
    row = new_proposal(ctx, Matter.VALIDATOR)
    row = replace(row, organisation=cmd.organisation, digest=cmd.validator_key, number=cmd.power)
    proposal = ctx.new_id()
    ctx.emit(
        ValidatorProposed(
            proposal=proposal,
            proposer=proposer,
            until=row.until,
            organisation=cmd.organisation,
            validator_key=cmd.validator_key,
            power=cmd.power,
        )
    )
    open_proposal(ctx, proposal, row, proposer)

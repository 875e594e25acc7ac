"""A recovery is no takeover: it is told, it can be stopped, it binds nobody for 72 hours, and it serves nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from linlian.community import council, delegations
from linlian.community.council.rules import ProposeAdmission, ProposeOperatorKey, ProposeRemoval, Vote
from linlian.community.council.rules_recovery import (
    RECOVERY_WAIT_MS,
    OpenRecovery,
    VetoRecovery,
)
from linlian.community.council.rules_trusted import NameOfficers
from linlian.community.council.tests.approving import approval
from linlian.community.delegations.rules import (
    EndDelegation,
    GrantDelegation,
    PartHousehold,
    ProposeDelegation,
    WitnessDelegation,
)
from linlian.community.identity import (
    RECOVERED_MS,
    Basis,
    OrganisationKind,
    Power,
    Role,
    Scope,
    acting,
    check_no_part,
    stands_for,
    took_part,
)
from linlian.community.identity.rules import AccountId
from linlian.community.identity.rules_accounts import (
    ChangeRoles,
    CloseAccount,
    RegisterDevice,
    RegisterResident,
    ResumeAccount,
    SuspendAccount,
    SuspensionReason,
)
from linlian.community.identity.rules_invitations import InviteMember, InviteResident
from linlian.community.identity.rules_keys import AddKey, RevokeKey, RotateKey
from linlian.community.identity.tests.village import DAY_MS, Village, found_village, organisation_id, software_key
from linlian.kernel.contract import Command, Context, Contract, Event, Refused

probe = Contract("probe", needs=(council.contract, delegations.contract))


class ActFor(Command):
    """What any business does when somebody acts for another; `power` is what it says the act takes."""

    principal: AccountId
    scope: Scope
    power: Power


class Serve(Command):
    """What any business does when somebody works for another, or says something about their case."""

    account: AccountId
    as_witness: bool


@probe.event
class Acted(Event):
    basis: Basis


@probe.event
class Served(Event):
    took_part: bool


@probe.command
def act_for(ctx: Context, cmd: ActFor) -> None:
    acting(ctx, Power.REPORT)
    ctx.emit(Acted(basis=stands_for(ctx, cmd.principal, cmd.scope, cmd.power)))


@probe.command
def serve(ctx: Context, cmd: Serve) -> None:
    acting(ctx)
    if cmd.as_witness:
        check_no_part(ctx, ctx.signer, cmd.account)
    ctx.emit(Served(took_part=took_part(ctx, ctx.signer, cmd.account, ctx.time)))


@pytest.fixture
def village() -> Village:
    """A street office (a) with a desk, the company (b) with a second officer, others; Anna, Bo at her home, the son."""
    kinds = dict(zip("abcde", OrganisationKind, strict=True))
    found = found_village(council.contract, delegations.contract, probe, **kinds)
    found.hire("a", "desk", Role.DESK)
    found.hire("a", "colleague", Role.GRID_WORKER)
    found.hire("b", "officer", Role.OFFICER)
    found.hire("c", "witness", Role.COMMITTEE_MEMBER)
    found.settle("anna", invited_by="desk")
    found.settle("bo", invited_by="anna")
    found.settle("son", invited_by="desk")
    found.settle_without_key("grandmother", registered_by="desk")
    return found


def grant(village: Village, delegate: str, *scopes: Scope) -> GrantDelegation:
    until = village.town.time + 30 * DAY_MS
    return GrantDelegation(delegate=village.id(delegate), scopes=scopes or tuple(Scope), until=until)


def open_for(village: Village, who: str, label: str = "new") -> OpenRecovery:
    return OpenRecovery(account=village.id(who), **village.key_of(label))


def recover(village: Village, who: str, by: str = "desk", approved: str = "ab", label: str = "new") -> str:
    """Opened at a desk, approved by two, waited for; the name under which the new key signs."""
    village.do(by, open_for(village, who, label))
    for officer in approved:
        village.do(officer, approval(village.town, village.id(who)))
    village.town.advance(ms=RECOVERY_WAIT_MS)
    assert village.account(who).keys == (software_key(label).key_id,)
    return village.with_key(who, label)


def act(village: Village, principal: str, scope: Scope, power: Power = Power.BIND) -> ActFor:
    return ActFor(principal=village.id(principal), scope=scope, power=power)


Make = Callable[[Village], Command]
BINDING: dict[str, Make] = {
    "identity.invite_member": lambda v: InviteMember(roles=(Role.CLERK,), **v.key_of("x")),
    "identity.invite_resident": lambda v: InviteResident(**v.key_of("x")),
    "identity.register_resident": lambda _: RegisterResident(),
    "identity.register_device": lambda v: RegisterDevice(code="pump", **v.key_of("x")),
    "identity.change_roles": lambda v: ChangeRoles(account=v.id("desk"), roles=(Role.CLERK,)),
    "identity.suspend_account": lambda v: SuspendAccount(account=v.id("desk"), reason=SuspensionReason.MISUSE),
    "identity.resume_account": lambda v: ResumeAccount(account=v.id("desk")),
    "identity.close_account": lambda v: CloseAccount(account=v.id("desk")),
    "delegations.part_household": lambda v: PartHousehold(account=v.id("bo")),
    "delegations.grant_delegation": lambda v: grant(v, "son"),
    "delegations.propose_delegation": lambda v: ProposeDelegation(
        principal=v.id("grandmother"),
        delegate=v.id("son"),
        witness=v.id("witness"),
        scopes=(Scope.SEE,),
        until=v.town.time + DAY_MS,
    ),
    "delegations.witness_delegation": lambda v: WitnessDelegation(
        principal=v.id("grandmother"), delegate=v.id("son"), scopes=(Scope.SEE,), until=1
    ),
    "delegations.end_delegation": lambda v: EndDelegation(principal=v.id("anna"), delegate=v.id("bo")),
    "council.propose_admission": lambda v: ProposeAdmission(
        kind=OrganisationKind.THIRD_PARTY, code="x", **v.key_of("x")
    ),
    "council.propose_removal": lambda _: ProposeRemoval(organisation=organisation_id("e")),
    "council.propose_operator_key": lambda _: ProposeOperatorKey(operator_key=software_key("x").public_key),
    "council.vote": lambda _: Vote(proposal=bytes(16), in_favour=True),
    "council.name_officers": lambda v: NameOfficers(officers=(v.id("a"), v.id("b")), needed=2),
    "council.open_recovery": lambda v: open_for(v, "son", "x"),
    "council.approve_recovery": lambda v: approval(v.town, v.id("anna")),
    "probe.act_for (confirm)": lambda v: act(v, "anna", Scope.CONFIRM),
    "probe.act_for (decide)": lambda v: act(v, "anna", Scope.DECIDE),
    "probe.serve": lambda v: Serve(account=v.id("son"), as_witness=False),
}
"""Whatever binds: for a resident's key and for an officer's, the same answer."""


@pytest.mark.parametrize("who", ["anna", "c"])
@pytest.mark.parametrize("command", BINDING)
def test_for_72_hours_a_recovered_account_binds_nobody(village: Village, command: str, who: str) -> None:
    new = recover(village, who)
    assert village.refusal(new, BINDING[command](village)) == "identity.just_recovered"
    if command.startswith("probe"):
        return
    village.town.advance(ms=RECOVERED_MS)
    assert answer(village, new, BINDING[command](village)) != "identity.just_recovered", "it ends"


def answer(village: Village, who: str, command: Command) -> str:
    """The code of the refusal, or nothing."""
    try:
        village.do(who, command)
    except Refused as no:
        return no.code
    return ""


OPEN: dict[str, Make] = {
    "adding a key": lambda v: AddKey(**v.key_of("x")),
    "replacing the key that the desk saw": lambda v: RotateKey(replaces=software_key("new").key_id, **v.key_of("x")),
    "reporting": lambda v: act(v, "anna", Scope.REPORT, Power.REPORT),
    "asking to see": lambda v: act(v, "anna", Scope.SEE, Power.REPORT),
    "disputing, which is within the scope of confirming": lambda v: act(v, "anna", Scope.CONFIRM, Power.REPORT),
    "suspending oneself": lambda v: SuspendAccount(account=v.id("anna"), reason=SuspensionReason.LOST_KEY),
}


@pytest.mark.parametrize("what", OPEN)
def test_what_a_recovered_account_may_do_at_once(village: Village, what: str) -> None:
    new = recover(village, "anna")
    village.do(new, OPEN[what](village))
    village.town.check_invariants()


def test_a_recovered_account_may_stop_the_next_recovery(village: Village) -> None:
    new = recover(village, "anna")
    village.do("desk", open_for(village, "anna", "other"))
    village.do(new, VetoRecovery(account=village.id("anna")))


def test_a_recovered_key_ends_no_account_for_good(village: Village) -> None:
    new = recover(village, "anna")
    assert village.refusal(new, CloseAccount(account=village.id("anna"))) == "identity.just_recovered"
    assert village.refusal(new, RevokeKey(key=software_key("new").key_id)) == "identity.last_key"


def test_it_ends_to_the_millisecond(village: Village) -> None:
    new = recover(village, "anna")
    recovered_at = village.account("anna").recovered_at
    village.town.time = recovered_at + RECOVERED_MS - 2
    assert village.refusal(new, grant(village, "son")) == "identity.just_recovered"
    village.do(new, grant(village, "son"))
    assert village.town.time == recovered_at + RECOVERED_MS


@pytest.mark.parametrize("relation", ["delegate", "household", "oneself"])
def test_who_would_gain_takes_no_part(village: Village, relation: str) -> None:
    village.hire("a", "clerk", Role.CLERK, Role.OFFICER)
    who = "clerk" if relation == "oneself" else "anna"
    code = "council.own_recovery" if relation == "oneself" else "council.not_impartial"
    if relation == "delegate":
        village.do("anna", grant(village, "clerk", Scope.REPORT))
    elif relation == "household":
        village.settle("clerks_child", invited_by="anna")
        who = "clerks_child"
        village.do("clerks_child", grant(village, "clerk", Scope.SEE))
    assert village.refusal("clerk", open_for(village, who)) == code
    village.do("desk", open_for(village, who))
    assert village.refusal("clerk", approval(village.town, village.id(who))) == code


PARTS: list[tuple[str, bool, bool]] = [
    # who          acts or confirms for it   works for it
    ("desk", False, False),
    ("a", False, False),
    ("d", False, False),
    ("colleague", False, True),
    ("son", True, True),
    ("c", True, True),
]


@pytest.mark.parametrize(("who", "speaks", "works"), PARTS)
def test_who_took_part_gains_nothing_for_72_hours(village: Village, who: str, speaks: bool, works: bool) -> None:
    """Anna let them act for her only when the recovery was under way: before, that had barred them from it."""
    village.do("desk", open_for(village, "anna"))
    for officer in "ad":
        village.do(officer, approval(village.town, village.id("anna")))
    village.do("anna", grant(village, who, Scope.REPORT, Scope.SEE))
    village.town.advance(ms=RECOVERY_WAIT_MS)
    acts, witnesses = (
        act(village, "anna", Scope.REPORT, Power.REPORT),
        Serve(account=village.id("anna"), as_witness=True),
    )
    for command in (acts, witnesses):
        if speaks:
            village.do(who, command)
        else:
            assert village.refusal(who, command) == "identity.took_part_in_recovery"
    served = village.do(who, Serve(account=village.id("anna"), as_witness=False)).the(Served)
    assert served.took_part is not works
    village.town.advance(ms=RECOVERED_MS)
    village.do(who, acts)
    village.do(who, witnesses)


def test_a_delegate_of_before_goes_on_acting(village: Village) -> None:
    """What Anna gave while she had her key is hers; the recovery neither widens nor ends it."""
    village.do("anna", grant(village, "son"))
    recover(village, "anna")
    assert village.do("son", act(village, "anna", Scope.CONFIRM)).the(Acted).basis is Basis.HELPER


def test_a_recovered_delegate_does_not_confirm_for_others(village: Village) -> None:
    village.do("anna", grant(village, "son"))
    new = recover(village, "son")
    assert village.refusal(new, act(village, "anna", Scope.CONFIRM)) == "identity.just_recovered"
    village.do(new, act(village, "anna", Scope.REPORT, Power.REPORT))


def test_a_proposal_of_before_dies_with_the_first_key(village: Village) -> None:
    """Grandmother was without a key when a desk proposed; with one of her own, granting is hers."""
    until = village.town.time + 30 * DAY_MS
    both: dict[str, Any] = {
        "principal": village.id("grandmother"),
        "delegate": village.id("son"),
        "scopes": (Scope.CONFIRM,),
    }
    village.do("desk", ProposeDelegation(witness=village.id("witness"), until=until, **both))
    recover(village, "grandmother")
    signature = WitnessDelegation(until=until, **both)
    assert village.refusal("witness", signature) == "delegations.principal_has_key"

"""Identity: who may do what, one line per case, and that nobody is ever locked out."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from linlian.community.identity import AccountStatus, OrganisationKind, OrganisationStatus, Role, contract
from linlian.community.identity.rules import ROLES_OF, accounts, invitations, members
from linlian.community.identity.rules_accounts import (
    AccountClosed,
    ChangeRoles,
    CloseAccount,
    DeviceRegistered,
    RegisterDevice,
    RegisterResident,
    ResumeAccount,
    SuspendAccount,
    SuspensionReason,
)
from linlian.community.identity.rules_invitations import (
    INVITATION_MS,
    AcceptInvitation,
    InvitationEnded,
    InviteMember,
    InviteResident,
)
from linlian.community.identity.rules_keys import AddKey, RevokeKey, RotateKey
from linlian.community.identity.rules_organisations import FoundCommunity, Founder
from linlian.community.identity.tests.village import Village, found_village, organisation_id, software_key
from linlian.kernel.codec import decode_plain
from linlian.kernel.contract import Command, Refused
from linlian.kernel.crypto import SoftwareKey, verify_many
from linlian.kernel.errors import Rejected
from linlian.kernel.limits import BLOCK_TIMERS_MAX
from linlian.kernel.transition import admit, apply_block
from linlian.testing import Person, Town

LOST = SuspensionReason.LOST_KEY


@pytest.fixture
def village() -> Village:
    """Street office, property company and owners' committee, some staff, two residents, one without a key."""
    found = found_village(
        street=OrganisationKind.GOVERNMENT,
        harmony=OrganisationKind.PROPERTY_COMPANY,
        owners=OrganisationKind.OWNERS_COMMITTEE,
        swift=OrganisationKind.SERVICE_PROVIDER,
    )
    found.hire("harmony", "second", Role.OFFICER, Role.SUPERVISOR)
    found.hire("harmony", "desk", Role.DESK)
    found.hire("harmony", "repairer", Role.REPAIRER)
    found.hire("swift", "fitter", Role.REPAIRER)
    found.settle("anna", invited_by="desk")
    found.settle("bo", invited_by="desk")
    found.settle_without_key("grandmother", registered_by="desk")
    device = found.do("harmony", RegisterDevice(code="pump-7", **found.key_of("pump")))
    found.people["pump"] = Person("pump", device.the(DeviceRegistered).account, software_key("pump"))
    found.invite("desk", "cai", InviteResident(**found.key_of("once cai")))
    return found


def suspend(village: Village, name: str) -> SuspendAccount:
    return SuspendAccount(account=village.id(name), reason=LOST)


def close(village: Village, name: str) -> CloseAccount:
    return CloseAccount(account=village.id(name))


def roles(village: Village, name: str, *wanted: Role) -> ChangeRoles:
    return ChangeRoles(account=village.id(name), roles=wanted)


def invite(village: Village, *wanted: Role) -> InviteMember:
    return InviteMember(roles=wanted, **village.key_of("fresh"))


Make = Callable[[Village], Command]
REFUSED: list[tuple[str, str, Make, str]] = [
    ("a repairer invites", "repairer", lambda v: invite(v, Role.DESK), "identity.role_missing"),
    ("a resident invites staff", "anna", lambda v: invite(v, Role.DESK), "identity.role_missing"),
    ("without a role", "harmony", invite, "identity.no_role"),
    ("a role twice", "harmony", lambda v: invite(v, Role.DESK, Role.DESK), "identity.role_twice"),
    ("own auditors", "harmony", lambda v: invite(v, Role.AUDITOR), "identity.role_not_of_kind"),
    ("a person as a device", "harmony", lambda v: invite(v, Role.DEVICE), "identity.role_not_of_kind"),
    ("a key of another", "harmony", lambda v: InviteResident(**v.key_of("anna")), "kernel.key_taken"),
    ("no such suite", "harmony", lambda v: InviteResident(suite="rot13", public_key=b"x"), "kernel.key_invalid"),
    ("a provider's desk", "swift", lambda v: InviteResident(**v.key_of("x")), "identity.wrong_kind_of_organisation"),
    ("a repairer's guest", "repairer", lambda v: InviteResident(**v.key_of("x")), "identity.role_missing"),
    ("a resident registers", "anna", lambda _: RegisterResident(), "identity.role_missing"),
    ("a desk's device", "desk", lambda v: RegisterDevice(code="x", **v.key_of("x")), "identity.role_missing"),
    (
        *("a committee's device", "owners"),
        *(lambda v: RegisterDevice(code="x", **v.key_of("x")), "identity.wrong_kind_of_organisation"),
    ),
    ("accept without", "anna", lambda v: AcceptInvitation(**v.key_of("x")), "identity.no_invitation"),
    ("act as invited", "cai", lambda v: AddKey(**v.key_of("x")), "identity.not_accepted"),
    ("another's key", "anna", lambda v: RevokeKey(key=v.people["bo"].key.key_id), "identity.not_your_key"),
    ("the last key", "anna", lambda v: RevokeKey(key=v.people["anna"].key.key_id), "identity.last_key"),
    ("an old key again", "bo", lambda v: AddKey(**v.key_of("once bo")), "kernel.key_taken"),
    ("another's roles", "anna", lambda v: roles(v, "repairer", Role.DESK), "identity.role_missing"),
    ("a stranger's roles", "swift", lambda v: roles(v, "repairer", Role.DESK), "identity.not_your_member"),
    ("a resident's roles", "harmony", lambda v: roles(v, "anna", Role.DESK), "identity.not_your_member"),
    ("a pump promoted", "harmony", lambda v: roles(v, "pump", Role.OFFICER), "identity.not_a_person"),
    ("the last officer", "swift", lambda v: roles(v, "swift", Role.REPAIRER), "identity.last_officer"),
    ("the last one leaves", "swift", lambda v: close(v, "swift"), "identity.last_officer"),
    ("the last one suspended", "swift", lambda v: suspend(v, "swift"), "identity.last_officer"),
    ("the company silences", "harmony", lambda v: suspend(v, "anna"), "identity.wrong_kind_of_organisation"),
    ("the company closes", "harmony", lambda v: close(v, "anna"), "identity.wrong_kind_of_organisation"),
    ("a neighbour closes", "bo", lambda v: close(v, "anna"), "identity.role_missing"),
    ("another's staff", "street", lambda v: suspend(v, "repairer"), "identity.not_your_member"),
    ("nobody at all", "street", lambda _: CloseAccount(account=bytes(15) + b"?"), "identity.unknown_account"),
    ("not suspended", "street", lambda v: ResumeAccount(account=v.id("anna")), "identity.not_suspended"),
    ("an invited one", "street", lambda v: suspend(v, "cai"), "identity.not_accepted"),
]


@pytest.mark.parametrize(("case", "who", "make", "code"), REFUSED, ids=[case for case, *_ in REFUSED])
def test_it_is_refused(village: Village, case: str, who: str, make: Make, code: str) -> None:
    assert village.refusal(who, make(village)) == code, case
    village.town.check_invariants()


ACCEPTED: list[tuple[str, str, Make]] = [
    ("a second officer leaves", "second", lambda v: close(v, "second")),
    ("one of two steps down", "harmony", lambda v: roles(v, "harmony", Role.CLERK)),
    ("an officer hires", "harmony", lambda v: invite(v, Role.CLERK, Role.DESK)),
    ("a resident's household", "anna", lambda v: InviteResident(**v.key_of("x"))),
    ("one's own account", "anna", lambda v: suspend(v, "anna")),
    ("the committee helps", "owners", lambda v: suspend(v, "anna")),
    ("the street office helps", "street", lambda v: close(v, "grandmother")),
    ("a repairer leaves", "repairer", lambda v: close(v, "repairer")),
    ("a pump is scrapped", "harmony", lambda v: close(v, "pump")),
    ("an invitation back", "desk", lambda v: close(v, "cai")),
    ("a telephone more", "anna", lambda v: AddKey(**v.key_of("tablet"))),
    ("a webauthn key", "anna", lambda v: AddKey(**passkey())),
]


def passkey() -> dict[str, Any]:
    key = SoftwareKey("p256", sha256(b"passkey").digest()).public_key
    where = {"rp_id": "linlian.example", "origin": "https://linlian.example"}
    return {"suite": "webauthn-p256", "public_key": key, **where}


@pytest.mark.parametrize(("case", "who", "make"), ACCEPTED, ids=[case for case, *_ in ACCEPTED])
def test_it_is_accepted(village: Village, case: str, who: str, make: Make) -> None:
    assert village.do(who, make(village)).events, case
    village.town.check_invariants()


def test_an_invitation_is_used_once(village: Village) -> None:
    once = village.people["cai"]
    village.accept("cai")
    assert village.account("cai").status is AccountStatus.ACTIVE
    with pytest.raises(Rejected, match=r"kernel.key_not_in_force"):
        village.town.do(once, AcceptInvitation(**village.key_of("thief")))


def test_an_invitation_expires(village: Village) -> None:
    events = village.town.advance(ms=INVITATION_MS)
    assert [event.account for event in events if isinstance(event, InvitationEnded)] == [village.id("cai")]
    assert village.account("cai").status is AccountStatus.CLOSED
    assert village.refusal("cai", AcceptInvitation(**village.key_of("cai"))) == "kernel.key_not_in_force"
    village.town.check_invariants()


def test_an_invitation_is_over_even_if_its_timer_has_to_wait(village: Village) -> None:
    """A block runs so many timers and no more; rights do not wait for the rest."""
    for number in range(BLOCK_TIMERS_MAX):
        village.invite("desk", f"guest {number}", InviteResident(**village.key_of(f"once guest {number}")))
    village.town.time += INVITATION_MS
    last = f"guest {BLOCK_TIMERS_MAX - 1}"
    assert village.refusal(last, AcceptInvitation(**village.key_of(last))) == "identity.invitation_expired"


def test_a_resident_has_four_open_invitations_at_most(village: Village) -> None:
    for number in range(4):
        village.invite("anna", f"child {number}", InviteResident(**village.key_of(f"once child {number}")))
    assert village.refusal("anna", InviteResident(**village.key_of("x"))) == "identity.too_many_invitations"
    village.accept("child 0")
    village.do("anna", close(village, "child 1"))
    assert village.account("anna").invitations == 2
    village.settle("partner", invited_by="anna")
    village.town.check_invariants()


def test_eight_keys_and_no_more(village: Village) -> None:
    for number in range(7):
        village.do("anna", AddKey(**village.key_of(f"anna {number}")))
    assert village.refusal("anna", AddKey(**village.key_of("anna 8"))) == "identity.too_many_keys"
    village.town.check_invariants()


def test_a_new_key_signs_and_the_old_one_no_more(village: Village) -> None:
    old = village.people["anna"].key.key_id
    village.do("anna", RotateKey(replaces=old, **village.key_of("new telephone")))
    village.with_key("anna", "new telephone")
    assert village.refusal("anna", AddKey(**village.key_of("x"))) == "kernel.key_not_in_force"
    village.do("new telephone", AddKey(**village.key_of("x")))
    village.town.check_invariants()


def test_a_suspended_account_can_do_nothing_until_it_is_resumed(village: Village) -> None:
    village.do("anna", suspend(village, "anna"))
    assert village.refusal("anna", AddKey(**village.key_of("x"))) == "identity.suspended"
    assert village.refusal("anna", ResumeAccount(account=village.id("anna"))) == "identity.suspended"
    assert village.refusal("street", suspend(village, "anna")) == "identity.suspended"
    village.do("street", ResumeAccount(account=village.id("anna")))
    village.do("anna", AddKey(**village.key_of("x")))
    village.town.check_invariants()


def test_a_suspended_officer_does_not_count(village: Village) -> None:
    village.do("harmony", suspend(village, "second"))
    assert village.refusal("harmony", close(village, "harmony")) == "identity.last_officer"
    village.do("harmony", ResumeAccount(account=village.id("second")))
    village.do("harmony", close(village, "harmony"))
    assert village.organisation("harmony").officers == (village.id("second"),)
    village.town.check_invariants()


def test_a_closed_account_stays_closed(village: Village) -> None:
    outcome = village.do("repairer", close(village, "repairer"))
    assert outcome.the(AccountClosed).organisation == organisation_id("harmony")
    assert village.refusal("repairer", AddKey(**village.key_of("x"))) == "kernel.key_not_in_force"
    assert village.refusal("street", close(village, "repairer")) == "identity.account_closed"
    assert village.refusal("street", ResumeAccount(account=village.id("repairer"))) == "identity.not_suspended"
    assert village.town.get(members, village.id("repairer")) is None


def test_an_organisation_has_sixteen_officers_at_most(village: Village) -> None:
    for number in range(15):
        village.hire("swift", f"officer {number}", Role.OFFICER)
    village.invite("swift", "one more", invite(village, Role.OFFICER))
    village.people["one more"] = Person("one more", village.id("one more"), software_key("fresh"))
    accept = AcceptInvitation(**village.key_of("own"))
    assert village.refusal("one more", accept) == "identity.too_many_officers"
    village.town.check_invariants()


def test_a_key_ended_in_this_block_signs_nothing_more_in_it(village: Village) -> None:
    """A stolen telephone may get its transaction into the very block that ends its key."""
    village.do("anna", AddKey(**village.key_of("tablet")))
    village.with_key("anna", "tablet")
    town, stolen = village.town, village.people["anna"]
    end = town.transaction(village.people["tablet"], RevokeKey(key=stolen.key.key_id))
    abuse = town.transaction(stolen, AddKey(**village.key_of("thief")))
    admitted, rejected = admit(town.state, town.rulebook, [end, abuse], town.time + 1, verify_many)
    applied = apply_block(town.state, town.rulebook, town.time + 1, admitted)
    assert applied is not None
    block = applied.block
    assert not rejected
    assert [receipt.outcome for receipt in block.receipts] == ["accepted", "refused"]
    assert decode_plain(block.receipts[1].entries[0])[3]["code"] == "identity.key_ended"
    town.check_invariants()


@pytest.mark.parametrize("kind", list(OrganisationKind))
def test_every_kind_of_organisation_can_have_officers(kind: OrganisationKind) -> None:
    assert Role.OFFICER in ROLES_OF[kind]


def founder(name: str, organisation: str = "") -> Founder:
    key = software_key(name)
    return Founder(
        organisation=organisation_id(organisation or name),
        kind=OrganisationKind.GOVERNMENT,
        code=name,
        officer=sha256(name.encode()).digest()[:16],
        suite="ed25519",
        public_key=key.public_key,
    )


@pytest.mark.parametrize(
    ("founders", "operator", "code"),
    [
        ((), software_key("operator").public_key, "identity.no_founders"),
        ((founder("a"), founder("a")), software_key("operator").public_key, "identity.founder_twice"),
        ((founder("a"), founder("b", "a")), software_key("operator").public_key, "identity.founder_twice"),
        ((founder("a"),), b"\xff" * 32, "identity.operator_key_invalid"),
    ],
    ids=["nobody", "an organisation twice", "one organisation, two officers", "no key"],
)
def test_a_community_is_founded_whole_or_not_at_all(founders: tuple[Founder, ...], operator: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        Town([contract], [FoundCommunity(founders=founders, operator_key=operator)])
    assert refused.value.facts["cause"] == code


def test_the_history_of_a_founding_organisation_begins_with_it(village: Village) -> None:
    assert village.organisation("street").status is OrganisationStatus.ACTIVE
    assert [key for key, _ in village.town.rows(invitations)] == [village.id("cai")]
    assert len(dict(village.town.rows(accounts))) == 4 + 4 + 2 + 1 + 1 + 1

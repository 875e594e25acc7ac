"""Every command asks who acts; who was just recovered reports and no more, and others act for them as before."""

from __future__ import annotations

from typing import Any

import pytest

from linlian.community import BUSINESSES
from linlian.community.council.rules_recovery import RECOVERY_WAIT_MS, OpenRecovery
from linlian.community.council.tests.approving import approval
from linlian.community.delegations.rules import DelegationGranted, ProposeDelegation, WitnessDelegation
from linlian.community.identity import RECOVERED_MS, Basis, Role, Scope
from linlian.community.identity.rules_accounts import ChangeRoles
from linlian.community.places import Capacity, Right
from linlian.community.places.rules_occupancy import GrantOccupancy
from linlian.community.repairs.rules_answering import CheckRepair, ConfirmRepair, RepairConfirmed
from linlian.community.repairs.rules_reporting import RepairReported, ReportRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import AssignRepair
from linlian.community.repairs.rules_working import AcceptRepair
from linlian.community.repairs.tests.scene import DAY, PROOF, TO_DONE, Scene, found_scene
from linlian.kernel.contract import CommandSpec
from linlian.kernel.crypto import SoftwareKey, sha256
from linlian.testing import Person
from tools.reference.reaching import reach

COMMANDS = [spec for contract in BUSINESSES for spec in contract.commands.values() if not spec.internal]
ASKS_ITSELF = ("identity.accept_invitation",)
"""Signed by the one-time key of an account that cannot act yet."""
NEW = SoftwareKey("ed25519", sha256(b"anna's new telephone"))


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_every_command_asks_who_acts(spec: CommandSpec) -> None:
    """Itself, or by a standing in a case, each of which does (`repairs.rules_acting.standing_in`)."""
    found = reach(spec.handler)  # type: ignore[arg-type]
    asks = "identity.just_recovered" in found.codes or "repairs.not_yours" in found.codes
    assert asks is (spec.name not in ASKS_ITSELF), "begin with identity.acting(ctx)"


@pytest.fixture
def scene() -> Scene:
    return found_scene()


def recover_anna(scene: Scene, *approved: str) -> None:
    """At the street's desk, by these officers; from now on Anna signs with the new key."""
    anna = scene.account("anna")
    scene.do("street_desk", OpenRecovery(account=anna, suite=NEW.suite, public_key=NEW.public_key))
    for name in approved:
        scene.do(name, approval(scene.town, anna))
    scene.town.advance(ms=RECOVERY_WAIT_MS)
    scene.people["anna"] = Person("anna", anna, NEW)


def test_after_a_recovery_one_reports_and_confirms_later(scene: Scene) -> None:
    case_id = scene.in_state(State.DONE)
    recover_anna(scene, "street_officer", "swift_officer")
    scene.report(category=Category.PESTS)
    assert scene.refusal("anna", ConfirmRepair(case=case_id)) == "identity.just_recovered"
    assert scene.case(case_id).state is State.DONE
    invite = GrantOccupancy(
        place=scene.flat, account=scene.account("cai"), capacity=Capacity.FAMILY, rights=(Right.REPORT,)
    )
    assert scene.refusal("anna", invite) == "identity.just_recovered"
    scene.town.advance(ms=RECOVERED_MS)
    scene.do("anna", ConfirmRepair(case=case_id))


@pytest.mark.parametrize(("who", "basis"), [("bo", Basis.OWN_KEY), ("helper", Basis.HELPER)])
def test_household_and_delegates_confirm_all_the_same(scene: Scene, who: str, basis: Basis) -> None:
    case_id = scene.in_state(State.DONE)
    recover_anna(scene, "street_officer", "swift_officer")
    assert scene.do(who, ConfirmRepair(case=case_id)).the(RepairConfirmed).basis is basis


def test_who_took_part_is_no_witness_of_it(scene: Scene) -> None:
    """The street's officer approved, so its grid worker is out; the owners' committee had no part."""
    case_id = scene.in_state(State.DONE, place=scene.stair)
    recover_anna(scene, "street_officer", "swift_officer")
    check = CheckRepair(case=case_id, proofs=PROOF)
    assert scene.refusal("grid_worker", check) == "repairs.not_yours"
    scene.do("building_head", check)


def test_who_took_part_does_no_work_for_it(scene: Scene) -> None:
    roles = (Role.OFFICER, Role.REPAIRER)
    scene.do("harmony_officer", ChangeRoles(account=scene.account("harmony_officer"), roles=roles))
    recover_anna(scene, "street_officer", "harmony_officer")
    case_id = scene.in_state(State.TRIAGED)
    scene.do("dispatcher", AssignRepair(case=case_id, executor=scene.account("harmony_officer")))
    assert scene.refusal("harmony_officer", AcceptRepair(case=case_id)) == "repairs.not_yours"
    scene.take(case_id, "assign", "accept")


@pytest.mark.parametrize(("household", "basis"), [(True, Basis.HOUSEHOLD), (False, Basis.HELPER)])
def test_a_grandmother_without_a_telephone_reports_and_confirms(scene: Scene, household: bool, basis: Basis) -> None:
    """Registered at a desk, with a home, a delegate and a witness: nothing is missing, and the basis shows."""
    grandmother, helper = scene.account("grandmother"), scene.account("helper")
    scopes, until = (Scope.REPORT, Scope.CONFIRM), scene.town.time + 30 * DAY
    both: dict[str, Any] = {"principal": grandmother, "delegate": helper}
    report = ReportRepair(place=scene.flat, category=Category.POWER_FAULT, principal=grandmother)
    propose = ProposeDelegation(
        witness=scene.account("grid_worker"), scopes=scopes, until=until, household=household, **both
    )
    scene.do("desk", propose)
    assert scene.refusal("helper", report) == "identity.not_delegate"
    granted = scene.do("grid_worker", WitnessDelegation(scopes=scopes, until=until, **both)).the(DelegationGranted)
    assert granted.basis is basis
    reported = scene.do("helper", report).the(RepairReported)
    assert (reported.reporter, reported.basis) == (grandmother, basis)
    scene.take(reported.case, *TO_DONE)
    assert scene.do("helper", ConfirmRepair(case=reported.case)).the(RepairConfirmed).basis is basis
    assert scene.case(reported.case).closing == basis

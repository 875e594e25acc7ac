"""The pages about people as each of them gets them, without a browser: what is offered, masked, and to whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from linlian.community.council.rules import ProposeRemoval
from linlian.community.council.rules_recovery import ApproveRecovery, OpenRecovery
from linlian.community.delegations.rules import GrantDelegation
from linlian.community.identity import Scope
from linlian.community.identity.rules_invitations import InviteResident
from linlian.community.openings.rules import OpenContent
from linlian.community.openings.rules_table import Purpose
from linlian.community.places import Capacity, Right
from linlian.community.places.rules_occupancy import GrantOccupancy
from linlian.community.places.rules_signing import CloseRoll, OpenRoll
from linlian.kernel.crypto import SoftwareKey
from tests.site.people import DOOR, NAME, WORDS, do, open_people, page, sealed_case
from tests.web.community import Community

DAY_MS = 86_400_000


@pytest.fixture
def community(tmp_path: Path) -> Iterator[Community]:
    with open_people(tmp_path) as opened:
        yield opened


def forms(html: str) -> list[str]:
    """The commands that a page offers, in order."""
    return re.findall(r'data-command="([a-z_.]+)"', html)


def code(community: Community, name: str, path: str) -> str:
    told: str = community.caller(name).ask("GET", path, headers={"Accept": "application/json"}).json()["code"]
    return told


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_a_repair_masks_what_is_sealed_and_shows_the_way_to_it(community: Community, language: str) -> None:
    case = sealed_case(community).hex()
    for name in ("anna", "repairer", "desk"):
        for path in (f"/repairs/{case}", f"/repairs/{case}/sealed"):
            html = page(community, name, path, language)
            assert not any(secret in html for secret in (WORDS, f">{DOOR}<", NAME))
        assert f'href="/repairs/{case}/sealed"' in page(community, name, f"/repairs/{case}")


def test_only_purposes_that_the_rules_accept_are_offered_and_none_is_chosen(community: Community) -> None:
    case = sealed_case(community).hex()
    told = {
        name: re.findall(r'name="purpose"[^>]*value="([a-z_]+)"', page(community, name, f"/repairs/{case}/sealed"))
        for name in ("anna", "repairer", "supervisor")
    }
    assert told["anna"] == ["own_matter", "own_matter", "own_matter"]
    assert told["repairer"] == ["repair", "repair"]
    assert {*told["supervisor"]} <= {"supervision"}
    assert "checked" not in page(community, "repairer", f"/repairs/{case}/sealed")


def test_whoever_has_no_part_in_a_repair_does_not_see_what_is_sealed_there(community: Community) -> None:
    case = sealed_case(community).hex()
    assert code(community, "cai", f"/repairs/{case}/sealed") == "readmodel.not_for_you"
    assert code(community, "", f"/repairs/{case}/sealed") == "readmodel.not_for_you"


def test_every_look_and_every_refusal_stands_on_the_page_of_whom_it_concerns(community: Community) -> None:
    case = sealed_case(community)
    words = next(row for row in sealed(community, case) if row["field"] == "words")
    look = OpenContent(contents=(bytes.fromhex(words["commitment"]),), purpose=Purpose.REPAIR)
    reading = do(community, "repairer", look)
    raw = community.transaction("second", look)
    refused = community.caller("second").post("/api/v1/transactions", raw)
    assert refused.status_code == 422
    html = page(community, "anna", "/me/looks")
    assert "1 looks and 1 refusals were about you" in html
    assert "looked, as repairer" in html
    assert "was refused" in html
    assert "For: repair" in html
    assert "Nobody has looked" in page(community, "cai", "/me/looks")
    assert code(community, "", "/me/looks") == "web.sign_in"
    assert words["commitment"] in page(community, "repairer", f"/openings/{reading.hex()}")
    assert code(community, "anna", f"/openings/{reading.hex()}") == "web.nothing_there"


def sealed(community: Community, case: bytes) -> list[dict[str, str]]:
    told = community.caller("anna").get("/api/v1/openings/sealed_for_case", case_id=case).json()
    rows: list[dict[str, str]] = told["rows"]
    return rows


def test_a_household_shows_who_belongs_and_offers_what_each_may_do(community: Community) -> None:
    html = page(community, "helper", "/household")
    assert 'data-invites="identity.invite_resident"' in html
    assert 'data-grants="places.grant_occupancy"' in html
    assert 'value="invite"' not in html
    assert "places.end_occupancy" in forms(html)
    assert "data-invites" not in page(community, "anna", "/household")  # whose rights are to report and to confirm
    none = page(community, "nobody", "/household")
    assert "No home is registered" in none
    assert code(community, "", "/household") == "web.sign_in"


def test_an_invitation_is_pending_until_it_is_taken_back(community: Community) -> None:
    key = SoftwareKey("ed25519", bytes(range(32)))
    do(community, "anna", InviteResident(suite="ed25519", public_key=key.public_key))
    assert "nobody accepted yet" in page(community, "anna", "/household")
    assert forms(page(community, "anna", "/me/invitations")) == ["identity.close_account"]
    assert forms(page(community, "bo", "/me/invitations")) == []


def test_the_office_signs_a_list_by_the_commitment_that_it_looked_at(community: Community) -> None:
    scene, vault = community.scene, community.node.contents
    do(community, "clerk", OpenRoll())
    roll = bytes.fromhex(community.caller("clerk").get("/api/v1/places/waiting_rolls").json()["rows"][0]["roll"])
    grant = GrantOccupancy(
        place=scene.flat,
        account=scene.account("nobody"),
        capacity=Capacity.FAMILY,
        rights=(Right.REPORT,),
        roll=roll,
    )
    do(community, "clerk", grant)
    assert "not closed yet" in page(community, "grid_worker", "/register")
    document = vault.put("名册".encode())
    do(community, "clerk", CloseRoll(roll=roll, document=document))
    html = page(community, "grid_worker", "/register")
    assert forms(html)[0] == "places.countersign_roll"
    assert f'value="{document.commitment.hex()}"' in html
    assert f"/sealed/{document.commitment.hex()}" in html
    assert "places.countersign_roll" not in forms(page(community, "clerk", "/register"))
    assert "places.countersign_occupancy" in forms(page(community, "grid_worker", f"/register/{roll.hex()}"))
    assert code(community, "anna", "/register") == "readmodel.not_for_you"
    assert code(community, "repairer", "/register") == "readmodel.not_for_you"


def test_a_delegation_shows_on_both_sides_and_either_may_end_it(community: Community) -> None:
    until = community.node.ledger.clock() + DAY_MS
    grant = GrantDelegation(delegate=community.scene.account("cai"), scopes=(Scope.SEE,), until=until)
    do(community, "anna", grant)
    for name in ("anna", "cai"):
        assert "delegations.end_delegation" in forms(page(community, name, "/delegations"))
    assert "delegations.end_delegation" not in forms(page(community, "bo", "/delegations"))
    assert community.scene.account("anna").hex() in page(community, "anna", "/delegations")


def test_an_organisation_is_its_own_and_its_officers_act_on_it(community: Community) -> None:
    scene = community.scene
    html = page(community, "harmony_officer", "/organisation")
    assert 'data-invites="identity.invite_member"' in html
    assert scene.account("repairer").hex() in html
    assert "data-invites" not in page(community, "repairer", "/organisation")
    assert code(community, "anna", "/organisation") == "web.not_for_you"
    repairer = f"/organisation/{scene.account('repairer').hex()}"
    papers = ["issue_card", "withdraw_card", "record_licence", "renew_licence", "revoke_licence"]
    offered = [f"staff.{name}" for name in papers]
    assert forms(page(community, "desk", repairer)) == []
    own = ["identity.change_roles", "identity.suspend_account", "identity.close_account"]
    assert forms(page(community, "harmony_officer", repairer)) == offered + own
    assert scene.people["repairer"].key.key_id.hex() in page(community, "harmony_officer", repairer)
    assert scene.people["repairer"].key.key_id.hex() not in page(community, "desk", repairer)
    officer = f"/organisation/{scene.account('harmony_officer').hex()}"
    assert "identity.suspend_account" not in forms(page(community, "harmony_officer", officer))
    assert code(community, "street_officer", repairer) == "web.nothing_there"


def test_a_vote_is_offered_to_officers_and_its_state_to_everybody(community: Community) -> None:
    removal = ProposeRemoval(organisation=community.scene.organisation("swift"))
    do(community, "harmony_officer", removal)
    html = page(community, "street_officer", "/decisions")
    assert forms(html)[:2] == ["council.vote", "council.vote"]
    assert re.findall(r'name="in_favour" data-kind="flag"[^>]*value="([A-Za-z]*)"', html) == ["yes", ""]
    assert forms(page(community, "", "/decisions")) == []
    assert "Remove swift" in page(community, "", "/decisions")


def test_a_recovery_counts_down_and_its_owner_can_stop_it(community: Community) -> None:
    anna, key = community.scene.account("anna"), SoftwareKey("ed25519", bytes(range(1, 33)))
    do(community, "desk", OpenRecovery(account=anna, suite="ed25519", public_key=key.public_key))
    path = f"/recoveries/{anna.hex()}"
    assert forms(page(community, "harmony_officer", path)) == ["council.approve_recovery"]
    for officer in ("harmony_officer", "street_officer"):
        do(community, officer, ApproveRecovery(account=anna, key=key.key_id))
    html = page(community, "anna", path)
    assert forms(html) == ["council.veto_recovery"]
    until = int(re.findall(r'data-until="([0-9]+)"', html)[0])
    assert until - community.node.ledger.clock() == pytest.approx(3 * DAY_MS, abs=60_000)
    assert code(community, "bo", path) == "readmodel.not_for_you"
    assert code(community, "anna", "/recoveries") == "readmodel.not_for_you"
    assert f"/recoveries/{anna.hex()}" in page(community, "desk", "/recoveries")

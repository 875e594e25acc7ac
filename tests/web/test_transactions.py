"""Handing in: one, many, again, refused, recorded, and asking what became of it."""

from __future__ import annotations

import pytest

from linlian.community.repairs.rules_answering import ConfirmRepair
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import TriageRepair
from tests.web.community import Community, batch

PATH = "/api/v1/transactions"


def report(community: Community, name: str = "anna") -> bytes:
    return community.transaction(name, ReportRepair(place=community.scene.flat, category=Category.DOOR_LOCK))


def test_a_transaction_is_answered_when_it_is_durable(community: Community) -> None:
    answer = community.caller().post(PATH, report(community))
    told = answer.json()
    assert (answer.status_code, told["outcome"]) == (201, "accepted")
    assert told["entries"][0]["type"] == "repairs.repair_reported"
    assert answer.headers["Location"] == f"{PATH}/{told['transaction']}"
    assert community.caller().get(answer.headers["Location"]).json()["height"] == told["height"]


def test_the_same_bytes_again_are_answered_with_what_became_of_them(community: Community) -> None:
    raw = report(community)
    first = community.caller().post(PATH, raw).json()
    again = community.caller().post(PATH, raw)
    assert (again.status_code, again.json()["height"]) == (200, first["height"])
    community.clock.now += 3_600_000
    later = community.caller("anna").post(PATH, raw)
    assert (later.status_code, later.json()) == (200, first)
    assert community.node.ledger.head.height == first["height"]


def test_what_it_led_to_is_for_its_signer_parties_and_auditors(community: Community) -> None:
    told = community.caller().post(PATH, report(community)).json()
    where = f"{PATH}/{told['transaction']}"
    for name, sees in (("anna", True), ("desk", True), ("bo", False), ("cai", False), ("", False)):
        assert ("entries" in community.caller(name).get(where).json()) is sees, name
    again = community.caller("cai").post(PATH, b"\x00")
    assert again.status_code == 400


def test_a_refusal_is_a_problem_with_the_receipts_code(community: Community) -> None:
    raw = community.transaction("cai", ReportRepair(place=community.scene.flat, category=Category.DOOR_LOCK))
    height = community.node.ledger.head.height
    answer = community.caller().post(PATH, raw)
    told = answer.json()
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert told["code"].startswith("repairs.")
    assert told["type"] == f"/api/v1/problems/{told['code']}"
    assert told["detail"] == told["sentences"]["zh"] != told["sentences"]["en"]
    assert community.node.ledger.head.height == height
    assert community.caller().get(told["type"]).json()["code"] == told["code"]


def test_a_refusal_can_be_asked_to_stand_on_the_ledger(community: Community) -> None:
    raw = community.transaction("cai", ReportRepair(place=community.scene.flat, category=Category.DOOR_LOCK))
    answer = community.caller().post(PATH, raw, Record_Refusal="true")
    told = answer.json()
    assert (answer.status_code, told["transaction"]["outcome"]) == (422, "refused")
    assert told["code"] == told["transaction"]["entries"][0]["fields"]["code"]
    assert community.node.ledger.head.height == told["transaction"]["height"]


def test_who_does_not_wait_gets_the_id_at_once(community: Community) -> None:
    answer = community.caller().post(f"{PATH}?wait=no", report(community))
    assert answer.status_code in (201, 202)
    where = answer.headers["Location"]
    community.node.ledger.submit(report(community)).result()
    assert community.caller().get(where).json()["outcome"] == "accepted"


def test_each_of_a_batch_has_an_answer_of_its_own(community: Community) -> None:
    good = [report(community) for _ in range(3)]
    refused = community.transaction("cai", ReportRepair(place=community.scene.flat, category=Category.DOOR_LOCK))
    raws = [good[0], b"no transaction", good[1], refused, good[0], good[2]]
    told = community.caller().post(f"{PATH}/batch", batch(raws)).json()["answers"]
    assert [each["status"] for each in told] == [201, 400, 201, 422, 200, 201]
    assert [each["problem"]["code"].split(".")[0] for each in told if "problem" in each] == ["kernel", "repairs"]
    assert told[4]["final"]["transaction"] == told[0]["final"]["transaction"]


@pytest.mark.parametrize("number", [0, 501])
def test_a_batch_has_a_size(community: Community, number: int) -> None:
    answer = community.caller().post(f"{PATH}/batch", batch([b"x"] * number))
    assert (answer.status_code, answer.json()["code"]) == (400, "web.batch_size")


def test_what_is_no_array_of_bytes_is_no_batch(community: Community) -> None:
    for body in (b"", b"\xff", b"\x01", b"\x81\x01", b"\x9f\x41\x00\xff"):
        answer = community.caller().post(f"{PATH}/batch", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "web.not_cbor"), body


def test_a_command_is_prepared_signed_and_handed_in(community: Community) -> None:
    """The whole way of a client that knows nothing of CBOR but how to put three byte strings into an array."""
    import json

    anna = community.caller("anna")
    asked = {"fields": {"place": community.scene.flat.hex(), "category": "door.lock"}}
    answer = anna.post("/api/v1/commands/repairs/report_repair", json.dumps(asked).encode(), "application/json")
    told = answer.json()
    assert (answer.status_code, told["tried"], told["refusal"]) == (200, True, None)
    assert told["command"]["en"]
    assert {each["field"] for each in told["says"]} == {"place", "category"}
    assert anna.person is not None
    signature = anna.person.key.sign(bytes.fromhex(told["signing_bytes"]))
    raw = batch([bytes.fromhex(told["body"]), anna.person.key.key_id, signature])
    done = community.caller().post(PATH, raw)
    assert (done.status_code, done.json()["transaction"]) == (201, told["transaction"])


def test_the_rules_are_tried_for_the_signer_alone(community: Community) -> None:
    import json

    case_id = community.caller("anna").post(PATH, report(community)).json()["entries"][0]["fields"]["case"]
    body = json.dumps({"fields": {"case": case_id}, "signer": community.scene.account("anna").hex()}).encode()
    path = "/api/v1/commands/repairs/confirm_repair"
    mine = community.caller("anna").post(path, body, "application/json").json()
    theirs = community.caller("cai").post(path, body, "application/json").json()
    nobodys = community.caller().post(path, body, "application/json").json()
    assert (mine["tried"], mine["refusal"]["code"]) == (True, "repairs.wrong_state")
    assert (theirs["tried"], theirs["refusal"], nobodys["tried"]) == (False, None, False)
    height = community.node.ledger.head.height
    assert community.caller("anna").do(ConfirmRepair(case=bytes.fromhex(case_id))).status_code == 422
    assert community.node.ledger.head.height == height
    assert community.caller("desk").do(TriageRepair(case=bytes.fromhex(case_id))).status_code == 201

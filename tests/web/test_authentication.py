"""Who a request comes from: signed requests, sessions, and what ends them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from linlian.community.identity.rules_accounts import SuspendAccount, SuspensionReason
from linlian.community.identity.rules_keys import AddKey, RevokeKey
from linlian.kernel.crypto import SoftwareKey
from linlian.testing import Person
from linlian.web.session import CHALLENGE_MS, SESSION_MS, SESSIONS_EACH_MAX
from tests.web.community import Caller, Community

ME = "/api/v1/sessions/current"
SESSIONS = "/api/v1/sessions"


def code(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def sign_in(community: Community, person: Person, **changes: str) -> Any:
    """Fetch a challenge, sign it, open a session."""
    outsider = community.caller()
    told = outsider.ask("POST", f"{SESSIONS}/challenges").json()
    signature = person.key.sign(bytes.fromhex(told["signing_bytes"])).hex()
    asked = {"challenge": told["challenge"], "key_id": person.key.key_id.hex(), "signature": signature, **changes}
    answer = outsider.post(SESSIONS, json.dumps(asked).encode(), "application/json")
    community.client.cookies.clear()
    return answer


def bearer(community: Community, token: str) -> Caller:
    return Caller(community, None, {"Authorization": f"Bearer {token}"})


def test_a_signed_request_says_who_asks(community: Community) -> None:
    told = community.caller("desk").get(ME).json()
    assert told["account"] == community.scene.account("desk").hex()
    assert (told["kind"], told["roles"]) == ("property_company", ["desk"])
    assert code(community.caller().get(ME)) == (401, "web.sign_in")


def test_every_suite_of_software_keys_can_sign_requests(community: Community) -> None:
    key = SoftwareKey("p256", bytes(31) + b"\x07")
    added = community.caller("anna").do(AddKey(suite="p256", public_key=key.public_key))
    assert added.status_code == 201
    again = Person("anna", community.scene.account("anna"), key)
    assert Caller(community, again).get(ME).json()["account"] == again.account.hex()


def test_a_signature_covers_method_path_query_host_and_body(community: Community) -> None:
    anna = community.caller("anna")
    body, path = b'{"fields":{}}', "/api/v1/commands/repairs/report_repair"
    own = "/api/v1/identity/account?account=" + community.scene.account("anna").hex()
    other = "/api/v1/identity/account?account=" + community.scene.account("cai").hex()
    client = community.client
    signed = anna.signature("GET", own, b"")
    assert code(client.get(other, headers=signed)) == (401, "web.signature_wrong")
    assert code(client.get(ME, headers=signed)) == (401, "web.signature_wrong")
    assert code(client.request("DELETE", ME, headers=anna.signature("GET", ME, b""))) == (401, "web.signature_wrong")
    elsewhere = anna.signature("GET", ME, b"", host="evil.example")
    assert code(client.get(ME, headers=elsewhere)) == (401, "web.signature_wrong")
    assert code(client.get(ME, headers={**elsewhere, "Host": "evil.example"})) == (421, "web.host_unknown")
    named = anna.signature("GET", ME, b"", host="linlian.example")
    assert client.get(ME, headers={**named, "Host": "LINLIAN.example"}).status_code == 200
    sent = {"Content-Type": "application/json", **anna.signature("POST", path, body)}
    assert code(client.post(path, content=body + b" ", headers=sent)) == (400, "web.digest_wrong")
    assert client.get(own, headers=signed).status_code == 200


def test_a_signature_is_good_once_and_for_a_minute(community: Community) -> None:
    anna = community.caller("anna")
    signed = anna.signature("GET", ME, b"")
    assert community.client.get(ME, headers=signed).status_code == 200
    assert code(community.client.get(ME, headers=signed)) == (401, "web.signature_repeated")
    late = anna.signature("GET", ME, b"")
    community.clock.now += 62_000
    assert code(community.client.get(ME, headers=late)) == (401, "web.signature_stale")
    early = anna.signature("GET", ME, b"", created=community.clock.now // 1000 + 62)
    assert code(community.client.get(ME, headers=early)) == (401, "web.signature_stale")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Signature-Input", lambda text: text.replace('"@query"', '"@scheme"')),
        ("Signature-Input", lambda text: text.replace('"@method" ', "")),
        ("Signature-Input", lambda text: text.replace(';tag="linlian"', "")),
        ("Signature-Input", lambda text: text.replace("sig1", "sig2")),
        ("Signature-Input", lambda text: text + ", " + text),
        ("Signature-Input", lambda text: text.replace('keyid="', 'keyid="zz')),
        ("Signature-Input", lambda _: ""),
        ("Signature", lambda _: "sig1=:!!!:"),
        ("Signature", lambda text: text[:-1]),
        ("Signature", lambda _: ""),
        ("Signature", lambda _: "sig1=:AAA:"),
    ],
)
def test_another_form_of_signature_is_refused(community: Community, name: str, change: Any) -> None:
    signed = community.caller("anna").signature("GET", ME, b"")
    signed[name] = change(signed[name])
    assert code(community.client.get(ME, headers=signed)) == (401, "web.signature_malformed")


def test_a_session_stands_for_the_key_that_opened_it(community: Community) -> None:
    answer = sign_in(community, community.scene.people["anna"])
    told = answer.json()
    assert (answer.status_code, told["account"]) == (201, community.scene.account("anna").hex())
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    anna = bearer(community, told["token"])
    assert anna.get(ME).json()["account"] == told["account"]
    assert anna.ask("DELETE", ME).status_code == 204
    assert code(anna.get(ME)) == (401, "web.session_ended")


def test_a_challenge_is_good_once_for_two_minutes_and_for_who_signed_it(community: Community) -> None:
    person, outsider = community.scene.people["anna"], community.caller()
    told = outsider.ask("POST", f"{SESSIONS}/challenges").json()
    signature = person.key.sign(bytes.fromhex(told["signing_bytes"])).hex()
    asked = {"challenge": told["challenge"], "key_id": person.key.key_id.hex(), "signature": signature}

    def open_with(**changes: str) -> Any:
        return outsider.post(SESSIONS, json.dumps({**asked, **changes}).encode(), "application/json")

    other = community.scene.people["bo"].key.key_id.hex()
    invented = "00" * 32
    assert code(open_with(challenge=invented)) == (401, "web.challenge_unknown")
    assert open_with().status_code == 201
    assert code(open_with()) == (401, "web.challenge_unknown")
    assert code(sign_in(community, person, key_id=other)) == (401, "web.signature_wrong")
    assert code(sign_in(community, person, key_id=invented)) == (401, "web.signature_wrong")
    told = outsider.ask("POST", f"{SESSIONS}/challenges").json()
    community.clock.now += CHALLENGE_MS
    assert code(open_with(challenge=told["challenge"])) == (401, "web.challenge_unknown")


def test_what_a_session_signs_is_no_transaction(community: Community) -> None:
    told = community.caller().ask("POST", f"{SESSIONS}/challenges").json()
    assert bytes.fromhex(told["signing_bytes"]).startswith(b"linlian/session/1\x00")


def test_a_session_ends_with_its_time_its_key_and_its_account(community: Community) -> None:
    scene = community.scene
    key = SoftwareKey("ed25519", bytes(31) + b"\x08")
    community.caller("anna").do(AddKey(suite="ed25519", public_key=key.public_key))
    second = Person("anna", scene.account("anna"), key)
    by_key = bearer(community, sign_in(community, second).json()["token"])
    by_time = bearer(community, sign_in(community, scene.people["bo"]).json()["token"])
    suspended = bearer(community, sign_in(community, scene.people["repairer"]).json()["token"])
    assert [each.get(ME).status_code for each in (by_key, by_time, suspended)] == [200, 200, 200]
    assert community.caller("anna").do(RevokeKey(key=key.key_id)).status_code == 201
    assert code(by_key.get(ME)) == (401, "web.session_ended")
    done = community.caller("harmony_officer").do(
        SuspendAccount(account=scene.account("repairer"), reason=SuspensionReason.INVESTIGATION)
    )
    assert done.status_code == 201, done.text
    assert code(suspended.get(ME)) == (401, "web.account_may_not")
    assert code(community.caller("repairer").get(ME)) == (401, "web.account_may_not")
    community.clock.now += SESSION_MS
    assert code(by_time.get(ME)) == (401, "web.session_ended")


def test_an_account_has_so_many_sessions_and_no_more(community: Community) -> None:
    anna = community.scene.people["anna"]
    tokens = [sign_in(community, anna).json()["token"] for _ in range(SESSIONS_EACH_MAX + 1)]
    known = [bearer(community, token).get(ME).status_code for token in tokens]
    assert known == [401, *[200] * SESSIONS_EACH_MAX]


def test_another_site_can_do_nothing_with_the_cookie(community: Community) -> None:
    token = sign_in(community, community.scene.people["anna"]).json()["token"]
    cookie = {"Cookie": f"linlian_session={token}"}
    client, here = community.client, f"http://{community.host}"
    assert client.get(ME, headers=cookie).status_code == 200
    for more in ({}, {"Origin": "http://evil.example"}, {"Origin": here, "Sec-Fetch-Site": "cross-site"}):
        assert code(client.request("DELETE", ME, headers={**cookie, **more})) == (403, "web.cross_site")
    assert client.request("DELETE", ME, headers={**cookie, "Origin": here}).status_code == 204


@pytest.mark.parametrize("said", [b"Basic YTpi", b"Bearer", b"Bearer nonsense", b"bearer \xe9", b"x" * 5000])
def test_no_other_way_of_signing_in_is_known(community: Community, said: bytes) -> None:
    answer = community.client.get(ME, headers={b"Authorization": said})
    assert code(answer) == (401, "web.session_ended")


def test_an_open_session_takes_what_the_schema_says(community: Community) -> None:
    wrong: tuple[Any, ...] = ({}, {"challenge": "00" * 32}, {"challenge": 1, "key_id": "", "signature": ""}, [])
    for asked in wrong:
        answer = community.caller().post(SESSIONS, json.dumps(asked).encode(), "application/json")
        assert answer.status_code == 400

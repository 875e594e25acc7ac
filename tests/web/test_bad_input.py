"""Whatever a stranger may send over HTTP: a problem with a stable code, in both languages; nothing of it remains."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from linlian.community.identity.rules_keys import AddKey, RevokeKey
from linlian.community.repairs.rules_answering import ConfirmRepair
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import AssignRepair, TriageRepair
from linlian.kernel import codec
from linlian.kernel.crypto import SoftwareKey, content_commitment, sha256
from linlian.kernel.limits import CLAIM_AHEAD_MS_MAX, TRANSACTION_BYTES_MAX, VALIDITY_MS_MAX
from linlian.kernel.transaction import open_transaction, sign, signing_bytes
from linlian.testing import Person
from linlian.vault import CONTENT_BYTES_MAX, seal
from linlian.web.call import ADDRESS_CHARS_MAX
from linlian.web.server import HEAD_BYTES_MAX
from tests.vault.hostile_pictures import BOMBS, exif, moving, saved
from tests.web.community import CBOR, Community, batch, open_community

NAUGHTY = Path(__file__).resolve().parents[3] / "shared/data/text/naughty-strings/blns.json"
TRANSACTIONS = "/api/v1/transactions"
Send = Callable[[Community], bytes]


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    """One for all: nothing that is sent here may change it."""
    with open_community(tmp_path_factory.mktemp("bad")) as opened:
        yield opened


def report(community: Community, name: str = "anna", **changes: Any) -> bytes:
    command = ReportRepair(place=community.scene.flat, category=Category.DOOR_LOCK)
    return community.transaction(name, command, **changes)


def resigned(community: Community, **plain: Any) -> bytes:
    """A transaction whose body is any map at all, well signed by Anna."""
    chain = community.node.ledger.chain
    body = codec.encode_plain(codec.as_plain(open_transaction(report(community), chain).body) | plain)
    key = community.scene.people["anna"].key
    return codec.encode_plain([body, key.key_id, key.sign(signing_bytes(chain, body))])


def oversized(community: Community) -> bytes:
    short = resigned(community, fields={"place": bytes(TRANSACTION_BYTES_MAX - 1000)})
    more = TRANSACTION_BYTES_MAX + 1 - len(short)
    return resigned(community, fields={"place": bytes(TRANSACTION_BYTES_MAX - 1000 + more)})


def with_signature(community: Community, signature: bytes) -> bytes:
    body, key_id, _ = codec.decode_plain(report(community))
    return codec.encode_plain([body, key_id, signature])


def by_a_revoked_key(community: Community) -> bytes:
    key = SoftwareKey("ed25519", bytes(30) + b"\x01\x02")
    anna = Person("anna", community.scene.account("anna"), key)
    if community.caller("anna").do(AddKey(suite="ed25519", public_key=key.public_key)).status_code == 201:
        community.caller("anna").do(RevokeKey(key=key.key_id))
    return community.signed(anna, ReportRepair(place=community.scene.flat, category=Category.DOOR_LOCK))


def by_anothers_key(community: Community) -> bytes:
    body = open_transaction(report(community), community.node.ledger.chain).body
    return sign(body, community.scene.people["bo"].key)


def now(community: Community) -> int:
    return community.node.ledger.clock()


CASES: list[tuple[str, Send, int, str]] = [
    ("nothing", lambda c: b"", 400, "kernel.malformed"),
    ("noise", lambda c: bytes(range(256)), 400, "kernel.malformed"),
    ("not canonical", lambda c: b"\x98\x03" + report(c)[1:], 400, "kernel.malformed"),
    ("truncated", lambda c: report(c)[:-1], 400, "kernel.malformed"),
    ("one byte more", lambda c: report(c) + b"\x00", 400, "kernel.malformed"),
    ("oversized by one byte", oversized, 413, "kernel.transaction_too_large"),
    ("nested too deep", lambda c: b"\x81" * 10_000 + b"\x00", 400, "kernel.malformed"),
    ("an unknown field", lambda c: resigned(c, colour=1), 400, "kernel.malformed"),
    ("a field missing", lambda c: resigned(c, fields={}), 400, "kernel.malformed"),
    ("a float", lambda c: resigned(c, valid_until=1.5), 400, "kernel.malformed"),
    ("wrong chain", lambda c: report(c, chain="town-" + "0" * 32), 400, "kernel.wrong_chain"),
    ("unknown command", lambda c: resigned(c, command="repairs.burn"), 400, "kernel.unknown_command"),
    ("an internal command", lambda c: resigned(c, command="repairs.clock"), 400, "kernel.unknown_command"),
    ("expired", lambda c: report(c, valid_until=now(c)), 400, "kernel.expired"),
    ("from the future", lambda c: report(c, valid_until=now(c) + VALIDITY_MS_MAX + 1), 400, "kernel.early"),
    ("claimed ahead", lambda c: report(c, occurred_at=now(c) + CLAIM_AHEAD_MS_MAX + 1), 400, "kernel.claim_ahead"),
    ("signed by a revoked key", by_a_revoked_key, 400, "kernel.key_not_in_force"),
    ("signed by another's key", by_anothers_key, 400, "kernel.not_signers_key"),
    ("wrong signature", lambda c: with_signature(c, bytes(64)), 400, "kernel.wrong_signature"),
    ("no signature", lambda c: with_signature(c, b""), 400, "kernel.wrong_signature"),
    ("nobody's place", lambda c: report(c, name="cai"), 422, "repairs.no_right_to_report"),
    (
        "a role that may not",
        lambda c: c.transaction("clerk", AssignRepair(case=bytes(16), executor=c.scene.account("repairer"))),
        422,
        "repairs.unknown_case",
    ),
    ("no such case", lambda c: c.transaction("desk", TriageRepair(case=bytes(16))), 422, "repairs.unknown_case"),
    ("a case of nobody", lambda c: c.transaction("anna", ConfirmRepair(case=bytes(16))), 422, "repairs.unknown_case"),
]


@pytest.mark.parametrize(("send", "status", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_bad_transaction_has_its_code_alone_and_in_a_batch(
    community: Community, send: Send, status: int, code: str
) -> None:
    raw = send(community)
    head = community.node.ledger.head
    alone = community.caller().post(TRANSACTIONS, raw)
    check_problem(alone, status, "web.body_too_large" if len(raw) > TRANSACTION_BYTES_MAX else code)
    (told,) = community.caller().post(f"{TRANSACTIONS}/batch", batch([raw])).json()["answers"]
    assert (told["status"], told["problem"]["code"]) == (status, code)
    assert community.node.ledger.head == head


def check_problem(answer: Any, status: int, code: str) -> None:
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert told["status"] == status
    assert told["sentences"]["zh"]
    assert told["sentences"]["en"]
    assert "{" not in told["detail"]


ACCOUNT = "/api/v1/identity/account"
REPORT = "/api/v1/commands/repairs/report_repair"
JSON = "application/json"
Ask = tuple[str, str, bytes, dict[str, str], int, str]
FORM, GBK = {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": f"{JSON}; charset=gbk"}
MAYBE = {"Content-Type": CBOR, "Record-Refusal": "yes"}
BLOCKS = "/api/v1/ledger/recent_blocks"
REQUESTS: list[tuple[str, Ask]] = [
    ("no such address", ("GET", "/api/v2/node", b"", {}, 404, "web.no_such_route")),
    ("a slash too much", ("GET", "/api/v1/node/", b"", {}, 404, "web.no_such_route")),
    ("bad UTF-8 in the path", ("GET", "/api/v1/%ff%fe", b"", {}, 404, "web.no_such_route")),
    ("a way out of the folder", ("GET", "/api/../../etc/passwd", b"", {}, 404, "web.no_such_route")),
    ("NUL in the path", ("GET", "/api/v1/problems/kernel%00expired", b"", {}, 400, "web.wrong_value")),
    ("bad UTF-8 in a parameter", ("GET", "/api/v1/problems/%ff", b"", {}, 400, "web.wrong_value")),
    ("another method", ("PUT", "/api/v1/node", b"", {}, 405, "web.method_not_allowed")),
    ("a parameter nobody knows", ("GET", "/api/v1/node?x=1", b"", {}, 400, "web.unknown_parameter")),
    ("a parameter twice", ("GET", "/api/docs?lang=zh&lang=en", b"", {}, 400, "web.parameter_twice")),
    ("a parameter missing", ("GET", ACCOUNT, b"", {}, 400, "web.parameter_missing")),
    ("no hex", ("GET", f"{ACCOUNT}?account=xyz", b"", {}, 400, "web.wrong_value")),
    ("hex with spaces", ("GET", f"{ACCOUNT}?account={'0+' * 16}", b"", {}, 400, "web.wrong_value")),
    ("upper case hex", ("GET", f"{ACCOUNT}?account={'A' * 32}", b"", {}, 400, "web.wrong_value")),
    ("a byte too short", ("GET", f"{ACCOUNT}?account={'0' * 30}", b"", {}, 400, "web.wrong_value")),
    ("no number", ("GET", f"{BLOCKS}?limit=1e3", b"", {}, 400, "web.wrong_value")),
    ("Arabic digits", ("GET", f"{BLOCKS}?limit=%D9%A1", b"", {}, 400, "web.wrong_value")),
    ("too high a number", ("GET", f"{BLOCKS}?limit=1001", b"", {}, 400, "web.wrong_value")),
    ("far too high a number", ("GET", f"/api/v1/blocks/{'9' * 5000}", b"", {}, 400, "web.wrong_value")),
    ("a block to come", ("GET", "/api/v1/blocks/9007199254740991", b"", {}, 404, "web.nothing_there")),
    ("a cursor of another list", ("GET", f"{BLOCKS}?cursor=AAAA", b"", {}, 400, "readmodel.wrong_cursor")),
    ("NUL in a cursor", ("GET", f"{BLOCKS}?cursor=%00", b"", {}, 400, "web.wrong_value")),
    ("a query without end", ("GET", f"/api/docs?lang={'z' * ADDRESS_CHARS_MAX}", b"", {}, 414, "web.address_too_long")),
    ("no choice", ("GET", "/api/v1/council/proposals_by_status?status=maybe", b"", {}, 400, "web.wrong_value")),
    ("no content type", ("POST", TRANSACTIONS, b"x", {}, 415, "web.wrong_media_type")),
    ("a form", ("POST", REPORT, b"a=1", FORM, 415, "web.wrong_media_type")),
    ("another charset", ("POST", REPORT, b"{}", GBK, 415, "web.wrong_media_type")),
    ("JSON for CBOR", ("POST", TRANSACTIONS, b"{}", {"Content-Type": JSON}, 415, "web.wrong_media_type")),
    ("no JSON", ("POST", REPORT, b"{", {"Content-Type": JSON}, 400, "web.not_json")),
    ("nothing for JSON", ("POST", REPORT, b"", {"Content-Type": JSON}, 400, "web.not_json")),
    ("JSON in GBK", ("POST", REPORT, '{"fields":"厨房"}'.encode("gbk"), {"Content-Type": JSON}, 400, "web.not_json")),
    ("half a surrogate", ("POST", REPORT, b'{"fields":"\\ud800"}', {"Content-Type": JSON}, 400, "web.not_json")),
    ("JSON without bottom", ("POST", REPORT, b"[" * 100_000, {"Content-Type": JSON}, 400, "web.not_json")),
    ("not a number", ("POST", REPORT, b'{"fields":NaN}', {"Content-Type": JSON}, 400, "web.not_json")),
    ("a list of fields", ("POST", REPORT, b'{"fields":[]}', {"Content-Type": JSON}, 400, "web.wrong_value")),
    ("no fields", ("POST", REPORT, b"{}", {"Content-Type": JSON}, 400, "web.field_missing")),
    ("a field nobody knows", ("POST", REPORT, b'{"fields":{"x":1}}', {"Content-Type": JSON}, 400, "web.unknown_field")),
    ("JSON too large", ("POST", REPORT, b" " * 200_000, {"Content-Type": JSON}, 413, "web.body_too_large")),
    ("a header that is no choice", ("POST", TRANSACTIONS, b"x", MAYBE, 400, "web.wrong_value")),
]  # fmt: skip


@pytest.mark.parametrize("ask", [case[1] for case in REQUESTS], ids=[case[0] for case in REQUESTS])
def test_a_bad_request_has_its_code(community: Community, ask: Ask) -> None:
    method, path, body, headers, status, code = ask
    head = community.node.ledger.head
    check_problem(community.client.request(method, path, content=body or None, headers=headers), status, code)
    assert community.node.ledger.head == head


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_detail_is_in_the_readers_language(community: Community, language: str) -> None:
    for accepted in (
        language,
        f"fr, {language}-XX;q=0.9, de;q=0.1",
        f"{'en' if language == 'zh' else 'zh'};q=0.2, {language}",
    ):
        answer = community.client.get("/nothing", headers={"Accept-Language": accepted})
        assert answer.headers["Content-Language"] == language
        assert answer.json()["detail"] == answer.json()["sentences"][language]


@pytest.mark.parametrize(
    ("kind", "data", "status", "code"),
    [
        ("image/jpeg", b"\x89PNG\r\n\x1a\n", 415, "web.not_what_it_says"),
        ("image/png", b"", 415, "web.not_what_it_says"),
        ("image/webp", b"RIFF....WAVE", 415, "web.not_what_it_says"),
        ("text/plain", "厨房".encode("gbk"), 415, "web.not_what_it_says"),
        ("text/plain", b"a\x00b", 415, "web.not_what_it_says"),
        ("video/mp4", b"....ftyp", 415, "web.wrong_media_type"),
        ("text/html", b"<script>", 415, "web.wrong_media_type"),
        ("image/jpeg", b"\xff\xd8\xff" + bytes(CONTENT_BYTES_MAX), 413, "web.body_too_large"),
        ("image/gif", saved("GIF"), 415, "web.wrong_media_type"),
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 415, "web.wrong_media_type"),
        ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 415, "web.not_what_it_says"),
        ("image/jpeg", b"<!doctype html><script>alert(1)</script>", 415, "web.not_what_it_says"),
        ("image/jpeg", saved("JPEG")[:-300], 415, "vault.picture_broken"),
        ("image/jpeg", saved("JPEG", exif=exif()), 415, "vault.picture_tells_more"),
        ("image/png", saved("PNG") + b"PK\x03\x04", 415, "vault.picture_tells_more"),
        ("image/webp", moving("WEBP"), 415, "vault.picture_moves"),
        ("image/png", BOMBS["a PNG"], 413, "vault.picture_too_large"),
        ("image/jpeg", BOMBS["a JPEG"], 413, "vault.picture_too_large"),
        ("image/webp", BOMBS["a WebP"], 413, "vault.picture_too_large"),
    ],
)
def test_content_that_is_not_what_it_says_is_not_sealed(
    community: Community, kind: str, data: bytes, status: int, code: str
) -> None:
    before = list(community.node.contents.files())
    check_problem(community.caller("anna").post("/api/v1/contents", data, kind), status, code)
    check_problem(community.caller().post("/api/v1/contents", b"hello", "text/plain"), 401, "web.sign_in")
    assert list(community.node.contents.files()) == before


def test_good_content_is_sealed_and_named(community: Community) -> None:
    told = community.caller("anna").post("/api/v1/contents", "厨房水管漏水".encode(), "text/plain; charset=utf-8")
    assert told.status_code == 201
    answer = {name: bytes.fromhex(value) for name, value in told.json().items()}
    salt = answer.pop("salt")
    content = codec.typed(codec.Content, answer)
    text = "厨房水管漏水".encode()
    assert content.commitment == content_commitment(salt, sha256(text), len(text)), "whoever sent it can check it"
    assert community.node.contents._unsealed(content) == "厨房水管漏水".encode()


def test_what_was_sealed_without_us_is_sealed_in_just_that_way(community: Community) -> None:
    text = "配电间，没有信号".encode()
    content, opening, _ = seal(text)
    how = {"Content_Salt": opening.salt.hex(), "Content_Key": opening.key.hex()}
    for _ in range(2):  # the answer may have got lost
        told = community.caller("anna").post("/api/v1/contents", text, "text/plain", **how).json()
        assert told["commitment"] == content.commitment.hex()
        assert told["ciphertext_hash"] == content.ciphertext_hash.hex()
    assert community.node.contents._unsealed(content) == text
    for name in how:
        half = {key: value for key, value in how.items() if key != name}
        check_problem(
            community.caller("anna").post("/api/v1/contents", text, "text/plain", **half), 400, "web.parameter_missing"
        )
    short = how | {"Content_Key": "00"}
    check_problem(
        community.caller("anna").post("/api/v1/contents", text, "text/plain", **short), 400, "web.wrong_value"
    )


@pytest.mark.timeout(900)
def test_no_naughty_string_gets_in_or_breaks_anything(community: Community) -> None:
    if not NAUGHTY.is_file():
        pytest.skip(f"{NAUGHTY} is not on this machine")
    place, head = community.scene.flat.hex(), community.node.ledger.head
    for text in json.loads(NAUGHTY.read_text(encoding="utf-8")):
        fields: dict[str, Any] = {"place": place, "category": text}
        for asked in ({"fields": fields}, {"fields": {text: 1}}, {"fields": fields, "signer": text}, {text: 1}, text):
            body = json.dumps(asked).encode("utf-8", "surrogatepass")
            answer = community.caller().post(REPORT, body, JSON)
            assert answer.status_code == 400, text
        answer = community.client.get("/api/v1/repairs/open_requests", params={"category": text})
        assert answer.status_code in (400, 401), text
    assert community.node.ledger.head == head


def spoken(community: Community, data: bytes) -> bytes:
    """Raw bytes to the server, and what comes back before it hangs up."""
    host, _, port = community.host.partition(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        with suppress(ConnectionError):  # hung up on while still sending
            connection.sendall(data)
        with suppress(ConnectionError):
            while b'"code":"' not in received and (part := connection.recv(65536)):
                received += part
    return received


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "web.not_http"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "web.not_http"),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400, "web.not_http"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\x00bad: 1\r\n\r\n", 400, "web.not_http"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * (HEAD_BYTES_MAX + 1), 431, "web.head_too_large"),
        (b"GET /" + b"a" * (HEAD_BYTES_MAX + 1), 431, "web.head_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 20_000, 431, "web.head_too_large"),
    ],
)
def test_what_is_no_http_is_told_so(community: Community, data: bytes, status: int, code: str) -> None:
    answer = spoken(community, data)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert code.encode() in answer
    assert community.caller().get("/api/v1/node").status_code == 200


def test_a_body_that_goes_on_is_cut_off_where_the_bound_is(community: Community) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            yield bytes(1024)

    sent = {"Content-Type": CBOR}
    check_problem(community.client.post(TRANSACTIONS, content=endless(), headers=sent), 413, "web.body_too_large")

"""Opening and ending a session: `/api/v1/sessions`."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from linlian.kernel.codec import Fields, Hash, Meta
from linlian.kernel.limits import SIGNATURE_BYTES_MAX
from linlian.vault import SignIn
from linlian.web.authentication import checked_key, host_of, reader_of, token_of
from linlian.web.call import Call
from linlian.web.errors import WebError
from linlian.web.operation import JSON, Answer, Body, Operation
from linlian.web.seats import cookie_of
from linlian.web.session import signing_bytes
from linlian.web.shapes import HEX, HEX16, HEX32, TIME, object_of
from linlian.web.wire import read_json, record_from_json, record_schema

BODY_BYTES_MAX = 16 * 1024


class OpenSession(Fields):
    """The challenge, and what a key made of its signing bytes."""

    challenge: Hash
    key_id: Hash
    signature: Annotated[bytes, Meta(max_length=SIGNATURE_BYTES_MAX)]


async def give_challenge(call: Call) -> Response:
    """Something to sign."""
    challenge, until = call.desk.sessions.challenge(call.house.ledger.clock())
    signed = signing_bytes(call.house.ledger.chain, host_of(call), challenge)
    return call.json({"challenge": challenge, "signing_bytes": signed, "until": until})


async def open_session(call: Call) -> Response:
    """A session for whoever signed a challenge of this node, as a token and as a cookie."""
    asked = record_from_json(OpenSession, read_json(call.body), "$")
    return await call.run(_open, call, asked["challenge"], asked["key_id"], asked.get("signature", b""))


def _open(call: Call, challenge: bytes, key_id: bytes, signature: bytes) -> Response:
    sessions, ledger = call.desk.sessions, call.house.ledger
    now = ledger.clock()
    sessions.check_challenge(challenge, now)
    host = host_of(call)
    row = checked_key(call, key_id, signing_bytes(ledger.chain, host, challenge), signature)
    reader = reader_of(call, row.account)
    sign_in = SignIn(key_id=key_id, host=host.encode()[:255], challenge=challenge, signature=signature)
    token, session = sessions.open(row.account, sign_in, now)
    told = {"token": token, "until": session.until, "account": reader.account, "organisation": reader.organisation}
    answer = call.json({**told, "roles": sorted(reader.roles)}, 201)
    name, path = cookie_of(call.request)
    answer.set_cookie(
        name,
        token,
        max_age=(session.until - now) // 1000,
        path=path,
        secure=call.request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


async def show_session(call: Call) -> Response:
    """Who the reader is, and what they may act as, at this moment."""
    if not call.reader.account:
        raise WebError("web.sign_in")
    reader = call.reader
    told = {"account": reader.account, "organisation": reader.organisation, "kind": reader.kind}
    return call.json({**told, "roles": sorted(reader.roles)})


async def end_session(call: Call) -> Response:
    """End the session that the request comes in."""
    token = token_of(call)
    if not token:
        raise WebError("web.sign_in")
    call.desk.sessions.end(token)
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    name, path = cookie_of(call.request)
    answer.delete_cookie(name, path=path, httponly=True, samesite="strict")
    return answer


WHO = {"account": HEX16, "organisation": HEX, "roles": {"type": "array", "items": {"type": "string"}}}
OPERATIONS = (
    Operation(
        "give_challenge",
        "POST",
        "/api/v1/sessions/challenges",
        give_challenge,
        "sessions",
        (Answer(200, JSON, object_of(challenge=HEX32, signing_bytes=HEX, until=TIME)),),
        problems=("web.host_unknown",),
        signed=False,
    ),
    Operation(
        "open_session",
        "POST",
        "/api/v1/sessions",
        open_session,
        "sessions",
        (Answer(201, JSON, object_of(token={"type": "string"}, until=TIME, **WHO), headers=("Set-Cookie",)),),
        body=Body((JSON,), BODY_BYTES_MAX, record_schema(OpenSession)),
        problems=("web.host_unknown", "web.challenge_unknown", "web.signature_wrong", "web.account_may_not"),
        signed=False,
    ),
    Operation(
        "show_session",
        "GET",
        "/api/v1/sessions/current",
        show_session,
        "sessions",
        (Answer(200, JSON, object_of(kind={"type": "string"}, **WHO)),),
        problems=("web.sign_in",),
    ),
    Operation(
        "end_session",
        "DELETE",
        "/api/v1/sessions/current",
        end_session,
        "sessions",
        (Answer(204, "", headers=("Set-Cookie",)),),
        problems=("web.sign_in",),
    ),
)

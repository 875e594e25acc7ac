"""Who a request comes from: a signature of its own, the bearer of a session, or a session's cookie.

Whatever says who it is, what that account may do is read from the ledger's state at this request: its key in force in
the next block, the account active, its organisation among the active. Where nothing is said, an outsider asks.
"""

from __future__ import annotations

from linlian.kernel.crypto import lower_s, verify
from linlian.kernel.keys import KeyRow, key_in_force
from linlian.readmodel.audience import Reader
from linlian.web.call import Call
from linlian.web.errors import WebError
from linlian.web.seats import cookie_of
from linlian.web.signatures import SKEW_S, read_signature


async def authenticate(call: Call) -> None:
    """Find out who asks, and put it into the call. Raises WebError with a status of 401 or 403."""
    headers = call.request.headers
    if "signature-input" in headers or "signature" in headers:
        await call.run(_by_signature, call)
        return
    token = token_of(call)
    if token:
        await call.run(_by_session, call, token)


def token_of(call: Call) -> str:
    """The session's token, from the header or the cookie; "" if there is none.

    A cookie comes along with whatever page sends the request, so a request that changes something must come from a
    page of ours. Raises WebError (`web.cross_site`, `web.session_ended`).
    """
    said = call.request.headers.get("authorization", "")
    if said:
        scheme, _, token = said.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise WebError("web.session_ended")
        return token
    token = call.request.cookies.get(cookie_of(call.request)[0], "")
    if token and call.operation.method != "GET" and not from_our_page(call):
        raise WebError("web.cross_site")
    return token


def from_our_page(call: Call) -> bool:
    """Whether the browser says that a page of this very host sent it."""
    headers = call.request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin", "")
    if site is not None:
        return site == "same-origin"
    return origin.partition("://")[2] == headers.get("host", "") != ""


def host_of(call: Call) -> str:
    """The name by which the request reached this node. Raises WebError (`web.host_unknown`).

    What is signed for another host must open nothing here, so only names that this node is known by will do.
    """
    host = call.request.headers.get("host", "").lower()
    if host not in call.house.hosts:
        raise WebError("web.host_unknown", host=host[:100], known=", ".join(sorted(call.house.hosts)))
    return host


def _by_signature(call: Call) -> None:
    request, scope = call.request, call.request.scope
    signed = read_signature(
        request.method,
        host_of(call),
        scope["raw_path"].decode("latin-1"),
        scope["query_string"].decode("latin-1"),
        request.headers,
        call.body,
    )
    ledger = call.house.ledger
    now = ledger.clock()
    if abs(now // 1000 - signed.created) > SKEW_S:
        raise WebError("web.signature_stale", created=signed.created * 1000, time=now)
    row = checked_key(call, signed.key_id, signed.base, signed.signature)
    once = signed.key_id + signed.nonce.encode()
    call.desk.sessions.use_up(once, (signed.created + SKEW_S + 1) * 1000, now, "web.signature_repeated")
    call.reader, call.key_id = reader_of(call, row.account), signed.key_id


def _by_session(call: Call, token: str) -> None:
    ledger = call.house.ledger
    session = call.desk.sessions.find(token, ledger.clock())
    row = key_in_force(ledger, session.key_id, ledger.head.height + 1)
    if row is None or row.account != session.account:
        call.desk.sessions.end(token)
        raise WebError("web.session_ended")
    call.reader, call.key_id, call.sign_in = reader_of(call, session.account), session.key_id, session.sign_in


def checked_key(call: Call, key_id: bytes, message: bytes, signature: bytes) -> KeyRow:
    """The row of a key in force that signed this. Raises WebError (`web.signature_wrong`), whichever of it fails."""
    ledger = call.house.ledger
    row = key_in_force(ledger, key_id, ledger.head.height + 1)
    if row is not None and row.suite == "p256" and len(signature) == 64:
        signature = lower_s(signature)  # RFC 9421 does not ask for it, and a nonce is good once anyway
    if row is None or not verify(row.suite, row.public_key, message, signature, row.binding):
        raise WebError("web.signature_wrong")
    return row


def reader_of(call: Call, account: bytes) -> Reader:
    """What the account is now. Raises WebError (`web.account_may_not`) if it is suspended, closed or not here yet."""
    reader = call.house.reader_of(account)
    if reader is None:
        raise WebError("web.account_may_not", account=account)
    return reader


__all__ = ["authenticate", "checked_key", "host_of", "reader_of", "token_of"]

"""Sealing content for a command to name: `POST /api/v1/contents`, for whoever has an account here.

What people write, photograph or show at a desk never stands on the ledger. It is sealed here; the answer is the
`Content` (a salted commitment and the hash of the sealed bytes) that a command's field takes, and the salt, with which
the sender checks that just this was sealed.

Opening is a command of its own. Once it is committed, `GET /contents/{commitment}?reading=…` gives the bytes to the
reader whom it names, once; whatever shows a content in the product gets it here. What another organisation's node keeps
is asked for there (`hand_over`), sealed for this one answer, and does not stay here.

Rules
- A text is UTF-8 without control characters; a paper or recording begins as its type begins. Nothing else is taken.
- A picture is whole, still, small enough to draw, and tells neither place nor camera: its sender has taken that out
  (our pages draw it anew), so that the commitment stands for the bytes that they know. The vault holds to that.
- What is given out is of a type that its bytes have, never of one that somebody claimed, and can do nothing: no script,
  no frame of others, no copy kept on the way. What is neither picture nor text is a file to save.
"""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from linlian.kernel import codec
from linlian.kernel.codec import Hash
from linlian.vault import CONTENT_BYTES_MAX, Elsewhere, Opening, SignedRequest, open_request, seal_for
from linlian.web.authentication import checked_key, reader_of
from linlian.web.call import NOT_KEPT, Call
from linlian.web.errors import WebError
from linlian.web.operation import BYTES, JSON, Answer, Body, Operation, Parameter
from linlian.web.session import may_be_current, signing_bytes
from linlian.web.shapes import HEX32, object_of
from linlian.web.wire import read_json, record_from_json, record_schema

TEXT_TYPE = "text/plain"
REQUEST_BYTES_MAX = 16 * 1024
BEGINNINGS: dict[str, tuple[tuple[int, bytes], ...]] = {
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/webp": ((0, b"RIFF"), (8, b"WEBP")),
    "application/pdf": ((0, b"%PDF-"),),
    "audio/ogg": ((0, b"OggS"),),
    "audio/mpeg": ((0, b"ID3"),),
    "audio/mp4": ((4, b"ftyp"),),
    "audio/wav": ((0, b"RIFF"), (8, b"WAVE")),
    "audio/webm": ((0, b"\x1aE\xdf\xa3"),),
}
"""Content type → what stands at which place in every file of it."""


SHOWN = (TEXT_TYPE, "image/jpeg", "image/png", "image/webp")
"""What a page shows; everything else is saved."""
HARMLESS = {
    **NOT_KEPT,
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


async def seal(call: Call) -> Response:
    """Seal what was sent, and say what stands for it."""
    if not call.reader.account:
        raise WebError("web.sign_in")
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not is_what_it_says(kind, call.body):
        raise WebError("web.not_what_it_says", type=kind)
    salt, key = call.values[SALT], call.values[KEY]
    if (salt is None) != (key is None):
        raise WebError("web.parameter_missing", parameter=SALT if salt is None else KEY)
    opening = None if salt is None else Opening(salt, key)
    content, salt = await call.run(call.house.contents.put_and_tell, call.body, opening)
    return call.json({**codec.as_plain(content), "salt": salt}, 201)


async def show(call: Call) -> Response:
    """A content, to the reader whom a committed opening names, once."""
    if not call.reader.account:
        raise WebError("web.sign_in")
    if call.request.method != "GET":  # a HEAD would use the reading up and show nothing
        raise WebError("web.method_not_allowed", allowed="GET")
    reading, commitment = call.values["reading"], call.values["commitment"]
    contents, ledger = call.house.contents, call.house.ledger
    data = await call.run(contents.open, ledger, reading, call.reader.account, commitment, _elsewhere(call, reading))
    kind = type_of(data)
    shown = "inline" if kind in SHOWN else f'attachment; filename="{commitment.hex()[:12]}"'
    charset = "; charset=utf-8" if kind == TEXT_TYPE else ""
    return Response(data, 200, {**HARMLESS, "Content-Type": kind + charset, "Content-Disposition": shown})


def _elsewhere(call: Call, reading: bytes) -> Elsewhere | None:
    """Other organisations' nodes, for whoever has signed in here: their own key says so to those that are asked."""
    sign_in = call.sign_in
    return None if sign_in is None else partial(call.house.ask_neighbours, reading, sign_in)


async def hand_over(call: Call) -> Response:
    """A content that is kept here, for another organisation's node to which its reader has come."""
    asked = record_from_json(SignedRequest, read_json(call.body), "$")
    return await call.run(_hand_over, call, codec.typed(SignedRequest, asked))


def _hand_over(call: Call, signed: SignedRequest) -> Response:
    house = call.house
    ledger = house.ledger
    names = house.neighbour_names(signed.node_key)
    if not names:
        raise WebError("web.neighbour_unknown")
    request = open_request(ledger.chain, signed)
    if request is None:
        raise WebError("web.signature_wrong")
    said = request.sign_in
    host = said.host.decode("ascii", "replace")
    if host not in names or not may_be_current(said.challenge, ledger.clock()):
        raise WebError("web.not_signed_in_there", host=host)
    row = checked_key(call, said.key_id, signing_bytes(ledger.chain, host, said.challenge), said.signature)
    reader = reader_of(call, row.account)
    opening, sealed = house.contents.hand_over(ledger, request.reading, reader.account, request.commitment)
    return Response(seal_for(request.box_key, opening, sealed), 200, dict(NOT_KEPT), media_type=BYTES)


def type_of(data: bytes) -> str:
    """What bytes are, by themselves."""
    return next((kind for kind in (*BEGINNINGS, TEXT_TYPE) if is_what_it_says(kind, data)), BYTES)


def is_what_it_says(kind: str, data: bytes) -> bool:
    """Whether these bytes can be of this content type."""
    if kind != TEXT_TYPE:
        return all(data[place:].startswith(mark) for place, mark in BEGINNINGS[kind])
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return bool(text) and all(sign >= " " or sign in "\t\r\n" for sign in text)


PICTURE_PROBLEMS = (
    *("vault.picture_broken", "vault.picture_moves"),
    *("vault.picture_tells_more", "vault.picture_too_large"),
)
SALT, KEY = "Content-Salt", "Content-Key"
SEALED_ALREADY = (
    Parameter(SALT, "header", Hash, about="content_salt"),
    Parameter(KEY, "header", Hash, about="content_key"),
)
"""Of whoever has sealed it without a network, and signed for that; both or none."""
READING = Parameter("reading", "query", Hash, must=True, about="reading")
OPERATIONS = (
    Operation(
        "seal_content",
        "POST",
        "/api/v1/contents",
        seal,
        "contents",
        (Answer(201, JSON, object_of(commitment=HEX32, ciphertext_hash=HEX32, salt=HEX32)),),
        parameters=SEALED_ALREADY,
        body=Body((TEXT_TYPE, *BEGINNINGS), CONTENT_BYTES_MAX),
        problems=(
            "web.sign_in",
            "web.parameter_missing",
            "web.not_what_it_says",
            *PICTURE_PROBLEMS,
            "vault.disk_failed",
        ),
        seen_by=("known",),
    ),
    Operation(
        "hand_over_content",
        "POST",
        "/api/v1/contents/requests",
        hand_over,
        "contents",
        (Answer(200, BYTES),),
        body=Body((JSON,), REQUEST_BYTES_MAX, record_schema(SignedRequest)),
        problems=(
            *("web.neighbour_unknown", "web.signature_wrong", "web.not_signed_in_there", "web.account_may_not"),
            *("vault.reading_not_committed", "vault.reading_refused", "vault.reading_not_yours", "vault.reading_over"),
            *("vault.not_here", "vault.no_opening", "vault.wrong_opening", "vault.box_key_weak", "vault.disk_failed"),
        ),
        signed=False,
    ),
    Operation(
        "show_content",
        "GET",
        "/contents/{commitment}",
        show,
        "contents",
        tuple(Answer(200, kind) for kind in (TEXT_TYPE, *BEGINNINGS, BYTES)),
        parameters=(Parameter("commitment", "path", Hash, about="commitment"), READING),
        problems=(
            *("web.sign_in", "vault.reading_not_committed", "vault.reading_refused", "vault.reading_not_yours"),
            *("vault.reading_over", "vault.not_here", "vault.no_opening", "vault.wrong_opening", "vault.disk_failed"),
            "vault.keeper_away",
        ),
        seen_by=("known",),
    ),
)

"""Sealing content for a command to name: `POST /api/v1/contents`, for whoever has an account here.

What people write, photograph or show at a desk never stands on the ledger. It is sealed here; the answer is the
`Content` (a salted commitment and the hash of the sealed bytes) that a command's field takes, and the salt, with which
the sender checks that just this was sealed. Nothing else is given back: opening sealed content is a command of its own.

Rules
- A text is UTF-8 without control characters; a picture, paper or recording begins as its type begins. Nothing else is
  taken.
"""

from __future__ import annotations

from starlette.responses import Response

from linlian.kernel import codec
from linlian.vault import CONTENT_BYTES_MAX
from linlian.web.call import Call
from linlian.web.errors import WebError
from linlian.web.operation import JSON, Answer, Body, Operation
from linlian.web.shapes import HEX32, object_of

TEXT_TYPE = "text/plain"
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


async def seal(call: Call) -> Response:
    """Seal what was sent, and say what stands for it."""
    if not call.reader.account:
        raise WebError("web.sign_in")
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not is_what_it_says(kind, call.body):
        raise WebError("web.not_what_it_says", type=kind)
    content, salt = await call.run(call.house.contents.put_and_tell, call.body)
    return call.json({**codec.as_plain(content), "salt": salt}, 201)


def is_what_it_says(kind: str, data: bytes) -> bool:
    """Whether these bytes can be of this content type."""
    if kind != TEXT_TYPE:
        return all(data[place:].startswith(mark) for place, mark in BEGINNINGS[kind])
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return bool(text) and all(sign >= " " or sign in "\t\r\n" for sign in text)


OPERATIONS = (
    Operation(
        "seal_content",
        "POST",
        "/api/v1/contents",
        seal,
        "contents",
        (Answer(201, JSON, object_of(commitment=HEX32, ciphertext_hash=HEX32, salt=HEX32)),),
        body=Body((TEXT_TYPE, *BEGINNINGS), CONTENT_BYTES_MAX),
        problems=("web.sign_in", "web.not_what_it_says", "vault.disk_failed"),
        seen_by=("known",),
    ),
)

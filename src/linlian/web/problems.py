"""Every "no" of the API: problem details (RFC 9457) with the same codes and facts as receipts have.

    HTTP/1.1 422
    Content-Type: application/problem+json

    {"type": "/api/v1/problems/repairs.wrong_state", "title": "Refused by a rule", "status": 422,
     "detail": "…, in the reader's language", "code": "repairs.wrong_state", "facts": {…},
     "sentences": {"zh": "…", "en": "…"}}

Rules
- What the ledger refuses is 422; what it rejects, and what is wrong with a list, is 400; what will pass is 503 and says
  when to come back.
- A code has one status. Where several codes of one class have another than its class, they stand in STATUSES.
- The detail is in the language that the reader's Accept-Language prefers; both stand in `sentences`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from linlian.kernel.errors import Busy, EncodingInvalid, KeyInvalid, LinlianError, Refused, Rejected
from linlian.web.wire import to_json
from linlian.words import LANGUAGES, Language, Words

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/problems/"


STATUSES = {
    "web.not_json": 400,
    "web.not_cbor": 400,
    "web.not_http": 400,
    "web.batch_size": 400,
    "web.signer_missing": 400,
    "web.field_invalid": 400,
    "web.wrong_value": 400,
    "web.unknown_field": 400,
    "web.field_missing": 400,
    "web.unknown_parameter": 400,
    "web.parameter_missing": 400,
    "web.parameter_twice": 400,
    "web.not_text": 400,
    "web.digest_wrong": 400,
    "web.founding_incomplete": 400,
    "web.sign_in": 401,
    "web.session_ended": 401,
    "web.signature_malformed": 401,
    "web.signature_wrong": 401,
    "web.signature_stale": 401,
    "web.signature_repeated": 401,
    "web.challenge_unknown": 401,
    "web.account_may_not": 401,
    "web.cross_site": 403,
    "web.founding_code": 403,
    "web.not_for_you": 403,
    "readmodel.not_for_you": 403,
    "web.neighbour_unknown": 403,
    "web.not_signed_in_there": 403,
    "vault.reading_refused": 403,
    "vault.reading_not_yours": 403,
    "web.no_such_route": 404,
    "web.nothing_there": 404,
    "vault.reading_not_committed": 404,
    "web.method_not_allowed": 405,
    "web.body_slow": 408,
    "kernel.repeated": 409,
    "vault.reading_over": 410,
    "vault.no_opening": 410,
    "web.place_ahead": 409,
    "forgery.nothing_disputed": 404,
    "forgery.no_such_course": 404,
    "forgery.no_such_deed": 404,
    "forgery.too_large": 413,
    "forgery.too_many": 503,
    "web.already_founded": 409,
    "web.list_at_work": 409,
    "web.list_gone": 404,
    "web.not_a_clerk": 403,
    "node.ledger_exists": 409,
    "node.no_such_kind": 400,
    "web.body_too_large": 413,
    "kernel.transaction_too_large": 413,
    "vault.too_large": 413,
    "web.address_too_long": 414,
    "web.wrong_media_type": 415,
    "web.too_often": 429,
    "web.too_many_streams": 429,
    "web.not_what_it_says": 415,
    "vault.picture_broken": 415,
    "vault.picture_moves": 415,
    "vault.picture_tells_more": 415,
    "vault.picture_too_large": 413,
    "web.host_unknown": 421,
    "web.head_too_large": 431,
    "web.bug": 500,
    "vault.keeper_away": 503,
    "vault.box_key_weak": 400,
    "kernel.block_full": 503,
    "web.not_founded": 503,
    "readmodel.wrong_parameter": 400,
    "readmodel.wrong_cursor": 400,
    "readmodel.wrong_place": 400,
}
"""Code → status, where it is not that of the code's class."""

TITLES = (400, 401, 403, 404, 405, 408, 409, 410, 413, 414, 415, 421, 422, 429, 431, 500, 503)
"""The statuses that a problem can have; their titles are the texts `web.title.<status>`."""

RETRY_S = 1
"""When to come back, where nothing better is known."""


def status_of(error: LinlianError) -> int:
    """The HTTP status of an error."""
    if error.code in STATUSES:
        return STATUSES[error.code]
    if isinstance(error, Busy):
        return 503
    if isinstance(error, Refused):
        return 422
    wrong = isinstance(error, Rejected | EncodingInvalid | KeyInvalid) or error.code.startswith("import.")
    return 400 if wrong else 503


def problem(
    error: LinlianError, words: Words, language: Language, more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The problem's members, as plain values."""
    status = status_of(error)
    sentences = {each: words.tongue(each).error(error) for each in LANGUAGES}
    return {
        "type": TYPES + error.code,
        "title": words.tongue(language).text(f"web.title.{status}"),
        "status": status,
        "detail": sentences[language],
        "code": error.code,
        "facts": {name: value.hex() if isinstance(value, bytes) else value for name, value in error.facts.items()},
        "sentences": sentences,
        **(more or {}),
    }


def headers_of(error: LinlianError) -> dict[str, str]:
    """When to come back, how to sign in, which methods there are."""
    status = status_of(error)
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, Busy):
        headers["Retry-After"] = str(-(-error.retry_after_ms // 1000))
    elif status in (429, 503):
        headers["Retry-After"] = str(error.facts.get("retry_after_s", RETRY_S))
    elif status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="linlian", Signature realm="linlian"'
    elif status == 405:
        headers["Allow"] = str(error.facts.get("allowed", ""))
    return headers


def problem_response(
    error: LinlianError, words: Words, language: Language, more: Mapping[str, Any] | None = None
) -> Response:
    """The whole answer."""
    body = to_json(problem(error, words, language, more))
    headers = {**headers_of(error), "Content-Language": language}
    return Response(body, status_of(error), headers, media_type=MEDIA_TYPE)

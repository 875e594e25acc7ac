"""Every command as a route that prepares it: `POST /api/v1/commands/repairs/report_repair`.

Keys stay with their owner, so nothing is signed here. The route takes a command's fields as JSON and gives back the
exact body, the bytes to sign, and in both languages what will be recorded. The client signs, makes of it
`[body, key id, signature]` and hands that in at `/api/v1/transactions`; one that encodes for itself needs none of this.

Who asks in their own name is also told what the rules would say at this moment (`refusal`, null if they would accept
it). Nobody else is: what a rule says can tell of others.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from starlette.responses import Response

from linlian.kernel import codec
from linlian.kernel.codec import Fields, Id, Meta, Millis
from linlian.kernel.contract import CommandSpec
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.limits import OFFLINE_VALIDITY_MS_MAX, TRANSACTION_BYTES_MAX
from linlian.kernel.transaction import Body, signing_bytes, transaction_id
from linlian.web.call import Call
from linlian.web.errors import WebError
from linlian.web.house import House
from linlian.web.operation import JSON, LATER, Answer, Operation
from linlian.web.operation import Body as Takes
from linlian.web.problems import problem
from linlian.web.shapes import PREPARED_REF
from linlian.web.wire import read_json, record_from_json, record_schema
from linlian.words import LANGUAGES

JSON_BYTES_MAX = 4 * TRANSACTION_BYTES_MAX
VALIDITY_MS = 100_000


class Wishes(Fields):
    """What can be said of any command. Without a signer it is the reader; without a nonce it is made here."""

    signer: Id | None = None
    nonce: Annotated[bytes, Meta(min_length=16, max_length=16)] | None = None
    occurred_at: Millis = 0
    offline: bool = False


def operations(house: House) -> list[Operation]:
    """One for each command that a person or a device can sign."""
    return [_operation(house, spec) for spec in house.rulebook.commands.values() if not spec.internal]


def _operation(house: House, spec: CommandSpec) -> Operation:
    business, _, name = spec.name.partition(".")
    tongues = {language: house.words.tongue(language) for language in LANGUAGES}
    labels = {
        field: " · ".join(tongue.field(business, field) for tongue in tongues.values())
        for field in spec.kind.__struct_fields__
    }
    schema = {
        "type": "object",
        "properties": {"fields": record_schema(spec.kind, labels), **record_schema(Wishes)["properties"]},
        "required": ["fields"],
        "additionalProperties": False,
    }

    async def prepare(call: Call) -> Response:
        return await call.run(_prepare, call, spec)

    return Operation(
        f"prepare_{business}_{name}",
        "POST",
        f"/api/v1/commands/{business}/{name}",
        prepare,
        f"commands: {business}",
        (Answer(200, JSON, PREPARED_REF),),
        body=Takes((JSON,), JSON_BYTES_MAX, schema),
        problems=("web.signer_missing", "web.field_invalid", *LATER),
        about={language: tongue.command(spec.name) for language, tongue in tongues.items()},
    )


def _prepare(call: Call, spec: CommandSpec) -> Response:
    told, fields = _read(call, spec)
    signer = told.get("signer") or call.reader.account
    if not signer:
        raise WebError("web.signer_missing")
    ledger, offline = call.house.ledger, bool(told.get("offline"))
    nonce = told.get("nonce") or secrets.token_bytes(16)
    body = Body(
        chain=ledger.chain,
        command=spec.name,
        fields=fields,
        signer=signer,
        nonce=nonce,
        valid_until=ledger.clock() + (OFFLINE_VALIDITY_MS_MAX - VALIDITY_MS if offline else VALIDITY_MS),
        occurred_at=told.get("occurred_at", 0),
        offline=offline,
    )
    encoded = codec.encode(body)
    tried = signer == call.reader.account
    no = ledger.try_out(codec.encode_plain([encoded, call.key_id, b""])) if tried else None
    answer = {
        "transaction": transaction_id(ledger.chain, encoded),
        "body": encoded,
        "signing_bytes": signing_bytes(ledger.chain, encoded),
        "nonce": nonce,
        "valid_until": body.valid_until,
        **in_words(call, spec, fields),
        "tried": tried,
        "refusal": None if no is None else problem(no, call.desk.words, call.language),
    }
    return call.json(answer)


def _read(call: Call, spec: CommandSpec) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was wished for, and the command's fields, as the codec takes them. Raises WebError."""
    asked = read_json(call.body)
    if not isinstance(asked, dict):
        raise WebError("web.wrong_value", field="$", wanted="object")
    if "fields" not in asked:
        raise WebError("web.field_missing", field="$.fields")
    wishes = {name: value for name, value in asked.items() if name != "fields"}
    told = record_from_json(Wishes, wishes, "$")
    fields = record_from_json(spec.kind, asked["fields"], "$.fields")
    try:
        codec.typed(Wishes, told)
        return told, codec.as_plain(codec.typed(spec.kind, fields))
    except EncodingInvalid as error:
        reason = str(error.facts.get("reason", ""))
        raise WebError("web.field_invalid", command=spec.name, reason=reason) from error


def in_words(call: Call, spec: CommandSpec, fields: dict[str, Any]) -> dict[str, Any]:
    """What will be recorded, in both languages, as it is shown before it is signed."""
    business = spec.name.partition(".")[0]
    tongues = {language: call.desk.words.tongue(language) for language in LANGUAGES}
    says = [
        {
            "field": name,
            "label": {language: tongue.field(business, name) for language, tongue in tongues.items()},
            "value": {language: tongue.shown(business, value) for language, tongue in tongues.items()},
        }
        for name, value in fields.items()
    ]
    return {"command": {language: tongue.command(spec.name) for language, tongue in tongues.items()}, "says": says}

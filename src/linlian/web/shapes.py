"""JSON Schemas of what many answers have in them."""

from __future__ import annotations

from typing import Any

from linlian.kernel.codec import INT_MAX
from linlian.web.wire import Schema

HEX: Schema = {"type": "string", "pattern": "^([0-9a-f]{2})*$"}
HEX16: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
HEX32: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "integer", "minimum": 0, "maximum": INT_MAX, "description": "ms since 1970-01-01T00:00:00Z"}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": INT_MAX}
BOTH: Schema = {
    "type": "object",
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
    "required": ["zh", "en"],
    "additionalProperties": False,
}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}


def object_of(**properties: Schema) -> Schema:
    """An object with exactly these members."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def list_of(item: Schema, **bounds: Any) -> Schema:
    return {"type": "array", "items": item, **bounds}


def one_of(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


ENTRY = object_of(type=TEXT, occurred_at=TIME, fields=ANYTHING)
FINAL: Schema = {
    **object_of(
        transaction=HEX32,
        height=COUNT,
        index=COUNT,
        time=TIME,
        outcome={"type": "string", "enum": ["accepted", "refused", "broken"]},
        entries=list_of(ENTRY),
    ),
    "required": ["transaction", "height", "index", "time", "outcome"],
}
"""A transaction that is durable. `entries` is there for its signer and for auditors."""
PROBLEM: Schema = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "code": TEXT,
        "facts": {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]},
        },
        "sentences": BOTH,
        "transaction": {"$ref": "#/components/schemas/Final"},
    },
    "required": ["type", "title", "status", "detail", "code", "facts", "sentences"],
    "additionalProperties": False,
}
FINAL_REF: Schema = {"$ref": "#/components/schemas/Final"}
PROBLEM_REF: Schema = {"$ref": "#/components/schemas/Problem"}
PREPARED = object_of(
    transaction=HEX32,
    body=HEX,
    signing_bytes=HEX,
    nonce=HEX16,
    valid_until=TIME,
    command=BOTH,
    says=list_of(object_of(field=TEXT, label=BOTH, value=BOTH)),
    tried={"type": "boolean"},
    refusal=one_of(PROBLEM_REF, {"type": "null"}),
)
"""A command that waits to be signed."""
PREPARED_REF: Schema = {"$ref": "#/components/schemas/Prepared"}
COMPONENTS = {"Final": FINAL, "Problem": PROBLEM, "Prepared": PREPARED}

"""The OpenAPI 3.1 document, made of the operations that the application serves. There is no second list to forget.

Summaries are in both languages, "English · 中文". Every status that an operation may answer is there with its content
type; a problem's description names its codes, and what each means stands at `/api/v1/problems/{code}`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from linlian import __version__
from linlian.kernel.errors import LinlianError, Refused, Rejected
from linlian.web.operation import JSON, Answer, Operation, Parameter
from linlian.web.problems import MEDIA_TYPE, status_of
from linlian.web.shapes import COMPONENTS, PROBLEM_REF
from linlian.web.wire import Schema, schema_of
from linlian.words import LANGUAGES, Words

HEADERS: dict[str, tuple[Schema, str]] = {
    "Location": ({"type": "string", "format": "uri-reference"}, "where the transaction can be asked about"),
    "Link": ({"type": "string"}, 'rel="next": the page behind this one; absent on the last'),
    "Set-Cookie": ({"type": "string"}, "the session's cookie"),
    "Content-Disposition": ({"type": "string"}, "a name for the file"),
    "Retry-After": ({"type": "integer"}, "seconds until it is worth coming back"),
    "WWW-Authenticate": ({"type": "string"}, "how to say who asks"),
}
OPTIONAL_HEADERS = ("Link",)
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "the token of a session"},
    "session": {"type": "apiKey", "in": "cookie", "name": "linlian_session", "description": "the cookie of a session"},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "HTTP Message Signatures (RFC 9421), tag linlian; goes with Signature-Input",
    },
}


def make_document(operations: Iterable[Operation], words: Words) -> dict[str, Any]:
    """The whole document, as plain values."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, words)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": both(words, "api.title"),
            "version": __version__,
            "description": f"{both(words, 'api.about')}\n\n{both(words, 'api.security')}",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": COMPONENTS, "securitySchemes": SCHEMES},
    }


def both(words: Words, name: str) -> str:
    """A text in both languages."""
    return " · ".join(words.tongue(language).text(name) for language in reversed(LANGUAGES))


def about(operation: Operation, words: Words) -> dict[str, str]:
    """What an operation is for, by language."""
    return dict(operation.about) or {
        language: words.tongue(language).text(f"api.{operation.name}") for language in LANGUAGES
    }


def parameter_about(parameter: Parameter, words: Words) -> dict[str, str]:
    """What a parameter is, by language: a field's label (`repairs:state`), or a text."""
    owner, _, name = parameter.about.rpartition(":")
    tongues = {language: words.tongue(language) for language in LANGUAGES}
    if owner:
        return {language: tongue.field(owner, name) for language, tongue in tongues.items()}
    return {language: tongue.text(f"api.parameter.{name}") for language, tongue in tongues.items()}


def statuses(operation: Operation) -> dict[int, list[str]]:
    """The statuses of its problems, each with its codes."""
    found: dict[int, list[str]] = {}
    for code in operation.codes():
        found.setdefault(status_of(_named(code)), []).append(code)
    if operation.refuses:
        found.setdefault(422, []).append("…")
    return dict(sorted(found.items()))


def _named(code: str) -> LinlianError:
    """An error of this code, of the class that its code says."""
    if code == "kernel.too_much":
        return Refused(code)
    return Rejected(code) if code.startswith("kernel.") and code != "kernel.busy" else LinlianError(code)


def _operation(operation: Operation, words: Words) -> dict[str, Any]:
    told = about(operation, words)
    found: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": f"{told['en']} · {told['zh']}",
        "responses": {
            **_answers(operation),
            **{str(status): _problem(status, codes) for status, codes in statuses(operation).items()},
        },
    }
    if operation.seen_by:
        tongues = [words.tongue(language) for language in reversed(LANGUAGES)]
        seen = [", ".join(tongue.audience(name) for name in operation.seen_by) for tongue in tongues]
        found["description"] = f"{both(words, 'api.seen_by')}: {' · '.join(seen)}"
    if operation.parameters:
        found["parameters"] = [_parameter(parameter, words) for parameter in operation.parameters]
    if operation.body is not None:
        schema = operation.body.schema
        content = {kind: {"schema": schema} if schema else {} for kind in operation.body.types}
        found["requestBody"] = {"required": True, "content": content}
    if operation.signed:
        found["security"] = [{}, {"bearer": []}, {"session": []}, {"signature": []}]
    return found


def _parameter(parameter: Parameter, words: Words) -> dict[str, Any]:
    told = parameter_about(parameter, words)
    schema = schema_of(parameter.annotation)
    schema.pop("description", None)
    if parameter.default not in (None, "", b"") and not parameter.required:
        default = parameter.default
        schema["default"] = default.hex() if isinstance(default, bytes) else default
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": f"{told['en']} · {told['zh']}",
        "schema": schema,
    }


def _answers(operation: Operation) -> dict[str, dict[str, Any]]:
    """The good answers by status; where one comes in several content types, each of them."""
    found: dict[str, dict[str, Any]] = {}
    for answer in operation.answers:
        told = _answer(answer)
        if before := found.get(str(answer.status)):
            told["content"] = before["content"] | told["content"]
        found[str(answer.status)] = told
    return found


def _answer(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {"description": "fine"}
    if answer.type:
        found["content"] = {answer.type: {"schema": answer.schema} if answer.schema and answer.type == JSON else {}}
    if answer.headers:
        found["headers"] = {name: _header(name) for name in answer.headers}
    return found


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": ", ".join(codes),
        "content": {MEDIA_TYPE: {"schema": PROBLEM_REF}},
    }
    header = {503: "Retry-After", 429: "Retry-After", 401: "WWW-Authenticate"}.get(status)
    return {**found, "headers": {header: _header(header)}} if header else found


def _header(name: str) -> dict[str, Any]:
    schema, description = HEADERS[name]
    return {"description": description, "schema": schema, "required": name not in OPTIONAL_HEADERS}

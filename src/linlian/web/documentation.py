"""The API described: as OpenAPI for programs, as one page for people, and code by code.

The page is made of the same operations as the document. It is whole by itself: no script, no other host, its style in
it and allowed by its hash.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from html import escape

from starlette.responses import Response

from linlian.kernel.codec import Label
from linlian.web import openapi
from linlian.web.call import Call
from linlian.web.errors import WebError
from linlian.web.operation import HTML, JSON, Answer, Operation, Parameter
from linlian.web.shapes import ANYTHING, BOTH, COMPONENTS, TEXT, object_of
from linlian.web.wire import to_json
from linlian.words import LANGUAGES, Language, Tongue, Words

STYLE = """
:root{color-scheme:light dark;--ink:#1c2321;--soft:#5b6763;--line:#d8ddd9;--paper:#fbfcfa;--mark:#0b6b57}
@media(prefers-color-scheme:dark){:root{--ink:#e8ece9;--soft:#9aa8a3;--line:#37403d;--paper:#161b19;--mark:#6fd0b6}}
body{font:16px/1.6 system-ui,"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;color:var(--ink);
background:var(--paper);max-width:60rem;margin:0 auto;padding:1rem}
h1{line-height:1.2}h2{border-bottom:1px solid var(--line);margin-top:2.5rem}
details{border-bottom:1px solid var(--line);padding:.4rem 0}summary{cursor:pointer;min-height:1.6rem}
code,pre{font:14px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}pre{overflow:auto;max-height:24rem}
b{color:var(--mark);font-family:ui-monospace,monospace}small,dt{color:var(--soft)}a{color:var(--mark)}
:focus-visible{outline:3px solid var(--mark);outline-offset:2px}dd{margin:0 0 .5rem 1rem}nav a{margin-right:1rem}
"""
CSP = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Language",
}


async def document(call: Call) -> Response:
    """The OpenAPI document."""
    return Response(call.request.app.state.openapi, media_type=JSON, headers={"Cache-Control": "no-cache"})


async def page(call: Call) -> Response:
    """The documentation in the reader's language; `?lang=` chooses the other."""
    language: Language = call.values["lang"] or call.language
    text = call.request.app.state.page(language)
    return Response(text, media_type=HTML, headers={**PAGE_HEADERS, "Content-Language": language})


async def show_problem(call: Call) -> Response:
    """What a code means: its status and its sentences, with the names of the facts that fill them."""
    code: str = call.values["code"]
    owner = code.partition(".")[0]
    told = {language: call.desk.words.find(owner, "refusals", code, language) for language in LANGUAGES}
    if not all(told.values()):
        raise WebError("web.nothing_there")
    return call.json({"code": code, "sentences": told})


def make_page(operations: tuple[Operation, ...], words: Words, language: Language) -> str:
    """The whole page."""
    tongue = words.tongue(language)
    other: Language = "en" if language == "zh" else "zh"
    groups: dict[str, list[Operation]] = {}
    for operation in operations:
        groups.setdefault(operation.tag, []).append(operation)
    title = escape(tongue.text("api.title"))
    head = [
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">',
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style></head><body>',
        f'<nav><a href="?lang={other}">{"English" if other == "en" else "中文"}</a>',
        f'<a href="/api/v1/openapi.json">OpenAPI</a></nav><h1>{title}</h1>',
        f"<p>{escape(tongue.text('api.about'))}</p><p>{escape(tongue.text('api.security'))}</p>",
    ]
    body = [part for tag, found in groups.items() for part in _group(tag, found, words, tongue)]
    shapes = [f'<h3 id="{name}">{name}</h3>{_shown(schema)}' for name, schema in COMPONENTS.items()]
    return "\n".join([*head, *body, f"<h2>{escape(tongue.text('api.shapes'))}</h2>", *shapes, "</body></html>"])


def _group(tag: str, operations: list[Operation], words: Words, tongue: Tongue) -> list[str]:
    name, _, business = tag.partition(": ")
    title = tongue.text(f"api.{name}") + (f": {business}" if business else "")
    return [f"<h2>{escape(title)}</h2>", *(_one(operation, words, tongue) for operation in operations)]


def _one(operation: Operation, words: Words, tongue: Tongue) -> str:
    about = openapi.about(operation, words)[tongue.language]
    method, path = operation.method, escape(operation.path)
    lines = [f"<details><summary><b>{method}</b> <code>{path}</code> {escape(about)}</summary><dl>"]
    if operation.seen_by:
        seen = ", ".join(tongue.audience(name) for name in operation.seen_by)
        lines.append(f"<dt>{escape(tongue.text('api.seen_by'))}</dt><dd>{escape(seen)}</dd>")
    if operation.parameters or operation.body:
        lines.append(f"<dt>{escape(tongue.text('api.takes'))}</dt>")
    for parameter in operation.parameters:
        label = openapi.parameter_about(parameter, words)[tongue.language]
        must = " *" if parameter.required else ""
        lines.append(f"<dd><code>{escape(parameter.name)}{must}</code> {escape(label)}</dd>")
    if operation.body is not None:
        lines.append(f"<dd><code>{escape(', '.join(operation.body.types))}</code>{_shown(operation.body.schema)}</dd>")
    lines.append(f"<dt>{escape(tongue.text('api.gives'))}</dt>")
    lines += [
        f"<dd>{each.status} <code>{escape(each.type)}</code>{_shown(each.schema)}</dd>" for each in operation.answers
    ]
    codes = [f"{status}: {', '.join(codes)}" for status, codes in openapi.statuses(operation).items()]
    shown = "".join(f"<dd><small>{escape(line)}</small></dd>" for line in codes)
    lines.append(f"<dt>{escape(tongue.text('api.one_of_codes'))}</dt>{shown}</dl></details>")
    return "".join(lines)


def _shown(schema: object) -> str:
    if not schema:
        return ""
    text = json.dumps(schema, ensure_ascii=False, indent=1)
    return f"<pre>{escape(text)}</pre>"


def describe(operations: tuple[Operation, ...], words: Words) -> tuple[bytes, Callable[[Language], str]]:
    """The document's bytes, and what makes the page in a language (once)."""
    pages: Callable[[Language], str] = cache(lambda language: make_page(operations, words, language))
    return to_json(openapi.make_document(operations, words)), pages


LANG = Parameter("lang", "query", Language, about="lang")
OPERATIONS = (
    Operation(
        "openapi",
        "GET",
        "/api/v1/openapi.json",
        document,
        "node",
        (Answer(200, JSON, ANYTHING),),
        signed=False,
    ),
    Operation(
        "show_problem",
        "GET",
        "/api/v1/problems/{code}",
        show_problem,
        "node",
        (Answer(200, JSON, object_of(code=TEXT, sentences=BOTH)),),
        parameters=(Parameter("code", "path", Label, about="code"),),
        problems=("web.nothing_there",),
        signed=False,
    ),
    Operation(
        "documentation", "GET", "/api/docs", page, "node", (Answer(200, HTML),), parameters=(LANG,), signed=False
    ),
)

"""Every query of every business as a route: `GET /api/v1/repairs/open_requests?state=done&limit=20`.

A list comes as `{"rows": […], "height": …, "next": "…"}`; `next` and the Link header lead to the page behind it and
are absent on the last one. A query that gives one row gives `{"row": {…}}`, and 404 where there is none.

Whether the reader may ask is decided by the query's audience, before anything is looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from starlette.responses import Response

from linlian.kernel.codec import Meta
from linlian.readmodel.audience import NOBODY
from linlian.readmodel.errors import ReadModelError
from linlian.readmodel.paging import CURSOR_CHARS_MAX
from linlian.readmodel.query import Query
from linlian.web.call import Call
from linlian.web.errors import WebError
from linlian.web.house import House
from linlian.web.operation import JSON, LATER, Answer, Operation, Parameter
from linlian.web.shapes import COUNT, HEX, TEXT, list_of, object_of
from linlian.web.wire import Schema
from linlian.words import LANGUAGES

CURSOR = "cursor"
Cursor = Annotated[str, Meta(max_length=CURSOR_CHARS_MAX, pattern=r"\A[A-Za-z0-9_=-]*\Z")]
KINDS: Mapping[type[Any], Schema] = {bytes: HEX, int: {"type": "integer"}, str: TEXT, bool: {"type": "boolean"}}


def operations(house: House) -> list[Operation]:
    """One for each query that somebody may ask."""
    return [_operation(house, query) for query in house.queries.values() if query.seen_by is not NOBODY]


def _operation(house: House, query: Query) -> Operation:
    business, _, name = query.name.partition(".")
    parameters = [
        Parameter(
            part.name, "query", part.annotation, part.default, about=f"{business}:{part.name}", must=part.required
        )
        for part in query.parameters.values()
    ]
    if query.paged:
        parameters.append(Parameter(CURSOR, "query", Cursor, default="", about="cursor"))
    row = object_of(**{column: KINDS[kind] for column, kind in query.columns})
    listed = {**object_of(rows=list_of(row), height=COUNT, next=TEXT), "required": ["rows", "height"]}
    answer = Answer(
        200, JSON, listed if query.many else object_of(row=row, height=COUNT), ("Link",) if query.paged else ()
    )
    tongues = {language: house.words.tongue(language) for language in LANGUAGES}
    public = query.seen_by.names == ("everybody",)

    async def ask(call: Call) -> Response:
        return await call.run(answer_query, call, query)

    return Operation(
        f"{business}_{name}",
        "GET",
        f"/api/v1/{business}/{name}",
        ask,
        f"queries: {business}",
        (answer,),
        parameters=tuple(parameters),
        problems=(
            *(() if public else ("web.sign_in", "readmodel.not_for_you")),
            *(() if query.many else ("web.nothing_there",)),
            *(("readmodel.wrong_cursor",) if query.paged else ()),
            *LATER,
        ),
        seen_by=query.seen_by.names,
        about={language: tongue.query(query.name) or query.about for language, tongue in tongues.items()},
    )


def answer_query(call: Call, query: Query) -> Response:
    """Ask, and tell what was found."""
    values = {name: call.values[name] for name in query.parameters if call.values[name] is not None}
    try:
        page = call.house.page(query, values, call.reader, call.values.get(CURSOR, ""))
    except ReadModelError as error:
        if error.code == "readmodel.not_for_you" and not call.reader.account:
            raise WebError("web.sign_in") from error
        raise
    names = [name for name, _ in query.columns]
    rows = [dict(zip(names, row, strict=True)) for row in page.rows]
    if not query.many:
        if not rows:
            raise WebError("web.nothing_there")
        return call.json({"row": rows[0], "height": page.height})
    told: dict[str, Any] = {"rows": rows, "height": page.height}
    if not page.next:
        return call.json(told)
    given = [(name, text) for name, text in call.request.query_params.multi_items() if name != CURSOR]
    link = f"{call.request.url.path}?{urlencode([*given, (CURSOR, page.next)])}"
    return call.json({**told, "next": link}, headers={"Link": f'<{link}>; rel="next"'})

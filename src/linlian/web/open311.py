"""Open311 GeoReport v2 at `/open311/v2`, for the apps that cities have already; strict to the specification.

    GET  /open311/v2/discovery.json                    GET  /open311/v2/services.xml
    GET  /open311/v2/services/water.leak.json          POST /open311/v2/requests.json
    GET  /open311/v2/requests.json?status=open         GET  /open311/v2/requests/7f3a….xml
    GET  /open311/v2/tokens/9c1d….json

Rules
- The format is the ending: `xml` as `text/xml`, `json` as `application/json`, both in UTF-8. JSON lists are top-level
  arrays; a service's definition and the discovery are objects.
- An error is an array of `{code, description}`, the code being that of HTTP: 404 for what does not exist, 403 for the
  key, 400 otherwise. Several things wrong are told together.
- Requests of the last 90 days, at most 1,000 of them; a span of more than 90 days is an error. `page` and `page_size`
  lead on.
- A report becomes a command that the gateway of its `api_key` signs. What it says of people is sealed before that; the
  answer waits until it is on the ledger, or hands out a token where that takes long.

What is answered and what a report becomes is the business's (`repairs.exchange`), handed in as a `City`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, ParamSpec, TypeVar

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from linlian.kernel.errors import LinlianError
from linlian.web import problems
from linlian.web.call import Desk, language_wanted, note_code, read_body
from linlian.web.city import City
from linlian.web.errors import WebError
from linlian.web.open311_format import FORMATS, MEDIA_TYPES, render
from linlian.web.open311_reading import BODY_BYTES_MAX, read_asked, read_form, read_report
from linlian.web.problems import headers_of
from linlian.words import Language, Words

ROOT = "/open311/v2"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"

STATUSES = {
    "web.open311_no_key": 403,
    "web.open311_key_wrong": 403,
    "web.open311_no_such_jurisdiction": 404,
    "web.open311_no_such_service": 404,
    "web.open311_no_such_request": 404,
    "web.open311_no_such_token": 404,
    "web.no_such_route": 404,
}
"""Every other code is 400."""


class Ask(NamedTuple):
    """One request: what for, in which format, in which language."""

    request: Request
    city: City
    format: str
    language: Language
    desk: Desk

    def given(self, name: str) -> str:
        return self.request.query_params.get(name, "")


def routes(city: City) -> list[Route]:
    """Everything under `/open311/v2`."""
    found = [
        _route("/discovery.{format}", city, _discovery),
        _route("/services.{format}", city, _services),
        _route("/services/{rest:path}", city, _definition),
        _route("/requests.{format}", city, _requests, _post),
        _route("/requests/{rest:path}", city, _request),
        _route("/tokens/{rest:path}", city, _token),
    ]
    return [*found, _route("/{rest:path}", city, _nothing)]


Answer = Callable[[Ask, str], Awaitable[tuple[str, Any]]]
P = ParamSpec("P")
T = TypeVar("T")


async def _aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do something that may block, beside the loop."""
    return await to_thread.run_sync(partial(work, *args, **kwargs))


def _route(path: str, city: City, get: Answer, post: Answer | None = None) -> Route:
    async def endpoint(request: Request) -> Response:
        desk: Desk = request.app.state.desk
        rest, name = request.path_params.get("rest", ""), request.path_params.get("format", "")
        if not name:
            rest, _, name = rest.rpartition(".")
        language = language_wanted(request.headers.get("accept-language", ""))
        ask = Ask(request, city, name if name in FORMATS else "xml", language, desk)
        try:
            if name not in FORMATS:
                raise WebError("web.no_such_route", path=request.url.path[:200])
            answer = post if request.method == "POST" and post is not None else get
            kind, value = await answer(ask, rest)
            return Response(render(kind, value, ask.format), 200, _HEADERS, media_type=MEDIA_TYPES[ask.format])
        except LinlianError as error:
            return _errors(ask, [error])
        except ExceptionGroup as group:
            return _errors(ask, [error for error in group.exceptions if isinstance(error, LinlianError)])

    return Route(f"{ROOT}{path}", endpoint, methods=["GET", "POST"] if post is not None else ["GET"])


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def _errors(ask: Ask, errors: list[LinlianError]) -> Response:
    """All that is wrong; the status is that of the first."""
    note_code(ask.request.scope, errors[0].code)
    return errors_response(errors, ask.desk.words, ask.language, ask.format)


def errors_response(errors: list[LinlianError], words: Words, language: Language, how: str) -> Response:
    """An array of errors, in the format that was asked for."""
    tongue = words.tongue(language)
    told = [{"code": str(status_of(error)), "description": tongue.error(error)} for error in errors]
    headers = _HEADERS | {name: text for name, text in headers_of(errors[0]).items() if name == "Retry-After"}
    return Response(render("errors", told, how), status_of(errors[0]), headers, media_type=MEDIA_TYPES[how])


def status_of(error: LinlianError) -> int:
    """The specification's: 404, 403 or 400; and for what will pass or is too large the one that everybody uses."""
    usual = problems.status_of(error)
    if isinstance(error, WebError):
        return STATUSES.get(error.code, usual if usual in (413, 429) else 400)
    return 503 if usual == 503 else 400


def _check_jurisdiction(ask: Ask, given: str) -> None:
    if given not in ("", ask.city.jurisdiction):
        raise WebError("web.open311_no_such_jurisdiction", given=given[:100], known=ask.city.jurisdiction)


async def _discovery(ask: Ask, _rest: str) -> tuple[str, Any]:
    told = ask.city.discovery()
    endpoint = {
        "specification": SPECIFICATION,
        "url": told.url,
        "changeset": told.changeset,
        "type": "test" if told.testing else "production",
        "formats": [MEDIA_TYPES[name].partition(";")[0] for name in FORMATS],
    }
    return "discovery", {
        "changeset": told.changeset,
        "contact": told.contact,
        "key_service": told.key_service,
        "endpoints": [endpoint],
    }


async def _services(ask: Ask, _rest: str) -> tuple[str, Any]:
    _check_jurisdiction(ask, ask.given("jurisdiction_id"))
    return "services", await _aside(ask.city.services, ask.language)


async def _definition(ask: Ask, rest: str) -> tuple[str, Any]:
    _check_jurisdiction(ask, ask.given("jurisdiction_id"))
    found = await _aside(ask.city.definition, rest, ask.language)
    if found is None:
        raise WebError("web.open311_no_such_service", given=rest[:100])
    return "service_definition", found


async def _requests(ask: Ask, _rest: str) -> tuple[str, Any]:
    _check_jurisdiction(ask, ask.given("jurisdiction_id"))
    asked = read_asked(ask.request.query_params, ask.city.now(), await _codes(ask))
    return "service_requests", await _aside(ask.city.requests, asked, ask.language)


async def _request(ask: Ask, rest: str) -> tuple[str, Any]:
    _check_jurisdiction(ask, ask.given("jurisdiction_id"))
    found = await _aside(ask.city.request, rest, ask.language)
    if found is None:
        raise WebError("web.open311_no_such_request", given=rest[:100])
    return "service_requests", [found]


async def _token(ask: Ask, rest: str) -> tuple[str, Any]:
    _check_jurisdiction(ask, ask.given("jurisdiction_id"))
    found = await _aside(ask.city.of_token, rest)
    if found is None:
        raise WebError("web.open311_no_such_token", given=rest[:100])
    return "service_requests", [{"service_request_id": found, "token": rest}]


async def _post(ask: Ask, _rest: str) -> tuple[str, Any]:
    body = await read_body(ask.request, BODY_BYTES_MAX)
    form = await read_form(ask.request, body)
    api_key = form.value("api_key") or ask.given("api_key")
    if not api_key:
        raise WebError("web.open311_no_key")
    gateway = ask.city.gateway(api_key)
    if gateway is None:
        raise WebError("web.open311_key_wrong")
    _check_jurisdiction(ask, form.value("jurisdiction_id") or ask.given("jurisdiction_id"))
    sent = read_report(form, await _definitions(ask, form.value("service_code")))
    filed = await _aside(ask.city.file, gateway, sent, ask.language)
    told: Mapping[str, str] = {"service_request_id": filed.request_id} if filed.request_id else {"token": filed.token}
    return "service_requests", [{**told, "service_notice": filed.notice, "account_id": ""}]


async def _nothing(ask: Ask, _rest: str) -> tuple[str, Any]:
    raise WebError("web.no_such_route", path=ask.request.url.path[:200])


async def _codes(ask: Ask) -> list[str]:
    return [str(one["service_code"]) for one in await _aside(ask.city.services, ask.language)]


async def _definitions(ask: Ask, code: str) -> dict[str, Any] | None:
    return await _aside(ask.city.definition, code, ask.language) if code else None

"""The application: every route of the node, put together in one place.

    app = make_app(house)

Another room of routes is one more module with `OPERATIONS` (named in MODULES) or with `operations(house)` (in DERIVED);
what wraps every request is one more middleware in `middleware()`; pages for people are mounted in `site_of()`. All
operations stand in the OpenAPI document, and whatever is none of them is a 404 or 405 of the same form.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Scope

from linlian.web import (
    beginning,
    commands,
    contents,
    documentation,
    entering,
    events,
    explorer,
    health,
    info,
    listing,
    open311,
    proofs,
    queries,
    showcase,
    signing_in,
    transactions,
)
from linlian.web.authentication import authenticate
from linlian.web.call import Desk, bug_response, language_wanted, log_bug, note_code, routes_of
from linlian.web.errors import WebError
from linlian.web.house import House
from linlian.web.limits import AddressLimit, Buckets, hosts
from linlian.web.logs import RequestLog
from linlian.web.operation import Operation
from linlian.web.problems import problem_response
from linlian.web.seats import seats
from linlian.web.session import Sessions
from linlian.web.site import Site, for_people
from linlian.words import Words

MODULES = (transactions, signing_in, contents, proofs, events, info, documentation, health)
"""Modules with routes of their own, in the order in which they are looked through."""

DERIVED: tuple[Callable[[House], Iterable[Operation]], ...] = (commands.operations, queries.operations)
"""What makes routes from the businesses."""


PAGES = (entering.pages, explorer.pages, beginning.pages, listing.pages, showcase.pages)
"""The web's own pages; those of businesses are handed in."""

COMPRESSED_BYTES_MIN = 1_000


def make_app(house: House) -> Starlette:
    """The application of one node."""
    operations = all_operations(house)
    site = site_of(house)
    routes = [*routes_of(operations, authenticate), *site.routes(), *cities(house)]
    app = Starlette(
        routes=[*routes, *([seats(routes)] if house.guests is not None else [])],
        middleware=middleware(house),
        exception_handlers={HTTPException: _http_error, Exception: _bug},
    )
    app.router.redirect_slashes = False
    quota = house.settings.per_minute_account
    accounts = Buckets("account", quota, time.monotonic) if quota else None
    app.state.desk = Desk(house, Sessions(), house.words, accounts)
    app.state.site = site
    app.state.operations = operations
    app.state.openapi, app.state.page = documentation.describe(operations, house.words)
    return app


def all_operations(house: House) -> tuple[Operation, ...]:
    """Everything that may be asked. Raises TypeError where two are the same."""
    found = [operation for module in MODULES for operation in module.OPERATIONS]
    found += [operation for derive in DERIVED for operation in derive(house)]
    for keys in ([each.name for each in found], [(each.method, each.path) for each in found]):
        if len({*keys}) != len(keys):
            raise TypeError(f"two operations are the same: {sorted(map(str, keys))}")
    return tuple(found)


def middleware(house: House) -> list[Middleware]:
    """What every request goes through, the outermost first."""
    found = [Middleware(RequestLog, seen=house.figures.answered)]
    quota = house.settings.per_minute_address
    if quota:
        buckets, trusted = Buckets("address", quota, time.monotonic), hosts(house.settings.trusted_proxies)
        found.append(Middleware(AddressLimit, buckets=buckets, refuse=partial(_refuse, house.words), trusted=trusted))
    # Within a page stands no secret that somebody who can add to it could guess at by its size (BREACH): a session
    # comes along from our own pages only. Streams of events go out as they are.
    found.append(Middleware(GZipMiddleware, minimum_size=COMPRESSED_BYTES_MIN, compresslevel=5))
    return found


def site_of(house: House) -> Site:
    """Pages for people."""
    businesses, folders = house.pages()
    return Site.of((*PAGES, *businesses), folders)


def cities(house: House) -> list[BaseRoute]:
    """What another standard has at addresses of its own."""
    return [] if house.city is None else [*open311.routes(house.city)]


def _refuse(words: Words, scope: Scope, no: WebError) -> Response:
    """What somebody hears who asks too often, in the form of what they asked for."""
    note_code(scope, no.code)
    language = language_wanted(Headers(scope=scope).get("accept-language", ""))
    path: str = scope["path"]
    if path.startswith(f"{open311.ROOT}/"):
        return open311.errors_response([no], words, language, "json" if path.endswith(".json") else "xml")
    return problem_response(no, words, language)


async def _http_error(request: Request, _error: Exception) -> Response:
    """What no route answers, in the form of every other no: a page for people, a problem for programs."""
    desk: Desk = request.app.state.desk
    if for_people(request):
        site: Site = request.app.state.site
        return await site.nothing_there(request)
    language = language_wanted(request.headers.get("accept-language", ""))
    return problem_response(WebError("web.no_such_route", path=request.url.path[:200]), desk.words, language)


async def _bug(request: Request, error: Exception) -> Response:
    if for_people(request):
        site: Site = request.app.state.site
        return site.bug(request, log_bug(request, error))
    return bug_response(request, error)

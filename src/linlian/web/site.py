"""The site: pages of the web and of the businesses as routes, and what stands around each of them.

Rules
- A page's language is the one chosen (cookie), else the browser's; so are theme and size of type.
- A session that is over makes an outsider of its reader, who is told how to come back; it is never an error.
- Every answer says what a browser may do with it: scripts and styles of this host, nothing inline, no frames (but
  those of a demo's seats: `seats`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from linlian.kernel.errors import LinlianError
from linlian.kernel.validators import current_validators
from linlian.readmodel.audience import OUTSIDER, Reader
from linlian.web import listing
from linlian.web.ask import Ask
from linlian.web.authentication import authenticate, from_our_page
from linlian.web.call import Call, Desk, language_wanted
from linlian.web.entering import be_a_guest, found_again
from linlian.web.errors import WebError
from linlian.web.operation import HTML, Operation
from linlian.web.pages import ANY, Page, Pages, PageSpec, Part, PartSpec, Place, Way, Where, plain, values_of
from linlian.web.problems import headers_of, problem, problem_response, status_of
from linlian.web.render import STATIC, TEMPLATES, Told, environment, sentences
from linlian.web.seats import ancestors, base_of, path_of, within
from linlian.web.sheets import Document, Markup, Sheet
from linlian.web.showcase import begin_deed, tell_deed
from linlian.web.wire import to_json
from linlian.words import Language

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Vary": "Cookie, Accept, Accept-Language",
}
MANIFEST = "application/manifest+json"
FOR_EVER = "public, max-age=31536000, immutable"
THEMES = ("", "light", "dark")
SIZES = ("", "large")
SCRIPT_TEXTS = (
    *("sign", "back", "sealing", "sending", "put_away", "what_is_recorded", "typed_stays", "come_back", "moved"),
    *("show", "waits", "arrived", "refused_meanwhile", "understood", "too_late", "own_key"),
    *("site.no_key", "site.no_answer", "site.handed_in", "no_downloads", "copied", "site.not_a_text"),
    *("site.choose", "site.no_device", "site.other_letters", "passkey", "letters", "show_this", "qr", "device_added"),
    *("no_device_left", "show_at_desk", "key_filled_in", "founding_wait", "insecure_more"),
    *("site.photo_too_large", "site.photo_too_many_points", "site.file_too_large", "site.not_a_photo"),
    *("site.wrong_value", "site.sealed_something_else", "site.no_invitation"),
    *("keys.insecure_origin", "keys.passkey_refused", "keys.passkey_not_p256", "keys.passkey_other_client_data"),
    *("keys.storage_full", "keys.storage_closed", "keys.not_a_point"),
)
SCRIPT_TIMES = ("time.left", "time.over", "time.days", "time.hours", "time.minutes", "time.moments")
_PAGE = Operation("page", "GET", "/", lambda _: _, "pages", ())
"""What a page's request is to the machinery that finds out who asks."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A part as a template has it: `part.told` is what it says."""

    name: str
    template: str
    told: Part
    constants: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """All pages of a node, and the templates they are told with."""

    pages: Mapping[str, PageSpec]
    ways: Sequence[Way]
    parts: Sequence[PartSpec]
    constants: Mapping[str, Mapping[str, Any]]
    templates: Environment

    @classmethod
    def of(cls, all_pages: Sequence[Pages], folders: Mapping[str, Path]) -> Site:
        """Raises TypeError if two pages have one path."""
        specs = {name: spec for pages in all_pages for name, spec in pages.pages.items()}
        paths = [spec.path for spec in specs.values()]
        if len(paths) != len({*paths}):
            raise TypeError("two pages have one path")
        ways = [way for pages in all_pages for way in pages.ways]
        constants = {pages.business: pages.constants for pages in all_pages}
        parts = sorted((part for pages in all_pages for part in pages.parts), key=lambda part: part.rank)
        return cls(specs, ways, parts, constants, environment(folders))

    def routes(self) -> list[BaseRoute]:
        """A route for each page, and the files they need. Paths that are written out come before those with a gap."""
        specs = sorted(self.pages.values(), key=lambda spec: ("{" in spec.path, spec.path))
        return [
            *(Route(spec.path, self._endpoint(spec), methods=["GET"], name=spec.name) for spec in specs),
            Route("/mine", self._mine, methods=["GET"]),
            Route("/static/{file}", static_file, methods=["GET"]),
            Route("/words/{language}.json", _words, methods=["GET"]),
            Route("/demo/be/{guest}", self._action(be_a_guest), methods=["POST"]),
            Route("/demo/deeds", self._action(begin_deed), methods=["POST"]),
            Route("/demo/deeds/{number}", self._action(tell_deed), methods=["GET"]),
            Route("/lists/{what}/compare", self._action(listing.compare), methods=["POST"]),
            *(
                Route(f"/lists/jobs/{{job}}/{act.__name__}", self._action(act), methods=["POST"])
                for act in (listing.begin, listing.step, listing.printed)
            ),
            Route("/founding", self._action(found_again), methods=["POST"]),
            Route("/icon.svg", icon, methods=["GET"]),
            Route("/app.webmanifest", _manifest, methods=["GET"]),
        ]

    def _endpoint(self, spec: PageSpec) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            call = await visit(request)
            try:
                return await call.run(self._answer, call, spec)
            except LinlianError as error:
                return await call.run(self.problem, call, error)

        return endpoint

    def _action(self, act: Callable[[Call], Awaitable[Response]]) -> Callable[[Request], Any]:
        """What a page's script asks for, and only a page of ours may."""

        async def endpoint(request: Request) -> Response:
            call = await visit(request)
            try:
                if not from_our_page(call):
                    raise WebError("web.cross_site")
                return await act(call)
            except LinlianError as error:
                return problem_response(error, call.desk.words, call.language)

        return endpoint

    async def _mine(self, request: Request) -> Response:
        """On to where somebody who has just come in begins: the first of their own ways."""
        reader = (await visit(request)).reader
        own = Place.RAIL if frame_of(reader) == "desk" else Place.FOUR
        ways = [*_ways(self.ways, own, reader), *_ways(self.ways, Place.TOP, reader)]
        return RedirectResponse(base_of(request) + ways[0].path, 303, {"Cache-Control": "no-store"})

    def _answer(self, call: Call, spec: PageSpec) -> Response:
        ask = _ask(call)
        values = values_of(spec, call.request.path_params, dict(call.request.query_params))
        news = call.house.newsroom.height  # whoever listens from here on misses nothing that the page does not say
        page = spec.function(ask, **values)
        if isinstance(page, Document):
            kept = {**HEADERS, "Content-Disposition": f'attachment; filename="{page.name}"'}
            return Response(page.json(), 200, kept, media_type="application/json")
        if isinstance(page, Markup):
            kept = {**HEADERS, "Content-Disposition": f'attachment; filename="{page.name}"'}
            return Response(page.xml, 200, kept, media_type="application/xml")
        parts = self._parts(ask, page)
        if _wants_json(call.request):
            told = plain(page) | {"parts": {part.name: plain(part.told) for part in parts}} if parts else plain(page)
            return Response(to_json(told), 200, HEADERS, media_type="application/json")
        if isinstance(page, Sheet):
            kept = {**HEADERS, "Content-Disposition": f'attachment; filename="{page.name}"'}
            return Response(page.file(), 200, kept, media_type=page.media_type)
        constants = self.constants[spec.name.partition(".")[0]]
        placed = {where.value: [part for part in parts if part.told.where is where] for where in Where}
        told = {**constants, "page": page, "values": values, "added": placed, "news": news}
        return self.tell(call, spec.template, told)

    def _parts(self, ask: Ask, page: Page) -> list[_Shown]:
        """What other businesses add, those of the rules in force."""
        known = {contract.name for contract in ask.house.rulebook.contracts}
        found = []
        for spec in self.parts:
            if isinstance(page, spec.of) and spec.business in known:
                part = spec.function(ask, page)
                if part is not None:
                    found.append(_Shown(spec.name, spec.template, part, self.constants[spec.business]))
        return found

    def tell(self, call: Call, template: str, told: Mapping[str, Any], status: int = 200) -> Response:
        """A template, filled, within the frame that every page has."""
        frame = _frame(call, self.ways)
        text = within(self.templates.get_template(template).render(**frame, **told), call.request)
        return Response(text, status, {**headers_at(call.request), "Content-Language": call.language}, media_type=HTML)

    def problem(self, call: Call, error: LinlianError) -> Response:
        """A "no" as a page, with its code and what to do."""
        told = problem(error, call.desk.words, call.language)
        if _wants_json(call.request):
            return Response(to_json(told), status_of(error), headers_of(error), media_type="application/problem+json")
        answer = self.tell(call, "web/problem.html", {"problem": told, "page": None}, status_of(error))
        answer.headers.update({name: value for name, value in headers_of(error).items() if name != "WWW-Authenticate"})
        return answer

    async def nothing_there(self, request: Request) -> Response:
        """The page of an address that no page has."""
        call = await visit(request)
        return await call.run(self.problem, call, WebError("web.nothing_there"))

    def bug(self, request: Request, error: WebError) -> Response:
        """The page that tells of a bug. It asks neither ledger nor session, for they may be what is broken."""
        desk: Desk = request.app.state.desk
        language = chosen_language(request)
        told = problem(error, desk.words, language)
        page = self.templates.get_template("web/bug.html").render(problem=told, language=language)
        return Response(page, status_of(error), HEADERS, media_type=HTML)


def headers_at(request: Request) -> dict[str, str]:
    """What stands with every page that is asked for here."""
    return {**HEADERS, "Content-Security-Policy": ancestors(POLICY, request)}


def for_people(request: Request) -> bool:
    """Whether a browser asked for a page, and not a program for data."""
    return "text/html" in request.headers.get("accept", "") and not path_of(request).startswith("/api/")


async def visit(request: Request) -> Call:
    """A person's request: who they are, if their session says so, and which language they read."""
    desk: Desk = request.app.state.desk
    call = Call(request, desk, _PAGE, chosen_language(request))
    try:
        await authenticate(call)
    except WebError:
        call.reader = OUTSIDER  # the page tells them how to come back
    return call


def chosen_language(request: Request) -> Language:
    """The language that was chosen here, else the browser's."""
    chosen = request.cookies.get("linlian_language", "")
    return language_wanted(chosen or request.headers.get("accept-language", ""))


def _ask(call: Call) -> Ask:
    house = call.house
    tongue = call.desk.words.tongue(call.language)
    after = call.request.query_params.get("after", "")
    return Ask(house, call.reader, call.language, tongue, house.ledger.clock(), call.key_id, after)


def _frame(call: Call, ways: Sequence[Way]) -> dict[str, Any]:
    """What every page has around what it says."""
    ledger, reader, request, public = call.house.ledger, call.reader, call.request, call.house.public()
    tongue = call.desk.words.tongue(call.language)
    now = ledger.clock()
    cookies = {name: request.cookies.get(f"linlian_{name}", "") for name in ("theme", "text")}
    return {
        "ANY": ANY,
        "t": Told(tongue, now, call.house.offset_minutes(now)),
        "language": call.language,
        "theme": cookies["theme"] if cookies["theme"] in THEMES else "",
        "size": cookies["text"] if cookies["text"] in SIZES else "",
        "chain": ledger.chain,
        "community": public.name.get(call.language) or ledger.chain,
        "telephones": {purpose: public.telephones.get(purpose, "") for purpose in ("desk", "emergency")},
        "head": ledger.head,
        "now": now,
        "reader": reader,
        "key_id": call.key_id,
        "path": path_of(request),
        "base": base_of(request),
        "address": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "ways": {place.value: _ways(ways, place, reader) for place in Place},
        "frame": frame_of(reader),
        "sentences": sentences(tongue, SCRIPT_TEXTS, SCRIPT_TIMES),
        "demo": call.house.guests is not None,
        "own_certificate": call.house.fingerprint != "",
        "keepers": len(current_validators(call.house.ledger)),
    }


def _ways(ways: Sequence[Way], place: Place, reader: Reader) -> list[Way]:
    """The links of a place that are for this reader, in the order that they ask for."""
    return sorted((way for way in ways if way.place is place and way.is_for(reader)), key=lambda way: way.rank)


def frame_of(reader: Reader) -> str:
    """`desk` for people at work, with a rail; `phone` for everybody else."""
    return "desk" if reader.organisation else "phone"


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


async def static_file(request: Request) -> Response:
    """A script or style; its name says its content, so a browser keeps it for good."""
    name = request.path_params["file"]
    path = STATIC / name
    if "/" in name or name.startswith(".") or not path.is_file() or name in ("manifest.json", "built-from"):
        raise HTTPException(404)
    return FileResponse(path, headers={"Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff"})


async def _words(request: Request) -> Response:
    """All words in one language, for what browsers tell by themselves: a receipt with the server switched off, say."""
    desk: Desk = request.app.state.desk
    language = language_wanted(request.path_params["language"])
    body = to_json(desk.words.written(language))
    return Response(body, 200, {"Cache-Control": "public, max-age=3600"}, media_type="application/json")


async def icon(_request: Request) -> Response:
    """The mark, 邻 on ink, as a picture that needs no font."""
    return FileResponse(TEMPLATES / "icon.svg", media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


async def _manifest(request: Request) -> Response:
    """What a telephone needs to put the site among its applications."""
    desk: Desk = request.app.state.desk
    name = desk.house.public().name.get(chosen_language(request)) or desk.house.ledger.chain
    icons = [{"src": "/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}]
    told = {"name": name, "short_name": name, "start_url": "/", "display": "standalone", "icons": icons}
    return Response(to_json({**told, "background_color": "#fbf8f3", "theme_color": "#fbf8f3"}), media_type=MANIFEST)

"""What an address serves as long as there is no community: one page, on which somebody founds it.

Rules
- The page asks for the one-time code that the terminal shows, so that whoever runs the machine lets the founder in, and
  nobody else who happens to reach the address.
- The first officer's key is made in the founder's browser; what arrives here is its public half.
- It is done once. Who comes second, with whatever code, is told that the community is there.
- A wrong code costs half a second, one after another: sixty bits are not guessed at that pace.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from linlian.kernel.errors import LinlianError
from linlian.web.call import language_wanted, log_bug, read_body
from linlian.web.errors import WebError
from linlian.web.operation import HTML, JSON
from linlian.web.problems import problem_response
from linlian.web.render import environment, sentences
from linlian.web.site import HEADERS, SCRIPT_TEXTS, SCRIPT_TIMES, THEMES, chosen_language, icon, static_file
from linlian.web.wire import to_json
from linlian.words import Words

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12
WRONG_CODE_S = 0.5
BODY_BYTES_MAX = 16_384
PATH = "/founding"

Name = Annotated[str, msgspec.Meta(max_length=60)]
Telephone = Annotated[str, msgspec.Meta(max_length=30)]
Short = Annotated[str, msgspec.Meta(max_length=64)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the founder fills in. `name` is the chain's, `zh` and `en` what people call the community."""

    code: Short
    name: Short
    kind: Short
    organisation: Short
    suite: Short
    public_key: Short
    """Hex."""
    zh: Name = ""
    en: Name = ""
    desk: Telephone = ""
    emergency: Telephone = ""


class Begun(NamedTuple):
    """The community that somebody founded: its chain, the organisation and its first officer's account."""

    chain: str
    organisation: bytes
    account: bytes


Found = Callable[[Wanted], Begun]
"""Founds a community. Raises LinlianError."""


def new_code() -> str:
    """Twelve letters and digits that are not taken for one another, in groups of four."""
    drawn = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    return "-".join(drawn[start : start + 4] for start in range(0, CODE_LENGTH, 4))


class Founding:
    """The application of an address without a community. `done` is set once there is one."""

    def __init__(self, code: str, words: Words, kinds: Sequence[str], found: Found, folder: Path):
        self.done = threading.Event()
        self._code = code
        self._words = words
        self._kinds = kinds
        self._found = found
        self._folder = folder
        self._one_by_one = asyncio.Lock()
        self._templates = environment({})

    def app(self) -> Starlette:
        """The one page, what it needs, and the way back to it from everywhere else."""
        return Starlette(
            routes=[
                Route("/", self._page, methods=["GET"]),
                Route(PATH, self._accept, methods=["POST"]),
                Route("/static/{file}", static_file, methods=["GET"]),
                Route("/icon.svg", icon, methods=["GET"]),
                Route("/api/{rest:path}", self._nothing_yet, methods=["GET", "POST", "PUT", "DELETE"]),
                Route("/{rest:path}", self._back, methods=["GET"]),
            ],
            exception_handlers={Exception: self._bug},
        )

    async def _page(self, request: Request) -> Response:
        language = chosen_language(request)
        tongue = self._words.tongue(language)
        theme = request.cookies.get("linlian_theme", "")
        text = self._templates.get_template("web/founding.html").render(
            t=tongue,
            language=language,
            theme=theme if theme in THEMES else "",
            kinds=[(kind, tongue.value("identity", kind)) for kind in self._kinds],
            folder=str(self._folder),
            sentences=sentences(tongue, SCRIPT_TEXTS, SCRIPT_TIMES),
        )
        return Response(text, 200, {**HEADERS, "Content-Language": language}, media_type=HTML)

    async def _accept(self, request: Request) -> Response:
        try:
            body = await read_body(request, BODY_BYTES_MAX)
            async with self._one_by_one:
                begun = await self._begin(body)
        except LinlianError as error:
            return problem_response(error, self._words, chosen_language(request))
        self.done.set()
        return Response(to_json(begun._asdict()), 201, {"Cache-Control": "no-store"}, media_type=JSON)

    async def _begin(self, body: bytes) -> Begun:
        """Raises WebError (`web.already_founded`, `web.founding_code`, `web.not_json`), LinlianError."""
        wanted = read_wanted(body)
        if self.done.is_set():
            raise WebError("web.already_founded")
        typed = wanted.code.replace(" ", "").upper()
        if not hmac.compare_digest(typed.encode(), self._code.encode()):
            await asyncio.sleep(WRONG_CODE_S)
            raise WebError("web.founding_code")
        return await to_thread.run_sync(self._found, wanted)

    async def _back(self, _request: Request) -> Response:
        return RedirectResponse("/", 303, {"Cache-Control": "no-store"})

    async def _nothing_yet(self, request: Request) -> Response:
        language = language_wanted(request.headers.get("accept-language", ""))
        return problem_response(WebError("web.not_founded"), self._words, language)

    async def _bug(self, request: Request, error: Exception) -> Response:
        return problem_response(log_bug(request, error), self._words, chosen_language(request))


def read_wanted(body: bytes) -> Wanted:
    """What was filled in. Raises WebError (`web.not_json`, `web.founding_incomplete`)."""
    try:
        wanted: Wanted = msgspec.json.decode(body, type=Wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WebError("web.not_json", reason=str(error)[:200]) from error
    told: dict[str, Any] = {"name": wanted.zh.strip() or wanted.en.strip(), "organisation": wanted.organisation.strip()}
    missing = next((field for field, text in told.items() if not text), "")
    if missing:
        raise WebError("web.founding_incomplete", field=missing)
    try:
        bytes.fromhex(wanted.public_key)
    except ValueError as error:
        raise WebError("web.not_json", reason="public_key") from error
    return wanted

"""Seats: in a demo, one browser sits at several places at once, each with a session and an address of its own.

    /as/resident/home       the very page /home, as whoever signed in at /as/resident/
    /as/dispatcher/board    beside it, in another frame of the same page

Rules
- There are seats only where a demo lends its people; anywhere else `/as/…` is an address of nothing.
- A seat's session is a cookie of another name and of the seat's own path: what is asked at a seat never counts the
  session outside, and the other way round. Whoever sits there signed in like anybody, with a key of their own.
- A page at a seat leads to pages at the same seat, asks the API there, and may be framed by pages of this host; no
  other page may be framed.
- The operations behind `/as/…` are those without it: there is no second API, only a second place to sit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Router

ROOT = "/as"
SEAT = "[a-z0-9-]{1,32}"
COOKIE = "linlian_session"
SEAT_COOKIE = "linlian_seat"
_SEAT = re.compile(f"{ROOT}/{SEAT}")
_OWN_ADDRESS = re.compile(r'(\s(?:href|src|action|data-then)=")/(?!/|static/|icon\.svg|app\.webmanifest)')
"""An address of this site in an attribute. What people typed cannot look like one: its quotation marks are escaped."""


def base_of(request: Request) -> str:
    """The seat that a request was made at, as its addresses begin: `/as/resident`; "" outside of seats."""
    root: str = request.scope.get("root_path", "")
    return root if _SEAT.fullmatch(root) else ""


def path_of(request: Request) -> str:
    """The address of a page wherever one sits."""
    path = request.url.path
    return path[len(base_of(request)) :] or "/"


def cookie_of(request: Request) -> tuple[str, str]:
    """The name and the path of the cookie that holds the session at this place."""
    base = base_of(request)
    return (SEAT_COOKIE, base) if base else (COOKIE, "/")


def ancestors(policy: str, request: Request) -> str:
    """A page's policy: a page at a seat may stand in a frame of this host."""
    return policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'") if base_of(request) else policy


def within(text: str, request: Request) -> str:
    """A page whose links, forms and pictures stay at the seat that it was asked for at."""
    base = base_of(request)
    return _OWN_ADDRESS.sub(rf"\g<1>{base}/", text) if base else text


class SeatConvertor(StringConvertor):
    """The part of an address that names a seat."""

    regex = SEAT


register_url_convertor("seat", SeatConvertor())


def seats(routes: Sequence[BaseRoute]) -> Mount:
    """The same routes once more, behind the name of a seat."""
    return Mount(f"{ROOT}/{{seat:seat}}", app=Router(routes, redirect_slashes=False))

"""Committed events as they come: `GET /api/v1/events`, a stream of server-sent events that can be taken up again.

    id: 12.0.1
    event: repairs.repair_triaged
    data: {"height":12,"receipt":0,"event":1,"time":…,"type":"repairs.repair_triaged","fields":{…},…}

Rules
- An event's id is its place in the ledger, `height.receipt.event`. Whoever comes back with the last id they saw, as
  `Last-Event-ID` or as `after`, misses nothing and sees nothing twice, however the stream ended, and after any restart.
- With `follow=false` it ends once everything is told, for whoever comes by now and then.
- Without either a stream begins now. A quiet stream sends an id now and then, so that it is taken up from there.
- An event is told in full to whoever may read the history of somebody it names, and to its own signer; everybody else
  is told its type, place and time, and that the rest is withheld. The rights are those of the moment.
- A reader whose connection takes nothing for half a minute is dropped; `retry` has told it when to come back.
- A place ahead of the ledger belongs to another chain, or to rows that were made anew: 409, begin without it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from linlian.kernel.codec import Meta
from linlian.readmodel.entries import FollowedEntry, Place, end_of, read_place
from linlian.web.call import NOT_KEPT, Call
from linlian.web.errors import WebError
from linlian.web.limits import caller_of, hosts
from linlian.web.newsroom import Newsroom
from linlian.web.operation import LATER, Answer, Operation, Parameter
from linlian.web.wire import to_json

EVENT_STREAM = "text/event-stream"
HEARTBEAT_S = 15.0
SEND_S = 30.0
RETRY_MS = 3_000
TYPES_MAX = 20
SUBJECTS_MAX = 40

TypeList = Annotated[str, Meta(max_length=1_000, pattern=r"\A[a-z0-9_.,]*\Z")]
SubjectList = Annotated[str, Meta(max_length=2_000, pattern=r"\A([0-9a-f]{2})*(,([0-9a-f]{2})+)*\Z")]
PlaceText = Annotated[str, Meta(max_length=50, pattern=r"\A[0-9]{1,15}(\.[0-9]{1,15}\.[0-9]{1,15})?\Z")]


class EventStream(StreamingResponse):
    """Sends piece by piece, gives up on whoever takes none for a while, and counts the listener out at the end."""

    def __init__(self, pieces: AsyncIterator[bytes], newsroom: Newsroom, caller: bytes):
        headers = {**NOT_KEPT, "X-Accel-Buffering": "no"}
        super().__init__(pieces, headers=headers, media_type=EVENT_STREAM)
        self._leave = partial(newsroom.leave, caller)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()

    async def stream_response(self, send: Send) -> None:
        async def in_time(message: Message) -> None:
            async with asyncio.timeout(SEND_S):
                await send(message)

        try:
            await super().stream_response(in_time)
        except TimeoutError:
            return


@dataclass(slots=True)
class Wish:
    """What a listener asked for."""

    place: Place
    types: tuple[str, ...]
    subjects: tuple[bytes, ...]
    stays: bool
    named: bool


async def follow(call: Call) -> EventStream:
    """The stream, from where the reader was, or from now on."""
    newsroom, reader = call.house.newsroom, call.reader
    asked = call.values["last-event-id"] or call.values["after"]
    place = read_place(asked) if asked else end_of(newsroom.height)
    types, subjects = read_types(call.values["types"]), read_subjects(call.values["subject"])
    wish = Wish(place, types, subjects, call.values["follow"], call.values["named"])
    if place.height > newsroom.height:
        raise WebError("web.place_ahead", place=str(place), height=newsroom.height)
    for subject in wish.subjects:
        if not await call.run(call.house.may_read, subject, reader):
            raise WebError("web.not_for_you")
    trusted = hosts(call.house.settings.trusted_proxies)
    caller = reader.account or caller_of(call.request.scope, call.request.headers, trusted)
    newsroom.enter(caller)
    return EventStream(pieces(call, wish), newsroom, caller)


def read_types(text: str) -> tuple[str, ...]:
    """`repairs.` is all of a business, `repairs.repair_reported` one type; several stand with commas between them."""
    types = tuple(part for part in text.split(",") if part)
    if len(types) > TYPES_MAX:
        raise WebError("web.wrong_value", field="types", wanted=f"≤ {TYPES_MAX}")
    return types


def read_subjects(text: str) -> tuple[bytes, ...]:
    """Identifiers in hex, with commas between them."""
    subjects = tuple(bytes.fromhex(part) for part in text.split(",") if part)
    if len(subjects) > SUBJECTS_MAX:
        raise WebError("web.wrong_value", field="subject", wanted=f"≤ {SUBJECTS_MAX}")
    return subjects


async def pieces(call: Call, wish: Wish) -> AsyncIterator[bytes]:
    """The bytes of the stream, until the reader or the node goes, or the reader may not read on."""
    newsroom = call.house.newsroom
    yield f"retry: {RETRY_MS}\nid: {wish.place}\n\n".encode()
    while not newsroom.closed:
        entries, place = await newsroom.page(wish.place, wish.types)
        told = await call.run(_tell, call, entries, wish)
        if told is None:
            return
        if told:
            yield b"".join(told)
        quiet = place == wish.place
        wish.place = place
        if quiet and not wish.stays:
            return
        if quiet and not await newsroom.wait(place.height, HEARTBEAT_S):
            yield f": \nid: {place}\n\n".encode()


def _tell(call: Call, entries: Sequence[FollowedEntry], wish: Wish) -> list[bytes] | None:
    """The entries as this reader may see them at this moment; None if they may not act any more."""
    reader = call.reader
    if reader.account:
        now = call.house.reader_of(reader.account)
        if now is None or not all(call.house.may_read(subject, now) for subject in wish.subjects):
            return None
        reader = now
    return [
        event_bytes(entry, full, wish.named)
        for entry, (full, about) in zip(entries, call.house.sees(entries, reader), strict=True)
        if not wish.subjects or not {*wish.subjects}.isdisjoint(about)
    ]


def event_bytes(entry: FollowedEntry, full: bool, named: bool = True) -> bytes:
    """One event; JSON holds no line break, so it is one line of data. Without a name browsers hear it as a message."""
    told: dict[str, Any] = {**entry.place._asdict(), "time": entry.time, "type": entry.type, "withheld": not full}
    if full:
        told |= {
            "occurred_at": entry.occurred_at,
            "transaction": entry.item_id,
            "signer": entry.signer,
            "command": entry.command,
            "fields": json.loads(entry.fields),
        }
    name = f"event: {entry.type}\n" if named else ""
    return f"id: {entry.place}\n{name}data: ".encode() + to_json(told) + b"\n\n"


OPERATIONS = (
    Operation(
        "follow_events",
        "GET",
        "/api/v1/events",
        follow,
        "events",
        (Answer(200, EVENT_STREAM),),
        parameters=(
            Parameter("types", "query", TypeList, default="", about="types"),
            Parameter("subject", "query", SubjectList, default="", about="subjects"),
            Parameter("follow", "query", bool, default=True, about="follow"),
            Parameter("named", "query", bool, default=True, about="named"),
            Parameter("after", "query", PlaceText, default="", about="after_place"),
            Parameter("last-event-id", "header", PlaceText, default="", about="after_place"),
        ),
        problems=("web.not_for_you", "web.place_ahead", "web.too_many_streams", *LATER),
    ),
)

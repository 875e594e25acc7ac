"""Open311 GeoReport v2, both ways: what is broken here as a city's apps read it, and their reports as commands of ours.

    services(label)                            # our categories as its services
    published(db, Wanted(start, end))          # requests, as anybody may see them
    request_of(row, where, label, zone)        # one of them in its words
    fields_of(report)                          # their report as the fields of repairs.report_repair

Rules
- An outsider learns of a request what everybody may (`views.published`): what it is, how it stands, on which day, and
  in common parts the nearest public place. It goes by its record's name, which leads to no case and to no other record.
- Only what was reported here; what another system's records say is that system's to publish.
- Empty and absent are the same; codes are text. Times bear their zone.

Nothing here speaks HTTP or writes XML: that is `linlian.web.open311`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from math import cos, radians
from typing import Any, NamedTuple

from linlian.community.repairs.rules_terms import Category, Urgency
from linlian.community.repairs.views.keeping import DAY_MS
from linlian.community.repairs.views.published import PublishedRow
from linlian.readmodel.view import Reads

COMMAND = "repairs.report_repair"
REPORTED = "repairs.repair_reported"
SENT_BEFORE = "repairs.already_reported"
URGENCY = "urgency"

Label = Callable[[str], str]
"""The label of a value, in the reader's language."""


class Where(NamedTuple):
    """A public place as the operator describes it: an address that anybody may know."""

    place: bytes
    address_id: str
    address: str
    latitude: Decimal
    longitude: Decimal
    zipcode: str = ""


class Wanted(NamedTuple):
    """Which requests are asked for; times in milliseconds. `ended` None means both."""

    start: int
    end: int
    categories: tuple[str, ...] = ()
    ended: bool | None = None
    limit: int = 1_000
    skip: int = 0


class Report(NamedTuple):
    """What a city's app sent, read and checked, its texts and photos sealed. `caller` is how to reach who sent it;
    `external` is the hash by which the same report is known if it is sent again."""

    place: bytes
    category: str
    external: bytes
    urgency: str = ""
    words: Mapping[str, bytes] | None = None
    caller: Mapping[str, bytes] | None = None
    photos: Sequence[Mapping[str, bytes]] = ()


class _Holder(NamedTuple):
    holder: bytes


def services(label: Label, other: Label) -> list[dict[str, Any]]:
    """What can be reported. Keywords are the labels in both languages."""
    return [
        {
            "service_code": category.value,
            "service_name": label(category),
            "metadata": True,
            "type": "realtime",
            "keywords": ", ".join(dict.fromkeys((label(category), other(category)))),
            "group": category.partition(".")[0],
        }
        for category in Category
    ]


def definition(code: str, label: Label, about: str) -> dict[str, Any] | None:
    """What may be said of a service besides: how urgent it is. None if there is no such service."""
    if code not in [category.value for category in Category]:
        return None
    urgency = {
        "variable": True,
        "code": URGENCY,
        "datatype": "singlevaluelist",
        "required": False,
        "datatype_description": about,
        "order": 1,
        "description": about,
        "values": [{"key": one.value, "name": label(one)} for one in Urgency],
    }
    return {"service_code": code, "attributes": [urgency]}


def published(db: Reads, wanted: Wanted) -> list[PublishedRow]:
    """Requests that were reported in a time, to the day, the latest first."""
    names = {f"category_{chr(ord('a') + number)}": one for number, one in enumerate(wanted.categories[:26])}
    parts = ["source = ''", "reported_day >= :start", "reported_day <= :until"]
    if names:
        parts.append(f"category IN ({', '.join(f':{name}' for name in names)})")
    if wanted.ended is not None:
        parts.append("closed_day > 0" if wanted.ended else "closed_day = 0")
    sql = f"""
        SELECT * FROM repairs_published WHERE {" AND ".join(parts)}
        ORDER BY reported_day DESC, record DESC LIMIT :limit OFFSET :skip"""
    times = {"start": wanted.start // DAY_MS * DAY_MS, "until": wanted.end, "limit": wanted.limit, "skip": wanted.skip}
    return db.all(PublishedRow, sql, **times, **names)


def find_published(db: Reads, record: bytes) -> PublishedRow | None:
    """One request by its record's name."""
    sql = "SELECT * FROM repairs_published WHERE record = :record AND source = ''"
    return db.one(PublishedRow, sql, record=record)


def show_at(db: Reads, place: bytes, public: Mapping[bytes, Where]) -> Where | None:
    """The nearest of the operator's public places that holds a common part; None where the place is not published."""
    sql = "SELECT holder FROM places_within WHERE place = :place ORDER BY steps"
    found = db.all(_Holder, sql, place=place) if place else []
    return next((public[row.holder] for row in found if row.holder in public), None)


def request_of(row: PublishedRow, where: Where | None, label: Label, zone: tzinfo) -> dict[str, Any]:
    """A request in the words of Open311."""
    told: dict[str, Any] = {
        "service_request_id": row.record.hex(),
        "status": "closed" if row.closed_day else "open",
        "status_notes": label(row.state),
        "service_name": label(row.category),
        "service_code": row.category,
        "description": "",
        "agency_responsible": "",
        "service_notice": "",
        "requested_datetime": time_text(row.reported_day, zone),
        "updated_datetime": time_text(row.closed_day or row.reported_day, zone),
        "expected_datetime": "",
    }
    spots = ("address", "address_id", "zipcode", "lat", "long", "media_url")
    if where is None:
        return told | dict.fromkeys(spots, "")
    at = (where.address, where.address_id, where.zipcode, where.latitude, where.longitude, "")
    return told | dict(zip(spots, at, strict=True))


def fields_of(report: Report) -> dict[str, Any]:
    """The fields of the command that the gateway signs."""
    fields: dict[str, Any] = {
        "place": report.place,
        "category": Category(report.category).value,
        "external": report.external,
    }
    if report.urgency:
        fields["urgency"] = Urgency(report.urgency).value
    if report.words is not None:
        fields["words"] = report.words
    if report.photos:
        fields["photos"] = list(report.photos)
    if report.caller is not None:
        fields["caller"] = report.caller
    return fields


def nearest(latitude: Decimal, longitude: Decimal, public: Sequence[Where], within_m: int) -> Where | None:
    """The public place nearest to a point, at most so far away; by a flat map, which serves within a town."""
    best: tuple[Decimal, Where] | None = None
    for where in public:
        north = (where.latitude - latitude) * _METRES_A_DEGREE
        east = (where.longitude - longitude) * _METRES_A_DEGREE * Decimal(cos(radians(latitude)))
        square = north * north + east * east
        if square <= within_m * within_m and (best is None or square < best[0]):
            best = (square, where)
    return None if best is None else best[1]


def time_text(time_ms: int, zone: tzinfo = UTC) -> str:
    """W3C date and time, to the second, with its zone."""
    return datetime.fromtimestamp(time_ms // 1000, zone).isoformat()


_METRES_A_DEGREE = Decimal(111_195)

"""Open311 GeoReport v2, both ways: what is broken here as a city's apps read it, and their reports as commands of ours.

    services(label)                            # our categories as its services
    published(db, Wanted(start, end))          # requests, as anybody may see them
    request_of(row, where, label, zone)        # one of them in its words
    fields_of(report)                          # their report as the fields of repairs.report_repair

Rules
- An outsider learns of a request what it is, how it stands, and roughly where: the nearest public place that holds it,
  and for a home never one with fewer than `UNITS_MIN` homes in it. No words, no photos, no names, no repeats: nothing
  by which two requests of one home could be told to belong together.
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

from linlian.community.places import views as places
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category, Urgency
from linlian.community.repairs.views import views
from linlian.readmodel.view import Reads

COMMAND = "repairs.report_repair"
REPORTED = "repairs.repair_reported"
SENT_BEFORE = "repairs.already_reported"
URGENCY = "urgency"
UNITS_MIN = 5
"""A home's request is shown at a place only if at least so many homes are in it."""

Label = Callable[[str], str]
"""The label of a value, in the reader's language."""

assert places.views in views.needs, "requests are shown at the places that hold theirs"


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


class Published(NamedTuple):
    """A request as anybody may see it, but for its place, which is only looked up (`show_at`)."""

    case_id: bytes
    state: str
    category: str
    place: bytes
    reported_at: int
    finish_by: int
    ended: bool
    agency: str
    updated_at: int


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


class _Place(NamedTuple):
    place: bytes
    is_common: bool


class _Holder(NamedTuple):
    holder: bytes
    units: int


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


def published(db: Reads, wanted: Wanted) -> list[Published]:
    """Requests that were reported in a time, the latest first."""
    names = {f"category_{'abcdefghijklmnopqrstuvwxyz'[n]}": one for n, one in enumerate(wanted.categories[:26])}
    parts = ["r.reported_at >= :start", "r.reported_at <= :end"]
    if names:
        parts.append(f"r.category IN ({', '.join(f':{name}' for name in names)})")
    if wanted.ended is not None:
        parts.append("r.ended = TRUE" if wanted.ended else "r.ended = FALSE")
    sql = f"{_SELECT} AND {' AND '.join(parts)} ORDER BY r.reported_at DESC, r.case_id LIMIT :limit OFFSET :skip"
    times = {"start": wanted.start, "end": wanted.end, "limit": wanted.limit, "skip": wanted.skip}
    return db.all(Published, sql, **times, **names)


def find_published(db: Reads, case_id: bytes) -> Published | None:
    """One request by its id."""
    return db.one(Published, f"{_SELECT} AND r.case_id = :case_id", case_id=case_id)


_SELECT = """
    SELECT r.case_id, r.state, r.category, r.place, r.reported_at, r.finish_by, r.ended,
           COALESCE((SELECT o.code FROM identity_organisation AS o WHERE o.organisation = r.responsible), '') AS agency,
           COALESCE((SELECT MAX(s.time) FROM repairs_step AS s WHERE s.case_id = r.case_id), r.reported_at)
               AS updated_at
    FROM repairs_request AS r WHERE r.source = ''"""


def show_at(db: Reads, place: bytes, public: Mapping[bytes, Where]) -> Where | None:
    """The nearest public place that holds a place, or None; of a home only one that hides it among others."""
    sql = "SELECT place, is_common FROM places_place WHERE place = :place"
    found = db.one(_Place, sql, place=place)
    if found is None:
        return None
    holders = """
        SELECT w.holder, (SELECT COUNT(*) FROM places_within AS i JOIN places_place AS p ON p.place = i.place
                          WHERE i.holder = w.holder AND p.is_common = FALSE) AS units
        FROM places_within AS w WHERE w.place = :place ORDER BY w.steps"""
    for row in db.all(_Holder, holders, place=place):
        hidden = found.is_common or (row.holder != place and row.units >= UNITS_MIN)
        if row.holder in public and hidden:
            return public[row.holder]
    return None


def request_of(row: Published, where: Where | None, label: Label, zone: tzinfo) -> dict[str, Any]:
    """A request in the words of Open311."""
    told: dict[str, Any] = {
        "service_request_id": row.case_id.hex(),
        "status": "closed" if row.ended else "open",
        "status_notes": label(row.state),
        "service_name": label(row.category),
        "service_code": row.category,
        "description": "",
        "agency_responsible": row.agency,
        "service_notice": "",
        "requested_datetime": time_text(row.reported_at, zone),
        "updated_datetime": time_text(row.updated_at, zone),
        "expected_datetime": "" if row.ended or not row.finish_by else time_text(row.finish_by, zone),
    }
    spots = ("address", "address_id", "zipcode", "lat", "long", "media_url")
    if where is None:
        return told | dict.fromkeys(spots, "")
    at = (where.address, where.address_id, where.zipcode, where.latitude, where.longitude, "")
    return told | dict(zip(spots, at, strict=True))


def fields_of(report: Report) -> dict[str, Any]:
    """The fields of the command that the gateway signs."""
    fields: dict[str, Any] = {"place": report.place, "category": Category(report.category).value}
    if report.urgency:
        fields["urgency"] = Urgency(report.urgency).value
    if report.words is not None:
        fields["words"] = report.words
    if report.photos:
        fields["photos"] = list(report.photos)
    if "caller" in ReportRepair.__struct_fields__:
        fields["external"] = report.external
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

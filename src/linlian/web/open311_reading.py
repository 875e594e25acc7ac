"""What an app of Open311 asks and sends, checked piece by piece; all that is wrong is said together.

Rules
- Times bear a zone. A `+` of a zone that an app forgot to encode has become a space, and is taken for what it was.
- A report names its service and its place: `lat` and `long`, or `address_id`, or `address_string`.
- A form has at most 100 fields and 64 KiB; with photos (`media`, as multipart) 10 MiB, at most 3, JPEG, PNG or WebP by
  their own bytes and not by what is said of them, and sealed without place, camera and whatever else goes along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from linlian.kernel.errors import LinlianError
from linlian.vault import VaultError, bare, kind_of
from linlian.web.errors import WebError

BODY_BYTES_MAX = 10 * 1024 * 1024
FORM_BYTES_MAX = 64 * 1024
FIELDS_MAX = 100
PHOTOS_MAX = 3
DESCRIPTION_CHARS_MAX = 4_000
FIELD_CHARS_MAX = 500
URL_CHARS_MAX = 2_000
IDS_MAX = 100
PAGE_SIZE_MAX = 1_000
PAGE_MAX = 10_000
DAY_MS = 24 * 3600 * 1000
SPAN_MS_MAX = 90 * DAY_MS
PERSONAL = ("first_name", "last_name", "email", "phone", "device_id", "account_id")
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


class Asked(NamedTuple):
    """Which requests. With `ids` nothing else counts; times in milliseconds, `ended` None for both."""

    start: int
    end: int
    ids: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    ended: bool | None = None
    page: int = 1
    page_size: int = PAGE_SIZE_MAX


class Sent(NamedTuple):
    """A report. What is personal is in `personal`, under the names of the specification."""

    service_code: str
    latitude: Decimal | None
    longitude: Decimal | None
    address_id: str
    address: str
    description: str
    media_url: str
    attributes: Mapping[str, str]
    personal: Mapping[str, str]
    photos: tuple[bytes, ...]


class Form(NamedTuple):
    """Fields in the order in which they came, and photos."""

    fields: Sequence[tuple[str, str]]
    photos: tuple[bytes, ...]

    def value(self, name: str) -> str:
        """The first of this name, without spaces around it."""
        return next((text.strip() for key, text in self.fields if key == name), "")


def read_asked(given: Mapping[str, str], now: int, codes: Sequence[str]) -> Asked:
    """The filters of `GET requests`. Raises WebError, or a group of them."""
    wrong: list[LinlianError] = []
    ids = tuple(part for part in given.get("service_request_id", "").split(",") if part)
    if ids:
        if len(ids) > IDS_MAX:
            raise WebError("web.open311_too_many_ids", most=IDS_MAX)
        return Asked(0, now, ids=tuple(dict.fromkeys(ids)))
    start, end = _time(given, "start_date", wrong), _time(given, "end_date", wrong)
    if end is None:
        end = now if start is None else start + SPAN_MS_MAX
    if start is None:
        start = end - SPAN_MS_MAX
    if not 0 <= end - start <= SPAN_MS_MAX:
        wrong.append(WebError("web.open311_span", days=SPAN_MS_MAX // DAY_MS))
    wanted = tuple(dict.fromkeys(part.strip() for part in given.get("service_code", "").split(",") if part.strip()))
    wrong += [WebError("web.open311_no_such_service", given=code[:100]) for code in wanted if code not in codes][:5]
    statuses = {part.strip() for part in given.get("status", "").split(",") if part.strip()}
    if not statuses <= {"open", "closed"}:
        wrong.append(WebError("web.open311_status", known="open, closed"))
    page = _number(given, "page", 1, PAGE_MAX, wrong)
    size = _number(given, "page_size", PAGE_SIZE_MAX, PAGE_SIZE_MAX, wrong)
    _raise(wrong)
    ended = None if len(statuses) != 1 else statuses == {"closed"}
    return Asked(start, end, (), wanted, ended, page, size)


async def read_form(request: Request, body: bytes) -> Form:
    """The fields of a body, by its content type. Raises WebError."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said == URLENCODED:
        if len(body) > FORM_BYTES_MAX:
            raise WebError("web.body_too_large", size_max=FORM_BYTES_MAX)
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
        except (ValueError, UnicodeDecodeError) as error:
            raise WebError("web.open311_form", most=FIELDS_MAX) from error
        return Form(fields, ())
    if said == MULTIPART:
        return await _read_multipart(request, body)
    raise WebError("web.wrong_media_type", given=said[:64], wanted=f"{URLENCODED}, {MULTIPART}")


async def _read_multipart(request: Request, body: bytes) -> Form:
    async def stream() -> Any:
        yield body

    parser = MultiPartParser(
        request.headers, stream(), max_files=PHOTOS_MAX, max_fields=FIELDS_MAX, max_part_size=FORM_BYTES_MAX
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise WebError("web.open311_form", most=FIELDS_MAX) from error
    fields, photos = [], []
    try:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                photos.append(await value.read())
            else:
                fields.append((name, value))
    finally:
        await form.close()
    return Form(fields, tuple(photo for photo in photos if photo))


def read_report(form: Form, definition: Mapping[str, Any] | None) -> Sent:
    """A report, all of it checked that can be checked without the ledger. Raises WebError, or a group of them."""
    wrong: list[LinlianError] = []
    code = form.value("service_code")
    if not code:
        wrong.append(WebError("web.open311_missing", field="service_code"))
    elif definition is None:
        wrong.append(WebError("web.open311_no_such_service", given=code[:100]))
    latitude, longitude = _degrees(form, "lat", 90, wrong), _degrees(form, "long", 180, wrong)
    if (latitude is None) != (longitude is None) and not wrong:
        wrong.append(WebError("web.open311_missing", field="long" if longitude is None else "lat"))
    address_id, address = form.value("address_id"), form.value("address_string")
    if latitude is None and not address_id and not address and not form.value("lat") + form.value("long"):
        wrong.append(WebError("web.open311_missing", field="lat, long / address_string / address_id"))
    url = form.value("media_url")
    if url and (len(url) > URL_CHARS_MAX or not url.startswith(("https://", "http://"))):
        wrong.append(WebError("web.open311_field", field="media_url", most=URL_CHARS_MAX))
    description = form.value("description")
    bounds = {"description": DESCRIPTION_CHARS_MAX, "address_string": FIELD_CHARS_MAX, "address_id": FIELD_CHARS_MAX}
    for name, most in (bounds | dict.fromkeys(PERSONAL, FIELD_CHARS_MAX)).items():
        if len(form.value(name)) > most:
            wrong.append(WebError("web.open311_field", field=name, most=most))
    photos = _photos(form, wrong)
    attributes = _attributes(form, definition or {"attributes": ()}, wrong) if definition is not None else {}
    _raise(wrong)
    personal = {name: form.value(name) for name in PERSONAL if form.value(name)}
    return Sent(*(code, latitude, longitude, address_id, address, description, url, attributes, personal, photos))


def _photos(form: Form, wrong: list[LinlianError]) -> tuple[bytes, ...]:
    """The pictures and nothing else: what an app's people cannot take out of a photograph is taken out here."""
    found = []
    for photo in form.photos:
        try:
            if not kind_of(photo):
                raise WebError("web.open311_photo", most=PHOTOS_MAX)
            found.append(bare(photo))
        except (WebError, VaultError) as error:
            wrong.append(error)
    return tuple(found)


def _attributes(form: Form, definition: Mapping[str, Any], wrong: list[LinlianError]) -> dict[str, str]:
    """`attribute[CODE]` and `attribute[CODE][]`, each with one of its values."""
    known = {one["code"]: one for one in definition["attributes"]}
    found: dict[str, str] = {}
    for name, text in form.fields:
        if not name.startswith("attribute["):
            continue
        code = name.removeprefix("attribute[").removesuffix("[]").removesuffix("]")
        keys = [value["key"] for value in known[code]["values"]] if code in known else []
        if code not in known:
            wrong.append(WebError("web.open311_attribute", attribute=code[:100], known=", ".join(known)))
        elif text and (text not in keys or found.get(code, text) != text):
            wrong.append(WebError("web.open311_attribute", attribute=code, known=", ".join(keys)))
        elif text:
            found[code] = text
    return found


def _time(given: Mapping[str, str], name: str, wrong: list[LinlianError]) -> int | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or not 1970 <= read.year <= 9000:
        wrong.append(WebError("web.open311_time", field=name, example="2026-01-01T08:00:00+08:00"))
        return None
    return int(read.astimezone(UTC).timestamp()) * 1000


def _number(given: Mapping[str, str], name: str, usual: int, most: int, wrong: list[LinlianError]) -> int:
    text = given.get(name, "")
    if not text:
        return usual
    if text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= most:
        return int(text)
    wrong.append(WebError("web.open311_number", field=name, most=most))
    return usual


def _degrees(form: Form, name: str, most: int, wrong: list[LinlianError]) -> Decimal | None:
    text = form.value(name)
    if not text:
        return None
    try:
        read = Decimal(text) if len(text) <= 30 else Decimal("NaN")
    except InvalidOperation:
        read = Decimal("NaN")
    if not read.is_finite() or abs(read) > most:
        wrong.append(WebError("web.open311_degrees", field=name, most=most))
        return None
    return read


def _raise(wrong: list[LinlianError]) -> None:
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise ExceptionGroup("several things are wrong", wrong)

"""A package of 360Giving out of a file: the whole of it read and judged before anything of it is used.

Rules
- A file that breaks off, is nested too deep, names a field twice or is in another encoding is refused as a whole.
- A grant that is wrong is told with its code and where it is wrong (a JSON pointer, RFC 6901); all that are wrong are.
- Sums are whole hundredths. A double that spreadsheets made of some (41133.770000000004) is that sum; half a penny is
  none.
- What may tell of an individual is taken apart from the rest, and so are the contacts of organisations.

    read_package(Path("grants.json"), now)
"""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from linlian.imports.grants.codes import CURRENCIES
from linlian.imports.grants.standard import RECIPIENTS, REQUIRED, Number, check_package, check_shape
from linlian.imports.problems import ImportFailed, RowRejected
from linlian.imports.reading import FileFormat, encoding_of, likely_encoding
from linlian.kernel.contract import compose

FILE_BYTES_MAX = 256 << 20
"""Of a file, unpacked."""
DEPTH_MAX = 24
"""Of objects and lists in one another; the standard needs eight."""
ID_BYTES_MAX = 255
MINOR_MAX = 1_000_000_000_000
"""Of one sum, as on the ledger: ten thousand million of a currency."""
DOUBLES = 4
"""How many of the smallest steps of a double a sum may be beside its hundredths."""

CONTACTS = ("contactName", "telephone", "email")
ORGANISATIONS = ("fundingOrganization", "recipientOrganization")
OF_ANYBODY = (
    *("id", "currency", "amountAppliedFor", "amountAwarded", "amountDisbursed", "awardDate", "fundingOrganization"),
    *("grantProgramme", "fromOpenCall", "fundingType", "dateModified", "dataSource", "regrantType"),
)
"""Fields of a grant to an individual that tell nothing of whom it was granted to."""
AROUND = ("title", "description", "publisher", "license", "issued", "modified")
"""What a package says of itself that stays true of a copy."""
PUBLISHER = ("name", "website", "identifier", "logo")

_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=Decimal)
_DAY_CHARS = 10
NOTHING = b"{}"


class Entry(NamedTuple):
    """One grant. `remainder` and `person` (b"" if there is nothing) are JSON, to be sealed; times are milliseconds."""

    at: str
    external: bytes
    funder: bytes
    currency: str
    amount_minor: int
    disbursed_minor: int
    awarded_at: int
    to_person: bool
    remainder: bytes
    person: bytes


@dataclass(slots=True)
class Package:
    """A file that was read. `rejected` are in the order of the file; each has its pointer in the fact `at`."""

    path: Path
    digest: bytes
    size_bytes: int
    around: bytes
    grants: int
    entries: list[Entry] = field(default_factory=list)
    rejected: list[RowRejected] = field(default_factory=list)


def read_package(path: Path, now: int, encoding: str = "") -> Package:
    """Read a file through; `now` is the ledger's time in milliseconds. Raises ImportFailed.

    `import.file_missing`, `file_damaged`, `file_too_large`, `file_empty`, `encoding_unknown`, `not_in_encoding`,
    `undecodable`, `not_json`, `field_twice`, `nested_too_deep`, `no_grants`, `not_by_the_standard`.
    """
    published, unpacked = _bytes_of(path)
    value = _parse(_text_of(path, unpacked, encoding))
    listed = value.get("grants") if isinstance(value, dict) else None
    if not isinstance(listed, list) or not listed:
        raise ImportFailed("import.no_grants")
    around = {name: told for name, told in value.items() if name != "grants"}
    try:
        check_package(around)
        kept = as_json(_around(around))
    except RowRejected as problem:
        raise ImportFailed(problem.code, **problem.facts) from problem
    found = Package(path, sha256(published).digest(), len(published), kept, len(listed))
    seen: dict[bytes, str] = {}
    for number, grant in enumerate(listed):
        try:
            entry = entry_of(grant, f"/grants/{number}", now)
            if entry.external in seen:
                raise RowRejected("import.repeated_grant", at=entry.at, first=seen[entry.external])
            seen[entry.external] = entry.at
            found.entries.append(entry)
        except RowRejected as problem:
            found.rejected.append(problem)
    return found


def entry_of(grant: Any, at: str, now: int) -> Entry:
    """One grant, judged. Raises RowRejected with `at`."""
    if not isinstance(grant, dict):
        raise RowRejected("import.not_an_object", at=at, found=type(grant).__name__)
    _check_recipient(grant, at)
    for name in REQUIRED:
        if grant.get(name) in (None, "", []):
            raise RowRejected("import.field_missing", at=f"{at}/{name}", field=name)
    shape = check_shape(grant, at)
    if len(shape.id.encode(errors="replace")) > ID_BYTES_MAX:
        raise RowRejected("import.id_too_long", at=f"{at}/id", size_bytes_max=ID_BYTES_MAX)
    if shape.currency not in CURRENCIES:
        raise RowRejected("import.currency_unknown", at=f"{at}/currency", value=shape.currency[:16])
    amount = minor_of(shape.amount_awarded, f"{at}/amountAwarded")
    if amount <= 0:
        raise RowRejected("import.amount_not_positive", at=f"{at}/amountAwarded", value=str(shape.amount_awarded)[:32])
    remainder, person = (as_json(part, at) for part in split(grant))
    return Entry(
        at=at,
        external=external_of(shape.id),
        funder=sha256(compose("360giving.organisation") + shape.funding_organization[0].id.encode()).digest(),
        currency=shape.currency,
        amount_minor=amount,
        disbursed_minor=disbursed_of(grant, shape.currency, at),
        awarded_at=awarded_at_of(shape.award_date, f"{at}/awardDate", now),
        to_person="recipientIndividual" in grant,
        remainder=remainder,
        person=person if person != NOTHING else b"",
    )


def external_of(identifier: str) -> bytes:
    """The key of a grant on the ledger: SHA-256 of compose("360giving") and its identifier in UTF-8."""
    return sha256(compose("360giving") + identifier.encode()).digest()


def minor_of(value: Number, at: str) -> int:
    """A sum in hundredths. Raises RowRejected (`import.award_too_large`, `import.amount_in_fractions`)."""
    if value.copy_abs() > Decimal(MINOR_MAX) / 100:
        raise RowRejected("import.award_too_large", at=at, value=str(value)[:32], most=MINOR_MAX // 100)
    rounded = value.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    if abs(value - rounded) > DOUBLES * Decimal(math.ulp(float(rounded))):
        raise RowRejected("import.amount_in_fractions", at=at, value=str(value)[:32])
    return int(rounded * 100)


def split(grant: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What may be given away again, and what may tell of an individual."""
    kept, person = dict(grant), {}
    if "recipientIndividual" in grant:
        person = {name: value for name, value in grant.items() if name not in OF_ANYBODY}
        kept = {name: value for name, value in grant.items() if name in OF_ANYBODY}
    for name in ORGANISATIONS:
        for number, organisation in enumerate(kept.get(name, ())):
            contacts = {each: organisation[each] for each in CONTACTS if each in organisation}
            if contacts:
                person[f"{name}/{number}"] = contacts
        if name in kept:
            kept[name] = [{each: v for each, v in one.items() if each not in CONTACTS} for one in kept[name]]
    return kept, person


def as_json(value: dict[str, Any], at: str = "") -> bytes:
    """JSON with numbers as they were written. Raises RowRejected (`import.half_a_character`)."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError as error:
        raise RowRejected("import.half_a_character", at=at) from error


def _around(told: dict[str, Any]) -> dict[str, Any]:
    kept = {name: told[name] for name in AROUND if name in told}
    if "publisher" in kept:
        kept["publisher"] = {name: kept["publisher"][name] for name in PUBLISHER if name in kept["publisher"]}
    return kept


def _check_recipient(grant: dict[str, Any], at: str) -> None:
    there = [name for name in RECIPIENTS if name in grant]
    if len(there) == len(RECIPIENTS):
        raise RowRejected("import.recipients_of_both_kinds", at=at)
    if not there:
        raise RowRejected("import.recipient_missing", at=at)


def disbursed_of(grant: dict[str, Any], currency: str, at: str) -> int:
    """What was paid of it: `amountDisbursed`, or else its transactions, which are in the same currency."""
    added = 0
    for kind in ("applicationTransaction", "commitmentTransaction", "disbursementTransaction"):
        for number, each in enumerate(grant.get(kind, ())):
            where = f"{at}/{kind}/{number}"
            if each.get("currency", currency) != currency:
                raise RowRejected("import.currency_differs", at=f"{where}/currency", currency=currency)
            value = minor_of(each.get("value", Number(0)), f"{where}/value")
            added += value if kind.startswith("disbursement") else 0
    where = f"{at}/amountDisbursed" if "amountDisbursed" in grant else f"{at}/disbursementTransaction"
    told = minor_of(grant["amountDisbursed"], where) if "amountDisbursed" in grant else added
    if told < 0:
        raise RowRejected("import.amount_not_positive", at=where, value=str(Decimal(told) / 100))
    if told > MINOR_MAX:
        raise RowRejected("import.award_too_large", at=where, value=str(Decimal(told) / 100), most=MINOR_MAX // 100)
    return told


def awarded_at_of(text: str, at: str, now: int) -> int:
    """A day (from its beginning, UTC) or a moment, after 1970 and not to come."""
    try:
        when = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise RowRejected("import.day_unreadable", at=at, column="awardDate", value=text) from error
    if len(text) == _DAY_CHARS:
        when = when.replace(tzinfo=UTC)
    if when.year < 1970 or (ms := int(when.timestamp()) * 1000) <= 0:
        raise RowRejected("import.time_out_of_range", at=at, value=text)
    if ms > now:
        raise RowRejected("import.time_in_future", at=at)
    return ms


def _bytes_of(path: Path) -> tuple[bytes, bytes]:
    """The file as it was published, and unpacked if it is gzipped."""
    try:
        with path.open("rb") as file:
            published = file.read(FILE_BYTES_MAX + 1)
        unpacked = published
        if published.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(published)) as packed:
                unpacked = packed.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError as error:
        raise ImportFailed("import.file_missing", path=str(path)) from error
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFailed("import.file_damaged", path=str(path), after_line=0, reason=str(error)[:200]) from error
    if len(unpacked) > FILE_BYTES_MAX or len(published) > FILE_BYTES_MAX:
        raise ImportFailed("import.file_too_large", path=str(path), size=len(unpacked), most=FILE_BYTES_MAX)
    return published, unpacked


def _text_of(path: Path, data: bytes, encoding: str) -> str:
    name = encoding_of(data[:4], FileFormat(encoding=encoding))
    try:
        return data.decode(name)
    except LookupError as error:
        raise ImportFailed("import.encoding_unknown", encoding=encoding) from error
    except UnicodeDecodeError as error:
        if encoding:
            raise ImportFailed("import.undecodable") from error
        line = data.count(b"\n", 0, error.start) + 1
        raise ImportFailed("import.not_in_encoding", line=line, likely=likely_encoding(path)) from error


def _parse(text: str) -> Any:
    """JSON (RFC 8259) without what Python adds to it, and without fields that are named twice."""
    if not text.strip():
        raise ImportFailed("import.file_empty")
    try:
        value = json.loads(
            text, parse_float=Number, parse_int=Number, parse_constant=_no_constant, object_pairs_hook=_each_once
        )
    except json.JSONDecodeError as error:
        raise ImportFailed("import.not_json", line=error.lineno, column=error.colno, reason=error.msg) from error
    except RecursionError as error:
        raise ImportFailed("import.nested_too_deep", most=DEPTH_MAX) from error
    if _depth(value) > DEPTH_MAX:
        raise ImportFailed("import.nested_too_deep", most=DEPTH_MAX)
    return value


def _no_constant(name: str) -> Any:
    raise ImportFailed("import.not_json", line=0, column=0, reason=f"{name} is no number of JSON")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for number, name in enumerate(names) if name in names[:number])
        raise ImportFailed("import.field_twice", field=twice[:64])
    return found


def _depth(value: Any) -> int:
    """How many objects and lists stand in one another; counted no further than one too many."""
    depth, level = 0, [value]
    while level and depth <= DEPTH_MAX:
        depth, level = depth + 1, [child for each in level for child in _children(each)]
    return depth


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from (each for each in value.values() if isinstance(each, dict | list))
    elif isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict | list))

"""360Giving 1.4 as types: what the official schema asks of a grant (`360-giving-schema.json`, version 1.4.3).

Rules
- Fields that the schema does not name are kept and not judged, as the standard has it.
- Numbers are decimals, exactly as they are written.
- What the schema says of the recipient (exactly one of two) and of sums is asked in `reading`, which has words for it.

    check_shape(grant, "/grants/0")
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from linlian.imports.grants.codes import COUNTRIES
from linlian.imports.problems import RowRejected

REQUIRED = ("id", "title", "description", "currency", "amountAwarded", "awardDate", "fundingOrganization")
RECIPIENTS = ("recipientOrganization", "recipientIndividual")
DAY = r"[0-9]{4}-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])"
RFC3339 = rf"{DAY}[Tt]([01][0-9]|2[0-3])(:[0-5][0-9]){{2}}(\.[0-9]+)?([Zz]|[+-][0-9]{{2}}:[0-9]{{2}})"

Day = Annotated[str, Meta(pattern=rf"\A({DAY}|{RFC3339})\Z")]
Moment = Annotated[str, Meta(pattern=rf"\A{RFC3339}\Z")]
Text = str | UnsetType
Words = str | None | UnsetType
"""A text that may be null."""


class Number(Decimal):
    """A number of JSON, exactly as it is written; a text of digits is none."""


class Length(Number):
    """A number that is not negative."""


Figure = Number | UnsetType


class Country(str):
    """A code of ISO 3166-1."""

    __slots__ = ()


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    """An object of the standard; fields that it does not name may stand in it."""


class _Dated(_Part, frozen=True):
    date_modified: Moment | UnsetType = UNSET


class Transaction(_Dated, frozen=True):
    id: Text = UNSET
    transaction_date: Day | UnsetType = UNSET
    currency: Text = UNSET
    value: Figure = UNSET
    value_date: Day | UnsetType = UNSET
    description: Words = UNSET
    provider: Words = UNSET
    recipient: Words = UNSET


class Document(_Dated, frozen=True):
    id: Text = UNSET
    title: Words = UNSET
    url: Words = UNSET
    description: Words = UNSET
    document_type: Words = UNSET


class Location(_Dated, frozen=True):
    id: Text = UNSET
    name: Words = UNSET
    country_code: Country | UnsetType = UNSET
    latitude: Number | UnsetType | None = UNSET
    longitude: Number | UnsetType | None = UNSET
    description: Words = UNSET
    geo_code: Words = UNSET
    geo_code_type: Words = UNSET


class Classification(_Dated, frozen=True):
    vocabulary: Text = UNSET
    code: Text = UNSET
    title: Words = UNSET
    description: Words = UNSET
    url: Words = UNSET


class Programme(_Dated, frozen=True):
    code: Text = UNSET
    title: Words = UNSET
    description: Words = UNSET
    url: Words = UNSET


class Person(_Part, frozen=True):
    id: str
    name: str


class Organisation(_Dated, frozen=True, kw_only=True):
    id: str
    name: str
    department: Text = UNSET
    contact_name: Text = UNSET
    charity_number: Text = UNSET
    company_number: Text = UNSET
    street_address: Text = UNSET
    address_locality: Text = UNSET
    address_region: Text = UNSET
    address_country: Text = UNSET
    postal_code: Text = UNSET
    telephone: Text = UNSET
    alternate_name: Text = UNSET
    email: Text = UNSET
    description: Text = UNSET
    organisation_type: Words = UNSET
    url: Text = UNSET
    location: tuple[Location, ...] = ()


class Occasion(_Dated, frozen=True):
    title: Text = UNSET
    start_date: Day | UnsetType = UNSET
    end_date: Day | UnsetType = UNSET
    duration: Length | UnsetType = UNSET
    description: Text = UNSET


class Reasons(_Part, frozen=True):
    primary_grant_reason: Text = UNSET
    secondary_grant_reason: Text = UNSET
    grant_purpose: tuple[str, ...] = ()


Organisations = Annotated[tuple[Organisation, ...], Meta(min_length=1)]


class Grant(_Dated, frozen=True, kw_only=True):
    id: Annotated[str, Meta(min_length=1)]
    title: str
    description: str
    currency: str
    amount_awarded: Number
    award_date: Day
    funding_organization: Organisations
    amount_applied_for: Figure = UNSET
    amount_disbursed: Figure = UNSET
    url: Text = UNSET
    planned_dates: tuple[Occasion, ...] = ()
    actual_dates: tuple[Occasion, ...] = ()
    recipient_individual: Person | UnsetType = UNSET
    to_individuals_details: Reasons | UnsetType = UNSET
    recipient_organization: Organisations | UnsetType = UNSET
    beneficiary_location: tuple[Location, ...] = ()
    grant_programme: tuple[Programme, ...] = ()
    from_open_call: Literal["Yes", "No"] | UnsetType = UNSET
    funding_type: tuple[Classification, ...] = ()
    classifications: tuple[Classification, ...] = ()
    related_document: tuple[Document, ...] = ()
    application_transaction: tuple[Transaction, ...] = ()
    commitment_transaction: tuple[Transaction, ...] = ()
    disbursement_transaction: tuple[Transaction, ...] = ()
    related_activity: tuple[str, ...] = ()
    data_source: Words = UNSET
    regrant_type: Text = UNSET
    location_scope: Text = UNSET


class Package(_Part, frozen=True):
    """What stands around the grants."""

    version: Annotated[str, Meta(pattern=r"\A[0-9]+\.[0-9]+\Z")] = "1.4"
    extensions: tuple[str, ...] = ()
    title: Text = UNSET
    description: Text = UNSET
    issued: Day | UnsetType = UNSET
    modified: Day | UnsetType = UNSET
    identifier: Text = UNSET
    publisher: dict[str, Any] = {}
    license: Text = UNSET
    download: Text = msgspec.field(name="downloadURL", default=UNSET)
    access: Text = msgspec.field(name="accessURL", default=UNSET)


def check_shape(value: dict[str, Any], at: str) -> Grant:
    """A grant by its types. Raises RowRejected (`import.not_by_the_standard`) with where it is not."""
    grant: Grant = _typed(value, Grant, at)
    return grant


def check_package(value: dict[str, Any]) -> Package:
    """What stands around the grants, by its types. Raises RowRejected as `check_shape`."""
    package: Package = _typed(value, Package, "")
    if "publisher" in value and not isinstance(package.publisher.get("name"), str):
        raise RowRejected("import.not_by_the_standard", at="/publisher/name", reason="a publisher has a name")
    return package


def _typed(value: dict[str, Any], kind: Any, at: str) -> Any:
    try:
        return msgspec.convert(value, kind, dec_hook=_own_kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        if "matching regex" in reason:
            reason = "Expected a form such as 2021-02-28 or 2021-02-28T09:30:00Z (a version: 1.4)"
        raise RowRejected("import.not_by_the_standard", at=at + pointer(path.rstrip("`")), reason=reason) from error


def _own_kind(kind: type, value: object) -> object:
    """A number or a country; a text of digits is no number."""
    if kind is Country:
        if isinstance(value, str) and value in COUNTRIES:
            return Country(value)
        raise TypeError("Expected a code of ISO 3166-1")
    if not isinstance(value, Number) or (kind is Length and value < 0):
        raise TypeError("Expected a number that is not negative" if kind is Length else "Expected a number")
    return kind(value)


def pointer(path: str) -> str:
    """`.plannedDates[0].duration` as a JSON pointer (RFC 6901)."""
    return "".join(f"/{part}" for part in re.findall(r"[^.\[\]]+", path))

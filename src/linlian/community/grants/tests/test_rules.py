"""What is recorded of grants that others published: once, by its organisation, never more than it said."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from linlian.community import funds, grants
from linlian.community.grants.rules import (
    GrantRecorded,
    PublicationRecorded,
    RecordGrant,
    RecordPublication,
    Total,
    publications,
    totals,
)
from linlian.community.identity import OrganisationKind, Role
from linlian.community.identity.tests.village import DAY_MS, Village, content, found_village
from linlian.kernel.codec import replace
from linlian.kernel.contract import compose

FILE = RecordPublication(digest=sha256(b"file").digest(), size_bytes=10, grants=2, package=content("package"))


@pytest.fixture
def village() -> Village:
    """Two companies with a clerk each, and a desk."""
    found = found_village(
        funds.contract,
        grants.contract,
        street=OrganisationKind.GOVERNMENT,
        harmony=OrganisationKind.PROPERTY_COMPANY,
        charity=OrganisationKind.THIRD_PARTY,
    )
    found.hire("harmony", "clerk", Role.CLERK)
    found.hire("harmony", "desk", Role.DESK)
    found.hire("charity", "other", Role.CLERK)
    return found


def publish(village: Village, command: RecordPublication = FILE, by: str = "clerk") -> bytes:
    told: PublicationRecorded = village.do(by, command).the(PublicationRecorded)
    return told.publication


def grant(village: Village, publication: bytes, number: int = 1, **other: Any) -> RecordGrant:
    fields: dict[str, Any] = {
        "publication": publication,
        "external": sha256(b"grant %d" % number).digest(),
        "funder": sha256(b"funder").digest(),
        "currency": "GBP",
        "amount_minor": 4_113_377,
        "awarded_at": village.town.time - 300 * DAY_MS,
        "remainder": content(f"grant {number}"),
    }
    return RecordGrant(**{**fields, **other})


def test_a_publication_is_whole_when_all_that_it_brings_are_there(village: Village) -> None:
    publication = publish(village)
    first: GrantRecorded = village.do("clerk", grant(village, publication, disbursed_minor=5)).the(GrantRecorded)
    assert (first.number, first.amount_minor, first.disbursed_minor) == (1, 4_113_377, 5)
    assert village.refusal("clerk", FILE) == "grants.file_known", "it is not whole, so one goes on with it"
    village.do("clerk", grant(village, publication, 2, currency="EUR", to_person=True, person=content("who")))
    row = village.town.get(publications, publication)
    assert row is not None
    assert (row.recorded, row.grants) == (2, 2)
    assert village.refusal("clerk", grant(village, publication, 3)) == "grants.publication_whole"
    assert village.town.get(totals, compose(publication, "GBP")) == Total(1, 4_113_377, 5)
    assert village.town.get(totals, compose(publication, "EUR")) == Total(1, 4_113_377, 0)
    assert publish(village) != publication, "what was wrong in it at first may be brought in later"
    village.town.check_invariants()


def test_a_grant_is_recorded_once_whichever_file_it_stands_in(village: Village) -> None:
    publication = publish(village)
    village.do("clerk", grant(village, publication))
    assert village.refusal("clerk", grant(village, publication)) == "grants.grant_known"
    other = publish(village, replace(FILE, digest=sha256(b"other").digest(), package=content("other")), by="other")
    assert village.refusal("other", grant(village, other)) == "grants.grant_known"


def test_a_file_is_brought_in_by_clerks_and_gone_on_with_by_their_organisation(village: Village) -> None:
    assert village.refusal("desk", FILE) == "identity.role_missing"
    publication = publish(village)
    assert village.refusal("desk", grant(village, publication)) == "identity.role_missing"
    assert village.refusal("other", grant(village, publication)) == "grants.not_yours"
    assert village.refusal("clerk", grant(village, bytes(16))) == "grants.unknown_publication"
    publish(village, replace(FILE, package=content("the same file")), by="other")


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"awarded_at": 0}, "grants.not_awarded_yet"),
        ({"awarded_at": 1}, None),
        ({"awarded_at": 32_503_680_000_000}, "grants.not_awarded_yet"),
        ({"currency": "JPY"}, "grants.no_hundredths"),
        ({"currency": "pounds"}, "kernel.malformed"),
        ({"amount_minor": 0}, "kernel.malformed"),
        ({"amount_minor": -1}, "kernel.malformed"),
        ({"amount_minor": 1_000_000_000_000}, None),
        ({"amount_minor": 1_000_000_000_001}, "kernel.malformed"),
        ({"disbursed_minor": -1}, "kernel.malformed"),
    ],
)
def test_what_is_recorded_has_bounds(village: Village, other: dict[str, Any], code: str | None) -> None:
    command = grant(village, publish(village), **other)
    if code is None:
        village.do("clerk", command)
    else:
        assert village.refusal("clerk", command) == code


def test_who_keeps_a_publication_is_asked_by_neighbours(village: Village) -> None:
    publication = publish(village)
    row = village.town.get(publications, publication)
    assert row is not None
    assert grants.keeper_of(village.town.state, publication) == row.organisation
    assert grants.keeper_of(village.town.state, bytes(16)) == b""

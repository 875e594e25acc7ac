"""475 grants that a real funder published: all of them in, to the penny, and out again by the official schema."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from linlian.community.grants.rules import grants, totals
from linlian.community.grants.views import all_publications, totals_of
from linlian.imports import GrantReport, GrantWork, Unnamed, give_grants
from linlian.imports.grants.packages import entry_of, external_of
from linlian.imports.grants.standard import Number
from linlian.imports.problems import RowRejected
from linlian.imports.requests import quietly
from linlian.kernel.contract import compose
from linlian.kernel.crypto import sha256
from linlian.kernel.proof import check_history
from linlian.node.source import views
from linlian.readmodel.rebuild import rebuild
from linlian.readmodel.sqlite import SqliteHome
from tests.imports.community import HARMONY, OPERATOR, Community, open_community
from tests.imports.data import shared
from tests.imports.packages_360 import grant, package, to_somebody
from tests.imports.test_grants_wrong import WRONG
from tests.independent.schema_360 import validator

FILE = "procurement/grants-360giving-real/json_valid/a003W000001B7PzQAK.json"
GRANTS, AWARDED_MINOR = 475, 2_175_779_327
UNNAMED = Unnamed("A grant to an individual", "not named")


@pytest.fixture(scope="module")
def file() -> Path:
    return shared(FILE)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, file: Path) -> Iterator[Community]:
    with open_community(tmp_path_factory.mktemp("town")) as community:
        yield community


@pytest.fixture(scope="module")
def report(town: Community, file: Path) -> GrantReport:
    return GrantWork(file, town.target).bring_in(HARMONY)


@pytest.fixture(scope="module")
def given(town: Community, report: GrantReport) -> bytes:
    return give_grants([report.publication], town.target, HARMONY, UNNAMED, quietly).package


def test_all_are_there_and_add_up_to_the_penny(town: Community, report: GrantReport) -> None:
    rows = dict(town.ledger._state.table_rows(grants))
    assert (report.imported, len(rows)) == (GRANTS, GRANTS)
    assert {row.currency for row in rows.values()} == {"GBP"}
    assert sum(row.amount_minor for row in rows.values()) == AWARDED_MINOR
    (total,) = dict(town.ledger._state.table_rows(totals)).values()
    assert (total.grants, total.awarded_minor) == (GRANTS, AWARDED_MINOR)


def test_each_is_the_one_in_the_file(town: Community, report: GrantReport, file: Path) -> None:
    rows = dict(town.ledger._state.table_rows(grants))
    for told in json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)["grants"]:
        row = rows.pop(external_of(told["id"]))
        assert row.amount_minor == round(Decimal(told["amountAwarded"]) * 100)
        assert row.funder == sha256(compose("360giving.organisation") + told["fundingOrganization"][0]["id"].encode())
    assert rows == {}
    assert report.digest == sha256(file.read_bytes())


def test_whoever_has_its_history_adds_it_up_without_the_server(town: Community, report: GrantReport) -> None:
    history = check_history(
        town.ledger.prove_history(report.publication),
        {f"linlian/{town.ledger.chain}/operator": [OPERATOR.public_key]},
    )
    assert (history.count, history.withheld) == (1 + GRANTS, 0)
    fields = [entry[3] for entry in history.entries if entry[1] == "grants.grant_recorded"]
    assert sum(each["amount_minor"] for each in fields) == AWARDED_MINOR


def test_the_rows_for_queries_say_the_same(town: Community, report: GrantReport, tmp_path: Path) -> None:
    height = town.ledger.head.height
    home = SqliteHome(tmp_path / "rows.sqlite")
    rebuild(town.ledger.follow(0), height, home, views())
    database = home.open(views())
    with database.reading() as db:
        (row,) = all_publications(db)
        (total,) = totals_of(db, report.publication)
    database.close()
    assert (row.grants, row.recorded, row.digest) == (GRANTS, GRANTS, report.digest)
    assert (total.currency, total.awarded_minor) == ("GBP", AWARDED_MINOR)


def test_what_is_given_away_is_valid_and_says_the_same(given: bytes, file: Path) -> None:
    told = json.loads(given, parse_float=Decimal)
    assert [error.message for error in validator().iter_errors(json.loads(given))] == []
    assert len(told["grants"]) == GRANTS
    assert sum(Decimal(each["amountAwarded"]) for each in told["grants"]) == Decimal(AWARDED_MINOR) / 100
    published = json.loads(file.read_text(encoding="utf-8"))["grants"]
    for before, after in zip(published, json.loads(given)["grants"], strict=True):
        assert {**before, "amountAwarded": 0} == {**after, "amountAwarded": 0}
        assert after["amountAwarded"] == round(before["amountAwarded"], 2)


def test_what_is_given_away_changes_nothing_here_and_is_given_away_the_same_elsewhere(
    town: Community, report: GrantReport, given: bytes, tmp_path: Path
) -> None:
    copy = tmp_path / "again.json"
    copy.write_bytes(given)
    root = town.ledger.head.state_root
    again = GrantWork(copy, town.target).bring_in(HARMONY)
    assert (again.imported, again.already_there, again.rejected) == (0, GRANTS, [])
    assert town.ledger.head.state_root == root
    (tmp_path / "empty").mkdir()
    with open_community(tmp_path / "empty") as other:
        elsewhere = GrantWork(copy, other.target).bring_in(HARMONY)
        assert elsewhere.imported == GRANTS
        assert give_grants([elsewhere.publication], other.target, HARMONY, UNNAMED, quietly).package == given


def _ours(told: dict[str, Any]) -> bool:
    try:
        entry_of(json.loads(json.dumps(told), parse_float=Number, parse_int=Number), "", 1_800_000_000_000)
    except RowRejected:
        return False
    return True


def _theirs(told: dict[str, Any]) -> bool:
    return not list(validator().iter_errors(json.loads(json.dumps(package(told)))))


STRICTER = Counter(
    {
        "import.amount_not_positive": 3,
        "import.amount_in_fractions": 4,
        "import.award_too_large": 2,
        "import.currency_differs": 1,
        "import.currency_unknown": 2,
        "import.time_out_of_range": 2,
        "import.time_in_future": 1,
        "import.day_unreadable": 1,
        "import.field_missing": 1,
        "import.id_too_long": 1,
        "import.half_a_character": 2,
    }
)
"""What the schema lets pass and a ledger cannot keep, by code."""


def test_whatever_the_schema_refuses_is_refused_here() -> None:
    stricter: Counter[str] = Counter()
    for _, fields, code, _ in WRONG:
        told = grant(2, **fields)
        assert not _ours(told)
        if _theirs(told):
            stricter[code] += 1
    assert stricter == STRICTER


@pytest.mark.parametrize(
    "told",
    [
        grant(),
        to_somebody(),
        grant(amountAwarded=1, awardDate="2021-03-04T10:00:00.5+01:00", dateModified="2021-03-04T10:00:00Z"),
        grant(beneficiaryLocation=[{"latitude": 51.5, "longitude": None, "geoCode": None}], dataSource=None),
        grant(AdditionalField="2", CheckMicOne="two", plannedDates=[]),
        grant(plannedDates=[{"startDate": "2021-01-01", "duration": 0.5}], fromOpenCall="No", regrantType="FRG010"),
        grant(grantProgramme=[{"code": "a", "url": None}], classifications=[{"title": None}], relatedActivity=["x"]),
    ],
)
def test_whatever_is_right_here_is_right_by_the_schema(told: dict[str, Any]) -> None:
    assert (_ours(told), _theirs(told)) == (True, True)


PLACE: dict[str, Any] = {
    "id": "p",
    "name": "n",
    "countryCode": "GB",
    "latitude": 1.5,
    "longitude": 2,
    "description": "d",
}
PLACE |= {"geoCode": "g", "geoCodeType": "t", "dateModified": "2021-01-01T00:00:00Z"}
CODED = {"vocabulary": "v", "code": "c", "title": "t", "description": "d", "url": "https://example.org"}
PAID = {"id": "t", "transactionDate": "2021-01-01", "currency": "GBP", "value": 1, "valueDate": "2021-01-01"}
PAID |= {"description": "d", "provider": "p", "recipient": "r", "dateModified": "2021-01-01T00:00:00Z"}
CODED |= {"dateModified": "2021-01-01T00:00:00Z"}
DURING = {"title": "t", "startDate": "2021-01-01", "endDate": "2021-01-02", "duration": 3, "description": "d"}
DURING |= {"dateModified": "2021-01-01T00:00:00Z"}
ORGANISATION: dict[str, Any] = {"id": "i", "name": "n", "department": "d", "contactName": "c", "charityNumber": "1"}
ORGANISATION |= {"companyNumber": "2", "streetAddress": "s", "addressLocality": "l", "addressRegion": "r"}
ORGANISATION |= {"addressCountry": "GB", "postalCode": "p", "telephone": "t", "alternateName": "a", "email": "e"}
ORGANISATION |= {"description": "d", "organisationType": "o", "url": "u", "location": [PLACE]}
ORGANISATION |= {"dateModified": "2021-01-01T00:00:00Z"}
PAPER = {"id": "i", "title": "t", "url": "u", "description": "d", "documentType": "x"}
PAPER |= {"dateModified": "2021-01-01T00:00:00Z"}
WHOLE = grant(
    amountAppliedFor=1,
    amountDisbursed=1,
    url="https://example.org",
    plannedDates=[DURING],
    actualDates=[DURING],
    recipientOrganization=[ORGANISATION],
    fundingOrganization=[ORGANISATION],
    beneficiaryLocation=[PLACE],
    grantProgramme=[CODED],
    fromOpenCall="Yes",
    fundingType=[CODED],
    classifications=[CODED],
    relatedDocument=[PAPER],
    applicationTransaction=[PAID],
    commitmentTransaction=[PAID],
    disbursementTransaction=[PAID],
    relatedActivity=["a"],
    dateModified="2021-01-01T00:00:00Z",
    dataSource="https://example.org",
    regrantType="FRG010",
    locationScope="Global",
)
REASONS = {"primaryGrantReason": "r", "secondaryGrantReason": "s", "grantPurpose": ["p"]}
SOMEBODY = {**to_somebody(), "toIndividualsDetails": REASONS}
VALUES: list[Any] = [
    None,
    "",
    "x",
    0,
    -1,
    1.5,
    True,
    [],
    {},
    [None],
    [{}],
    "2021-01-01",
    "2021-01-01T00:00:00Z",
    "2021-13-01",
]


def _spoilt(told: Any) -> Iterator[Any]:
    """The same with every value in it, one at a time, replaced by each of others, or left out."""
    if isinstance(told, dict):
        for name in told:
            yield {each: value for each, value in told.items() if each != name}
            yield from ({**told, name: value} for value in VALUES)
            yield from ({**told, name: value} for value in _spoilt(told[name]))
    elif isinstance(told, list) and told:
        yield from ([value] for value in VALUES)
        yield from ([value] for value in _spoilt(told[0]))


@pytest.mark.parametrize("whole", [WHOLE, SOMEBODY], ids=["organisation", "individual"])
def test_nothing_comes_in_that_the_official_schema_refuses(whole: dict[str, Any]) -> None:
    judge = validator().evolve(schema=validator().schema["properties"]["grants"])
    assert _ours(whole)
    wrong = [told for told in _spoilt(whole) if _ours(told) and list(judge.iter_errors([told]))]
    assert wrong == []

"""Packages of 360Giving into a ledger: what is there afterwards, what stays sealed, and what is wrong with a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linlian.community.grants.rules import Grant, grants, publications, totals
from linlian.community.openings import OpenContent, Purpose
from linlian.imports import GrantReport, GrantWork, ImportFailed, Unnamed, give_grants
from linlian.imports.grants import packages
from linlian.imports.grants.packages import split
from linlian.imports.requests import quietly
from linlian.kernel import codec
from linlian.kernel.codec import Content
from linlian.kernel.errors import Refused
from tests.imports.community import HARMONY, OWNERS, Community, open_community
from tests.imports.packages_360 import grant, to_somebody, write

UNNAMED = Unnamed("A grant to an individual", "not named")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Community]:
    folder = tmp_path / "town"
    folder.mkdir()
    with open_community(folder) as community:
        yield community


def bring(town: Community, path: Path, leave_out: bool = False, encoding: str = "") -> GrantReport:
    return GrantWork(path, town.target, encoding).bring_in(HARMONY, leave_out)


def rows(town: Community) -> dict[bytes, Grant]:
    return dict(town.ledger._state.table_rows(grants))


def given(town: Community, *reports: GrantReport) -> dict[str, Any]:
    ids = [report.publication for report in reports]
    told: dict[str, Any] = json.loads(give_grants(ids, town.target, HARMONY, UNNAMED, quietly).package)
    return told


def test_grants_are_on_the_ledger_in_hundredths(town: Community, tmp_path: Path) -> None:
    paid = [{"value": 100, "currency": "GBP"}, {"value": 0.29}]
    path = write(
        tmp_path,
        grant(1, amountAwarded=41133.770000000004),
        grant(2, currency="EUR", amountDisbursed=12.34, awardDate="2021-03-04T10:00:00+08:00"),
        grant(3, disbursementTransaction=paid),
    )
    before = town.ledger.head
    told = GrantWork(path, town.target).rehearse()
    assert (town.ledger.head, told.imported) == (before, 3), "a dry run writes nothing"
    report = bring(town, path)
    assert (report.imported, report.rejected) == (3, [])
    assert report.awarded == told.awarded == {"GBP": 4_113_377 + 100_050, "EUR": 100_050}
    found = sorted(rows(town).values(), key=lambda row: row.amount_minor)
    assert [row.amount_minor for row in found] == [100_050, 100_050, 4_113_377]
    assert sorted(row.disbursed_minor for row in found) == [0, 1_234, 10_029]
    assert {row.awarded_at for row in found} == {1_614_816_000_000, 1_614_823_200_000}
    sums = dict(town.ledger._state.table_rows(totals)).values()
    assert sum(row.awarded_minor for row in sums) == sum(row.amount_minor for row in found)


def test_no_word_of_a_grant_stands_in_the_ledger(town: Community, tmp_path: Path) -> None:
    bring(town, write(tmp_path, grant(1), to_somebody(2)))
    everything = b"".join(path.read_bytes() for path in town.folder.rglob("*") if path.is_file())
    for word in (b"Hot meals", b"Wang Fang", b"Grace", b"360G-trust", b"kitchen", b"GB-CHC", b"What we gave"):
        assert word not in everything


def test_the_same_again_changes_nothing(town: Community, tmp_path: Path) -> None:
    path = write(tmp_path, grant(1), to_somebody(2))
    bring(town, path)
    before = town.ledger.head
    again = bring(town, path)
    assert (again.imported, again.already_there, again.publication) == (0, 2, b"")
    assert town.ledger.head == before


def test_what_is_given_away_names_nobody_and_is_given_away_the_same_elsewhere(town: Community, tmp_path: Path) -> None:
    first = bring(town, write(tmp_path, grant(1), to_somebody(2, amountDisbursed=5), license="https://example.org/l"))
    told = given(town, first)
    assert (told["title"], told["license"], told["publisher"]) == (
        "What we gave",
        "https://example.org/l",
        {"name": "A trust"},
    )
    one, two = told["grants"]
    assert (one["ourOwnField"], one["amountAwarded"], one["title"]) == (
        {"kept": ["as", "it", "is"]},
        1000.5,
        "Hot meals",
    )
    assert (two["title"], two["recipientIndividual"]["name"]) == ("A grant to an individual", "not named")
    words = json.dumps(told)
    assert [word for word in ("Wang", "GTIR", "Grace", "@trust", "0123") if word in words] == []
    copy = write(tmp_path, name="copy.json")
    copy.write_text(words, encoding="utf-8")
    assert bring(town, copy).already_there == 2, "it is known here by its identifier"
    (tmp_path / "other").mkdir()
    with open_community(tmp_path / "other") as other:
        assert given(other, bring(other, copy)) == told


def test_several_publications_are_one_package_of_what_they_say_alike(town: Community, tmp_path: Path) -> None:
    first = bring(town, write(tmp_path, grant(1), license="https://example.org/1"))
    second = bring(town, write(tmp_path, grant(1), grant(2), license="https://example.org/2"))
    told = given(town, first, second)
    assert [each["id"] for each in told["grants"]] == ["360G-trust-1", "360G-trust-2"]
    assert ("license" in told, told["title"]) == (False, "What we gave")


def test_each_look_into_what_is_sealed_is_on_the_record(town: Community, tmp_path: Path) -> None:
    report = bring(town, write(tmp_path, *(grant(number) for number in range(20))))
    before = town.ledger.head.height
    given(town, report)
    looked = [
        receipt for block in _blocks(town, before + 1) for receipt in block.receipts if receipt.outcome == "accepted"
    ]
    assert len(looked) == 3, "the package and twenty grants, nine at a time"
    with pytest.raises(ImportFailed, match=r"import\.not_opened"):
        give_grants([report.publication], town.target, OWNERS, UNNAMED, quietly)


def test_whoever_gives_grants_away_does_not_see_whom_they_went_to(town: Community, tmp_path: Path) -> None:
    bring(town, write(tmp_path, to_somebody(1)))
    ((_, _, _, told),) = (
        entry
        for block in _blocks(town, 1)
        for receipt in block.receipts
        for entry in map(codec.decode_plain_trusted, receipt.entries)
        if entry[1] == "grants.grant_recorded"
    )
    for field, code in (("person", "openings.not_these"), ("remainder", "")):
        command = OpenContent(contents=(told[field]["commitment"],), purpose=Purpose.INFORMATION)
        if code:
            with pytest.raises(Refused, match=code.replace(".", r"\.")):
                town.do("harmony", command)
        else:
            town.do("harmony", command)
    sealed = json.loads(town.contents._unsealed(Content(**told["person"])))
    assert sealed["recipientIndividual"] == {"id": "wang-fang", "name": "Wang Fang"}
    assert sealed["fundingOrganization/0"] == {"contactName": "Grace", "email": "grace@trust.example"}


@pytest.mark.parametrize(
    "forged",
    [{"amountAwarded": 1}, {"currency": "EUR"}, {"awardDate": "2021-03-05"}, {"id": "another"}, {"amountDisbursed": 7}],
    ids=["another sum", "another currency", "another day", "another grant", "paid"],
)
def test_what_is_sealed_and_contradicts_the_ledger_is_not_given_away(
    town: Community, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forged: dict[str, Any]
) -> None:
    """A node that seals other words than it signs sums for."""
    told = split(grant(1))[0]
    monkeypatch.setattr(packages, "split", lambda _: ({**told, **forged}, {}))
    report = bring(town, write(tmp_path, grant(1)))
    with pytest.raises(ImportFailed, match=r"import\.contradicts_ledger"):
        given(town, report)


def _blocks(town: Community, start: int) -> Iterator[Any]:
    for block in town.ledger.follow(start):
        yield block
        if block.header.height == town.ledger.head.height:
            return


def test_a_contradiction_is_told_and_changes_nothing(town: Community, tmp_path: Path) -> None:
    bring(town, write(tmp_path, grant(1)))
    before = town.ledger.head
    report = bring(town, write(tmp_path, grant(1, amountAwarded=1, awardDate="2021-03-05"), grant(2)))
    (why,) = report.rejected
    assert (why.code, why.facts) == (
        "import.differs_from_ledger",
        {"at": "/grants/0", "fields": "amount_minor,awarded_at"},
    )
    assert (report.imported, town.ledger.head) == (0, before)


def test_a_run_that_was_cut_off_goes_on(town: Community, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, *(grant(number) for number in range(30)))
    monkeypatch.setattr("linlian.imports.grants.running.ROUND_GRANTS", 10)

    def cut_off(done: int, _of: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        GrantWork(path, town.target).bring_in(HARMONY, progress=cut_off)
    ((_, begun),) = town.ledger._state.table_rows(publications)
    assert (begun.recorded, begun.grants) == (20, 30), "everybody sees that ten are missing"
    report = bring(town, path)
    assert (report.imported, report.already_there) == (10, 20)
    ((_, whole),) = town.ledger._state.table_rows(publications)
    assert whole.recorded == whole.grants == 30


def test_what_was_left_out_comes_in_once_it_is_mended(town: Community, tmp_path: Path) -> None:
    path = write(tmp_path, grant(1), grant(2, amountAwarded=-1))
    assert bring(town, path).imported == 0, "a file is brought in whole, or not"
    assert bring(town, path, leave_out=True).imported == 1
    assert bring(town, write(tmp_path, grant(1), grant(2))).imported == 1
    assert len(rows(town)) == 2


def test_whoever_may_not_import_changes_nothing(town: Community, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"import\.not_allowed"):
        GrantWork(write(tmp_path, grant(1)), town.target).bring_in(OWNERS)
    assert rows(town) == {}

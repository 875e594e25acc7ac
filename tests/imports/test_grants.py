"""Packages of 360Giving into a ledger: what is there afterwards, what stays sealed, and what is wrong with a file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from linlian.community.grants.rules import Grant, grants, publications, totals
from linlian.community.openings import OpenContent, Purpose
from linlian.imports import GrantReport, GrantWork, ImportFailed, Unnamed, give_grants
from linlian.imports.grants import packages
from linlian.imports.grants.packages import minor_of
from linlian.imports.grants.standard import Number, pointer
from linlian.imports.problems import RowRejected
from linlian.imports.requests import quietly
from linlian.kernel import codec
from linlian.kernel.codec import Content
from linlian.kernel.errors import Refused
from linlian.node import source
from linlian.words import Words
from tests.imports.community import HARMONY, OWNERS, Community, open_community
from tests.imports.packages_360 import grant, package, to_somebody, write

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


LONG = "9" * 400
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("negative", {"amountAwarded": -5}, "import.amount_not_positive", "/amountAwarded"),
    ("zero", {"amountAwarded": 0}, "import.amount_not_positive", "/amountAwarded"),
    ("nothing but a fraction", {"amountAwarded": 0.001}, "import.amount_in_fractions", "/amountAwarded"),
    ("half a penny", {"amountAwarded": 10.005}, "import.amount_in_fractions", "/amountAwarded"),
    ("huge", {"amountAwarded": 10_000_000_000.01}, "import.amount_too_large", "/amountAwarded"),
    ("more digits than numbers have", {"amountAwarded": int(LONG)}, "import.amount_too_large", "/amountAwarded"),
    ("a sum as text", {"amountAwarded": "1000"}, "import.not_by_the_standard", "/amountAwarded"),
    ("a sum that is true", {"amountAwarded": True}, "import.not_by_the_standard", "/amountAwarded"),
    ("no sum", {"amountAwarded": None}, "import.field_missing", "/amountAwarded"),
    ("paid less than nothing", {"amountDisbursed": -0.01}, "import.amount_not_positive", "/amountDisbursed"),
    ("paid in fractions", {"amountDisbursed": 0.015}, "import.amount_in_fractions", "/amountDisbursed"),
    (
        "mixed currencies",
        {"disbursementTransaction": [{"value": 1, "currency": "GBP"}, {"value": 1, "currency": "EUR"}]},
        "import.currency_differs",
        "/disbursementTransaction/1/currency",
    ),
    (
        "a payment in fractions",
        {"commitmentTransaction": [{"value": 0.001}]},
        "import.amount_in_fractions",
        "/commitmentTransaction/0/value",
    ),
    ("a currency without hundredths", {"currency": "JPY"}, "import.currency_unknown", "/currency"),
    ("a currency that is no more", {"currency": "DEM"}, "import.currency_unknown", "/currency"),
    ("a sign for a currency", {"currency": "£"}, "import.currency_unknown", "/currency"),
    ("1900", {"awardDate": "1900-01-01"}, "import.time_out_of_range", "/awardDate"),
    ("1900 as a time", {"awardDate": "1900-01-01T00:00:00Z"}, "import.time_out_of_range", "/awardDate"),
    ("2900", {"awardDate": "2900-01-01"}, "import.time_in_future", "/awardDate"),
    ("no such day", {"awardDate": "2021-02-30"}, "import.day_unreadable", "/awardDate"),
    ("a day as the English write it", {"awardDate": "04/03/2021"}, "import.not_by_the_standard", "/awardDate"),
    ("both recipients", {"recipientIndividual": {"id": "a", "name": "b"}}, "import.recipients_of_both_kinds", ""),
    ("no recipient", {"recipientOrganization": None}, "import.recipient_missing", ""),
    ("no recipient in the list", {"recipientOrganization": []}, "import.not_by_the_standard", "/recipientOrganization"),
    (
        "a recipient without a name",
        {"recipientOrganization": [{"id": "x"}]},
        "import.not_by_the_standard",
        "/recipientOrganization/0",
    ),
    ("no funder", {"fundingOrganization": []}, "import.field_missing", "/fundingOrganization"),
    ("an empty title", {"title": ""}, "import.field_missing", "/title"),
    ("an identifier that is a number", {"id": 7}, "import.not_by_the_standard", "/id"),
    ("an identifier like a book", {"id": "x" * 256}, "import.id_too_long", "/id"),
    ("half a character", {"title": "\ud83d"}, "import.half_a_character", ""),
    ("half a character as identifier", {"id": "\ud83d"}, "import.half_a_character", ""),
    ("a length of less than nothing", {"plannedDates": [{"duration": -1}]},
     "import.not_by_the_standard", "/plannedDates/0/duration"),
    ("no such country", {"beneficiaryLocation": [{"countryCode": "ZZ"}]},
     "import.not_by_the_standard", "/beneficiaryLocation/0/countryCode"),
    ("a list that is none", {"classifications": {}}, "import.not_by_the_standard", "/classifications"),
]  # fmt: skip
SPOKEN = [Words.load(source.businesses()).tongue(language) for language in ("zh", "en")]


@pytest.mark.parametrize(("fields", "code", "where"), [line[1:] for line in WRONG], ids=[line[0] for line in WRONG])
def test_a_wrong_grant_is_told_with_its_place_and_nothing_comes_in(
    town: Community, tmp_path: Path, fields: dict[str, Any], code: str, where: str
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(package(grant(1), grant(2, **fields), grant(3))), encoding="utf-8")
    before = town.ledger.head
    report = bring(town, path)
    (why,) = report.rejected
    assert (why.code, why.facts["at"]) == (code, f"/grants/1{where}")
    for tongue in SPOKEN:
        sentence = tongue.error(why)
        assert code not in sentence, "it has words"
        assert "{" not in sentence
    assert (town.ledger.head, report.imported) == (before, 0)
    assert bring(town, path, leave_out=True).imported == 2


def test_every_wrong_grant_of_a_file_is_told_in_its_order(town: Community, tmp_path: Path) -> None:
    path = write(tmp_path, "no grant", grant(1), grant(1), 7, grant(2, amountAwarded=0))
    told = [(why.facts["at"], why.code) for why in bring(town, path).rejected]
    assert told == [
        ("/grants/0", "import.not_an_object"),
        ("/grants/2", "import.repeated_grant"),
        ("/grants/3", "import.not_an_object"),
        ("/grants/4/amountAwarded", "import.amount_not_positive"),
    ]


GOOD = json.dumps(package(grant(1, title="免费午餐")), ensure_ascii=False)
BROKEN: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "import.file_empty"),
    ("blanks", b" \n\n", "import.file_empty"),
    ("a table", b"Identifier,Title\n1,2\n", "import.not_json"),
    ("cut off", GOOD.encode()[:-9], "import.not_json"),
    ("cut off within a character", GOOD.encode()[: GOOD.encode().index("餐".encode()) + 1], "import.not_in_encoding"),
    ("GB 18030 that is not said", GOOD.encode("gb18030"), "import.not_in_encoding"),
    ("no number", GOOD.replace("1000.5", "NaN").encode(), "import.not_json"),
    ("a sum without end", GOOD.replace("1000.5", "Infinity").encode(), "import.not_json"),
    ("a sum twice", GOOD.replace('"amountAwarded"', '"amountAwarded":7, "amountAwarded"').encode(),
     "import.field_twice"),
    ("deeper than Python goes", b'{"grants": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "import.nested_too_deep"),
    ("deep", GOOD.replace('"kept"', '"kept": ' + "[" * 30 + "]" * 30 + ', "x"').encode(), "import.nested_too_deep"),
    ("a list", b"[]", "import.no_grants"),
    ("no grants", b'{"grants": []}', "import.no_grants"),
    ("one grant that is no list", b'{"grants": {"id": "1"}}', "import.no_grants"),
    ("a publisher without a name", b'{"publisher": {}, "grants": [{}]}', "import.not_by_the_standard"),
    ("a version that is a number", b'{"version": 1.4, "grants": [{}]}', "import.not_by_the_standard"),
    ("half a gzip", gzip.compress(GOOD.encode())[:-12], "import.file_damaged"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "code"), [line[1:] for line in BROKEN], ids=[line[0] for line in BROKEN])
def test_a_broken_file_is_refused_as_a_whole(town: Community, tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(data)
    before = town.ledger.head
    with pytest.raises(ImportFailed) as caught:
        bring(town, path, leave_out=True)
    assert caught.value.code == code
    for tongue in SPOKEN:
        assert code not in tongue.error(caught.value)
    assert town.ledger.head == before


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        (lambda text: b"\xef\xbb\xbf" + text.encode(), ""),
        (lambda text: text.encode("utf-16"), ""),
        (lambda text: text.encode("gb18030"), "gb18030"),
        (lambda text: gzip.compress(text.encode()), ""),
    ],
    ids=["a mark", "UTF-16 with a mark", "GB 18030 that is said", "gzip"],
)
def test_whatever_encoding_is_known_is_read(
    town: Community, tmp_path: Path, encode: Callable[[str], bytes], encoding: str
) -> None:
    path = tmp_path / "grants.json"
    path.write_bytes(encode(GOOD))
    assert given(town, bring(town, path, encoding=encoding))["grants"][0]["title"] == "免费午餐"


def test_other_encodings_are_refused(town: Community, tmp_path: Path) -> None:
    path = tmp_path / "grants.json"
    path.write_bytes(GOOD.encode("gb18030"))
    for encoding, code in (("utf-8", "import.undecodable"), ("klingon", "import.encoding_unknown")):
        with pytest.raises(ImportFailed, match=code.replace(".", r"\.")):
            bring(town, path, encoding=encoding)


def test_a_file_that_unpacks_without_end_is_refused(
    town: Community, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "FILE_BYTES_MAX", 10_000)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * 1_000_000))
    with pytest.raises(ImportFailed, match=r"import\.file_too_large"):
        bring(town, path)
    with pytest.raises(ImportFailed, match=r"import\.file_missing"):
        bring(town, tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("told", "minor"),
    [("0.01", 1), ("1E+3", 100_000), ("0.29", 29), ("80394.5", 8_039_450), ("41133.770000000004", 4_113_377),
     ("9999999999.99", 999_999_999_999), ("10000000000", 1_000_000_000_000), ("9999999999.990001", 999_999_999_999),
     ("-0", 0), ("1E-400", 0), ("-1.10", -110)],
)  # fmt: skip
def test_sums_are_hundredths_exactly(told: str, minor: int) -> None:
    assert minor_of(Number(told), "") == minor


@pytest.mark.parametrize("told", ["0.005", "1.001", "41133.7701", "1E+400", "1E+999999"])
def test_whatever_is_no_sum_of_hundredths_is_refused(told: str) -> None:
    with pytest.raises(RowRejected, match=r"import\.amount_(in_fractions|too_large)"):
        minor_of(Number(told), "/x")


def test_a_place_is_a_json_pointer() -> None:
    assert pointer(".plannedDates[0].duration") == "/plannedDates/0/duration"

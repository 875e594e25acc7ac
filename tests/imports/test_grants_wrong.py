"""What may be wrong with a package of 360Giving, or a grant in it: each is told with its place, nothing comes in."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linlian.imports import ImportFailed
from linlian.imports.grants import packages
from linlian.imports.grants.packages import minor_of
from linlian.imports.grants.standard import Number, pointer
from linlian.imports.problems import RowRejected
from linlian.node import source
from linlian.words import Words
from tests.imports.community import Community
from tests.imports.packages_360 import grant, package, write
from tests.imports.test_grants import bring, given, town

__all__ = ["town"]

LONG = "9" * 400
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("negative", {"amountAwarded": -5}, "import.amount_not_positive", "/amountAwarded"),
    ("zero", {"amountAwarded": 0}, "import.amount_not_positive", "/amountAwarded"),
    ("nothing but a fraction", {"amountAwarded": 0.001}, "import.amount_in_fractions", "/amountAwarded"),
    ("half a penny", {"amountAwarded": 10.005}, "import.amount_in_fractions", "/amountAwarded"),
    ("huge", {"amountAwarded": 10_000_000_000.01}, "import.award_too_large", "/amountAwarded"),
    ("more digits than numbers have", {"amountAwarded": int(LONG)}, "import.award_too_large", "/amountAwarded"),
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
    with pytest.raises(RowRejected, match=r"import\.(amount_in_fractions|award_too_large)"):
        minor_of(Number(told), "/x")


def test_a_place_is_a_json_pointer() -> None:
    assert pointer(".plannedDates[0].duration") == "/plannedDates/0/duration"

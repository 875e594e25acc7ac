"""Files into a ledger: what is there afterwards, what is said, and that nothing comes twice."""

from __future__ import annotations

import csv
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from linlian.community.places.rules import Place, places
from linlian.community.repairs.rules import Case, cases
from linlian.community.repairs.rules_history import imports
from linlian.community.repairs.rules_terms import Clock
from linlian.engine.ledger import Final
from linlian.imports import ImportFailed, Mapping, Report, Source, import_requests, load, parse, rehearse_requests
from linlian.imports.places import SideTable
from linlian.imports.requests import SIDE_TABLE
from linlian.kernel.codec import Content
from linlian.kernel.errors import Busy, LinlianError
from linlian.vault import VaultError
from tests.imports.community import HARMONY, OWNERS, Community, open_community
from tests.imports.data import shared

TOWN = parse("""
source = "town"
title = "A town"
[columns]
id = ["id"]
reported_at = "opened"
closed_at = "closed"
target_at = "due"
[times]
zone = "UTC"
[timeliness]
column = "kept"
on_time = ["yes"]
overdue = ["no"]
[category]
column = "kind"
[place]
address = ["street"]
area = "quarter"
""")
HEADER = "id,opened,closed,due,kept,kind,street,quarter,words"
LINES = [
    "1,2024-05-01,2024-05-02,2024-05-03,yes,Light,Main St 5,North,dark since Monday",
    "2,2024-05-01,2024-05-09,2024-05-03,no,Light,Oak St 1,South,",
    "3,2024-06-01,,2024-06-09,,Light,MAIN ST 5,North,again",
    "4,2024-07-20,,,,Tree,Main St 5,North,",
    "5,2024-07-01 10:00,2024-07-01 10:05,,,Tree,,,no address",
]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Community]:
    with open_community(tmp_path) as community:
        yield community


def table(folder: Path, lines: Sequence[str] = LINES, name: str = "cases.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def bring(town: Community, path: Path, mapping: Mapping = TOWN) -> Report:
    return import_requests(Source(path, mapping), town.target, HARMONY)


def case_rows(town: Community) -> dict[bytes, Case]:
    return dict(town.ledger._state.table_rows(cases))


def place_rows(town: Community) -> dict[bytes, Place]:
    return dict(town.ledger._state.table_rows(places))


def recorded(town: Community) -> list[dict[str, Any]]:
    """The events of all imported records, in the order of the ledger."""
    height, found = town.ledger.head.height, []
    for block in town.ledger.follow(1):
        for receipt in block.receipts:
            entries = Final(b"", 0, 0, 0, receipt).entries()
            found += [fields for name, _, fields in entries if name == "repairs.history_recorded"]
        if block.header.height == height:
            return found
    return found


def test_records_are_on_the_ledger_as_history(town: Community) -> None:
    report = bring(town, table(town.folder))
    assert (report.rows, report.records, report.imported, report.already_there) == (5, 5, 5, 0)
    assert (report.rejected, report.rejected_file) == ([], None)
    assert report.states == {"closed": 3, "open": 2}
    assert report.timeliness == {"on_time": 1, "overdue": 1, "not_stated": 3}
    assert report.categories == {"town.light": 3, "town.tree": 2}
    found = list(case_rows(town).values())
    assert all(case.imported for case in found)
    assert Counter(case.category for case in found) == report.categories
    assert sum(Clock.FINISH in case.late for case in found) == 1
    assert sum(case.instant for case in found) == 1


def test_the_same_address_is_one_place_in_its_area_and_none_is_a_place_alone(town: Community) -> None:
    report = bring(town, table(town.folder))
    found = place_rows(town)
    codes = {row.code: key for key, row in found.items() if row.kind == "community"}
    assert sorted(codes) == ["town", "town.north", "town.south"]
    holders = Counter(row.parent for row in found.values() if row.kind == "grounds")
    assert holders == {codes["town.north"]: 1, codes["town.south"]: 1, codes["town"]: 1}
    assert report.places == len(found) == 6
    assert Counter(Counter(case.place for case in case_rows(town).values()).values()) == {3: 1, 1: 2}


def test_a_repeat_is_linked_whatever_the_order_of_the_file(town: Community) -> None:
    bring(town, table(town.folder, list(reversed(LINES))))
    repeated = [case for case in case_rows(town).values() if case.repeat_of != bytes(16)]
    assert [case.category for case in repeated] == ["town.light"]
    assert case_rows(town)[repeated[0].repeat_of].closed_at > 0


def test_the_row_and_the_address_are_sealed_and_open_with_the_vault(town: Community) -> None:
    bring(town, table(town.folder))
    (first, *_) = recorded(town)
    sealed = Content(**first["remainder"])
    assert json.loads(town.contents._unsealed(sealed)) == dict(zip(HEADER.split(","), LINES[0].split(","), strict=True))
    everything = (town.folder / "ledger.sqlite").read_bytes() + (town.folder / SIDE_TABLE).read_bytes()
    assert b"Monday" not in everything
    assert b"Main St" not in everything


def test_a_dry_run_says_the_same_and_writes_nothing(town: Community) -> None:
    path = table(town.folder, [*LINES, "6,soon,,,,Light,Oak St 1,South,"])
    before, files = town.ledger.head, {*town.folder.rglob("*")}
    told = rehearse_requests(Source(path, TOWN), town.target)
    assert town.ledger.head == before
    assert {*town.folder.rglob("*")} == files
    report = bring(town, path)
    for name in ("rows", "records", "states", "categories", "timeliness", "places"):
        assert getattr(told, name) == getattr(report, name), name
    assert [(row.line, why.code) for row, why in told.rejected] == [(7, "import.time_unreadable")]
    again = rehearse_requests(Source(path, TOWN), town.target)
    assert (again.already_there, again.places, again.records) == (5, 0, 5)


def test_rejected_rows_stay_out_are_reported_and_can_be_mended(town: Community) -> None:
    bad = [
        "6,2024-05-01,2024-04-01,,,Light,Oak St 1,South,",
        "1,2024-05-01,,,,Light,Elm,South,",
        "7,2024-05-01",
        LINES[4],
    ]
    path = table(town.folder, [*LINES, *bad])
    report = bring(town, path)
    assert report.imported == 5
    assert [(row.line, why.code) for row, why in report.rejected] == [
        (7, "import.closed_before_reported"),
        (8, "import.repeated_in_file"),
        (9, "import.fields_count"),
        (10, "import.repeated_in_file"),
    ]
    assert report.reasons()["import.repeated_in_file"] == 2
    assert report.rejected_file == town.folder / "cases.rejected.csv"
    with report.rejected_file.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["rejected_line"] for row in rows] == ["7", "8", "9", "10"]
    assert rows[1]["rejected_because"] == "import.repeated_in_file first_line=2"
    mended = report.rejected_file.read_text(encoding="utf-8").replace("2024-04-01", "2024-06-01")
    report.rejected_file.write_text(mended, encoding="utf-8")
    again = bring(town, report.rejected_file)
    assert (again.imported, again.already_there) == (1, 2)
    assert [(row.line, why.code) for row, why in again.rejected] == [(4, "import.category_missing")]


def test_the_same_file_again_imports_nothing(town: Community) -> None:
    path = table(town.folder)
    bring(town, path)
    before = town.ledger.head
    again = bring(town, path)
    assert (again.imported, again.already_there, again.places) == (0, 5, 0)
    assert town.ledger.head == before


def test_without_the_side_table_the_ledger_tells_the_places(town: Community) -> None:
    bring(town, table(town.folder, LINES[:2]))
    (town.folder / SIDE_TABLE).unlink()
    report = bring(town, table(town.folder))
    assert (report.imported, report.already_there) == (3, 2)
    assert report.places == 2, "the source's own area, and the record without an address"
    assert len(place_rows(town)) == 6
    assert sum(case.repeat_of != bytes(16) for case in case_rows(town).values()) == 1


def test_a_side_table_of_another_ledger_is_not_believed(town: Community, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with open_community(elsewhere) as other:
        bring(other, table(other.folder))
    (elsewhere / SIDE_TABLE).rename(town.folder / SIDE_TABLE)
    assert bring(town, table(town.folder)).places == 6
    assert {case.place for case in case_rows(town).values()} <= {*place_rows(town)}


def test_a_damaged_side_table_is_said(town: Community) -> None:
    (town.folder / SIDE_TABLE).write_bytes(b"not a database " * 100)
    with pytest.raises(ImportFailed) as caught:
        bring(town, table(town.folder))
    assert caught.value.code == "import.side_table_damaged"


def test_only_a_clerk_of_the_right_office_imports(town: Community) -> None:
    with pytest.raises(ImportFailed) as caught:
        import_requests(Source(table(town.folder), TOWN), town.target, OWNERS)
    assert caught.value.code == "import.not_allowed"
    assert str(caught.value.facts["because"]).startswith("identity.")
    assert case_rows(town) == {}


def test_what_the_ledger_refuses_is_reported_with_its_line(town: Community) -> None:
    named = parse("""
source = "town"
title = "A town"
columns = { id = ["id"], reported_at = "opened" }
times = { zone = "UTC" }
category = { column = "kind", names = { Tree = "nobody.knows" } }
""")
    report = bring(town, table(town.folder), named)
    assert report.imported == 3
    assert [(row.line, why.code) for row, why in report.rejected] == [
        (5, "repairs.unknown_category"),
        (6, "repairs.unknown_category"),
    ]
    assert report.rejected[1][0].values["words"] == "no address"


def test_a_busy_engine_is_asked_again_when_it_says_so(town: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    submit_many, refusals = town.ledger.submit_many, [3, 1]

    def busy_at_first(raws: Sequence[bytes]) -> list[Future[Final]]:
        if refusals:
            raise Busy(refusals.pop())
        return submit_many(raws)

    monkeypatch.setattr(town.ledger, "submit_many", busy_at_first)
    assert bring(town, table(town.folder)).imported == 5
    assert refusals == []


def test_an_engine_that_stops_stops_the_run_and_the_next_goes_on(
    town: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table(town.folder)

    def closed(raws: Sequence[bytes]) -> list[Future[Final]]:
        raise LinlianError("engine.closed")

    with monkeypatch.context() as patch:
        patch.setattr(town.ledger, "submit_many", closed)
        with pytest.raises(ImportFailed) as caught:
            bring(town, path)
    assert (caught.value.code, caught.value.facts["because"]) == ("import.stopped", "engine.closed")
    assert bring(town, path).imported == 5


def test_nothing_goes_on_the_ledger_that_the_vault_does_not_hold(
    town: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Sequence[bytes]) -> list[Content]:
        raise VaultError("vault.disk_failed")

    with monkeypatch.context() as patch:
        patch.setattr(town.contents, "put_many", full)
        with pytest.raises(VaultError):
            bring(town, table(town.folder))
    assert case_rows(town) == {}
    assert bring(town, table(town.folder)).imported == 5


def test_two_imports_at_once_import_each_record_once(town: Community) -> None:
    lines = [f"{number},2024-05-01,,,,Light,Street {number % 40},North," for number in range(900)]
    path = table(town.folder, lines)
    reports: list[Report] = []
    threads = [threading.Thread(target=lambda: reports.append(bring(town, path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(case_rows(town)) == 900
    assert sum(report.imported for report in reports) == 900
    assert all(report.imported + report.already_there == 900 for report in reports)


def test_every_record_is_found_by_its_sources_id(town: Community) -> None:
    bring(town, table(town.folder))
    rows = dict(town.ledger._state.table_rows(imports))
    assert {row.case for row in rows.values()} == {*case_rows(town)}


def test_an_open311_answer_goes_in(town: Community) -> None:
    answer = [
        {
            "service_request_id": "14-01100669",
            "status": "closed",
            "service_code": "4ffa9cad6018277d4000007b",
            "requested_datetime": "2014-07-12T10:58:43-05:00",
            "updated_datetime": "2014-07-12T11:08:21-05:00",
            "address": "1540 W 17TH ST, CHICAGO, IL, 60608",
            "lat": 41.858724777757864,
        },
        {
            "service_request_id": 7,
            "status": "open",
            "service_code": "001",
            "requested_datetime": "2014-07-12T10:48:56Z",
        },
        {"service_request_id": "8", "status": "open", "service_code": "001"},
    ]
    path = town.folder / "requests.json"
    path.write_text(json.dumps(answer), encoding="utf-8")
    report = bring(town, path, load("open311"))
    assert (report.imported, report.states) == (2, {"closed": 1, "open": 1})
    assert [(row.line, why.code) for row, why in report.rejected] == [(3, "import.time_missing")]
    sealed = [json.loads(town.contents._unsealed(Content(**fields["remainder"]))) for fields in recorded(town)]
    assert sealed == [answer[1], answer[0]], "in the order of reporting"


def test_naughty_strings_go_in_and_come_out_of_the_vault_as_they_were(town: Community, naughty: list[str]) -> None:
    path = town.folder / "naughty.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER.split(","))
        for number, words in enumerate(naughty):
            rows.writerow((number, "2024-05-01", "", "", "", words or "none", words, words, words))
    report = bring(town, path)
    kinds = {why.code for _, why in report.rejected}
    assert kinds <= {"import.category_collides", "import.category_missing"}
    assert report.imported == len(naughty) - len(report.rejected) > 400
    for fields in recorded(town):
        row = json.loads(town.contents._unsealed(Content(**fields["remainder"])))
        assert row["words"] == naughty[int(row["id"])]


@pytest.fixture
def naughty() -> list[str]:
    strings = json.loads(shared("text/naughty-strings/blns.json").read_text(encoding="utf-8"))
    assert all(isinstance(words, str) for words in strings)
    return list(strings)


def test_no_room_for_sorting_is_said_before_anything_is_imported(
    town: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{number},2024-05-01,,,,Light,Street {number},North,{'words ' * 50}" for number in range(200)]
    monkeypatch.setattr("tempfile.TemporaryFile", lambda: open("/dev/full", "w+b", buffering=0))  # noqa: PTH123, SIM115
    with pytest.raises(ImportFailed) as caught:
        bring(town, table(town.folder, lines))
    assert caught.value.code == "import.no_room"
    assert case_rows(town) == {}


def test_a_side_table_that_cannot_be_written_stops_the_run_and_is_said(tmp_path: Path) -> None:
    side = SideTable(tmp_path / SIDE_TABLE)
    side._rows.execute("PRAGMA max_page_count = 2")
    with pytest.raises(ImportFailed) as caught:
        side.put([(number.to_bytes(32, "big"), bytes(16)) for number in range(1_000)])
    assert caught.value.code == "import.side_table_damaged"
    assert side.get(bytes(32)) is None
    side.close()

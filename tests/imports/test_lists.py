"""Untidy lists of 1,000 houses and 2,300 people: every fault found and nothing else, mended, brought in, and again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linlian.community import places
from linlian.community.identity.rules import accounts
from linlian.community.places import Right
from linlian.community.places.rules import Place, PlaceKind, RegisterPlace, SealDetails
from linlian.community.places.rules import places as place_rows
from linlian.community.places.rules_occupancy import Occupancy, occupancies, rolls
from linlian.community.places.rules_signing import CountersignRoll
from linlian.imports import Difference, Invite, ListWork, secret_here
from linlian.imports.lists.doors import Door
from linlian.imports.lists.side import FILE
from linlian.imports.problems import ImportFailed
from linlian.kernel import codec
from tests.imports.community import HARMONY, OWNERS, Community, open_community
from tests.imports.untidy import PEOPLE, Row, Untidy, untidy_houses, untidy_people

HOUSES, SHOPS_AND_BAYS, ADDED = 1_000, 10, 9


@pytest.fixture
def community(tmp_path: Path) -> Iterator[Community]:
    folder = tmp_path / "node"
    folder.mkdir()
    with open_community(folder) as found:
        yield found


def problems(found: Difference) -> dict[tuple[str, int], str]:
    return {(one.where.sheet, one.where.line): one.problem.code for one in found.findings if one.problem is not None}


def work(community: Community, what: Any, path: Path) -> ListWork:
    return ListWork(what, path, community.target)


def counts(found: Difference) -> tuple[int, int, int]:
    told = found.counts()
    assert told["conflicting"] == told["rejected"] == 0, problems(found)
    return told["new"], told["changed"], told["unchanged"]


def head(community: Community) -> int:
    return community.ledger.head.height


def rows_of(community: Community, table: Any) -> list[tuple[bytes, Any]]:
    return list(community.ledger._state.table_rows(table))


def test_a_thousand_houses_and_their_people_after_their_reports_were_followed(
    community: Community, tmp_path: Path
) -> None:
    houses, people = untidy_houses(), untidy_people()
    file, register = tmp_path / "houses.xlsx", tmp_path / "people.xlsx"
    houses.write(file)
    people.write(register)

    before = head(community)
    assert problems(work(community, "places", file).compare()) == houses.faults(), "each fault and nothing else"
    assert head(community) == before, "a dry run writes nothing on the ledger"
    houses.mended().write(file)
    assert counts(work(community, "places", file).bring_in(HARMONY)) == (HOUSES + SHOPS_AND_BAYS + ADDED, 0, 0)
    check_houses(community)

    assert problems(work(community, "people", register).compare()) == people.faults()
    people.mended().write(register)
    found = work(community, "people", register).bring_in(HARMONY)
    new = counts(found)[0]
    assert new > PEOPLE
    check_people(community, found, new)

    before = head(community)
    assert counts(work(community, "places", file).bring_in(HARMONY)) == (0, 0, HOUSES + SHOPS_AND_BAYS + ADDED)
    assert counts(work(community, "people", register).bring_in(HARMONY)) == (0, 0, new)
    assert head(community) == before, "the second run gives no command"

    (community.folder / FILE).unlink()
    told = work(community, "places", file).compare()
    assert told.forgotten > HOUSES, "a dry run without its memory says what it did not look into"
    assert head(community) == before
    assert counts(work(community, "people", register).bring_in(HARMONY)) == (0, 0, new)
    told = work(community, "places", file).compare()
    assert (told.forgotten, *counts(told)) == (0, 0, 0, HOUSES + SHOPS_AND_BAYS + ADDED)
    assert events_since(community, before) == {"openings.content_opened"}, "it looks on the record, and does no more"
    check_nothing_is_in_clear(community)


def events_since(community: Community, height: int) -> set[str]:
    """The types of all events after a block."""
    found = set()
    for block in community.ledger.follow(height + 1):
        for receipt in block.receipts:
            found |= {codec.decode_plain_trusted(entry)[1] for entry in receipt.entries}
        if block.header.height >= head(community):
            return found
    raise AssertionError("the ledger ends before its head")


def check_houses(community: Community) -> None:
    """So many of each kind, each with a sealed area, each on its floor; and not in the order of the list."""
    kinds: dict[str, int] = {}
    for _, row in rows_of(community, place_rows):
        kinds[row.kind] = kinds.get(row.kind, 0) + 1
    assert kinds["building"] == 10
    assert kinds["section"] == 20
    assert kinds["dwelling"] == HOUSES + ADDED
    assert (kinds["shop"], kinds["parking_bay"]) == (5, 5)
    assert kinds["floor"] == 10 * 2 * 25 + 1, "and the 26th, of those that were added"
    orders = [order for order in orders_by_floor(community) if len(order) == 2]
    swapped = sum(order[0] > order[1] for order in orders)
    assert 150 < swapped < 350, f"{swapped} of 500 pairs: about half of them"


def orders_by_floor(community: Community) -> Iterator[list[str]]:
    """The doors of each floor in the order in which they were registered."""
    floors: dict[bytes, list[str]] = {}
    for _, kind, fields in events(community):
        if kind == "places.place_registered" and fields.get("kind") == "dwelling":
            content = codec.typed(codec.Content, fields["name"])
            floors.setdefault(fields["parent"], []).append(community.contents._unsealed(content).decode())
    yield from floors.values()


def events(community: Community) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for block in community.ledger.follow(0):
        for receipt in block.receipts:
            for entry in receipt.entries:
                _, kind, _, fields = codec.decode_plain(entry)
                yield block.header.height, kind, fields
        if block.header.height == community.ledger.head.height:
            return


def check_people(community: Community, found: Difference, new: int) -> None:
    """On closed rolls; nobody of them speaks for a home until another office has signed, then all of them do."""
    people = [(key[1:17], key[18:34], row) for key, row in rows_of(community, occupancies)]
    assert len(people) == new
    kept = dict(rows_of(community, rolls))
    assert {*kept} == {*found.rolls}
    assert all(row.closed and row.entries <= 1_000 for row in kept.values())
    assert sum(row.entries for row in kept.values()) == new
    now = community.ledger.clock()

    def speaking() -> int:
        return sum(places.may(community.ledger, who, where, Right.PAY, now + 5_000) for where, who, _ in people)

    assert speaking() == 0
    for roll, row in kept.items():
        community.do("owners", CountersignRoll(roll=roll, entries=row.entries, document=row.document))
    absent = sum(row.absent for _, _, row in people)
    assert speaking() == new
    assert 100 < absent < 400
    for place, _, row in people:
        assert isinstance(row, Occupancy)
        assert place_of(community, place).kind in ("dwelling", "shop", "parking_bay")


def place_of(community: Community, place: bytes) -> Place:
    found = place_rows.get(community.ledger, place)
    assert found is not None
    return found


def check_nothing_is_in_clear(community: Community) -> None:
    """No name, telephone, identity number or door of the lists is in any byte of any block, or in the side table."""
    blocks = _all_bytes(community)
    side = (community.folder / FILE).read_bytes()
    for secret in ("乙七", "甲二", "赵伟伟", "13800138000", "99010119600101", "6幢1单元2601室", "单元"):
        assert secret.encode() not in blocks, secret
        assert secret.encode() not in side, secret


def _all_bytes(community: Community) -> bytes:
    parts: list[bytes] = []
    for block in community.ledger.follow(0):
        parts += [*block.items, *(entry for receipt in block.receipts for entry in receipt.entries)]
        if block.header.height == community.ledger.head.height:
            break
    return b"".join(parts)


def small(rows: list[list[Any]], what: str = "people") -> Untidy:
    """A tidy list with these rows."""
    headings = {
        "people": ["房屋", "姓名", "电话", "身份", "份额", "迁出日期", "自住"],
        "places": ["房号", "面积", "交付日期", "楼层"],
    }[what]
    return Untidy({"表": [Row([""]), Row([""]), Row(headings), *(Row(row) for row in rows)]})


def bring(community: Community, tmp_path: Path, what: Any, rows: list[list[Any]], by: Any = HARMONY) -> Difference:
    path = tmp_path / f"{what}.xlsx"
    small(rows, what).write(path)
    return work(community, what, path).bring_in(by)


HOMES: list[list[Any]] = [["1-1-101", 80, "2015-06-30", ""], ["1-1-102", "", "", ""]]


def test_what_changed_is_changed_and_nothing_else(community: Community, tmp_path: Path) -> None:
    assert counts(bring(community, tmp_path, "places", HOMES)) == (2, 0, 0)
    more: list[list[Any]] = [
        ["1-1-101", 81.5, "2015-06-30", ""],
        ["1-1-102", 90, "2016-01-01", ""],
        ["1-1-103", "", "", ""],
    ]
    found = bring(community, tmp_path, "places", more)
    assert counts(found) == (1, 2, 0)
    assert {one.what for one in found.findings} == {("area",), ("area", "handover"), ()}
    assert counts(bring(community, tmp_path, "places", more)) == (0, 0, 3)

    first: list[list[Any]] = [
        ["1-1-101", "甲", "13800000001", "业主", "1/2", "", ""],
        ["1-1-102", "乙", "", "租户", "", "", ""],
    ]
    assert counts(bring(community, tmp_path, "people", first)) == (2, 0, 0)
    later: list[list[Any]] = [
        ["1-1-101", "甲", "13800000009", "业主", "1/3", "", "否"],
        ["1-1-102", "乙", "", "租户", "", "2099-01-01", ""],
    ]
    found = bring(community, tmp_path, "people", later)
    assert counts(found) == (0, 2, 0)
    assert {one.what for one in found.findings} == {("share", "absent", "contact"), ("until",)}
    assert counts(bring(community, tmp_path, "people", later)) == (0, 0, 2)


def test_one_person_with_two_homes_is_one_account_if_the_telephone_says_so(
    community: Community, tmp_path: Path
) -> None:
    bring(community, tmp_path, "places", HOMES)
    rows: list[list[Any]] = [
        ["1-1-101", "甲", "13800000001", "业主", "", "", ""],
        ["1-1-102", "甲", "13800000001", "业主", "", "", ""],
    ]
    rows += [["1-1-101", "乙", "", "家属", "", "", ""], ["1-1-102", "乙", "", "家属", "", "", ""]]
    assert counts(bring(community, tmp_path, "people", rows)) == (4, 0, 0)
    assert len({key[18:34] for key, _ in rows_of(community, occupancies)}) == 3


def test_what_was_countersigned_is_a_conflict_for_the_company_and_none_for_an_office(
    community: Community, tmp_path: Path
) -> None:
    bring(community, tmp_path, "places", HOMES)
    rows: list[list[Any]] = [["1-1-101", "甲", "", "业主", "1/2", "", ""]]
    (roll,) = bring(community, tmp_path, "people", rows).rolls
    row = dict(rows_of(community, rolls))[roll]
    community.do("owners", CountersignRoll(roll=roll, entries=1, document=row.document))
    rows[0][4] = "1/3"
    found = bring(community, tmp_path, "people", rows)
    assert problems(found) == {("表", 4): "import.countersigned"}
    rows[0][4:] = ["1/2", "", "否"]
    assert problems(bring(community, tmp_path, "people", rows)) == {("表", 4): "import.countersigned"}
    assert counts(bring(community, tmp_path, "people", rows, OWNERS)) == (0, 1, 0)


CONFLICTS = [
    (["1-1-101", "甲", "", "家属", "", "", ""], "import.capacity_changed"),
    (["1-1-101", "甲", "", "租户", "", "2098-01-01", ""], ""),
    (["1-1-101", "甲", "", "租户", "", "2099-01-02", ""], "import.stays_longer"),
    (["1-1-101", "甲", "", "租户", "", "2020-01-02", ""], "places.out_before_in"),
]


@pytest.mark.parametrize(("row", "code"), CONFLICTS)
def test_what_the_ledger_has_otherwise_is_said(community: Community, tmp_path: Path, row: list[Any], code: str) -> None:
    bring(community, tmp_path, "places", HOMES)
    bring(community, tmp_path, "people", [["1-1-101", "甲", "", "租户", "", "2099-01-01", ""]])
    found = bring(community, tmp_path, "people", [row])
    assert problems(found) == ({("表", 4): code} if code else {})


def test_a_home_on_another_floor_than_the_ledgers_is_a_conflict(community: Community, tmp_path: Path) -> None:
    bring(community, tmp_path, "places", HOMES)
    found = bring(community, tmp_path, "places", [["1-1-101", 80, "", "7层"]])
    assert problems(found) == {("表", 4): "import.stands_elsewhere"}
    bring(community, tmp_path, "places", [["1-1-701", 80, "", ""]])
    found = bring(community, tmp_path, "places", [["1-1-101", 80, "", "7层"]])
    assert problems(found) == {("表", 4): "import.stands_elsewhere"}


def test_an_import_that_stops_anywhere_goes_on(
    community: Community, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger is taken away at each hand-over in turn; the last run finds all that the others left."""
    homes: list[list[Any]] = [[f"1-1-{floor}0{door}", 80, "", ""] for floor in range(1, 8) for door in (1, 2)]
    people: list[list[Any]] = [
        [home[0], f"人{number}", f"1380000{number:04}", "业主", "1/1", "", ""] for number, home in enumerate(homes)
    ]
    real = community.ledger.submit_many
    for what, rows in (("places", homes), ("people", people)):
        for stop in range(3):
            left = [stop]

            def stopping(raws: Any, left: list[int] = left, **more: Any) -> Any:
                if not left[0]:
                    raise ImportFailed("import.stopped", because="test")
                left[0] -= 1
                half = raws[: len(raws) // 2 + 1]
                for answer in real(half, **more):
                    answer.result()
                raise ImportFailed("import.stopped", because="test")

            monkeypatch.setattr(community.ledger, "submit_many", stopping)
            with pytest.raises(ImportFailed):
                bring(community, tmp_path, what, rows)
            monkeypatch.setattr(community.ledger, "submit_many", real)
        bring(community, tmp_path, what, rows)
        assert counts(bring(community, tmp_path, what, rows)) == (0, 0, len(rows))
    assert len([row for _, row in rows_of(community, place_rows) if row.kind == "dwelling"]) == len(homes)
    present = [row for _, row in rows_of(community, occupancies) if not row.ended]
    assert len(present) == len(people)
    assert all(row.closed for _, row in rows_of(community, rolls))


def test_letters_hold_one_time_keys_of_accounts_that_wait(community: Community, tmp_path: Path) -> None:
    bring(community, tmp_path, "places", HOMES)
    path = tmp_path / "people.xlsx"
    small([["1-1-101", "甲", "", "业主", "", "", ""], ["1-1-102", "乙", "", "租户", "", "", ""]]).write(path)
    listed = work(community, "people", path)
    found = listed.bring_in(HARMONY, invite=Invite(secret_here))
    assert {(door, name) for door, name, _, _ in found.letters} == {("1幢1单元101室", "甲"), ("1幢1单元102室", "乙")}
    for _, _, account, secret in found.letters:
        row = accounts.get(community.ledger, account)
        assert row is not None
        assert row.status == "invited"
        assert len(secret) == 32
    assert len(listed.bring_in(HARMONY, invite=Invite(secret_here)).letters) == 2, "kept until they are written"
    listed.letters_written()
    assert listed.bring_in(HARMONY, invite=Invite(secret_here)).letters == []


def test_a_csv_in_gbk_or_with_a_mark_says_the_same_as_the_spreadsheet(community: Community, tmp_path: Path) -> None:
    houses = untidy_houses().mended()
    path = tmp_path / "houses.xlsx"
    houses.write(path)
    work(community, "places", path).bring_in(HARMONY)
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        file = tmp_path / f"houses-{encoding}.csv"
        houses.write_csv(file, encoding)
        found = work(community, "places", file).compare()
        assert counts(found) == (0, 0, HOUSES + SHOPS_AND_BAYS + ADDED), encoding


def test_doors_that_were_registered_by_hand_are_known(community: Community, tmp_path: Path) -> None:
    """Whoever wrote a home down at the counter need not fear that a list writes it down again."""
    bring(community, tmp_path, "places", HOMES[:1])
    (section,) = [key for key, row in rows_of(community, place_rows) if row.kind == "section"]
    community.do("harmony", RegisterPlace(kind=PlaceKind.DWELLING, parent=section))
    (unnamed,) = [
        key for key, row in rows_of(community, place_rows) if row.kind == "dwelling" and row.parent == section
    ]
    community.do("harmony", SealDetails(place=unnamed, name=community.contents.put("1号楼1单元102".encode())))
    found = bring(community, tmp_path, "places", [["1-1-102", "", "", ""]])
    assert counts(found)[0] == 0
    assert Door.read("1号楼1单元102").key == Door.read("1-1-102").key


def test_two_communities_of_one_ledger_have_the_same_doors_and_not_the_same_homes(
    community: Community, tmp_path: Path
) -> None:
    bring(community, tmp_path, "places", HOMES)
    community.do("harmony", RegisterPlace(kind=PlaceKind.COMMUNITY))
    outermost = {key for key, row in rows_of(community, place_rows) if row.kind == "community"}
    first = place_of(community, next(k for k, row in rows_of(community, place_rows) if row.kind == "dwelling")).path[0]
    (second,) = outermost - {first}
    listed = ListWork("places", tmp_path / "places.xlsx", community.target, root=second)
    assert counts(listed.bring_in(HARMONY)) == (2, 0, 0)
    for root in (first, second):
        listed = ListWork("places", tmp_path / "places.xlsx", community.target, root=root)
        assert counts(listed.compare()) == (0, 0, 2)
    (community.folder / FILE).unlink()
    for root in (second, first):
        listed = ListWork("places", tmp_path / "places.xlsx", community.target, root=root)
        assert counts(listed.compare(importer=HARMONY)) == (0, 0, 2)

"""Lists to take home: what stands in them, who gets them, and that no spreadsheet takes a text for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.community.transfers.tests.followed import MEALS, Followed, follow
from linlian.imports.lists.sheets import read_sheets
from linlian.imports.money.recipients import HEADINGS
from linlian.imports.money.tables import find_tables
from linlian.web.sheets import XLSX, Sheet
from tests.web.community import Community, open_community


@pytest.fixture(scope="module")
def money(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Followed, Community]]:
    scene = found_whole_scene()
    lived = follow(scene, days=0)
    with open_community(tmp_path_factory.mktemp("taken-home"), scene) as community:
        yield lived, community


def table(content: bytes, name: str) -> list[tuple[object, ...]]:
    """The lines of a file, read by the reader of imports."""
    (sheet,) = read_sheets(Path(name), data=content)
    return [line.cells for line in sheet.rows]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_parties_take_lists_and_payments(money: tuple[Followed, Community], kind: str) -> None:
    lived, community = money
    found = community.caller("supervisor").get(f"/rounds/{lived.paid.hex()}/recipients.{kind}")
    assert found.status_code == 200
    assert f'filename="meals-2026-1-recipients.{kind}"' in found.headers["content-disposition"]
    lines = table(found.content, f"a.{kind}")
    assert len(lines) == 9
    assert {Decimal(str(line[4])) for line in lines[1:]} == {Decimal(MEALS) / 100}
    paid = table(community.caller("clerk").get(f"/rounds/{lived.paid.hex()}/payments.{kind}").content, f"a.{kind}")
    references = {line[1] for line in lines[1:]}
    assert {line[1] for line in paid[1:]} == references, "payments name the lines of the list"


@pytest.mark.parametrize("path", ["rounds/{round}/recipients", "rounds/{round}/payments", "funds/{fund}/statement"])
def test_others_do_not(money: tuple[Followed, Community], path: str) -> None:
    lived, community = money
    address = path.format(round=lived.paid.hex(), fund=lived.fund.hex())
    for kind in ("", ".csv", ".xlsx"):
        assert community.client.get(f"/{address}{kind}").status_code in (401, 403)
        assert community.caller("anna").get(f"/{address}{kind}").status_code == 403


def test_everybody_takes_gifts_and_programmes_without_names(money: tuple[Followed, Community]) -> None:
    lived, community = money
    fund = f"/funds/{lived.fund.hex()}"
    gifts = community.client.get(f"{fund}/gifts.xlsx")
    assert gifts.headers["content-type"] == XLSX
    lines = table(gifts.content, "gifts.xlsx")
    assert sorted(Decimal(str(line[2])) for line in lines[1:]) == [200, 1200, 8600]
    programmes = table(community.client.get(f"{fund}/programmes.csv").content, "programmes.csv")
    assert {line[0] for line in programmes[1:]} == {"meals-2026", "coal-2026"}
    text = community.client.get(f"{fund}/gifts.csv").text
    assert community.scene.account("bo").hex() not in text
    assert len({*lines[0]}) == len(lines[0])


def test_the_empty_sheet_has_headings_that_are_known(money: tuple[Followed, Community]) -> None:
    _, community = money
    for language in ("zh", "en"):
        found = community.caller("clerk").ask("GET", "/sheets/recipients.xlsx", headers={"Accept-Language": language})
        (made,) = find_tables(read_sheets(Path("a.xlsx"), data=found.content), HEADINGS)
        assert {*HEADINGS.names} - {*made.columns} == {"currency"}


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_a_text_is_a_text_in_excel_and_no_formula_in_csv(texts: list[str]) -> None:
    made = Sheet("a.xlsx", ("a",), [(f"={text}", text, Decimal("1.50"), 7) for text in texts])
    page = load_workbook(io.BytesIO(made.file())).active
    assert page is not None
    for row in page.iter_rows(min_row=2):
        assert "f" not in [cell.data_type for cell in row]
        assert (row[2].value, row[3].value) == (1.5, 7)
    rows = [*csv.reader(io.StringIO(made.csv().decode("utf-8-sig"), newline=""))]
    assert all(not row[0].startswith("=") for row in rows[1:])

"""Lists as communities keep them, with every fault that the guide names: made anew for each test, from a seed.

    houses = UntidyHouses(seed=1)
    houses.write(path)               # as found
    houses.mended().write(path)      # after its report was followed

1,000 homes in ten buildings, 2,300 people; all of them invented.
"""

from __future__ import annotations

import csv
import io
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

BUILDINGS, SECTIONS, FLOORS, DOORS = 10, 2, 25, 2
PEOPLE = 2_300
WIDE = str.maketrans("0123456789ABC-./", "０１２３４５６７８９ＡＢＣ－．／")
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英文华建国红梅志玉兰"


@dataclass
class Row:
    """Cells of a row; `merge` is how many rows its first cells reach down. `fault`: the code that its report names.

    `mended`: what stands there after the report was followed; None is a row that is deleted.
    """

    cells: list[Any]
    merge: dict[int, int] = field(default_factory=dict)
    fault: str = ""
    mended: list[Any] | None = None


@dataclass
class Untidy:
    """A workbook of sheets: title, headings, rows."""

    sheets: dict[str, list[Row]]

    def write(self, path: Path) -> None:
        book = Workbook()
        book.remove(book.active)  # type: ignore[arg-type]
        for name, rows in self.sheets.items():
            _fill(book.create_sheet(name), rows)
        book.save(path)

    def write_csv(self, path: Path, encoding: str) -> None:
        """All sheets one below the other, merged cells empty, as a spreadsheet program saves them."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        for rows in self.sheets.values():
            writer.writerows([_as_text(cell) for cell in row.cells] for row in rows)
        path.write_bytes(text.getvalue().encode(encoding))

    def mended(self) -> Untidy:
        """After the report was followed."""
        sheets = {
            name: [
                Row(row.mended if row.fault else row.cells, row.merge)  # type: ignore[arg-type]
                for row in rows
                if not row.fault or row.mended is not None
            ]
            for name, rows in deepcopy(self.sheets).items()
        }
        return Untidy(sheets)

    def faults(self) -> dict[tuple[str, int], str]:
        """Sheet and line → the code that the report must give."""
        return {
            (name, line): row.fault
            for name, rows in self.sheets.items()
            for line, row in enumerate(rows, 1)
            if row.fault
        }


def _fill(sheet: Worksheet, rows: list[Row]) -> None:
    for line, row in enumerate(rows, 1):
        for column, cell in enumerate(row.cells, 1):
            if cell is not None and cell != "":
                sheet.cell(line, column, cell)
        for column, down in row.merge.items():
            if down > 1:
                sheet.merge_cells(start_row=line, end_row=line + down - 1, start_column=column, end_column=column)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(rows[2].cells))


def _as_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell >= 1e15:
        return f"{cell:.5E}"
    return cell.strftime("%Y/%m/%d") if isinstance(cell, date | datetime) else str(cell)


# --- houses ---

HOUSE_HEADINGS = ["楼　栋", "单元", "楼层", "房 号", "建筑面积（㎡）", "交付日期", "房屋类型"]


def untidy_houses(seed: int = 1) -> Untidy:
    """1,000 homes, ten shops and bays, and the faults."""
    chance = Random(seed)
    sheets = {
        f"{first}-{first + 4}栋": [row for number in range(first, first + 5) for row in _building(number, chance)]
        for first in (1, 6)
    }
    for number, rows in enumerate(sheets.values()):
        heading = Row(list(HOUSE_HEADINGS))
        rows[:0] = [Row(["云杉里小区房屋清册", *[""] * 6]), Row(["制表：物业办公室　2024年3月"]), heading]
        rows.insert(3 + 102, Row(list(HOUSE_HEADINGS)))  # as on each printed page
        rows += _house_faults(number)
        rows.append(Row(["总　计", "", "", "500户", 44_685.5]))
    return Untidy(sheets)


def _building(number: int, chance: Random) -> list[Row]:
    rows: list[Row] = []
    many = SECTIONS * FLOORS * DOORS
    for section in range(1, SECTIONS + 1):
        for floor in range(1, FLOORS + 1):
            for door in range(1, DOORS + 1):
                row = Row(_house(number, section, floor, door, chance))
                row.cells[0] = _building_name(number, chance) if not rows else ""
                if not rows:
                    row.merge[1] = many
                if floor == door == 1:
                    row.merge[2] = FLOORS * DOORS
                else:
                    row.cells[1] = ""
                if door == 1:
                    row.merge[3] = DOORS
                else:
                    row.cells[2] = ""
                rows.append(row)
    rows.append(Row(["小计", "", "", f"{many}户", 4_468.5]))
    rows.append(Row([""] * 7))
    return rows


def _house(number: int, section: int, floor: int, door: int, chance: Random) -> list[Any]:
    plain = f"{floor}{door:02}"
    doors: tuple[Any, ...] = (plain, int(plain), plain.translate(WIDE), f"{plain}室")
    doors += (f"{number}幢{section}单元{plain}室",)
    doors += (f"{number}-{section}-{plain}", f" {plain} ", f"{number}号楼{section}单元{plain}".translate(WIDE))
    hundredths = 8_000 + (number * 131 + section * 37 + door * 11) % 4_000
    area = hundredths / 100
    areas = (area, f"{area}", f"{area}㎡", f"{area:.2f}平方米", f"{area:.2f}".translate(WIDE), area + 1e-9)
    day = date(2014 + number % 5, 6, 30)
    days: tuple[Any, ...] = (day, f"{day:%Y-%m-%d}", f"{day.year}年6月30日", f"{day:%Y.%m.%d}")
    days += (
        (day - date(1899, 12, 30)).days,
        f"{day:%Y%m%d}",
        datetime(day.year, 6, 30),  # noqa: DTZ001 - as a spreadsheet has it
        f"{day:%Y/%m/%d}".translate(WIDE),
    )
    sections = (section, f"{section}单元", f"{section}".translate(WIDE), f"{section} 单元")
    floors = (floor, f"{floor}层", f"{floor}F", f"{floor}".translate(WIDE))
    kind = chance.choice(("住宅", "", "普通住宅"))
    return [
        number,
        chance.choice(sections),
        chance.choice(floors),
        chance.choice(doors),
        chance.choice(areas),
        chance.choice(days),
        kind,
    ]


def _building_name(number: int, chance: Random) -> str | int:
    names = (number, f"{number}幢", f"{number}栋", f"{number}号楼", f"{number}".translate(WIDE) + "幢", f"{number}#")
    return chance.choice(names)


def _house_faults(sheet: int) -> list[Row]:
    """On the second sheet, homes of the first building there; on both, shops and bays that are fine."""
    if sheet == 0:
        good = [[1, "", "", f"商铺{n}", 120.5, "2015-06-30", "商铺"] for n in range(1, 6)]
        good += [["", "", "", f"地下车位B1-{n:03}", 12.6, "", "车位"] for n in range(1, 6)]
        return [Row(cells) for cells in good]
    day = "2016-06-30"

    def there(door: str, area: Any = 99.0, when: Any = day, kind: str = "住宅", building: Any = 6) -> list[Any]:
        return [building, 1, "", door, area, when, kind]

    return [
        Row(there("2601"), fault="", merge={}),
        Row(there("2601"), fault="import.repeated_in_list"),
        Row(there("2601", 98.0), fault="import.differs_from_line"),
        Row(there("???"), fault="import.door_unreadable", mended=there("2602")),
        Row(there("2603", "约九十"), fault="import.area_unreadable", mended=there("2603", 90.1)),
        Row(there("2604", 90.123), fault="import.area_unreadable", mended=there("2604", 90.12)),
        Row(there("2605", 90, "2016-02-30"), fault="import.day_unreadable", mended=there("2605", 90, "2016-02-29")),
        Row(there("2606", 90, "去年"), fault="import.day_unreadable", mended=there("2606", 90)),
        Row(there("2607", kind="别院"), fault="import.kind_unknown", mended=there("2607")),
        Row(there("2608", building="C座"), fault="import.building_unknown", mended=there("2608")),
        Row(there("7-1-2609"), fault="import.door_contradicts", mended=there("2609")),
    ]


# --- people ---

PEOPLE_HEADINGS = [
    "序号",
    "房屋",
    "姓名",
    "联系电话",
    "身份证号",
    "与业主关系",
    "产权份额",
    "入住日期",
    "迁出日期",
    "自住",
]


def untidy_people(seed: int = 2) -> Untidy:
    """2,300 people in the 1,000 homes, and the faults."""
    chance = Random(seed)
    homes = [
        (building, section, f"{floor}{door:02}")
        for building in range(1, BUILDINGS + 1)
        for section in range(1, SECTIONS + 1)
        for floor in range(1, FLOORS + 1)
        for door in range(1, DOORS + 1)
    ]
    rows: list[Row] = [
        Row(["云杉里小区住户登记表", *[""] * 9]),
        Row(["填表说明：每人一行"]),
        Row(list(PEOPLE_HEADINGS)),
    ]
    number = 0
    for place, home in enumerate(homes):
        size = 3 if place % 10 < 3 else 2
        for at, cells in enumerate(_household(home, size, number, chance)):
            merge = {2: size} if at == 0 else {}
            rows.append(Row([number + at + 1, *cells], merge))
            if at:
                rows[-1].cells[1] = ""
        number += size
        if place % 100 == 99:
            rows.append(Row(["小计", "", f"{number}人"]))
            rows.append(Row([""] * 10))
    assert number == PEOPLE
    rows += _people_faults(chance)
    rows.append(Row(["合计", "", f"{number}人"]))
    return Untidy({"住户": rows})


def _household(home: tuple[int, int, str], size: int, number: int, chance: Random) -> list[list[Any]]:
    building, section, door = home
    written = (
        f"{building}-{section}-{door}",
        f"{building}幢{section}单元{door}室",
        f"{building}号楼{section}单元{door}",
    )
    where = chance.choice((*written, written[0].translate(WIDE), written[1].replace("幢", "栋 ")))
    let = number % 7 == 0
    people = []
    for at in range(size):
        name = _name(number + at)
        name = f"{name[0]} {name[1:]}" if chance.random() < 0.1 else name
        relation, share, lives = _role(at, let, chance)
        since = chance.choice(("", "2018-05-01", date(2019, 3, 2), 43_800, "２０２０年１月１日"))
        until = chance.choice(("", "", "长期", "2099-12-31")) if relation in ("租户", "承租人") else ""
        phone = _phone(number + at, chance)
        people.append(
            [
                where,
                name,
                phone,
                _id(number + at) if chance.random() < 0.3 else "",
                relation,
                share,
                since,
                until,
                lives,
            ]
        )
    return people


def _role(at: int, let: bool, chance: Random) -> tuple[str, Any, str]:
    if at == 0:
        return (
            chance.choice(("业主", "产权人", "业 主".replace(" ", ""))),
            chance.choice(("", "1/2", "50%", 0.5)),
            "否" if let else "是",
        )
    if let:
        return chance.choice(("租户", "承租人")), "", ""
    return (*chance.choice((("家属", ""), ("配偶", ""), ("共有人", "1/4"), ("共有", "四分之一"))), "")


def _name(number: int) -> str:
    return SURNAMES[number % len(SURNAMES)] + GIVEN[number // 7 % len(GIVEN)] + GIVEN[number // 211 % len(GIVEN)]


def _phone(number: int, chance: Random) -> Any:
    digits = f"138{number:08}"
    return chance.choice(
        (digits, float(digits), int(digits), digits.translate(WIDE), f"{digits[:3]}-{digits[3:7]}-{digits[7:]}", "")
    )


def _id(number: int) -> str:
    """A number of the right form, with its check digit; whose it is, nobody knows."""
    body = f"990101{1960 + number % 40}0101{number % 1000:03}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def _people_faults(chance: Random) -> list[Row]:
    def there(name: str, **more: Any) -> list[Any]:
        told = {"home": "6-1-2601", "phone": "", "id": "", "role": "家属", "share": "", "since": "", "until": ""} | more
        return [
            "",
            told["home"],
            name,
            told["phone"],
            told["id"],
            told["role"],
            told["share"],
            told["since"],
            told["until"],
            "",
        ]

    def fault(code: str, wrong: list[Any], right: list[Any] | None = None) -> Row:
        return Row(wrong, fault=code, mended=right)

    lost = float(_id(5)[:17] + "0")
    return [
        Row(there("甲一", role="业主", share="1/2")),
        fault("import.digits_lost", there("甲二", phone="1.38001E+10"), there("甲二", phone="13800138000")),
        fault("import.digits_lost", there("甲三", id=lost), there("甲三", id=_id(5))),
        fault("import.digits_lost", there("甲四", id="9.90101E+17"), there("甲四", id=_id(6))),
        fault("import.id_number_wrong", there("甲五", id=_id(7)[:17] + "#"), there("甲五", id=_id(7))),
        fault("import.phone_unreadable", there("甲六", phone="问门卫"), there("甲六")),
        fault("import.capacity_unknown", there("甲七", role="朋友"), there("甲七", role="租户")),
        fault("import.capacity_unknown", there("甲八", role=""), there("甲八")),
        fault("import.no_such_home", there("甲九", home="99-1-101"), there("甲九")),
        fault(
            "import.out_before_in",
            there("乙一", since="2020-01-01", until="2019-01-01"),
            there("乙一", since="2020-01-01"),
        ),
        fault("import.moved_out_already", there("乙二", since="2010-01-01", until="2015-01-01")),
        fault("import.share_is_an_owners", there("乙三", role="租户", share="1/2"), there("乙三", role="租户")),
        fault(
            "import.share_unreadable",
            there("乙四", role="共有", share="一半多"),
            there("乙四", role="共有", share="1/4"),
        ),
        fault(
            "import.name_unreadable",
            there("", phone="13900000001", since="2020-01-01"),
            there("乙五", phone="13900000001"),
        ),
        fault("import.day_unreadable", there("乙六", since="前年"), there("乙六")),
        Row(there("乙七")),
        fault("import.repeated_in_list", there("乙 七")),
        fault("import.differs_from_line", there("乙七", phone="13900000002")),
        fault(
            "import.shares_above_whole",
            there("丙一", home="6-1-2602", role="业主", share="2/3"),
            there("丙一", home="6-1-2602", role="业主", share="1/2"),
        ),
        fault(
            "import.shares_above_whole",
            there("丙二", home="6-1-2602", role="共有", share="50%"),
            there("丙二", home="6-1-2602", role="共有", share="50%"),
        ),
        fault("import.door_unreadable", there("丙三", home="东边那户"), there("丙三")),
    ]

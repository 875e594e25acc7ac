"""What people write in cells: digits of full width, dates as numbers, telephone numbers as floats, names with blanks.

Rules
- Full-width signs become ordinary ones (Unicode NFKC); blanks around and repeated ones go.
- A number that a spreadsheet shows as 1.1E+17 has lost its last digits. It is refused, never guessed.
- Whatever cannot be read is refused with the cell's value; nothing is left out silently.

    day_of("２０１５年６月30日") == 2015_06_30
    share_of("三分之一") == (1, 3)
    phone_of(13800138000.0) == "13800138000"
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from linlian.imports.lists.sheets import Cell
from linlian.imports.problems import RowRejected

EXACT_MAX = 1 << 53
"""Above it a float has lost whole numbers."""
WHOLE_MAX = 1_000_000
AREA_MAX = 100_000_00
_SERIALS = (date(1899, 12, 30), 20_000, 80_000)
"""Days are counted from the first by spreadsheets; numbers between the others (1954 to 2119) are taken for days."""
_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d+)?[Ee]\+?\d+")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")
_PLAIN_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NO_DAY = ("", "-", "无", "至今", "长期", "现住", "none", "n/a")
_JOINT = ("", "-", "共同共有", "共有", "joint", "jointly")
_NO_NUMBER = ("", "-", "无", "none", "n/a")
_HAN_BLANKS = re.compile(r"(?<=[\u3400-\u9fff·])\s+(?=[\u3400-\u9fff·])")


def text_of(cell: Cell) -> str:
    """A cell as text: NFKC, blanks once; a whole float without its point."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT_MAX:
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    return " ".join(unicodedata.normalize("NFKC", str(cell)).replace("\u200b", "").split())


def name_of(cell: Cell) -> str:
    """A person's name; blanks between Chinese characters are for the look of it and go."""
    return _HAN_BLANKS.sub("", text_of(cell))


def digits_of(cell: Cell, column: str) -> str:
    """A number that identifies (a telephone, an identity card): its digits, none lost. Raises RowRejected."""
    if isinstance(cell, int | float) and abs(cell) >= EXACT_MAX:
        raise RowRejected("import.digits_lost", column=column, value=text_of(cell))
    text = text_of(cell)
    if _SCIENTIFIC.fullmatch(text):
        raise RowRejected("import.digits_lost", column=column, value=text)
    return "" if text.lower() in _NO_NUMBER else text


def phone_of(cell: Cell) -> str:
    """A telephone number without blanks and dashes. Raises RowRejected."""
    text = digits_of(cell, "phone")
    plain = re.sub(r"[\s\-()]", "", text).removeprefix("+86")
    if not plain:
        return ""
    if not re.fullmatch(r"\d{7,15}", plain):
        raise RowRejected("import.phone_unreadable", value=text)
    return plain


def identity_of(cell: Cell) -> str:
    """An identity card's number: 18 signs with a check digit, or 15. Raises RowRejected."""
    text = digits_of(cell, "id_number").replace(" ", "").upper()
    if not text or re.fullmatch(r"\d{15}", text):
        return text
    if isinstance(cell, int | float) or not re.fullmatch(r"\d{17}[\dX]", text) or not _checks(text):
        raise RowRejected("import.id_number_wrong", value=text)
    return text


def _checks(number: str) -> bool:
    """Whether the last sign is right (ISO 7064 MOD 11-2, as GB 11643 has it)."""
    weighed = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    return "10X98765432"[weighed % 11] == number[17]


def day_of(cell: Cell, column: str) -> int:
    """A day as 20150630; 0 if none is given. Raises RowRejected."""
    if isinstance(cell, datetime | date):
        return cell.year * 1_00_00 + cell.month * 1_00 + cell.day
    text = text_of(cell)
    if text.lower() in _NO_DAY:
        return 0
    found = _DAY.fullmatch(text) or _PLAIN_DAY.fullmatch(text)
    if found:
        year, month, day = (int(part) for part in found.groups())
        try:
            date(year, month, day)
        except ValueError as error:
            raise RowRejected("import.day_unreadable", column=column, value=text) from error
        return year * 1_00_00 + month * 1_00 + day
    origin, least, most = _SERIALS
    number = _decimal(text)
    if number is not None and least <= number <= most:
        return day_of(origin + timedelta(days=int(number)), column)
    raise RowRejected("import.day_unreadable", column=column, value=text)


def area_of(cell: Cell) -> int:
    """Hundredths of a square metre; 0 if none is given. Raises RowRejected."""
    text = re.sub(r"\s*(m2|m²|平方米|平米|平方)$", "", text_of(cell))
    if text in _NO_NUMBER:
        return 0
    number = _decimal(text)
    hundredths = None if number is None else number * 100
    if hundredths is None or abs(hundredths - round(hundredths)) > Decimal("0.0001"):
        raise RowRejected("import.area_unreadable", value=text)
    if not 0 < round(hundredths) <= AREA_MAX:
        raise RowRejected("import.area_unreadable", value=text)
    return round(hundredths)


def share_of(cell: Cell) -> tuple[int, int]:
    """A share as (parts, whole), as it is written; (0, 0) holds jointly. Raises RowRejected."""
    text = text_of(cell).replace(" ", "")
    if text.lower() in _JOINT:
        return 0, 0
    parts, whole = _share(text)
    if not 0 < parts <= whole <= WHOLE_MAX:
        raise RowRejected("import.share_unreadable", value=text)
    return parts, whole


def _share(text: str) -> tuple[int, int]:
    """(0, 0) for what is none."""
    if found := re.fullmatch(r"(\d{1,7})[/⁄](\d{1,7})", text):
        return int(found[1]), int(found[2])
    if found := re.fullmatch(r"(\S+)分之(\S+)", text):
        return number_of(found[2]) or 0, number_of(found[1]) or 0
    number = _decimal(text.removesuffix("%"))
    if number is None:
        return 0, 0
    fraction = Fraction(number) / (100 if text.endswith("%") else 1)
    return (fraction.numerator, fraction.denominator) if fraction <= 1 else (0, 0)


def number_of(text: str) -> int | None:
    """A whole number in digits or in Chinese up to 99; None if it is none."""
    if re.fullmatch(r"-?\d{1,4}", text):
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return _DIGITS.get(text)
    high, low = _DIGITS.get(tens, 1 if not tens else None), _DIGITS.get(ones, 0 if not ones else None)
    return None if high is None or low is None else 10 * high + low


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None

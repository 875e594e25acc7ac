"""Sums, days and the number of things, as clerks type them: what can be meant is understood, what cannot is refused.

Rules
- A sum is exact: hundredths as an integer. More than two decimals, nothing, less than nothing and more than a ledger
  holds are refused each with a code of its own; rounding noise of a spreadsheet's floats (0.30000000000000004) is not.
- A currency beside the number (¥, 元, USD) has to be the fund's.
- What a spreadsheet would compute (`=A1`), or could not (`#REF!`), is no value.

    amount_of("￥1,234.50元", "amount", "CNY") == 123450
    start_of(20260101) == 1767196800000
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from linlian.imports.lists.cells import day_of, text_of
from linlian.imports.lists.sheets import Cell
from linlian.imports.problems import RowRejected

MINOR_MAX = 1_000_000_000_000
"""The largest sum that a fund's ledger takes (`funds.Minor`)."""
DAY_MS = 86_400_000
QUANTITY_MAX = 1_000_000
_CHINA = timedelta(hours=8)
_NOISE = Decimal("0.000001")
_CURRENCIES = {
    "¥": "CNY",
    "元": "CNY",
    "圆": "CNY",
    "人民币": "CNY",
    "人民币元": "CNY",
    "rmb": "CNY",
    "$": "USD",
    "us$": "USD",
    "美元": "USD",
    "€": "EUR",
    "欧元": "EUR",
    "£": "GBP",
    "英镑": "GBP",
    "hk$": "HKD",
    "港币": "HKD",
    "港元": "HKD",
    "日元": "JPY",
}
_SUM = re.compile(r"(?P<before>[^\d\s.,()+-]*) ?(?P<number>[(+-]? ?[\d.,]+\)?) ?(?P<after>[^\d\s.,()+-]*)")
_NUMBER = re.compile(r"(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|\.\d+")
_NOTHING = ("", "-", "--", "—")
_FORMULA, _FAULT = ("=", "@"), re.compile(r"#[A-Z0-9/]+[!?]?")
_DAY_AND_TIME = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})[ T]*(\d{2}):?(\d{2}):?(\d{2})(?:\.\d+)?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?|(\d{2})(\d{2})(\d{2})")


def plain_of(cell: Cell, column: str) -> str:
    """A cell as text, unless it is a formula or an error of one. RowRejected: `formula`, `formula_error`."""
    text = text_of(cell)
    if text.startswith(_FORMULA):
        raise RowRejected("import.formula", column=column, value=text[:60])
    if _FAULT.fullmatch(text):
        raise RowRejected("import.formula_error", column=column, value=text)
    return text


def currency_of(text: str) -> str:
    """The code that a word or a sign means; the word itself where none is known."""
    return _CURRENCIES.get(text.lower(), text.upper())


def amount_of(cell: Cell, column: str, currency: str) -> int:
    """Hundredths, at least one. Raises RowRejected."""
    minor = signed_of(cell, column, currency)
    if minor is None:
        raise RowRejected("import.amount_missing", column=column)
    if minor < 0:
        raise RowRejected("import.amount_negative", column=column, value=text_of(cell))
    if minor == 0:
        raise RowRejected("import.amount_zero", column=column)
    return minor


def signed_of(cell: Cell, column: str, currency: str) -> int | None:
    """Hundredths of either sign; None where the cell is empty, or a bank's dash. Raises RowRejected."""
    if isinstance(cell, bool | date | time | timedelta):
        raise RowRejected("import.amount_unreadable", column=column, value=text_of(cell))
    if isinstance(cell, int | float):
        return _minor(Decimal(repr(cell)), column, text_of(cell))
    text = plain_of(cell, column)
    if text in _NOTHING:
        return None
    found = _SUM.fullmatch(text)
    number = found["number"].replace(" ", "") if found else ""
    digits = number.strip("()+-")
    if found is None or not _NUMBER.fullmatch(digits) or number.startswith("(") != number.endswith(")"):
        raise RowRejected("import.amount_unreadable", column=column, value=text[:60])
    for word in (found["before"], found["after"]):
        check_currency(word, column, currency)
    value = Decimal(digits.replace(",", "")) * (-1 if number[0] in "(-" else 1)
    return _minor(value, column, text)


def check_currency(word: str, column: str, currency: str) -> None:
    """RowRejected: `import.other_currency`."""
    if word and currency_of(word) != currency:
        raise RowRejected("import.other_currency", column=column, value=word, currency=currency)


def _minor(value: Decimal, column: str, text: str) -> int:
    hundredths = value * 100
    if abs(hundredths) > MINOR_MAX or not value.is_finite():
        raise RowRejected("import.amount_too_large", column=column, value=text, most=f"{MINOR_MAX // 100:,}")
    if abs(hundredths - round(hundredths)) > _NOISE:
        raise RowRejected("import.amount_fraction", column=column, value=text)
    return round(hundredths)


def quantity_of(cell: Cell, column: str) -> int:
    """A whole number of things; 0 if none is given. RowRejected: `import.quantity_unreadable`."""
    text = plain_of(cell, column)
    if text in _NOTHING:
        return 0
    if not re.fullmatch(r"\d{1,7}", text) or not 0 < int(text) <= QUANTITY_MAX:
        raise RowRejected("import.quantity_unreadable", column=column, value=text[:60])
    return int(text)


def start_of(day: int) -> int:
    """The millisecond at which a day (20150630) begins in China; negative before 1970."""
    begins = datetime(day // 1_00_00, day // 1_00 % 1_00, day % 1_00, tzinfo=UTC) - _CHINA
    return round((begins - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1000


def day_at(millis: int) -> int:
    """The day in China at a millisecond."""
    then = datetime.fromtimestamp(millis // 1000, UTC) + _CHINA
    return then.year * 1_00_00 + then.month * 1_00 + then.day


def day_between(cell: Cell, column: str, first: int, last: int) -> int:
    """A day, or 0 if none is given; within two milliseconds. RowRejected: `day_unreadable`, `day_out_of_range`."""
    plain_of(cell, column)
    day = day_of(cell, column)
    if day and not first <= start_of(day) <= last:
        raise RowRejected("import.day_out_of_range", column=column, value=day, first=day_at(first), last=day_at(last))
    return day


def moment_of(cell: Cell, clock: Cell, column: str) -> tuple[int, str]:
    """A day and, as far as it is said, the time of day (`102030`) of a bank's line. RowRejected: `day_unreadable`."""
    if isinstance(cell, datetime):
        return day_of(cell, column), f"{cell:%H%M%S}" if cell.time() != time() else _clock(clock)
    text = plain_of(cell, column)
    found = _DAY_AND_TIME.fullmatch(text.replace("/", "-"))
    if found:
        day, hour = "".join(found.groups()[:3]), "".join(found.groups()[3:])
        return day_of(day, column), hour
    return day_of(cell, column), _clock(clock)


def _clock(cell: Cell) -> str:
    if isinstance(cell, datetime | time):
        return f"{cell:%H%M%S}"
    found = _TIME.fullmatch(text_of(cell))
    parts = [part for part in found.groups() if part is not None] if found else []
    return "".join(part.zfill(2) for part in parts).ljust(6, "0") if parts else ""

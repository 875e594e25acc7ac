"""Which column is what: recognised by the names that communities give them, or said in a small TOML file.

header_row = 3                  # counted from 1; left out: the row that has most of the names
sheets = ["1号楼", "2号楼"]      # left out: all that have such a row

[columns]                       # ours = the list's
door = "房号"

[capacities]                    # further words for owner, co_owner, tenant, family, agent, company
"保姆" = "family"

[buildings]                     # the numbers of buildings that have letters
"A座" = 21
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from linlian.imports.lists.cells import text_of
from linlian.imports.lists.sheets import Line, Sheet
from linlian.imports.problems import ImportFailed

Capacity = Literal["owner", "co_owner", "tenant", "family", "agent", "company"]
HEADER_ROWS_MAX = 30

NAMES: dict[str, str] = {
    "kind": "类型 房屋类型 房屋用途 用途 性质 业态 kind type use",
    "building": "楼栋 楼幢 幢 栋 栋号 幢号 楼号 楼栋号 楼 座 座号 building block",
    "section": "单元 单元号 门 梯 section unit entrance staircase",
    "floor": "楼层 层 层数 所在层 所在楼层 floor storey level",
    "door": "房号 室号 门牌 门牌号 房间号 房间 户号 室 房屋 房屋编号 地址 房屋地址 住址 房产 房屋坐落 坐落 车位号"
    " 商铺号 door room flat apartment address number",
    "area": "面积 建筑面积 建面 产权面积 房屋面积 套型面积 area",
    "handover": "交付日期 交付时间 交房日期 交房时间 交付日 交房日 handover handed_over delivery",
    "name": "姓名 业主姓名 业主名称 住户姓名 业主 户主 产权人 名称 租户姓名 住户 name resident owner",
    "phone": "电话 联系电话 手机 手机号 手机号码 电话号码 联系方式 业主电话 phone mobile telephone tel",
    "id_number": "身份证 身份证号 身份证号码 证件号 证件号码 id id_number identity",
    "capacity": "身份 与业主关系 关系 住户类型 人员类型 类别 住户身份 capacity role relation",
    "share": "份额 产权份额 产权比例 所占份额 持有份额 占比 share fraction ownership",
    "starts": "入住日期 入住时间 迁入日期 迁入时间 起租日期 起租日 租期起 开始日期 move_in moved_in from starts since",
    "until": "迁出日期 迁出时间 搬出日期 到期日期 到期日 租期止 租约到期 截止日期 结束日期 move_out moved_out until to",
    "absent": "是否自住 自住 是否居住 居住情况 居住状态 lives_here occupied",
}
"""Our columns → what lists call them."""
CAPACITIES: dict[Capacity, str] = {
    "owner": "业主 产权人 房主 户主 所有权人 房东 本人 业主本人 owner landlord",
    "co_owner": "共有 共有人 共有权人 共同共有 按份共有 共同所有人 co-owner co_owner",
    "tenant": "租户 租客 承租人 租住 承租 租赁户 tenant lodger",
    "family": "家属 家人 亲属 家庭成员 配偶 妻子 丈夫 夫妻 父亲 母亲 父母 儿子 女儿 子女 family spouse child parent",
    "agent": "代理 代理人 中介 托管 受托人 agent",
    "company": "企业 公司 单位 商户 company firm",
}
_NEEDED = {"places": ("door",), "people": ("door", "name")}
_TOTALS = ("合计", "小计", "总计", "累计", "共计", "total", "subtotal", "sum")
_YES, _NO = (
    ("是", "自住", "居住", "在住", "yes", "true", "y", "1"),
    ("否", "出租", "空置", "未住", "no", "false", "n", "0"),
)


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a list's own TOML file may say."""

    header_row: int = 0
    sheets: tuple[str, ...] = ()
    floors: bool = True
    columns: dict[str, str] = {}
    capacities: dict[str, Capacity] = {}
    buildings: dict[str, int] = {}


NOTHING_SAID = Layout()


class Table(NamedTuple):
    """A sheet with its columns found: ours → position; `rows` come after the header."""

    sheet: str
    columns: dict[str, int]
    rows: tuple[Line, ...]


def load_layout(path: Path | None) -> Layout:
    """Raises ImportFailed: `import.mapping_missing`, `import.mapping_wrong`."""
    if path is None:
        return NOTHING_SAID
    try:
        layout = msgspec.toml.decode(path.read_text(encoding="utf-8"), type=Layout)
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFailed("import.mapping_missing", name=str(path), known="") from error
    except (msgspec.ValidationError, msgspec.DecodeError, tomllib.TOMLDecodeError) as error:
        raise ImportFailed("import.mapping_wrong", reason=str(error)[:200]) from error
    strange = [name for name in layout.columns if name not in NAMES]
    if strange:
        raise ImportFailed("import.mapping_wrong", reason=f"columns.{strange[0]}: one of {', '.join(NAMES)}")
    return layout


def find_tables(sheets: list[Sheet], what: str, layout: Layout) -> list[Table]:
    """Every sheet that has the columns that are needed. Raises ImportFailed (`import.header_missing`)."""
    chosen = [sheet for sheet in sheets if not layout.sheets or sheet.name in layout.sheets]
    found = [table for sheet in chosen if (table := _table(sheet, what, layout)) is not None]
    if not found:
        first = next((row for sheet in chosen for row in sheet.rows if not row.is_blank()), None)
        there = ", ".join(text_of(cell) for cell in first.cells)[:200] if first else ""
        raise ImportFailed("import.header_missing", columns=", ".join(_NEEDED[what]), there=there)
    return found


def _table(sheet: Sheet, what: str, layout: Layout) -> Table | None:
    if layout.header_row:
        candidates = [row for row in sheet.rows if row.line == layout.header_row]
    else:
        candidates = list(sheet.rows[:HEADER_ROWS_MAX])
    best: tuple[int, int, dict[str, int]] | None = None
    for number, row in enumerate(candidates):
        columns = _columns(row, layout)
        if all(name in columns for name in _NEEDED[what]) and (best is None or len(columns) > best[0]):
            best = len(columns), row.line, columns
        elif number > HEADER_ROWS_MAX:
            break
    if best is None:
        return None
    _, line, columns = best
    header = {text_of(row.cells[place]) for row in candidates if row.line == line for place in columns.values()}
    rows = tuple(row for row in sheet.rows if row.line > line and not _repeats(row, columns, header))
    return Table(sheet.name, columns, rows)


def _repeats(row: Line, columns: dict[str, int], header: set[str]) -> bool:
    """The header again, as on each printed page."""
    told = [text_of(row.cells[place]) for place in columns.values() if place < len(row.cells)]
    return bool(told) and all(word in header for word in told) and any(told)


def _columns(row: Line, layout: Layout) -> dict[str, int]:
    """Our columns in a row of headings; the first of several wins."""
    found: dict[str, int] = {}
    said = {_heading(theirs): ours for ours, theirs in layout.columns.items()}
    for place, cell in enumerate(row.cells):
        heading = _heading(text_of(cell))
        ours = said.get(heading, "" if heading in said else _KNOWN.get(heading, ""))
        if ours and ours not in found and (ours not in layout.columns or heading in said):
            found[ours] = place
    return found


def _heading(text: str) -> str:
    """A heading without its unit in brackets, blanks, stars and colons."""
    return re.sub(r"[\s*:：]", "", re.sub(r"[(（\[].*?[)）\]]", "", text)).lower()


def is_total(text: str) -> bool:
    """Whether a row beginning so adds up others."""
    return text.lower().replace(" ", "").startswith(_TOTALS)


def capacity_of(text: str, layout: Layout) -> Capacity | None:
    """The capacity that a word means."""
    return layout.capacities.get(text) or _CAPACITIES.get(text.lower())


def lives_there(text: str) -> bool | None:
    """Yes, no; None for what is neither. Nothing said is yes."""
    word = text.lower()
    return True if not word or word in _YES else False if word in _NO else None


_KNOWN = {word: ours for ours, words in NAMES.items() for word in words.split()}
_CAPACITIES: dict[str, Capacity] = {word: ours for ours, words in CAPACITIES.items() for word in words.split()}

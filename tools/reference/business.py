"""The page of one business: commands, events, queries, timers, refusals, values."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from pathlib import Path
from types import FunctionType
from typing import Any

import msgspec

from linlian.community import identity
from linlian.kernel.codec import INT_MAX
from linlian.kernel.contract import CommandSpec, Contract
from linlian.readmodel.query import Parameter, Query
from linlian.readmodel.view import View
from linlian.words import Tongue
from tools.reference import words
from tools.reference.kinds import Kind, field_type, kind_of, values_of
from tools.reference.markdown import code, codes, table
from tools.reference.reaching import Asked, Reach, reach
from tools.reference.words import in_order, sentence, tongues

FIELD_COLUMNS = ("field", "中文", "English", "takes")
TIME_ENDINGS = ("_at", "_by", "until", "since", "time", "starts", "due")
"""How the names of columns end that hold times; the type of a column does not tell."""

SAID = {
    "zh": {
        "who": "谁：",
        "and": "、",
        "then": "；",
        "of": "{kinds}的{roles}",
        "step": "{by}；状态为 {states}",
        "active": "任何有效账户",
        "key": "任何有效密钥的持有者",
        "sometimes": "有些情形须是{roles}",
        "delegate": "受托人须有范围：{scopes}",
    },
    "en": {
        "who": "Who: ",
        "and": ", ",
        "then": "; ",
        "of": "{roles} of: {kinds}",
        "step": "{by}; in state {states}",
        "active": "any active account",
        "key": "whoever holds a key in force",
        "sometimes": "in some cases {roles}",
        "delegate": "a delegate needs the scope: {scopes}",
    },
}
"""What is said of whom a command is for."""


def business_page(contract: Contract, view: View | None) -> str:
    """The whole page, as Markdown."""
    name = contract.name
    commands = in_order(name, "commands", contract.commands)
    asked = [spec for spec in commands.values() if not spec.internal]
    lines = [
        f"# {name}",
        "",
        f"Concepts, states and reasons stand in [its README](../../src/linlian/community/{name}/README.md).",
        f"概念、状态与道理见[它的 README](../../src/linlian/community/{name}/README.md)。",
        "",
    ]
    if contract.needs:
        needs = ", ".join(f"[{need.name}]({need.name}.md)" for need in contract.needs)
        lines += [f"It asks · 它依赖：{needs}", ""]
    lines += ["## Commands · 命令", ""]
    for spec in asked:
        lines += _command(name, spec)
    lines += _timers(contract)
    lines += ["## Events · 事件", "", "Bold: the entry stands in that one's history. 粗体：记入它的历史。", ""]
    lines += _events(contract)
    if view is not None and view.queries:
        lines += ["## Queries · 查询", "", *queries(view)]
    lines += _refusals(contract)
    lines += ["## Values · 取值", "", *values(name, _enums(contract, view))]
    return "\n".join(lines)


def _command(owner: str, spec: CommandSpec) -> list[str]:
    found = reach_of(spec.handler)
    lines = [
        f"### {spec.name}",
        "",
        f"**{' · '.join(words.command(spec.name))}** — {about(spec.handler)}",
        "",
    ]
    if note := about(spec.kind):
        lines += [note, ""]
    lines += fields(owner, spec.kind)
    lines += [f"- {SAID[tongue.language]['who']}{_who(found, tongue)}" for tongue in tongues()]
    if told := _told(found):
        lines.append(f"- Refused · 被拒：{codes(told)}")
    return [*lines, ""]


def fields(owner: str, record: type[msgspec.Struct]) -> list[str]:
    """A table of a record's fields, required ones first, and of the records that they hold."""
    known = [(field, field_type(record, field.name)) for field in msgspec.structs.fields(record)]
    rows = []
    for field, kind in sorted(known, key=lambda pair: pair[1].optional):
        takes = f"{kind.text}, optional" if kind.optional else kind.text
        rows.append((code(field.name), *words.field(owner, field.name), takes))
    lines = table(FIELD_COLUMNS, rows)
    for inner in dict.fromkeys(inner for _, kind in known for inner in kind.records):
        lines += [f"Each {code(inner.__name__)}: {about(inner)}", "", *fields(owner, inner)]
    return lines


def _who(found: Reach, tongue: Tongue) -> str:
    """Whom a command is for, as far as its source says so in one way for all cases."""
    said = SAID[tongue.language]

    def listed(values: Iterable[str], owner: str = "identity") -> str:
        return said["and"].join(tongue.value(owner, value) for value in values)

    def role(asked: Asked) -> str:
        roles, kinds = asked
        return said["of"].format(roles=listed(roles), kinds=listed(kinds)) if kinds else listed(roles)

    if found.steps:
        steps = [
            said["step"].format(by=listed(step.by, step_owner), states=codes(str(state) for state in step.cells))
            for step, step_owner in found.steps
        ]
        return said["then"].join([*(role(asked) for asked in found.roles), *steps])
    parts = [said["then"].join(role(asked) for asked in found.roles) or said["active" if found.acts else "key"]]
    some = [role(asked) for asked in found.sometimes if asked not in found.roles]
    parts += [said["sometimes"].format(roles=said["then"].join(some))] if some else []
    parts += [said["delegate"].format(scopes=listed(found.scopes))] if found.scopes else []
    return said["then"].join(parts)


def _told(found: Reach) -> list[str]:
    """The codes to name at a command: all but those that every account that cannot act is told."""
    acting = list(reach_of(identity.acting).codes)
    return [name for name in found.codes if not (found.acts and name in acting)]


def _timers(contract: Contract) -> list[str]:
    internal = [spec for spec in contract.commands.values() if spec.internal]
    if not internal:
        return []
    rows = []
    for spec in internal:
        started = "genesis · 创世" if spec is contract.founding else "timer · 定时"
        rows.append((code(spec.name), *words.command(spec.name), started, about(spec.handler)))
    lines = ["## Started by no person · 不由人发起", "", *table(("command", "中文", "English", "started by", ""), rows)]
    if names := _timer_names(contract):
        lines += [f"Timers by name · 定时器：{codes(names)}", ""]
    if contract.founding is not None:
        lines += [f"{code(contract.founding.name)} takes:", "", *fields(contract.name, contract.founding.kind)]
    return lines


def _timer_names(contract: Contract) -> list[str]:
    """The names under which the rules of a business set timers."""
    found: dict[str, None] = {}
    for path in sorted(_folder(contract).glob("rules*.py")):
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "schedule":
                name = part.args[0]
                if isinstance(name, ast.Constant):
                    found[str(name.value)] = None
    return list(found)


def _folder(contract: Contract) -> Path:
    spec = next(iter(contract.commands.values()))
    return Path(inspect.getfile(spec.handler)).parent


def _events(contract: Contract) -> list[str]:
    rows = []
    for name, kind in in_order(contract.name, "events", contract.events).items():
        told = []
        for field in msgspec.structs.fields(kind):
            takes = field_type(kind, field.name)
            label = f"**{field.name}**" if takes.subject else code(field.name)
            told.append(f"{label} {takes.text}" + ("?" if takes.optional else ""))
        chinese, english = sentence(contract.name, "events", name)
        rows.append((code(name), "\n".join(told), f"{chinese}\n{english}"))
    return table(("event", "fields (? may be absent)", "it says · 说明"), rows)


def queries(view: View) -> list[str]:
    """Each query with what it takes and gives; what several give alike is shown once."""
    lines: list[str] = []
    for query in view.queries.values():
        name = query.name
        chinese, english = words.query(name, query.about)
        lines += [f"### {name}", "", *dict.fromkeys((chinese, english)), ""]
        rows = [_parameter(view.name, query, part) for part in query.parameters.values()]
        lines += table(("parameter", "中文", "English", "takes", "if left out"), rows)
        gives = "rows of" if query.many else "one row or none of"
        lines += [f"Gives · 得到：{gives} {code(query.row.__name__)}", ""]
    for row in dict.fromkeys(query.row for query in view.queries.values()):
        query = next(query for query in view.queries.values() if query.row is row)
        lines += [f"### Row · 行 {code(row.__name__)}", ""]
        if note := about(row):
            lines += [note, ""]
        columns = [(code(name), *words.field(view.name, name), _column(name, base)) for name, base in query.columns]
        lines += table(("column", "中文", "English", "kind"), columns)
    return lines


def _parameter(owner: str, query: Query, part: Parameter) -> tuple[str, ...]:
    written = str(query.function.__annotations__.get(part.name, ""))
    takes = kind_of(part.annotation, written)
    told = "required" if part.required else _default(part.default, takes.text)
    return (code(part.name), *words.field(owner, part.name), takes.text, told)


def _default(value: Any, takes: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    unbounded = value is None or value == "" or (takes == "time" and value in (0, INT_MAX))
    return "—" if unbounded else str(value)


def _column(name: str, base: type[Any]) -> str:
    if base is int:
        return "time" if name.endswith(TIME_ENDINGS) else "number"
    return {bytes: "bytes", bool: "yes/no"}.get(base, "text")


def _refusals(contract: Contract) -> list[str]:
    found: dict[str, None] = {}
    for spec in contract.commands.values():
        found.update(reach_of(spec.handler).codes)
    own = [name for name in found if name.startswith(f"{contract.name}.")]
    rows = [(code(name), *sentence(contract.name, "refusals", name)) for name in sorted(own)]
    lines = ["## Refusals · 被拒的原因", "", *table(("code", "中文", "English"), rows)]
    others = dict.fromkeys(name.partition(".")[0] for name in found if name not in own)
    if others:
        where = ", ".join(f"[{name}]({'refusals' if name == 'kernel' else name}.md)" for name in others)
        lines += [f"Codes of others stand on their pages · 其他代码见：{where}", ""]
    return lines


def _enums(contract: Contract, view: View | None) -> tuple[type[Enum], ...]:
    def kinds() -> Iterator[Kind]:
        for record in (*(spec.kind for spec in contract.commands.values()), *contract.events.values()):
            for field in msgspec.structs.fields(record):
                kind = field_type(record, field.name)
                yield kind
                for inner in kind.records:
                    yield from (field_type(inner, part.name) for part in msgspec.structs.fields(inner))
        for query in view.queries.values() if view is not None else ():
            yield from (kind_of(part.annotation) for part in query.parameters.values())

    return values_of(kinds())


def values(owner: str, enums: tuple[type[Enum], ...]) -> list[str]:
    """A table of each enumeration's values; one page has each once."""
    lines: list[str] = []
    for enum in enums:
        members = [str(member.value) for member in enum]
        rows = [(code(member), *words.value(owner, member)) for member in members]
        lines += [f"### {enum.__name__}", "", *table(("value", "中文", "English"), rows)]
    return lines


def reach_of(handler: Callable[..., Any]) -> Reach:
    """`reach` of a handler, which is always a plain function."""
    assert isinstance(handler, FunctionType)
    return reach(handler)


def about(what: Any) -> str:
    """The first paragraph of something's own docstring, in one line; nothing where it has none of its own."""
    told = what.__dict__.get("__doc__") if isinstance(what, type) else what.__doc__
    if not told or told.startswith(f"{getattr(what, '__name__', '')}("):
        return ""
    return " ".join(told.split("\n\n", maxsplit=1)[0].split())

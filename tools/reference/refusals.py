"""The page of every "no" that is not a business's: code, kind, and the sentence in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import linlian
from linlian.kernel import errors
from linlian.words import COMMON
from tools.reference.markdown import code, table
from tools.reference.words import all_words, sentence

ROOMS = (
    ("kernel", "账本的规则", "the rules of the ledger"),
    ("engine", "排序与见证的一方", "the engine that orders"),
    ("store", "字节所在之处", "where bytes rest"),
    ("readmodel", "查询", "queries"),
    ("vault", "密封内容", "sealed content"),
    ("settings", "配置", "settings"),
    ("node", "节点与它的文件夹", "a node and its folder"),
    ("cli", "命令行", "the command line"),
    ("import", "导入", "importing"),
    ("demo", "演示", "the demo"),
)
"""Which rooms there are, in the order of the page; one that is missing here comes last, under its own name."""

KINDS = (
    (
        "Refused",
        "规则说不；可以记在账上，并进入所涉者的历史",
        "a rule said no; it can stand in the ledger and in histories",
    ),
    ("Rejected", "进不了区块", "it never enters a block"),
    ("EncodingInvalid", "不是唯一规定的编码", "not the one canonical encoding"),
    ("KeyInvalid", "没有套件认可的公钥", "a public key that no suite accepts"),
    ("Unproven", "所示与所信不符", "what is shown does not follow from what is trusted"),
    ("NodeMustStop", "停下好过与别人不一致", "stopping is safer than differing from others"),
)


def refusals_page() -> str:
    """The whole page, as Markdown."""
    lines = [
        "# Refusals · 被拒的原因",
        "",
        "Every “no” has a stable code, facts (in braces) and a sentence in both languages. Those of a business stand",
        "on its page. 每个“不”都有稳定的代码、事实（花括号内）和两种语言的说明；各业务自己的在其页面上。",
        "",
        *table(("kind", "中文", "English"), ((code(name), zh, en) for name, zh, en in KINDS)),
        "What the other parts say is told at once and stands in no block. 其余部分说的“不”当场告知，不进区块。",
        "",
    ]
    raised = _kinds()
    known = all_words().names("refusals")
    rooms = {name: (zh, en) for name, zh, en in ROOMS}
    for room in dict.fromkeys((*rooms, *(name.partition(".")[0] for name in known))):
        here = [name for name in known if name.partition(".")[0] == room]
        if not here:
            continue
        chinese, english = rooms.get(room, (room, room))
        lines += [f"## {room}: {english} · {chinese}", ""]
        said = {name: (code(name), *sentence(COMMON, "refusals", name)) for name in here}
        if room == "kernel":
            kinds = {name: ", ".join(sorted(raised.get(name, ()))) for name in here}
            rows = [(told[0], kinds[name], *told[1:]) for name, told in said.items()]
            lines += table(("code", "kind", "中文", "English"), rows)
        else:
            lines += table(("code", "中文", "English"), said.values())
    return "\n".join(lines)


def _kinds() -> dict[str, dict[str, None]]:
    """Code → the kinds of error that the source raises it as; each counts as the kind of KINDS that it is."""
    found: dict[str, dict[str, None]] = {errors.Busy(0).code: {"Rejected": None}}
    for path in sorted(Path(linlian.__file__).parent.rglob("*.py")):
        for name, kind in _raised(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(name, {})[kind] = None
    return found


def _raised(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and call.args:
            kind = _kind(ast.unparse(call.func).rpartition(".")[2])
            if kind:
                for part in ast.walk(call.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and "." in part.value:
                        yield part.value, kind


def _kind(name: str) -> str:
    """The kind of KINDS that a class named in a call is; nothing if it is none."""
    known = getattr(errors, name, None)
    if not isinstance(known, type):
        return ""
    return next((kind for kind, *_ in KINDS if issubclass(known, getattr(errors, kind))), "")

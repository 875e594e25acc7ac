"""The page of the API: every operation, who may ask, what it takes and may answer; made from what is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from linlian import node
from linlian.web import openapi
from linlian.web.app import all_operations
from linlian.web.operation import Operation
from linlian.web.problems import STATUSES, TITLES
from linlian.words import LANGUAGES, Words
from tools.reference.markdown import code, codes, table
from tools.reference.words import text


@dataclass(frozen=True)
class Described:
    """What operations are made from; nothing here answers."""

    rulebook: Any
    queries: Any
    words: Words


def api_page() -> str:
    """The whole page, as Markdown."""
    words = Words.load(node.businesses())
    operations = all_operations(Described(node.rulebook(), node.queries(), words))  # type: ignore[arg-type]
    lines = [
        "# The API · 接口",
        "",
        *reversed(text("api.about")),
        "",
        *reversed(text("api.security")),
        "",
        "The same with every schema: `/api/docs` of a running node, or `/api/v1/openapi.json`.",
        "How to begin: [the guide](../guides/api.md).",
        "带全部结构的说明在运行的节点的 `/api/docs`，或 `/api/v1/openapi.json`；入门见[指南](../guides/api.md)。",
        "",
    ]
    for tag in dict.fromkeys(operation.tag for operation in operations):
        name, _, business = tag.partition(": ")
        chinese, english = text(f"api.{name}")
        lines += [f"## {english} · {chinese}" + (f": {business}" if business else ""), ""]
        rows = [_row(operation, words) for operation in operations if operation.tag == tag]
        lines += table(("", "中文", "English", "who · 谁可以", "codes of its own · 自有代码"), rows)
    lines += ["## Statuses · 状态码", ""]
    listed = [(str(status), *text(f"web.title.{status}"), codes(_codes_of(status))) for status in TITLES]
    lines += table(("", "中文", "English", "codes · 代码"), listed)
    return "\n".join(lines)


def _row(operation: Operation, words: Words) -> tuple[str, str, str, str, str]:
    about = openapi.about(operation, words)
    taken = [part.name + ("" if part.required else "?") for part in operation.parameters if part.place != "path"]
    address = f"{operation.method} {operation.path}" + (f" ({', '.join(taken)})" if taken else "")
    tongues = [words.tongue(language) for language in reversed(LANGUAGES)]
    seen = " · ".join("; ".join(tongue.audience(name) for name in operation.seen_by) for tongue in tongues)
    return code(address), about["zh"], about["en"], seen if operation.seen_by else "", codes(operation.problems)


def _codes_of(status: int) -> list[str]:
    return sorted(name for name, known in STATUSES.items() if known == status)

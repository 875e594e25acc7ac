"""The pages of docs/reference, from code and words: `python -m tools.reference` writes them, `make docs`.

One page for each business, one of the ledger's own queries, one of refusal codes, one of verbs, one of the
API, one of limits. The same
source gives the same bytes on every machine; `tests/architecture/test_reference.py` holds the folder to that.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from linlian import node
from linlian.community import BUSINESSES, identity
from linlian.kernel.contract import Contract
from linlian.kernel.replay import replay_contract
from linlian.readmodel import stream
from tools.reference.api import api_page
from tools.reference.business import about, business_page, queries, reach_of
from tools.reference.kinds import LEGEND
from tools.reference.limits import limits_page
from tools.reference.markdown import code, table
from tools.reference.refusals import refusals_page
from tools.reference.verbs import verbs_page
from tools.reference.words import command, sentence

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


@cache
def pages() -> dict[str, str]:
    """File name → text, of every page that belongs into the folder."""
    views = {view.name: view for view in node.views()}
    found = {"README.md": _index()}
    for contract in BUSINESSES:
        found[f"{contract.name}.md"] = business_page(contract, views.get(contract.name))
    found["ledger.md"] = _ledger()
    found["refusals.md"] = refusals_page()
    found["verbs.md"] = verbs_page()
    found["api.md"] = api_page()
    found["limits.md"] = limits_page()
    return {name: text.rstrip("\n") + "\n" for name, text in found.items()}


def stale(folder: Path) -> list[str]:
    """The files of a folder that are missing, differ from what the source says, or belong to nothing any more."""
    wanted = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name))


def write(folder: Path) -> list[str]:
    """Write what differs and delete what is over; the names of both."""
    folder.mkdir(parents=True, exist_ok=True)
    changed, wanted = stale(folder), pages()
    for name in changed:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed


def _index() -> str:
    acting = [(code(name), *sentence("identity", "refusals", name)) for name in reach_of(identity.acting).codes]
    rows = [(f"[{contract.name}]({contract.name}.md)", _counts(contract)) for contract in BUSINESSES]
    rows += [
        ("[ledger](ledger.md)", "what the ledger itself records and answers · 账本自己的记录与查询"),
        ("[refusals](refusals.md)", "every other “no”, by its code · 其他各种“不”"),
        ("[verbs](verbs.md)", "the command line · 命令行"),
        ("[api](api.md)", "every route of a running node · 运行中的节点的每个接口"),
        ("[limits](limits.md)", "every bound · 各种上限"),
    ]
    return "\n".join(
        [
            "# Reference · 参考",
            "",
            "Written by `make docs` from the code and its words; do not edit it here.",
            "由 `make docs` 从代码和词表写成，请勿在此修改。",
            "",
            *table(("page", ""), rows),
            "## What fields take · 字段的取值",
            "",
            *table(("", "中文", "English"), LEGEND),
            "A name that begins with a capital is an enumeration, with its values at the end of the page.",
            "大写开头的是枚举，取值在页末。",
            "",
            "## What any command can meet · 任何命令都可能遇到",
            "",
            "Whoever cannot act is told so before anything else; the pages do not repeat these codes. Besides, the",
            "kernel refuses a command that does too much ([limits](limits.md)) with `kernel.too_much`.",
            "不能办事的账户首先得到这些答复，各页不再重复；做得太多的命令被拒为 `kernel.too_much`。",
            "",
            *table(("code", "中文", "English"), acting),
        ]
    )


def _counts(contract: Contract) -> str:
    commands = sum(1 for spec in contract.commands.values() if not spec.internal)
    return f"{commands} commands, {len(contract.events)} events · {commands} 个命令，{len(contract.events)} 种事件"


def _ledger() -> str:
    entries = [(code(name), *sentence("kernel", "events", name)) for name in ("kernel.refused", "kernel.broken")]
    runs = [(code(name), *command(name), about(spec.handler)) for name, spec in replay_contract.commands.items()]
    return "\n".join(
        [
            "# The ledger itself · 账本自己",
            "",
            "What stands on it besides the events of the businesses, and what may be asked whatever the business.",
            "除各业务的事件之外账上还有什么，以及不分业务都可以查询什么。",
            "",
            "## Entries · 条目",
            "",
            *table(("entry", "中文", "English"), entries),
            "## Started by timer · 定时发起",
            "",
            *table(("command", "中文", "English", ""), runs),
            "## Queries · 查询",
            "",
            *queries(stream.views),
        ]
    )

"""The page of the command line: every verb, what it takes, and what exit codes mean."""

from __future__ import annotations

from linlian.cli.help import text_of
from linlian.cli.main import all_verbs
from linlian.cli.verb import GROUPS, Argument, Option, Verb
from tools.reference.markdown import code, table
from tools.reference.words import has_text, text

EXITS = (
    ("0", "完成，或已核实", "done, or verified"),
    ("1", "答案是否：被拒、未核实、没有找到", "the answer is no: refused, not verified, not found"),
    ("2", "输入、配置或文件不能读", "what was typed, a setting or a file cannot be read"),
    ("3", "节点或它的文件夹需要处理，或正忙", "the node or its folder needs attention, or is busy"),
    ("130", "被中断", "interrupted"),
)

EVERYWHERE = (
    ("--folder F", "数据文件夹，默认 .linlian", "the data folder, .linlian if not said"),
    ("--lang zh|en", "语言，默认随终端", "the language, that of the terminal if not said"),
    ("--json", "给程序：标准输出是一个 JSON 值", "for programs: one JSON value on standard output"),
    ("--config FILE", "配置文件，默认 linlian.toml", "the settings file, linlian.toml if not said"),
    ("--help", "说明", "what a verb does and takes"),
    ("--version", "版本", "the version"),
)


def verbs_page() -> str:
    """The whole page, as Markdown."""
    lines = [
        "# The command line · 命令行",
        "",
        "Every command of a business is carried out with `linlian do`, every query asked with `linlian show`; their",
        "options come from their fields, and `--help` behind them lists these.",
        "每个业务的命令用 `linlian do`，查询用 `linlian show`；选项由字段得出，在后面加 `--help` 列出。",
        "",
        *table(
            ("with every verb · 都可以加", "中文", "English"), ((code(name), zh, en) for name, zh, en in EVERYWHERE)
        ),
        *table(("exit code · 退出码", "中文", "English"), EXITS),
    ]
    verbs = all_verbs()
    for group in GROUPS:
        here = [verb for verb in verbs if verb.group == group]
        if here:
            lines += [f"## {' · '.join(text(f'group.{group}'))}", ""]
        for verb in here:
            lines += _verb(verb)
    return "\n".join(lines)


def _verb(verb: Verb) -> list[str]:
    chinese, english = text(f"verb.{verb.name}")
    parts = [_argument(argument) for argument in verb.arguments] + [_option(option) for option in verb.options]
    lines = [f"### linlian {verb.name}", "", chinese, english, ""]
    lines += ["```", " ".join(["linlian", verb.name, *parts]), "```", ""]
    rows = [(code(argument.name.upper()), *text(f"verb.{verb.name}.{argument.name}")) for argument in verb.arguments]
    rows += [(code(_signs(option)), *text(text_of(verb, option))) for option in verb.options]
    lines += table(("", "中文", "English"), rows)
    if has_text(f"verb.{verb.name}.more"):
        chinese, english = text(f"verb.{verb.name}.more")
        lines += [*chinese.splitlines(), "", *english.splitlines(), ""]
    return lines


def _argument(argument: Argument) -> str:
    name = argument.name.upper() + ("…" if argument.many or argument.rest else "")
    return name if argument.required else f"[{name}]"


def _signs(option: Option) -> str:
    return f"--{option.name}" + (f" {option.hint}" if option.hint else "")


def _option(option: Option) -> str:
    signs = _signs(option) + ("…" if option.many else "")
    return signs if option.required else f"[{signs}]"

"""`linlian show`: any query of any business, a block, a transaction, or whatever an identifier stands for.

linlian show                                   what can be asked
linlian show open_requests --state done        a query, with its parameters as options
linlian show repairs.case 7f3a                 what must be given may stand without its name
linlian show block 12 · show transaction 9c0d · show door-301
linlian show --sql "SELECT command, count(*) FROM ledger_item GROUP BY command"
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from linlian.cli import granting
from linlian.cli.fields import time_of
from linlian.cli.names import Finder
from linlian.cli.output import encode_json
from linlian.cli.session import OpenNode, Session
from linlian.cli.telling import NOTHING, Teller
from linlian.cli.verb import FINE, NO, Argument, Given, Option, Usage, Verb, read
from linlian.kernel import codec
from linlian.kernel.block import Block, Run
from linlian.kernel.contract import SYSTEM
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transaction import open_transaction
from linlian.readmodel.query import Parameter, Query

SQL_ROWS = 1_000
EXPORT_ROWS = 10_000_000
LAST_ENTRIES = 20
CARD_COLUMNS = 2
WHERETO = (Option("out", hint="file", about="export.out"), Option("format", hint="csv|jsonl", about="export.format"))


def run_show(session: Session, given: Given) -> int:
    """Find out what is meant, and show it."""
    what, rest, sql = given.maybe("what"), given.many("rest"), given.maybe("sql")
    if sql is not None:
        return _show_sql(session, sql)
    if what is None:
        return _list(session)
    query = find_query(session, what)
    if query is not None and "--help" in rest:
        return _explain(session, query)
    with session.node() as node:
        finder = Finder(node)
        teller = Teller(session.tongue, node.folder)
        if query is not None:
            return _show_query(session, node, finder, teller, query, rest)
        if what == "block":
            return _show_block(session, node, teller, rest)
        if rest and what in subject_kinds(node.rulebook):
            return _show_kind(session, node, teller, what, finder.find(rest[0]))
        identifier = finder.find(rest[0] if rest and what == "transaction" else what)
        if len(identifier) == 32 and node.ask("ledger.item", {"item_id": identifier}):
            return _show_item(session, node, teller, identifier)
        return _show_subject(session, node, teller, identifier)


def run_export(session: Session, given: Given) -> int:
    """Write the rows of a query or of SQL to a file: CSV with a header line, or one JSON object a line. `grants` is no
    query but a package of 360Giving (`granting`)."""
    what, rest = given.maybe("query"), given.many("rest")
    if what == granting.WHAT:
        return granting.give(session, rest)
    query = find_query(session, what) if what else None
    if query is None and (what or given.maybe("sql") is None):
        raise Usage("cli.unknown_query", query=what or "")
    typed = read("export", arguments_of(query), (*WHERETO, *options_of(query)), rest)
    with session.node() as node:
        if query is None:
            columns, rows = node.plain(str(given.maybe("sql")), EXPORT_ROWS)
        else:
            columns = [name for name, _ in query.columns]
            rows = node.ask(query.name, values_of(query, typed, Finder(node), node.ledger.clock()))
    out = typed.maybe("out") or given.maybe("out")
    form = typed.maybe("format") or given.maybe("format") or ("jsonl" if str(out).endswith("l") else "csv")
    if form not in ("csv", "jsonl"):
        raise Usage("cli.value_wrong", option="format", value=form, wanted="csv|jsonl")
    _write(out, form, columns, rows)
    session.output.aside(session.tongue.text("export.done", rows=len(rows), file=out or "-"))
    return FINE


def find_query(session: Session, name: str) -> Query | None:
    """By name, with dashes for underscores, and without its business where that is unambiguous."""
    wanted = name.replace("-", "_")
    known = session.house.queries()
    found = [query for key, query in known.items() if wanted in (key, key.partition(".")[2])]
    exact = [query for query in found if query.name == wanted]
    if exact or len(found) == 1:
        return (exact or found)[0]
    if found:
        raise Usage("cli.ambiguous_query", query=name, found=", ".join(query.name for query in found))
    return None


def arguments_of(query: Query | None) -> tuple[Argument, ...]:
    """What must be given may stand without its name, in order."""
    parameters = query.parameters.values() if query else ()
    return tuple(Argument(part.name, required=False) for part in parameters if part.required)


def options_of(query: Query | None) -> tuple[Option, ...]:
    """A query's parameters as options."""
    parameters = query.parameters.values() if query else ()
    return tuple(Option(part.name.replace("_", "-"), hint=hint_of(part)) for part in parameters)


def hint_of(parameter: Parameter) -> str:
    """What to type for a parameter."""
    if parameter.choices:
        return "|".join(parameter.choices)
    return {bytes: "id", int: "number|time", bool: "yes|no"}.get(parameter.kind, "text")


def values_of(query: Query, typed: Given, finder: Finder, now_ms: int) -> dict[str, Any]:
    """Typed values of a query's parameters. Raises Usage, or ReadModelError for what is out of bounds."""
    values: dict[str, Any] = {}
    for part in query.parameters.values():
        text = typed.maybe(part.name.replace("_", "-")) or typed.maybe(part.name)
        if text is None:
            if part.required:
                raise Usage("cli.argument_missing", argument=part.name, verb=query.name)
        elif part.kind is bytes:
            values[part.name] = finder.find(text)
        elif part.kind is int:
            number = time_of(text, now_ms)
            if number is None:
                raise Usage("cli.value_wrong", option=part.name, value=text, wanted=hint_of(part))
            values[part.name] = number
        else:
            values |= query.read({part.name: "true" if part.kind is bool and text == "yes" else text})
    return values


def _show_query(session: Session, node: OpenNode, finder: Finder, teller: Teller, query: Query, rest: list[str]) -> int:
    typed = read(query.name, arguments_of(query), options_of(query), rest)
    rows = node.ask(query.name, values_of(query, typed, finder, node.ledger.clock()))
    columns = [name for name, _ in query.columns]
    _tell_rows(session, teller, query.name.partition(".")[0], columns, rows)
    return FINE if rows or query.many else NO


def _show_sql(session: Session, sql: str) -> int:
    with session.node() as node:
        columns, rows = node.plain(sql, SQL_ROWS)
        _tell_rows(session, Teller(session.tongue, node.folder), "", columns, rows)
    return FINE


def _tell_rows(
    session: Session, teller: Teller, owner: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """A table; a single row, and rows too wide for the terminal, stand upright without what is empty."""
    labels = [session.tongue.field(owner, column) for column in columns]
    cells = [teller.row(owner, columns, row) for row in rows]
    if not rows:
        session.output.text("show.nothing", style="dim")
    elif (len(rows) == 1 and len(columns) > CARD_COLUMNS) or not session.output.fits(labels, cells):
        for row in cells:
            session.output.pairs([pair for pair in zip(labels, row, strict=True) if pair[1] != NOTHING])
            session.output.say("")
    else:
        numbers = [index for index, value in enumerate(rows[0]) if isinstance(value, int) and value < 10**12]
        session.output.table(labels, cells, right=numbers)
    session.output.value([dict(zip(columns, row, strict=True)) for row in rows])


def _show_block(session: Session, node: OpenNode, teller: Teller, rest: list[str]) -> int:
    head = node.ledger.head.height
    text = rest[0] if rest else str(head)
    if not text.isdecimal() or int(text) > head:
        raise Usage("cli.no_such_block", height=text, head=head)
    block = next(node.ledger.follow(int(text)))
    header = block.header
    facts = {name: getattr(header, name) for name in header.__struct_fields__}
    session.output.pairs(
        [(session.tongue.field("", name), teller.cell("", name, value)) for name, value in facts.items()]
    )
    items = [_item_of(block, index) for index in range(len(block.items))]
    columns = ("receipt", "item_id", "command", "signer", "outcome")
    labels = [session.tongue.field("", column) for column in columns]
    session.output.table(
        labels, [teller.row("", columns, [item[name] for name in columns]) for item in items], right=(0,)
    )
    session.output.value({**facts, "items": items})
    return FINE


def _item_of(block: Block, index: int) -> dict[str, Any]:
    """One receipt of a block, in short."""
    receipt, raw = block.receipts[index], block.items[index]
    if index < block.runs:
        run = codec.decode_trusted(Run, raw)
        said = {"command": run.command, "signer": SYSTEM}
    else:
        body = open_transaction(raw, block.header.chain).body
        said = {"command": body.command, "signer": body.signer}
    return {"receipt": index, "item_id": block.item_id(index), **said, "outcome": receipt.outcome}


def _show_item(session: Session, node: OpenNode, teller: Teller, identifier: bytes) -> int:
    """One transaction or run: who, what, when, and what it led to."""
    (row,) = node.ask("ledger.item", {"item_id": identifier})
    columns = [name for name, _ in node.queries["ledger.item"].columns]
    facts = dict(zip(columns, row, strict=True))
    labels = {
        "item_id": identifier.hex(),
        "command": f"{session.tongue.command(facts['command'])} · {facts['command']}",
    }
    pairs = [
        (session.tongue.field("", name), labels.get(name) or teller.cell("", name, value))
        for name, value in facts.items()
    ]
    session.output.pairs(pairs)
    final = node.ledger.find(identifier)
    entries = final.entries() if final else []
    for type_, _, fields in entries:
        session.output.say(f"  {teller.entry(type_, fields)}")
    told = [{"type": type_, "occurred_at": when, "fields": fields} for type_, when, fields in entries]
    session.output.value(facts | {"entries": told})
    return FINE


def subject_kinds(rules: Rulebook) -> set[str]:
    """What things with a history there are: case, place, account, …"""
    return {kind for event in rules.events.values() for kind in codec.subject_kinds(event).values()}


def _show_kind(session: Session, node: OpenNode, teller: Teller, kind: str, identifier: bytes) -> int:
    """A thing of a known kind as it stands now, by the query that says most of just one; else its last entries."""
    for query in sorted(node.queries.values(), key=lambda query: -len(query.columns)):
        needed = [part.name for part in query.parameters.values() if part.required]
        if not query.many and needed in ([kind], [f"{kind}_id"]):
            rows = node.ask(query.name, {needed[0]: identifier})
            _tell_rows(session, teller, query.name.partition(".")[0], [name for name, _ in query.columns], rows)
            if rows:
                return FINE
    return _show_subject(session, node, teller, identifier)


def _show_subject(session: Session, node: OpenNode, teller: Teller, identifier: bytes) -> int:
    """The last entries of whatever this is; `history` has all of them, and the proof."""
    rows = node.ask("ledger.history", {"subject": identifier, "limit": 1_000})
    if not rows:
        raise Usage("cli.unknown_id", id=identifier)
    columns = [name for name, _ in node.queries["ledger.history"].columns]
    told = [dict(zip(columns, row, strict=True)) for row in rows[-LAST_ENTRIES:]]
    session.output.say(f"{teller.id(identifier)} · {identifier.hex()}", "bold")
    tell_history(session, teller, told)
    session.output.text("show.whole-history", style="dim", id=identifier.hex()[:12])
    session.output.value({"id": identifier, "entries": told})
    return FINE


def tell_history(session: Session, teller: Teller, entries: Sequence[dict[str, Any]]) -> None:
    """Entries of a history with both times: when it is said to have happened, and when it was committed."""
    tongue = session.tongue
    names = ("number", "occurred_at", "time", "height", "type", "signer")
    rows = []
    for entry in entries:
        cells = {name: teller.cell("", name, entry[name]) for name in names}
        fields = entry["fields"]
        told = json.loads(fields) if isinstance(fields, str) else fields
        rows.append([*(cells[name] for name in names[:4]), teller.entry(entry["type"], told), cells["signer"]])
    session.output.table([tongue.field("", name) for name in names], rows, right=(0, 3))


def _list(session: Session) -> int:
    queries = session.house.queries().values()
    rows = [(query.name, about(session, query)) for query in queries]
    tongue = session.tongue
    session.output.table((tongue.text("column.query"), tongue.text("column.meaning")), rows)
    session.output.text("show.how", style="dim")
    session.output.value([{"query": query.name, "about": about(session, query)} for query in queries])
    return FINE


def about(session: Session, query: Query) -> str:
    """What a query gives, in the reader's language where there are words for it."""
    return session.tongue.query(query.name) or query.about


def _explain(session: Session, query: Query) -> int:
    session.output.say(f"{query.name} · {about(session, query)}", "bold")
    business, tongue = query.name.partition(".")[0], session.tongue
    rows = []
    for part in query.parameters.values():
        must = tongue.text("do.required") if part.required else f"= {part.default}"
        rows.append((f"--{part.name.replace('_', '-')}", must, tongue.field(business, part.name), hint_of(part)))
    session.output.table((tongue.text("column.option"), "", tongue.text("column.meaning"), ""), rows)
    gives = ", ".join(f"{name} ({tongue.field(business, name)})" for name, _ in query.columns)
    session.output.say(gives, "dim")
    session.output.value({"query": query.name, "about": about(session, query)})
    return FINE


def _write(out: str | None, form: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if out is None or out == "-":
        _write_rows(sys.stdout, form, columns, rows)
        return
    try:
        with Path(out).open("w", encoding="utf-8", newline="") as file:
            _write_rows(file, form, columns, rows)
    except OSError as error:
        raise Usage("cli.file_unwritable", path=out, reason=error.strerror or "") from error


def _write_rows(file: IO[str], form: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    plain = ([value.hex() if isinstance(value, bytes) else value for value in row] for row in rows)
    if form == "csv":
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(plain)
        return
    for row in plain:
        file.write(encode_json(dict(zip(columns, row, strict=True)), indent=None) + "\n")


_SHOW = Verb(
    "show",
    "work",
    run_show,
    (Argument("what", required=False), Argument("rest", required=False, rest=True)),
    (Option("sql", hint="SQL"),),
)
_EXPORT = Verb(
    "export",
    "work",
    run_export,
    (Argument("query", required=False), Argument("rest", required=False, rest=True)),
    (Option("sql", hint="SQL"), *WHERETO),
)
VERBS = {"show": _SHOW, "export": _EXPORT}

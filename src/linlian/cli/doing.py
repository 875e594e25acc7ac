"""`linlian do`: any command of any business, with options read from its type.

linlian do                                         what can be done
linlian do repairs.report-repair --help            what it takes
linlian do repairs.report-repair --place door-301 --category plumbing --as anna --call leak
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from linlian.cli.fields import Reading, build, fields_of, time_of
from linlian.cli.keyring import NamedKey
from linlian.cli.names import Finder
from linlian.cli.session import OpenNode, Session
from linlian.cli.telling import Teller
from linlian.cli.verb import FINE, NO, Argument, Given, Option, Usage, Verb, read
from linlian.engine.ledger import Final
from linlian.kernel import codec
from linlian.kernel.contract import Command, CommandSpec
from linlian.kernel.errors import Busy
from linlian.kernel.limits import OFFLINE_VALIDITY_MS_MAX
from linlian.kernel.transaction import Body, new_identifier, sign

VALIDITY_MS = 60_000
BUSY_TRIES = 10
NEW_IDS_MAX = 16

HOW = (
    Option("as", hint="key", about="do.as"),
    Option("call", hint="name", about="do.call"),
    Option("occurred-at", hint="time", about="do.occurred-at"),
    Option("offline", flag=True, about="do.offline"),
    Option("record-refusal", flag=True, about="do.record-refusal"),
    Option("help", flag=True, about="do.help"),
)
"""What can be said about any command."""


def run(session: Session, given: Given) -> int:
    """List, explain, or carry out."""
    name = given.maybe("command")
    if name is None:
        return _list(session)
    spec = find_command(session, name)
    fields = fields_of(spec.kind)
    options = (*(option.option() for option in fields), *HOW)
    if "--help" in given.many("fields"):
        return _explain(session, spec)
    typed = read(spec.name, (), options, given.many("fields"))
    if typed.maybe("as") is None:
        raise Usage("cli.option_missing", option="as", verb=spec.name)
    with session.node() as node:
        return _carry_out(session, node, spec, typed)


def find_command(session: Session, name: str) -> CommandSpec:
    """By wire name, with dashes for underscores, and without its business where that is unambiguous.

    Raises Usage (`cli.unknown_command`).
    """
    known = {spec.name: spec for spec in session.house.rulebook().commands.values() if not spec.internal}
    wanted = name.replace("-", "_")
    found = [spec for key, spec in known.items() if wanted in (key, key.partition(".")[2])]
    if len(found) != 1:
        raise Usage("cli.unknown_command", command=name)
    return found[0]


def _carry_out(session: Session, node: OpenNode, spec: CommandSpec, typed: Given) -> int:
    finder, now = Finder(node), node.ledger.clock()
    key = finder.keys.get(str(typed.maybe("as")))
    call = typed.maybe("call")
    if call is not None:
        finder.names.check_free(call)
    command = build(spec, typed, Reading(finder, node.contents, now))
    nonce = secrets.token_bytes(16)
    occurred_at = _occurred_at(typed, now)
    raw = signed(node, key, command, nonce, occurred_at, offline=typed.flag("offline"))
    final = submit(node, raw, record_refusal=typed.flag("record-refusal"))
    made = new_ids(final, nonce)
    if call is not None and made:
        finder.names.put(call, made[0])
    tell_final(session, Teller(session.tongue, node.folder), final, made)
    return FINE if final.outcome == "accepted" else NO


def signed(
    node: OpenNode, key: NamedKey, command: Command, nonce: bytes, occurred_at: int = 0, *, offline: bool = False
) -> bytes:
    """The signed transaction of a command, valid for a minute; made offline, for three days."""
    span = OFFLINE_VALIDITY_MS_MAX if offline else VALIDITY_MS
    body = Body(
        chain=node.ledger.chain,
        command=node.rulebook.command_names[type(command)],
        fields=codec.as_plain(command),
        signer=key.account_on(node.ledger),
        nonce=nonce,
        valid_until=node.ledger.clock() + span,
        occurred_at=occurred_at,
        offline=offline,
    )
    return sign(body, key.key)


def submit(node: OpenNode, raw: bytes, *, record_refusal: bool = False) -> Final:
    """Hand in and wait until it is durable; a busy node is asked again when it says so. Raises Refused, Rejected."""
    for left in range(BUSY_TRIES - 1, -1, -1):
        try:
            return node.ledger.submit(raw, record_refusal=record_refusal).result()
        except Busy as busy:
            if not left:
                raise
            time.sleep(busy.retry_after_ms / 1000)
    raise AssertionError("the last try returns or raises")


def new_ids(final: Final, nonce: bytes) -> list[bytes]:
    """The identifiers that a command has made and told of, in order."""
    told = b"".join(final.receipt.entries)
    made = (new_identifier(final.item_id, nonce, number) for number in range(1, NEW_IDS_MAX + 1))
    return [one for one in made if one in told]


def tell_final(session: Session, teller: Teller, final: Final, made: list[bytes]) -> None:
    """What became of a transaction."""
    output, entries = session.output, final.entries()
    for type_, _, fields in entries:
        output.say(teller.entry(type_, fields), "bold" if final.outcome == "accepted" else "bold red")
    if made:
        output.text("do.made", ids=", ".join(f"{teller.id(one)} ({one.hex()})" for one in made))
    output.text("do.committed", style="dim", height=final.height, time=final.time, id=final.item_id.hex())
    output.value(final_plain(final) | {"made": made})


def final_plain(final: Final) -> dict[str, Any]:
    """A Final for programs."""
    entries = [
        {"type": type_, "occurred_at": occurred_at, "fields": fields} for type_, occurred_at, fields in final.entries()
    ]
    return {
        "transaction": final.item_id,
        "height": final.height,
        "index": final.index,
        "time": final.time,
        "outcome": final.outcome,
        "entries": entries,
    }


def _occurred_at(typed: Given, now: int) -> int:
    text = typed.maybe("occurred-at")
    if text is None:
        return 0
    found = time_of(text, now)
    if found is None:
        raise Usage("cli.value_wrong", option="occurred-at", value=text, wanted="time")
    return found


def _list(session: Session) -> int:
    specs = [spec for spec in session.house.rulebook().commands.values() if not spec.internal]
    rows = [(spec.name.replace("_", "-"), session.tongue.command(spec.name)) for spec in specs]
    columns = (session.tongue.text("column.command"), session.tongue.text("column.meaning"))
    session.output.table(columns, rows)
    session.output.text("do.how", style="dim")
    session.output.value([{"command": spec.name, "label": session.tongue.command(spec.name)} for spec in specs])
    return FINE


def _explain(session: Session, spec: CommandSpec) -> int:
    tongue, business = session.tongue, spec.name.partition(".")[0]
    session.output.say(f"{tongue.command(spec.name)} · {spec.name}", "bold")
    fields = fields_of(spec.kind)
    rows = []
    for field in fields:
        label = tongue.field(business, field.field)
        choices = ", ".join(f"{choice} {tongue.value(business, choice)}" for choice in field.choices)
        must = tongue.text("do.required") if field.required else ""
        hint = "" if field.choices else field.hint()
        rows.append((f"--{field.name}", must, "; ".join(part for part in (label, choices, hint) if part)))
    rows += [(f"--{option.name}", "", tongue.text(option.about)) for option in HOW]
    columns = (tongue.text("column.option"), "", tongue.text("column.meaning"))
    session.output.table(columns, rows)
    plain = [
        {
            "field": field.field,
            "option": field.name,
            "required": field.required,
            "many": field.shape.many,
            "choices": list(field.choices),
            "hint": field.hint(),
            "label": tongue.field(business, field.field),
        }
        for field in fields
    ]
    session.output.value({"command": spec.name, "label": tongue.command(spec.name), "fields": plain})
    return FINE


VERBS = {
    "do": Verb("do", "work", run, (Argument("command", required=False), Argument("fields", required=False, rest=True)))
}

"""`linlian open`: look into sealed content. The looking is committed first, with its purpose, refused or not.

linlian open leak --purpose repair --as repairer                    what belongs to a repair
linlian open door-301 --case leak --purpose repair --as repairer    a door number, for that repair
linlian open 7f3a…(64 digits) --purpose own_matter --as anna --to .
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from linlian.cli.doing import find_command, signed, submit
from linlian.cli.fields import Reading, build
from linlian.cli.names import Finder
from linlian.cli.session import OpenNode, Session
from linlian.cli.telling import Teller
from linlian.cli.verb import FINE, NO, Argument, Given, Option, Usage, Verb
from linlian.kernel.errors import LinlianError

COMMAND = "openings.open_content"
CONTENTS = "openings.sealed_contents"
CONTENTS_MAX = 9
TEXT_MAX = 4_000
OPTIONS = (
    Option("purpose", hint="purpose", required=True, about="open.purpose"),
    Option("case", hint="id", about="open.case"),
    Option("authority", hint="code", about="open.authority"),
    Option("as", hint="key", required=True, about="do.as"),
    Option("to", hint="folder", about="open.to"),
)


def run(session: Session, given: Given) -> int:
    """Ask, wait until it is committed, and show what the vault then serves."""
    spec = find_command(session, COMMAND)
    with session.node() as node:
        finder = Finder(node)
        contents = _contents(session, node, finder, given.argument("what"))
        key = finder.keys.get(str(given.maybe("as")))
        told = {name: given.many(name) for name in ("purpose", "case", "authority") if given.maybe(name)}
        typed = Given(options={"contents": [commitment.hex() for commitment, _ in contents], **told})
        command = build(spec, typed, Reading(finder, node.contents, node.ledger.clock()))
        final = submit(node, signed(node, key, command, secrets.token_bytes(16)), record_refusal=True)
        teller = Teller(session.tongue, node.folder)
        for type_, _, fields in final.entries():
            session.output.say(teller.entry(type_, fields), "bold" if final.outcome == "accepted" else "bold red")
        if final.outcome != "accepted":
            session.output.value({"transaction": final.item_id, "outcome": final.outcome, "contents": []})
            return NO
        reader, shown = key.account_on(node.ledger), []
        for commitment, label in contents:
            plaintext = node.contents.open(node.ledger, final.item_id, reader, commitment)
            shown.append(_show(session, given.maybe("to"), commitment, label, plaintext))
        session.output.value({"transaction": final.item_id, "outcome": final.outcome, "contents": shown})
    return FINE


def _contents(session: Session, node: OpenNode, finder: Finder, what: str) -> list[tuple[bytes, str]]:
    """(commitment, label) of one content, or of all of a case or a place. Raises Usage (`cli.nothing_sealed`)."""
    identifier = finder.find(what)
    if len(identifier) == 32:
        return [(identifier, identifier.hex()[:16])]
    for column in ("case_id", "place"):
        rows = node.ask(CONTENTS, {column: identifier})
        names = [name for name, _ in node.queries[CONTENTS].columns]
        found = [dict(zip(names, row, strict=True)) for row in rows]
        own = [row for row in found if column == "case_id" or not row["case_id"]]
        if own:
            field = session.tongue.field
            owners = [(row, row["event"].partition(".")[0]) for row in own[-CONTENTS_MAX:]]
            return [(row["commitment"], field(owner, row["field"])) for row, owner in owners]
    raise Usage("cli.nothing_sealed", id=what)


def _show(session: Session, folder: str | None, commitment: bytes, label: str, plaintext: bytes) -> dict[str, Any]:
    """Write it to a folder, or print what is text, or say how large it is."""
    text = _text(plaintext)
    if folder is not None:
        path = Path(folder) / commitment.hex()[:16]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(plaintext)
        except OSError as error:
            raise LinlianError("cli.file_unwritable", path=str(path), reason=error.strerror or "") from error
        session.output.text("open.written", label=label, path=str(path), size_bytes=len(plaintext))
    elif text is not None:
        session.output.say(f"{label}: {text}")
    else:
        session.output.text("open.no_text", label=label, size_bytes=len(plaintext))
    return {"commitment": commitment, "label": label, "size_bytes": len(plaintext), "text": text}


def _text(plaintext: bytes) -> str | None:
    """What can be read on a terminal; None for photos, and for what is too long."""
    try:
        text = plaintext.decode()
    except UnicodeDecodeError:
        return None
    return text if len(text) <= TEXT_MAX and all(char.isprintable() or char in "\n\t" for char in text) else None


VERBS = {"open": Verb("open", "work", run, (Argument("what"),), OPTIONS)}

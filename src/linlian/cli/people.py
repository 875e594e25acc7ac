"""`linlian key` and `linlian name`: the keys of people at this machine, and their names for things."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from linlian.cli.keyring import Keyring, KeyringError, NamedKey
from linlian.cli.names import Finder, Names
from linlian.cli.session import Session
from linlian.cli.verb import FINE, Argument, Given, Option, Usage, Verb
from linlian.kernel.errors import LinlianError


def run_key(session: Session, given: Given) -> int:
    """new NAME · list · show NAME · export NAME [--out FILE]"""
    what, name = given.maybe("what") or "list", given.maybe("name")
    keyring = Keyring(session.folder)
    if what == "list":
        return _list(session, keyring)
    if what not in ("new", "show", "export"):
        raise Usage("cli.value_wrong", option="key", value=what, wanted="new|list|show|export")
    if name is None:
        raise Usage("cli.argument_missing", argument="name", verb=f"key {what}")
    if what == "new":
        key = keyring.new(name, given.maybe("suite") or "ed25519")
        session.output.text("key.made", style="bold", name=name, path=str(key.path))
        session.output.text("key.next", style="dim", name=name)
    else:
        key = keyring.get(name)
    if what == "export":
        _export(session, key, given.maybe("out"))
        return FINE
    facts = key_facts(key)
    session.output.pairs([(session.tongue.field("", label), str(value)) for label, value in facts.items()])
    session.output.value(facts)
    return FINE


def key_facts(key: NamedKey) -> dict[str, Any]:
    """What may be known of a key by anybody."""
    account = key.account.hex() if key.account else ""
    return {
        "name": key.name,
        "suite": key.key.suite,
        "public_key": key.key.public_key.hex(),
        "key": key.key.key_id.hex(),
        "account": account,
    }


def _list(session: Session, keyring: Keyring) -> int:
    keys = [_remembered(session, key) for key in keyring.all()]
    columns = ("name", "suite", "account", "public_key")
    rows = [[key_facts(key)[column] or "—" for column in columns] for key in keys]
    session.output.table([session.tongue.field("", column) for column in columns], rows)
    if not keys:
        session.output.text("key.none", style="dim")
    session.output.value([key_facts(key) for key in keys])
    return FINE


def _remembered(session: Session, key: NamedKey) -> NamedKey:
    """The key with its account, asked of the ledger if this folder does not know it yet."""
    if key.account is not None:
        return key
    try:
        with session.house.open_node(session.settings) as node:
            key.account_on(node.ledger)
        return Keyring(session.folder).get(key.name)
    except KeyringError:
        return key
    except LinlianError as error:
        if error.code == "node.no_ledger":
            return key
        raise


def _export(session: Session, key: NamedKey, out: str | None) -> None:
    text = key.public_text()
    if out is None:
        session.output.say(text.rstrip())
    else:
        try:
            Path(out).write_text(text, encoding="utf-8")
        except OSError as error:
            raise Usage("cli.file_unwritable", path=out, reason=error.strerror or "") from error
        session.output.text("key.exported", name=key.name, path=out)
    session.output.value(key_facts(key))


def run_name(session: Session, given: Given) -> int:
    """List the names, give one (`name door-301 7f3a…`), or forget one (`name door-301 --forget`)."""
    name, text = given.maybe("name"), given.maybe("id")
    names = Names(session.folder)
    if name is not None and given.flag("forget"):
        names.remove(name)
        session.output.text("name.forgotten", name=name)
    elif name is not None and text is not None:
        with session.node() as node:
            finder = Finder(node)
            identifier = finder.find(text)
            finder.names.put(name, identifier)
        session.output.text("name.given", name=name, id=identifier.hex())
    else:
        items = [(known, value) for known, value in names.items() if name in (None, known)]
        labels = [session.tongue.field("", column) for column in ("name", "id")]
        session.output.table(labels, [(known, value.hex()) for known, value in items])
        session.output.value(dict(items))
    return FINE


VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "key",
            "people",
            run_key,
            (Argument("what", required=False), Argument("name", required=False)),
            (Option("suite", hint="ed25519|p256"), Option("out", hint="file")),
        ),
        Verb(
            "name",
            "people",
            run_name,
            (Argument("name", required=False), Argument("id", required=False)),
            (Option("forget", flag=True),),
        ),
    )
}

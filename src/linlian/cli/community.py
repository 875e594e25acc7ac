"""`linlian init`, `up` and `status`: a community's beginning, its node at work, and how it stands."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

from linlian.cli.keyring import Keyring
from linlian.cli.names import Names
from linlian.cli.phone import on_the_network, tell_phone
from linlian.cli.session import OpenNode, Session
from linlian.cli.trust import write_trust
from linlian.cli.verb import FINE, Argument, Given, Option, Usage, Verb
from linlian.kernel.operator import current_operator
from linlian.kernel.release import KEY as RELEASE_KEY
from linlian.kernel.release import RELEASES
from linlian.kernel.validators import current_validators
from linlian.readmodel.errors import ReadModelError
from linlian.words import clock_time

_STATUS = ("chain", "folder", "height", "time", "items", "release", "source_hash")

USUAL_FOUNDERS = ("street:government", "property:property_company", "owners:owners_committee")
"""Three parties who do not report to one another: the smallest community in which nobody decides alone."""

LOOK_EVERY_S = 0.25


def run_init(session: Session, given: Given) -> int:
    """Found a community: an organisation for each founder, with its first officer's key."""
    keyring = Keyring(session.folder)
    founders: list[tuple[str, str, str, bytes]] = []
    keys: list[tuple[str, str]] = []
    for text in given.many("founder") or USUAL_FOUNDERS:
        code, _, kind = text.partition(":")
        if kind not in session.house.KINDS:
            raise Usage("cli.founder_wrong", founder=text, kinds=", ".join(session.house.KINDS))
        key = keyring.get(code) if keyring.has(code) else keyring.new(code)
        founders.append((kind, code, key.key.suite, key.key.public_key))
        keys.append((code, str(key.path)))
    founded = session.house.create_community(session.settings, given.argument("name"), founders)
    names = Names(session.folder)
    for (code, _), (organisation, _) in zip(keys, founded.founders, strict=True):
        names.put(f"{code}-org", organisation)
    write_trust(session.folder, founded.chain, founded.operator_key)
    session.output.text("init.done", style="bold", chain=founded.chain, folder=str(session.folder))
    kinds = [session.tongue.value("identity", kind) for kind, *_ in founders]
    columns = ("column.organisation", "column.kind", "column.key")
    rows = [(code, kind, path) for (code, path), kind in zip(keys, kinds, strict=True)]
    session.output.table([session.tongue.text(column) for column in columns], rows)
    session.output.text("init.next")
    told = [
        {"code": code, "organisation": organisation, "officer": officer, "key": path}
        for (code, path), (organisation, officer) in zip(keys, founded.founders, strict=True)
    ]
    session.output.value({"chain": founded.chain, "folder": str(session.folder), "founders": told})
    return FINE


def run_status(session: Session, _given: Given) -> int:
    """Where the ledger stands, what rules hold, and who vouches."""
    with session.node() as node:
        facts, trouble = status_of(node), node.rows().trouble
    tongue = session.tongue
    known, voting = Names(session.folder), [one["organisation"] for one in facts["validators"]]
    voters = [known.name_of(bytes.fromhex(organisation)) or organisation[:8] for organisation in voting]
    shown = {
        "runs": tongue.text("status.here" if facts["runs_here"] else "status.elsewhere"),
        "validators": ", ".join(voters),
        "time": clock_time(facts["time"]),
        "items": "?" if facts["items"] < 0 else str(facts["items"]),
    }
    pairs = [
        (tongue.text(f"status.{name}"), shown.get(name, str(facts[name])))
        for name in (*_STATUS, "validators" if voters else "operator_key")
    ]
    rows = tongue.text("status.rows-at", **facts["readmodel"])
    session.output.pairs([*pairs, (tongue.text("status.rows"), rows), (tongue.text("status.runs"), shown["runs"])])
    if trouble is not None:
        session.output.warn("status.rows-trouble", reason=tongue.error(trouble))
    session.output.text("status.vouchers-several" if voters else "status.vouchers", style="dim", count=len(voters))
    session.output.value(facts)
    return FINE


def status_of(node: OpenNode) -> dict[str, Any]:
    """The facts of `status`."""
    head, release = node.ledger.head, RELEASES.get(node.ledger, RELEASE_KEY)
    operator = current_operator(node.ledger)
    try:
        items = sum(row[-1] for row in node.ask("ledger.outcomes", {}))
    except ReadModelError:
        items = -1  # nobody can count them just now; `readmodel` says why
    rows = node.rows()
    trouble = rows.trouble.code if rows.trouble else ""
    return {
        "chain": node.ledger.chain,
        "folder": str(node.folder),
        "height": head.height,
        "time": head.time,
        "items": items,
        "release": release.number if release else 0,
        "source_hash": release.source_hash.hex() if release else "",
        "operator_key": operator.public_key.hex() if operator else "",
        "validators": [
            {"organisation": one.organisation.hex(), "public_key": one.public_key.hex(), "power": one.power}
            for one in current_validators(node.ledger)
        ],
        "runs_here": node.runs_here,
        "readmodel": {"where": rows.where, "height": rows.height, "trouble": trouble},
    }


def run_up(session: Session, given: Given) -> int:
    """Run the node in the foreground until it is told to stop, or cannot go on. Without a community it is founded in a
    browser first."""
    if given.flag("phone"):
        session = on_the_network(session)
    with until_stopped() as stop:
        begun = session if session.house.is_founded(session.settings) else _begin_in_browser(session, stop)
        if begun is not None:
            _run_node(begun, stop)
    session.output.text("up.stopped")
    return FINE


def _run_node(session: Session, stop: threading.Event) -> None:
    with session.node(serve=True) as node:
        head = node.ledger.head
        session.output.text("up.started", style="bold", chain=node.ledger.chain, height=head.height)
        if node.address:
            session.output.text("up.address", address=node.address)
            session.output.line({"address": node.address})
            tell_phone(session, node.address)
        session.output.text("up.how", style="dim", folder=str(node.folder))
        watch(session, node, stop)
        session.output.text("up.stopping")


def _begin_in_browser(session: Session, stop: threading.Event) -> Session | None:
    """Show where a community can be founded and with which code; None if it was not. Raises LinlianError."""
    if not session.settings.http:
        return session  # opening the node says what is missing

    def tell(address: str, code: str) -> None:
        output = session.output
        output.text("up.nothing_yet", folder=str(session.folder))
        output.text("up.found_at", style="bold", address=f"{address}/#{code}")
        output.text("up.found_code", code=code)
        output.line({"address": address, "code": code})
        tell_phone(session, address)

    begun = session.house.found_in_browser(session.settings, tell, stop)
    if begun is None:
        return None
    ((organisation, account),) = begun.founded.founders
    names = Names(session.folder)
    names.put("founder-org", organisation)
    names.put("founder", account)
    write_trust(session.folder, begun.founded.chain, begun.founded.operator_key)
    session.output.text("up.founded", chain=begun.founded.chain)
    return replace(session, settings=begun.settings)


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """An event that is set once this process is told to stop (Ctrl-C, SIGTERM)."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(session: Session, node: OpenNode, stop: threading.Event) -> None:
    """Print a line when something has been committed, at most one a second, and now and then when nothing has."""
    said_height, said_at, troubled = node.ledger.head.height, time.monotonic(), ""
    while not stop.wait(LOOK_EVERY_S):
        node.check()
        for alarm in node.alarms():
            session.output.warn("up.alarm", bug=alarm)
        trouble = node.rows().trouble
        if trouble is not None and trouble.code != troubled:
            session.output.warn("status.rows-trouble", reason=session.tongue.error(trouble))
        troubled = "" if trouble is None else trouble.code
        for one in node.stopped_webhooks():
            why = session.tongue.refusal(one.why, {})
            session.output.warn("up.webhook_stopped", id=one.id, host=one.host, why=why)
        head, quiet_s = node.ledger.head, time.monotonic() - said_at
        moved = head.height != said_height and quiet_s >= 1
        if moved or quiet_s >= session.settings.status_every_s:
            blocks = head.height - said_height
            session.output.line({"height": head.height, "time": head.time, "blocks": blocks})
            session.output.text("up.line", time=clock_time(head.time), height=head.height, blocks=blocks)
            said_height, said_at = head.height, time.monotonic()


VERBS = {
    verb.name: verb
    for verb in (
        Verb("init", "begin", run_init, (Argument("name"),), (Option("founder", many=True, hint="code:kind"),)),
        Verb("up", "begin", run_up, (), (Option("phone", flag=True, about="phone.option"),)),
        Verb("status", "begin", run_status),
    )
}

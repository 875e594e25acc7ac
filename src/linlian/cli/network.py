"""`linlian network`: several organisations' nodes on this machine, to see how they keep one ledger together.

linlian network make sunrise                 a folder for each organisation, below --folder
linlian network start                        all of them; or: linlian network start street
linlian network show
linlian network break property --how kill    and: linlian network start property
linlian network stop
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from linlian.cli.keyring import Keyring
from linlian.cli.names import Names
from linlian.cli.session import MadeNetwork, Session
from linlian.cli.trust import write_network
from linlian.cli.verb import FINE, Argument, Given, Option, Usage, Verb
from linlian.kernel.light import Validator
from linlian.kernel.lightclient import TrustRoot

ACTIONS = ("make", "start", "show", "break", "stop")
USUAL_FOUNDERS = (
    "street:government",
    "property:property_company",
    "owners:owners_committee",
    "auditor:third_party",
)
"""Four, so that any one may fail or lie."""
NODES_MIN = 4
FIRST_PORT = 8431
WAYS = ("kill", "kill-node", "kill-engine", "pause", "resume")


def run(session: Session, given: Given) -> int:
    """Do one of the actions on the network below the folder."""
    action = given.argument("action")
    if action not in ACTIONS:
        raise Usage("cli.network_action", action=action, known=", ".join(ACTIONS))
    if action == "make":
        return _make(session, given)
    names = given.arguments.get("name", [])
    if action == "start":
        tell = session.output
        session.house.start_network(session.folder, names, lambda code: tell.text("network.started", node=code))
    elif action == "stop":
        session.house.stop_network(session.folder, names)
        session.output.text("network.stopped")
        return FINE
    elif action == "break":
        how = given.maybe("how") or "kill"
        if len(names) != 1 or how not in WAYS:
            raise Usage("cli.network_break", known=", ".join(WAYS))
        session.house.break_node(session.folder, names[0], how)
        session.output.text("network.broken", node=names[0], how=how)
        return FINE
    return _show(session)


def _make(session: Session, given: Given) -> int:
    names, old = given.arguments.get("name", []), given.maybe("from")
    port = given.number("port", FIRST_PORT, least=1024)
    if old is not None:
        made = session.house.make_network_from(session.folder, Path(old), names, port)
        return _tell(session, made)
    if len(names) != 1:
        raise Usage("cli.argument_missing", argument="name", verb="network make")
    founders: list[tuple[str, str, str, bytes]] = []
    for text in given.many("founder") or USUAL_FOUNDERS:
        code, _, kind = text.partition(":")
        if kind not in session.house.KINDS or not code.isidentifier():
            raise Usage("cli.founder_wrong", founder=text, kinds=", ".join(session.house.KINDS))
        keyring = Keyring(session.folder / code)
        key = keyring.get(code) if keyring.has(code) else keyring.new(code)
        founders.append((kind, code, key.key.suite, key.key.public_key))
    return _tell(session, session.house.make_network(session.folder, names[0], founders, port))


def _tell(session: Session, made: MadeNetwork) -> int:
    """Write each node's trust file and names, and print who will be where."""
    validators = tuple(Validator(node.validator_key, node.power) for node in made.nodes)
    ordered = tuple(sorted(validators, key=lambda one: one.public_key))
    called = {node.validator_key: node.code for node in made.nodes}
    for node in made.nodes:
        write_network(node.folder, TrustRoot(made.chain, 0, made.time, ordered), called)
        known = Names(node.folder)
        for other in made.nodes:
            known.put(f"{other.code}-org", other.organisation)
    session.output.text("network.made", style="bold", chain=made.chain, folder=str(session.folder))
    if len(made.nodes) < NODES_MIN:
        session.output.warn("network.few", count=len(made.nodes))
    columns = ("column.organisation", "column.kind", "column.folder", "column.address")
    kinds = [session.tongue.value("identity", node.kind) for node in made.nodes]
    rows = [
        (node.code, kind, str(node.folder), f"http://{node.http}") for node, kind in zip(made.nodes, kinds, strict=True)
    ]
    session.output.table([session.tongue.text(column) for column in columns], rows)
    session.output.text("network.next")
    told = [{"code": node.code, "folder": str(node.folder), "http": node.http} for node in made.nodes]
    session.output.value({"chain": made.chain, "nodes": told})
    return FINE


def _show(session: Session) -> int:
    """Who is where, how far each has come, and whether all have the same root."""
    found = session.house.network_status(session.folder)
    columns = ("organisation", "kind", "address", "block", "root", "engine_block", "peers")
    rows: list[tuple[Any, ...]] = []
    for node in found:
        kind = session.tongue.value("identity", node.kind)
        if not node.process:
            rows.append((node.code, kind, "—", "—", session.tongue.text("network.not_running"), "—", "—"))
            continue
        shown = [str(number) if number >= 0 else "—" for number in (node.height, node.engine_height)]
        root = node.state_root[:16] or "—"
        rows.append((node.code, kind, f"http://{node.http}", shown[0], root, shown[1], str(node.peers)))
    session.output.table([session.tongue.text(f"column.{column}") for column in columns], rows)
    heights = {node.height: {other.state_root for other in found if other.height == node.height} for node in found}
    if any(len(roots) > 1 for height, roots in heights.items() if height >= 0):
        session.output.warn("network.roots_differ")
    session.output.value([{**node._asdict(), "folder": str(node.folder)} for node in found])
    return FINE


VERBS = {
    "network": Verb(
        "network",
        "begin",
        run,
        (Argument("action"), Argument("name", required=False, many=True)),
        (
            Option("founder", many=True, hint="code:kind"),
            Option("from", hint="folder"),
            Option("port", hint="number"),
            Option("how", hint="|".join(WAYS)),
        ),
    )
}

"""`linlian network`: several organisations' nodes on this machine, to see how they keep one ledger together.

linlian network make sunrise                 a folder for each organisation, below --folder
linlian network start                        all of them; or: linlian network start street
linlian network show
linlian network break property --how kill    and: linlian network start property
linlian network stop

And how organisations come to one, each on a machine of its own:

linlian --folder node network prepare --founder street:government --address street.example:26656 \
                               --url https://street.example
linlian network compose sunrise street.toml property.toml …         one of them, with what each has sent
linlian --folder node network accept sunrise.founding.toml          each; then: linlian --config node/linlian.toml up
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

ACTIONS = ("make", "start", "show", "break", "stop", "prepare", "compose", "accept")
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
    if action in MEETING:
        return MEETING[action](session, given, names)
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
        code, kind = _founder(session, text)
        keyring = Keyring(session.folder / code)
        key = keyring.get(code) if keyring.has(code) else keyring.new(code)
        founders.append((kind, code, key.key.suite, key.key.public_key))
    return _tell(session, session.house.make_network(session.folder, names[0], founders, port))


def _tell(session: Session, made: MadeNetwork) -> int:
    """Write each node's trust file and names, and print who will be where."""
    for node in made.nodes:
        _make_known(made, node.folder)
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


def _founder(session: Session, text: str) -> tuple[str, str]:
    """A code and a kind. Raises Usage (`cli.founder_wrong`)."""
    code, _, kind = text.partition(":")
    if kind not in session.house.KINDS or not code.isidentifier():
        raise Usage("cli.founder_wrong", founder=text, kinds=", ".join(session.house.KINDS))
    return code, kind


def _make_known(made: MadeNetwork, folder: Path) -> None:
    """Who signs for the network, to be handed to whoever checks; and what its organisations are called here."""
    validators = tuple(Validator(node.validator_key, node.power) for node in made.nodes)
    ordered = tuple(sorted(validators, key=lambda one: one.public_key))
    called = {node.validator_key: node.code for node in made.nodes}
    write_network(folder, TrustRoot(made.chain, 0, made.time, ordered), called)
    known = Names(folder)
    for node in made.nodes:
        known.put(f"{node.code}-org", node.organisation)


def _prepare(session: Session, given: Given, names: list[str]) -> int:
    """This organisation's keys, and what it hands to the others."""
    address, founders = given.maybe("address"), given.many("founder")
    if names or len(founders) != 1 or address is None:
        raise Usage("cli.network_prepare")
    url = given.maybe("url") or ""
    code, kind = _founder(session, founders[0])
    keyring = Keyring(session.folder)
    key = (keyring.get(code) if keyring.has(code) else keyring.new(code)).key
    path = session.house.prepare_node(session.folder, code, kind, (key.suite, key.public_key), address, url)
    session.output.text("network.prepared", style="bold", path=str(path))
    session.output.value({"member": str(path)})
    return FINE


def _compose(session: Session, _given: Given, names: list[str]) -> int:
    """The founding of all members, by one of them."""
    if len(names) < 2:
        raise Usage("cli.argument_missing", argument="name", verb="network compose")
    target = Path(f"{names[0]}.founding.toml")
    digest = session.house.compose_founding(names[0], [Path(name) for name in names[1:]], target)
    session.output.text("network.composed", style="bold", path=str(target), digest=digest)
    if len(names) - 1 < NODES_MIN:
        session.output.warn("network.few", count=len(names) - 1)
    session.output.value({"founding": str(target), "digest": digest})
    return FINE


def _accept(session: Session, _given: Given, names: list[str]) -> int:
    """The founding that all have compared: this folder is its node from now on."""
    if len(names) != 1:
        raise Usage("cli.argument_missing", argument="name", verb="network accept")
    made, digest = session.house.accept_founding(session.folder, Path(names[0]))
    _make_known(made, session.folder)
    session.output.text("network.accepted", style="bold", chain=made.chain, digest=digest, folder=str(session.folder))
    session.output.value({"chain": made.chain, "digest": digest, "folder": str(session.folder)})
    return FINE


MEETING = {"prepare": _prepare, "compose": _compose, "accept": _accept}


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
            Option("address", hint="host:port"),
            Option("url", hint="https://…"),
            Option("how", hint="|".join(WAYS)),
        ),
    )
}

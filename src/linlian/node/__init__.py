"""The one place where the parts are put together: rules, store, engine, read model, vault. Nobody else knows all."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from linlian.node.checking import Anchor, LedgerReport, anchor_of, check_ledger, genesis_root, own_anchor
from linlian.node.folder import NodeError
from linlian.node.founding import KINDS, Founded, Founder, create_community, is_founded
from linlian.node.keeping import Kept, Restored, back_up, restore
from linlian.node.open311_apps import allow_app, forbid_app, read_apps
from linlian.node.opening import Node, open_node
from linlian.node.source import businesses, queries, rulebook, source_hash, views
from linlian.node.webhooks import change_subscription, subscribe, subscriptions

if TYPE_CHECKING:
    from linlian.node.certificate import OwnCertificate
    from linlian.node.first_page import BegunHere
    from linlian.node.network import NodeStatus
    from linlian.node.several import MadeNetwork
    from linlian.settings import Settings


def make_network(
    root: Path, name: str, founders: Sequence[tuple[str, str, str, bytes]], first_port: int
) -> "MadeNetwork":
    """See `several.make_network`; the network's own file is written too."""
    from linlian.node import network, several  # noqa: PLC0415

    made = several.make_network(root, name, founders, first_port)
    network.write_network_file(root, made)
    return made


def make_network_from(root: Path, old: Path, codes: Sequence[str], first_port: int) -> "MadeNetwork":
    """See `several.make_network_from`; the network's own file is written too."""
    from linlian.node import network, several  # noqa: PLC0415

    made = several.make_network_from(root, old, codes, first_port)
    network.write_network_file(root, made)
    return made


def prepare_node(folder: Path, code: str, kind: str, officer: tuple[str, bytes], address: str, url: str = "") -> Path:
    """See `meeting.prepare`."""
    from linlian.node import meeting  # noqa: PLC0415

    return meeting.prepare(folder, code, kind, officer, address, url)


def compose_founding(name: str, members: Sequence[Path], target: Path) -> str:
    """See `meeting.compose`."""
    from linlian.node import meeting  # noqa: PLC0415

    return meeting.compose(name, members, target)


def accept_founding(folder: Path, path: Path) -> "tuple[MadeNetwork, str]":
    """See `meeting.accept`; and the founding's digest."""
    from linlian.node import meeting  # noqa: PLC0415

    return meeting.accept(folder, path), meeting.digest_of(path)


def start_network(root: Path, codes: Sequence[str], told: Callable[[str], None]) -> None:
    """See `network`."""
    from linlian.node import network  # noqa: PLC0415

    network.start_network(root, codes, told)


def stop_network(root: Path, codes: Sequence[str]) -> None:
    """See `network`."""
    from linlian.node import network  # noqa: PLC0415

    network.stop_network(root, codes)


def break_node(root: Path, code: str, how: str) -> None:
    """See `network`."""
    from linlian.node import network  # noqa: PLC0415

    network.break_node(root, code, how)


def network_status(root: Path) -> "list[NodeStatus]":
    """See `network`."""
    from linlian.node import network  # noqa: PLC0415

    return network.network_status(root)


def found_in_browser(settings: "Settings", tell: Callable[[str, str], None], stopped: Event) -> "BegunHere | None":
    """See `first_page`: a server is much to load for a single command."""
    from linlian.node import first_page  # noqa: PLC0415

    return first_page.found_in_browser(settings, tell, stopped)


def own_certificate(folder: Path, host: str) -> "OwnCertificate":
    """See `certificate`: it is for the few calls that serve phones."""
    from linlian.node import certificate  # noqa: PLC0415

    return certificate.own_certificate(folder, host)


def fingerprint_of(path: Path) -> str:
    """See `certificate`."""
    from linlian.node import certificate  # noqa: PLC0415

    return certificate.fingerprint_of(path)


def address_here() -> str:
    """See `certificate`."""
    from linlian.node import certificate  # noqa: PLC0415

    return certificate.address_here()


__all__ = [
    "KINDS",
    "Anchor",
    "Founded",
    "Founder",
    "Kept",
    "LedgerReport",
    "Node",
    "NodeError",
    "Restored",
    "accept_founding",
    "address_here",
    "allow_app",
    "anchor_of",
    "back_up",
    "break_node",
    "businesses",
    "change_subscription",
    "check_ledger",
    "compose_founding",
    "create_community",
    "fingerprint_of",
    "forbid_app",
    "found_in_browser",
    "genesis_root",
    "is_founded",
    "make_network",
    "make_network_from",
    "network_status",
    "open_node",
    "own_anchor",
    "own_certificate",
    "prepare_node",
    "queries",
    "read_apps",
    "restore",
    "rulebook",
    "source_hash",
    "start_network",
    "stop_network",
    "subscribe",
    "subscriptions",
    "views",
]

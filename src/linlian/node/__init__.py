"""The one place where the parts are put together: rules, store, engine, read model, vault. Nobody else knows all."""

from collections.abc import Callable
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
    from linlian.settings import Settings


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
    "address_here",
    "allow_app",
    "anchor_of",
    "back_up",
    "businesses",
    "change_subscription",
    "check_ledger",
    "create_community",
    "fingerprint_of",
    "forbid_app",
    "found_in_browser",
    "genesis_root",
    "is_founded",
    "open_node",
    "own_anchor",
    "own_certificate",
    "queries",
    "read_apps",
    "restore",
    "rulebook",
    "source_hash",
    "subscribe",
    "subscriptions",
    "views",
]

"""The one place where the parts are put together: rules, store, engine, read model, vault. Nobody else knows all."""

from linlian.node.checking import Anchor, LedgerReport, anchor_of, check_ledger, own_anchor
from linlian.node.folder import NodeError
from linlian.node.founding import KINDS, Founded, Founder, create_community
from linlian.node.keeping import Kept, Restored, back_up, restore
from linlian.node.opening import Node, open_node
from linlian.node.source import businesses, queries, rulebook, source_hash, views

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
    "anchor_of",
    "back_up",
    "businesses",
    "check_ledger",
    "create_community",
    "open_node",
    "own_anchor",
    "queries",
    "restore",
    "rulebook",
    "source_hash",
    "views",
]

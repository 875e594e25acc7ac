"""What a verb is given: the settings, the words, where to print, and the house it speaks to.

`House` and `OpenNode` declare what the command line needs from `linlian.node`, and only that; `cli.main` hands the
real one in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from linlian.cli.output import Output, Tell
from linlian.engine.ledger import Ledger
from linlian.kernel.block import Header
from linlian.kernel.errors import LedgerDamaged, LinlianError
from linlian.kernel.genesis import Predecessor
from linlian.kernel.lightclient import TrustRoot
from linlian.kernel.rulebook import Rulebook
from linlian.readmodel.query import Query
from linlian.settings import Settings
from linlian.vault import Contents
from linlian.words import Tongue


class RowsStatus(Protocol):
    """How the read model stands; see `linlian.node.opening.RowsStatus`."""

    @property
    def where(self) -> str: ...
    @property
    def height(self) -> int: ...
    @property
    def trouble(self) -> LinlianError | None: ...


class StoppedWebhook(Protocol):
    """A subscription that was switched off, and the code of the reason."""

    @property
    def id(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def why(self) -> str: ...


class NewWebhook(Protocol):
    """A new subscription, and what its receiver checks messages with."""

    @property
    def id(self) -> str: ...
    @property
    def secret(self) -> str: ...


class CityApp(Protocol):
    """An app of Open311 that may report, and the name of the key that signs for it."""

    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...


class OpenNode(Protocol):
    """An open community; see `linlian.node.opening.Node`."""

    @property
    def folder(self) -> Path: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def rulebook(self) -> Rulebook: ...
    @property
    def contents(self) -> Contents: ...
    @property
    def queries(self) -> Mapping[str, Query]: ...
    @property
    def runs_here(self) -> bool: ...
    @property
    def address(self) -> str: ...
    def ask(self, name: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]: ...
    def plain(self, sql: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]: ...
    def find_ids(self, prefix: str, most: int = 8) -> list[bytes]: ...
    def rows(self) -> RowsStatus: ...
    def check(self) -> None: ...
    def alarms(self) -> list[str]: ...
    def stopped_webhooks(self) -> Sequence[StoppedWebhook]: ...
    def close(self) -> None: ...


class Founded(Protocol):
    """The new chain, and the ids of each founding organisation and its officer's account."""

    @property
    def chain(self) -> str: ...
    @property
    def operator_key(self) -> bytes: ...
    @property
    def founders(self) -> tuple[tuple[bytes, bytes], ...]: ...


class BegunHere(Protocol):
    """What was founded in a browser; see `linlian.node.first_page`."""

    @property
    def founded(self) -> Founded: ...
    @property
    def settings(self) -> Settings: ...


class OwnCertificate(Protocol):
    """A certificate that this machine made for itself."""

    @property
    def path(self) -> Path: ...
    @property
    def fingerprint(self) -> str: ...


class MadeNode(Protocol):
    """A node of a new network; see `linlian.node.several`."""

    @property
    def code(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    @property
    def organisation(self) -> bytes: ...
    @property
    def http(self) -> str: ...
    @property
    def validator_key(self) -> bytes: ...
    @property
    def power(self) -> int: ...


class MadeNetwork(Protocol):
    """A new network."""

    @property
    def chain(self) -> str: ...
    @property
    def time(self) -> int: ...
    @property
    def nodes(self) -> Sequence[MadeNode]: ...


class NodeStatus(Protocol):
    """How a node of a network stands; see `linlian.node.network`."""

    @property
    def code(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    @property
    def http(self) -> str: ...
    @property
    def process(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def state_root(self) -> str: ...
    @property
    def engine_height(self) -> int: ...
    @property
    def peers(self) -> int: ...
    def _asdict(self) -> dict[str, Any]: ...


class Kept(Protocol):
    """A backup that was written."""

    @property
    def chain(self) -> str: ...
    @property
    def height(self) -> int: ...
    @property
    def contents(self) -> int: ...


class Restored(Protocol):
    """The chain that goes on; `predecessor` is "" where it is the backup's own."""

    @property
    def chain(self) -> str: ...
    @property
    def height(self) -> int: ...
    @property
    def predecessor(self) -> str: ...
    @property
    def operator_key(self) -> bytes: ...


class Anchor(Protocol):
    """A header that was kept outside a ledger; see `linlian.node.checking`."""

    @property
    def chain(self) -> str: ...
    @property
    def height(self) -> int: ...
    @property
    def header_hash(self) -> bytes: ...
    @property
    def root(self) -> bytes: ...


class Audit(Protocol):
    """What an audit found; see `linlian.store.audit.AuditReport`."""

    chain: str
    head: Header | None
    transactions: int
    runs: int
    entries: int
    rows: int
    replayed: int
    vouched_until: int | None
    finding: LedgerDamaged | None


class LedgerReport(Protocol):
    """What was found about a whole ledger."""

    @property
    def audit(self) -> Audit: ...
    @property
    def predecessor(self) -> Predecessor | None: ...
    @property
    def predecessor_checked(self) -> bool: ...


class House(Protocol):
    """What `linlian.node` offers; the module itself implements it."""

    @property
    def KINDS(self) -> tuple[str, ...]: ...  # noqa: N802 – a module's constant
    def businesses(self) -> Mapping[str, Sequence[str]]: ...
    def rulebook(self) -> Rulebook: ...
    def queries(self) -> Mapping[str, Query]: ...
    def source_hash(self) -> bytes: ...
    def create_community(
        self, settings: Settings, name: str, founders: Sequence[tuple[str, str, str, bytes]]
    ) -> Founded:
        """Each founder is (kind, code, suite, public key of its first officer)."""

    def make_network(
        self, root: Path, name: str, founders: Sequence[tuple[str, str, str, bytes]], first_port: int
    ) -> MadeNetwork: ...
    def make_network_from(self, root: Path, old: Path, codes: Sequence[str], first_port: int) -> MadeNetwork: ...
    def prepare_node(
        self, folder: Path, code: str, kind: str, officer: tuple[str, bytes], address: str, url: str
    ) -> Path: ...
    def compose_founding(self, name: str, members: Sequence[Path], target: Path) -> str: ...
    def accept_founding(self, folder: Path, path: Path) -> tuple[MadeNetwork, str]: ...
    def start_network(self, root: Path, codes: Sequence[str], told: Callable[[str], None]) -> None: ...
    def stop_network(self, root: Path, codes: Sequence[str]) -> None: ...
    def break_node(self, root: Path, code: str, how: str) -> None: ...
    def network_status(self, root: Path) -> Sequence[NodeStatus]: ...

    def own_certificate(self, folder: Path, host: str) -> OwnCertificate: ...
    def fingerprint_of(self, path: Path) -> str: ...
    def address_here(self) -> str: ...
    def is_founded(self, settings: Settings) -> bool: ...
    def found_in_browser(
        self, settings: Settings, tell: Callable[[str, str], None], stopped: Event
    ) -> BegunHere | None: ...

    def open_node(
        self, settings: Settings, progress: Tell | None = None, *, serve: bool = False, upgrading: bool = False
    ) -> AbstractContextManager[OpenNode]: ...

    def check_ledger(
        self, path: Path, *, anchor: Any = None, replay: bool = False, progress: Tell | None = None
    ) -> LedgerReport: ...
    def anchor_of(self, path: Path) -> Anchor: ...
    def genesis_root(self, path: Path) -> tuple[TrustRoot, dict[bytes, str]]: ...
    def own_anchor(self, path: Path) -> tuple[str, Anchor] | None: ...
    def back_up(self, settings: Settings, target: Path, *, with_keys: bool, progress: Tell | None = None) -> Kept: ...
    def subscribe(self, node: Any, owner: bytes, url: str, told: Mapping[str, Any]) -> NewWebhook: ...
    def subscriptions(self, settings: Settings) -> list[dict[str, Any]]: ...
    def change_subscription(
        self, settings: Settings, identifier: str, what: str, after: Any = None
    ) -> dict[str, Any]: ...
    def read_apps(self, settings: Settings) -> Sequence[CityApp]: ...
    def allow_app(self, settings: Settings, name: str, key: str) -> str: ...
    def forbid_app(self, settings: Settings, name: str) -> None: ...
    def restore(
        self, settings: Settings, backup: Path, *, new_chain: bool, replace: bool, progress: Tell | None = None
    ) -> Restored: ...


NOTICE = "notice.toml"
"""A sentence in each language (zh, en) that every command on a folder begins with: that it is a demo, say."""


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command line."""

    settings: Settings
    house: House
    tongue: Tongue
    output: Output

    @property
    def folder(self) -> Path:
        return self.settings.folder

    @contextmanager
    def node(self, *, serve: bool = False, upgrading: bool = False) -> Iterator[OpenNode]:
        """The community of the settings' folder, with progress while it is opened."""
        self._say_notice()
        with self.output.progress("progress.opening") as tell:
            opened = self.house.open_node(self.settings, tell, serve=serve, upgrading=upgrading)
        with opened as node:
            yield node

    def _say_notice(self) -> None:
        """What whoever made this folder wants said before anything in it is shown. Raises LinlianError."""
        path = self.folder / NOTICE
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise LinlianError("cli.file_unreadable", path=str(path), reason=str(error)) from error
        self.output.aside(str(told.get(self.tongue.language, "")))

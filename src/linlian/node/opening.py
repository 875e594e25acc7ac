"""A node at work: the ledger with its store, the read model that follows it, the vault.

    with open_node(settings) as node:
        node.ledger.submit(raw).result()
        node.ask("repairs.open_requests", {"limit": 20})

Rules
- One process works in a folder. While it does (`linlian up`, say), others reach the same ledger through its socket.
- The read model is brought up to the ledger's head before it answers; if it does not fit this build, it is made anew.
- Close in this order: the door, the ledger, the follower that reads it to the end, the lock.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, NamedTuple

from linlian.engine.cometbft.ledger import CometLedger
from linlian.engine.door import LocalDoor
from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.ledger import Ledger
from linlian.engine.local import LocalLedger
from linlian.kernel.block import Header
from linlian.kernel.errors import LinlianError
from linlian.kernel.rulebook import Rulebook
from linlian.node import folder as place
from linlian.node import source
from linlian.node.folder import NodeError
from linlian.node.ledgers import open_ledger, voted_hash
from linlian.node.seeding import begins_at, make_anew, predecessors_of
from linlian.node.sight import Sight
from linlian.node.webhooks import Stopped
from linlian.readmodel.database import Database, Home
from linlian.readmodel.errors import ReadModelError, RebuildNeeded
from linlian.readmodel.follower import Follower
from linlian.readmodel.postgres import PostgresHome
from linlian.readmodel.postgres_address import read_address
from linlian.readmodel.query import Query
from linlian.readmodel.sqlite import SqliteHome
from linlian.readmodel.view import Reads
from linlian.settings import Settings
from linlian.store.protocol import Progress, StoreError
from linlian.store.schema import FileLock
from linlian.vault import Contents

OWN = (EmbeddedLedger, CometLedger)
CAUGHT_UP_S = 30.0
LOOK_AGAIN_S = 0.05


class _Found(NamedTuple):
    id: bytes


class RowsStatus(NamedTuple):
    """Where the rows for queries are kept, up to which block they go (−1 if that is not known), and what is wrong."""

    where: str
    height: int
    trouble: LinlianError | None


class _Height(NamedTuple):
    height: int


class Node:
    """An open community, whether this process runs its node or speaks to the one that does."""

    def __init__(self, settings: Settings, ledger: Ledger, database: Database, follower: Follower | None):
        self.settings = settings
        self.folder = settings.folder
        self.ledger = ledger
        self.rulebook: Rulebook = source.rulebook()
        self.contents = Contents(settings.folder / place.CONTENTS)
        self.queries: Mapping[str, Query] = source.queries()
        self.follower = follower
        self.database = database
        self.sight = Sight(ledger, self.rulebook)
        self._stopped: deque[Stopped] = deque(maxlen=100)
        self.address = ""
        self._closing = ExitStack()

    @property
    def runs_here(self) -> bool:
        """Whether this process runs the node."""
        return self.follower is not None

    def ask(self, name: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a query, as of the ledger's head at least. Raises ReadModelError."""
        self.catch_up()
        with self.database.reading() as db:
            return self.queries[name].ask(db, values)

    @contextmanager
    def reading(self) -> Iterator[tuple[Reads, int]]:
        """One picture of the rows, as of the ledger's head at least, and the height up to which it goes."""
        self.catch_up()
        with self.database.reading() as db:
            at = db.one(_Height, "SELECT height FROM readmodel_position")
            yield db, at.height if at else -1

    def plain(self, sql: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and at most `limit` rows of SQL that only reads. Raises ReadModelError."""
        self.catch_up()
        return self.database.plain(sql, limit)

    def find_ids(self, prefix: str, most: int = 8) -> list[bytes]:
        """Identifiers of subjects, transactions and signers that begin with these hex digits, at most `most`."""
        low, high = bytes.fromhex(prefix + "0" * (len(prefix) % 2)), _after(prefix)
        places = (("ledger_subject", "subject"), ("ledger_item", "item_id"), ("ledger_item", "signer"))
        found: dict[bytes, None] = {}
        self.catch_up()
        with self.database.reading() as db:
            for table, column in places:
                sql = (
                    f"SELECT DISTINCT {column} AS id FROM {table} WHERE {column} >= :low AND {column} < :high"
                    " ORDER BY id LIMIT :most"
                )
                for row in db.all(_Found, sql, low=low, high=high, most=most):
                    found[row.id] = None
        return list(found)[:most]

    def catch_up(self) -> None:
        """Wait until the rows stand at the ledger's head. Raises ReadModelError (`readmodel.behind`)."""
        height = self.ledger.head.height
        if self.follower is not None:
            self.follower.wait_for(height, CAUGHT_UP_S)
            return
        until = time.monotonic() + CAUGHT_UP_S
        while (reached := self.database.position().height) < height:
            if time.monotonic() > until:
                raise ReadModelError("readmodel.behind", height=height, reached=reached)
            time.sleep(LOOK_AGAIN_S)

    def rows(self) -> RowsStatus:
        """How the read model stands, whether or not it can be asked."""
        where = str(home_of(self.settings))
        if self.follower is not None:
            return RowsStatus(where, self.follower.height, self.follower.failure or self.follower.trouble)
        try:
            return RowsStatus(where, self.database.position().height, None)
        except ReadModelError as error:
            return RowsStatus(where, -1, error)

    def check(self) -> None:
        """Raise what has stopped the ledger or the read model, if something has."""
        self.ledger.submit_many([])
        if self.follower is not None and self.follower.failure is not None:
            raise self.follower.failure

    @property
    def reached(self) -> int:
        """Up to which block the rows can be read."""
        return self.follower.height if self.follower is not None else self.database.position().height

    @property
    def waiting(self) -> int:
        """How many transactions wait for a block here."""
        return self.ledger.waiting if isinstance(self.ledger, OWN) else 0

    def when_moved(self, tell: Callable[[int], None]) -> None:
        """Call this with each height whose rows can be read from then on, where the node runs in this process."""
        if self.follower is not None:
            self.follower.when_moved(tell)

    def webhook_stopped(self, one: Stopped) -> None:
        """A subscription was switched off."""
        self._stopped.append(one)

    def stopped_webhooks(self) -> list[Stopped]:
        """Subscriptions that were switched off since this was last asked; for the operator."""
        found: list[Stopped] = []
        while self._stopped:
            found.append(self._stopped.popleft())
        return found

    def alarms(self) -> list[str]:
        """Bugs of the rules that commands have met since this was last asked; for the operator."""
        found: list[str] = []
        while isinstance(self.ledger, OWN) and self.ledger.alarms:
            found.append(self.ledger.alarms.popleft())
        return found

    def close(self) -> None:
        self._closing.close()

    def on_close(self, *callbacks: Any) -> None:
        """What `close` is to do, the last one first."""
        for callback in callbacks:
            self._closing.callback(callback)

    def __enter__(self) -> Node:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_node(
    settings: Settings, progress: Progress | None = None, *, serve: bool = False, upgrading: bool = False
) -> Node:
    """Run the node of this folder, or speak to the one that runs. With `serve`, run it and let others in.

    What is let in: processes of the same owner through the socket, and programs at the address `settings.http`.
    With `upgrading`, rules that were not voted are accepted, so that they can be.

    Raises NodeError (`node.no_ledger`, `node.folder_in_use`, `node.other_rules`, `node.already_up`, `node.succeeded`)
    and whatever store, engine and read model raise at their start.
    """
    place.require_ledger(settings.folder)
    place.require_not_succeeded(settings.folder)
    until = time.monotonic() + settings.wait_s
    while True:
        try:
            lock = place.lock_folder(settings.folder)
        except StoreError as error:
            if error.code != "store.locked":
                raise
            node = _speak(settings)
            if node is not None and serve:
                node.close()
                raise NodeError("node.already_up", process=error.facts.get("process", "")) from error
            if node is not None:
                return node
            if time.monotonic() > until:
                process = error.facts.get("process", "")
                raise NodeError("node.folder_in_use", folder=str(settings.folder), process=process) from error
            time.sleep(LOOK_AGAIN_S)
            continue
        return _run(settings, lock, progress, serve=serve, upgrading=upgrading)


def _speak(settings: Settings) -> Node | None:
    """Through the socket of the running node; None if nobody answers there."""
    try:
        ledger = LocalLedger(settings.folder / place.SOCKET)
    except LinlianError as error:
        if error.code == "engine.nobody_there":
            return None
        raise
    database = home_of(settings).open(source.views(), patient=True)
    node = Node(settings, ledger, database, None)
    node.on_close(database.close, ledger.close)
    return node


def _run(settings: Settings, lock: FileLock, progress: Progress | None, *, serve: bool, upgrading: bool) -> Node:
    with ExitStack() as undo:
        undo.callback(lock.release)
        doors = _Doors(settings) if serve else None
        if doors is not None:
            undo.callback(doors.close)
        voted = voted_hash(settings.folder) if upgrading else None
        ledger = open_ledger(settings, source.rulebook(voted), progress)
        undo.callback(ledger.close)
        database, follower = _follow(settings, ledger, progress)
        node = Node(settings, ledger, database, follower)
        node.on_close(lock.release, follower.close, ledger.close)
        undo.pop_all()
        undo.callback(node.close)
        if doors is not None:
            node.on_close(doors.close)
            doors.open(node, ledger)
        undo.pop_all()
    return node


class _Doors:
    """What a node that serves opens besides: a log, the socket, the address, the courier."""

    def __init__(self, settings: Settings):
        """Take the address at once, so that a port in use is said before anything else takes time."""
        # A server is much to load for a single command.
        from prometheus_client import CollectorRegistry  # noqa: PLC0415

        from linlian.node import delivering, serving  # noqa: PLC0415

        self._registry = CollectorRegistry()
        self._serving, self._delivering = serving, delivering
        self._listening = serving.take_address(settings.http) if settings.http else None

    def open(self, node: Node, ledger: Ledger) -> None:
        self._serving.begin_log(node)
        door = LocalDoor(ledger, node.folder / place.SOCKET)
        node.on_close(door.close)
        if self._listening is not None:
            node.address = self._serving.serve(node, self._listening, self._registry).url
        self._delivering.deliver(node, self._registry, node.webhook_stopped)

    def close(self) -> None:
        if self._listening is not None:
            self._listening.close()


def home_of(settings: Settings) -> Home:
    """Where the rows are kept: a file of the folder, or a schema of a server. Raises `readmodel.wrong_address`."""
    if settings.readmodel:
        return PostgresHome(read_address(settings.readmodel), settings.readmodel_password)
    return SqliteHome(settings.folder / place.READ_MODEL)


def _follow(settings: Settings, ledger: Ledger, progress: Progress | None) -> tuple[Database, Follower]:
    """The read model, made anew if it is damaged, or belongs to other views or another state of this ledger.

    A server that is away is waited for while the node works. What is there of another community is left alone.
    """
    home = home_of(settings)
    try:
        kept = home.kept()
        ours = (ledger.chain, *(path.stem for path in predecessors_of(settings.folder)))
        if kept and kept not in ours:
            raise ReadModelError("readmodel.other_chain", where=str(home), chain=kept)
        if kept is None:
            make_anew(settings.folder, home, ledger, progress)
        behind = begins_at(settings.folder)
        try:
            return _try_to_follow(home, ledger, behind)
        except ReadModelError as error:
            if not isinstance(error, RebuildNeeded) and error.code != "readmodel.damaged":
                raise
            make_anew(settings.folder, home, ledger, progress)
            return _try_to_follow(home, ledger, behind)
    except ReadModelError as error:
        if error.code != "readmodel.unreachable":
            raise
        return _try_to_follow(home, ledger, begins_at(settings.folder), patient=True)


def _try_to_follow(
    home: Home, ledger: Ledger, behind: Header | None, *, patient: bool = False
) -> tuple[Database, Follower]:
    database = home.open(source.views(), patient=patient)
    try:
        return database, Follower(ledger, database, behind)
    except BaseException:
        database.close()
        raise


def _after(prefix: str) -> bytes:
    """The least bytes above everything that begins with these hex digits."""
    number = int(prefix, 16) + 1
    if number == 16 ** len(prefix):
        return b"\xff" * 65
    digits = f"{number:0{len(prefix)}x}"
    return bytes.fromhex(digits + "0" * (len(digits) % 2))

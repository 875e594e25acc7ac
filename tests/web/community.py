"""A community that answers over HTTP: the scene of the repairs' tests, on the real engine, with everybody's real keys.

with open_community(folder) as community:
    anna = community.caller("anna")                            # signs each request
    anna.get("/api/v1/repairs/request", case_id=case).json()
    anna.do(ReportRepair(place=community.scene.flat, ...))     # a signed transaction, handed in
    community.caller().get("/api/v1/node")                     # an outsider
"""

from __future__ import annotations

import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from linlian.community import answers
from linlian.community.repairs.tests.scene import Scene, found_scene
from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.watermark import Watermark
from linlian.kernel import codec
from linlian.kernel.contract import Command
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transaction import Body, sign
from linlian.node import source
from linlian.node.serving import serve
from linlian.node.sight import Sight
from linlian.readmodel.follower import Follower
from linlian.readmodel.query import Query
from linlian.readmodel.sqlite import SqliteDatabase
from linlian.readmodel.view import Reads
from linlian.settings import Settings
from linlian.store.memory import MemoryStore
from linlian.testing import Person
from linlian.vault import Contents
from linlian.web.house import Guests
from linlian.web.server import Address, listen
from linlian.web.signatures import content_digest, signature_base, signature_params

CBOR = "application/cbor"


@dataclass
class Clock:
    """Milliseconds that only the test moves."""

    now: int

    def __call__(self) -> int:
        return self.now


class OpenNode:
    """What `node.serving` needs of a node, in memory."""

    def __init__(self, ledger: EmbeddedLedger, rulebook: Rulebook, settings: Settings):
        folder = settings.folder
        self.settings = settings
        self.address = "http://node.example"
        self.sight = Sight(ledger, rulebook)
        self.ledger = ledger
        self.rulebook = rulebook
        self.contents = Contents(folder / "contents")
        self.queries: Mapping[str, Query] = source.queries()
        self.database = SqliteDatabase(folder / "readmodel.sqlite", source.views())
        self.follower = Follower(ledger, self.database)
        self.when_moved = self.follower.when_moved
        self._closing = ExitStack()

    @contextmanager
    def reading(self) -> Iterator[tuple[Reads, int]]:
        self.follower.wait_for(self.ledger.head.height)
        with self.database.reading() as db:
            yield db, self.follower.height

    @property
    def reached(self) -> int:
        return self.follower.height

    @property
    def waiting(self) -> int:
        return self.ledger.waiting

    def check(self) -> None:
        self.ledger.submit_many([])
        if self.follower.failure is not None:
            raise self.follower.failure

    def on_close(self, *callbacks: Callable[[], None]) -> None:
        for callback in callbacks:
            self._closing.callback(callback)

    def close(self) -> None:
        self._closing.close()
        self.ledger.close()
        self.follower.close()


@dataclass
class Community:
    """The application, and everybody's keys."""

    scene: Scene
    node: OpenNode
    clock: Clock
    app: Starlette
    client: httpx.Client
    host: str

    def caller(self, name: str = "") -> Caller:
        """Somebody who signs their requests; without a name, an outsider."""
        return Caller(self, self.scene.people[name] if name else None)

    def transaction(self, name: str, command: Command, **changes: Any) -> bytes:
        """A signed transaction that is valid now."""
        return self.signed(self.scene.people[name], command, **changes)

    def signed(self, person: Person, command: Command, **changes: Any) -> bytes:
        fields: dict[str, Any] = {
            "chain": self.node.ledger.chain,
            "command": self.node.rulebook.command_names[type(command)],
            "fields": codec.as_plain(command),
            "signer": person.account,
            "nonce": secrets.token_bytes(16),
            "valid_until": self.node.ledger.clock() + 60_000,
        }
        return sign(Body(**(fields | changes)), person.key)


@dataclass
class Caller:
    """Somebody at the other end."""

    community: Community
    person: Person | None
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Any:
        """One request, signed if there is a key."""
        sent = {**self.headers, **(headers or {})}
        if self.person is not None:
            sent |= self.signature(method, path, body)
        return self.community.client.request(method, path, content=body or None, headers=sent)

    def get(self, path: str, **query: Any) -> Any:
        texts = {name: value.hex() if isinstance(value, bytes) else str(value) for name, value in query.items()}
        return self.ask("GET", f"{path}?{urlencode(texts)}" if texts else path)

    def post(self, path: str, body: bytes, kind: str = CBOR, **headers: str) -> Any:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, body, {"Content-Type": kind, **given})

    def do(self, command: Command, **changes: Any) -> Any:
        """Hand in a signed command."""
        assert self.person is not None
        return self.post("/api/v1/transactions", self.community.signed(self.person, command, **changes))

    def signature(self, method: str, path: str, body: bytes, **changes: Any) -> dict[str, str]:
        """The headers that sign a request (RFC 9421)."""
        assert self.person is not None
        told: dict[str, Any] = {
            "created": self.community.clock.now // 1000,
            "key": self.person.key,
            "nonce": secrets.token_urlsafe(16),
            "host": self.community.host,
            **changes,
        }
        key: SoftwareKey = told["key"]
        digest = content_digest(body) if body else ""
        params = signature_params(told["created"], key.key_id, told["nonce"], with_body=bool(body))
        bare, _, query = path.partition("?")
        signed = key.sign(signature_base(method, told["host"], bare, query, digest, params))
        return {
            "Signature-Input": f"sig1={params}",
            "Signature": f"sig1=:{b64encode(signed).decode()}:",
            **({"Content-Digest": digest} if digest else {}),
        }


@dataclass
class RunningClock(Clock):
    """Milliseconds that go on by themselves from where the test has put them."""

    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> int:
        return self.now + int((time.monotonic() - self.began) * 1000)


@contextmanager
def open_community(
    folder: Path, scene: Scene | None = None, guests: Guests | None = None, running: bool = False, **told: Any
) -> Iterator[Community]:
    """The scene's blocks in a store, the engine and the read model on it, and the application before them.

    `guests` lend their accounts to browsers; with `running`, time goes on by itself. `told` are settings of the node;
    it may be asked any number of times unless they say otherwise.
    """
    scene = scene or found_scene(answers.contract)
    town = scene.town
    store = MemoryStore()
    store.create(town.genesis_document, town.blocks[0])
    for block in town.blocks[1:]:
        store.commit(block)
    operator = SoftwareKey("ed25519", sha256(b"key:operator").digest())
    clock = (RunningClock if running else Clock)(town.time + 1)
    ledger = EmbeddedLedger(store, town.rulebook, operator, Watermark(folder / "watermark"), clock)
    settings = Settings(folder=folder, http_names="linlian.example", per_minute_address=0, per_minute_account=0)
    settings = replace(settings, **told)
    node = OpenNode(ledger, town.rulebook, settings)
    try:
        server = serve(node, listen(Address("127.0.0.1", 0)), CollectorRegistry(), guests)
        app = server.app
        assert isinstance(app, Starlette)
        with httpx.Client(base_url=server.url) as client:
            yield Community(scene, node, clock, app, client, str(server.address))
    finally:
        node.close()


def batch(raws: Sequence[bytes]) -> bytes:
    """The body of a batch."""
    return codec.encode_plain(list(raws))

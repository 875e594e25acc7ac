"""A community on disk to import into: the real ledger in one SQLite file, the real vault, and a clerk with a key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from linlian.community import BUSINESSES
from linlian.community.identity import OrganisationKind, Role
from linlian.community.identity.rules_accounts import ChangeRoles
from linlian.community.identity.rules_organisations import FoundCommunity, Founder
from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.watermark import Watermark
from linlian.imports import Importer, Target
from linlian.kernel import codec
from linlian.kernel.contract import Command
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.genesis import Genesis, Seed
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transaction import Body, sign
from linlian.kernel.transition import found
from linlian.store.sqlite import SqliteStore
from linlian.vault import Contents

RULES = Rulebook(BUSINESSES)
OPERATOR = SoftwareKey("ed25519", sha256(b"operator").digest())
OFFICES = {"harmony": OrganisationKind.PROPERTY_COMPANY, "owners": OrganisationKind.OWNERS_COMMITTEE}


def key_of(name: str) -> SoftwareKey:
    return SoftwareKey("ed25519", sha256(b"key:" + name.encode()).digest())


def account_of(name: str) -> bytes:
    return sha256(b"account:" + name.encode()).digest()[:16]


HARMONY = Importer(account_of("harmony"), key_of("harmony"))
OWNERS = Importer(account_of("owners"), key_of("owners"))


@dataclass(frozen=True)
class Community:
    """An open ledger in a folder; `harmony` is officer and clerk of the property company, `owners` no clerk."""

    folder: Path
    ledger: EmbeddedLedger
    contents: Contents

    @property
    def target(self) -> Target:
        return Target(self.ledger, RULES, self.contents, self.folder)

    def do(self, name: str, command: Command) -> None:
        body = Body(
            chain=self.ledger.chain,
            command=RULES.command_names[type(command)],
            fields=codec.as_plain(command),
            signer=account_of(name),
            nonce=sha256(name.encode() + codec.encode(command)).digest()[:16],
            valid_until=self.ledger.clock() + 60_000,
        )
        self.ledger.submit(sign(body, key_of(name))).result()


def found_community(folder: Path) -> None:
    """Write block 0."""
    founders = tuple(
        Founder(
            organisation=sha256(b"organisation:" + name.encode()).digest()[:16],
            kind=kind,
            code=name,
            officer=account_of(name),
            suite="ed25519",
            public_key=key_of(name).public_key,
        )
        for name, kind in OFFICES.items()
    )
    seed = FoundCommunity(founders=founders, operator_key=OPERATOR.public_key)
    document = codec.encode(
        Genesis(
            name="imports",
            nonce=bytes(32),
            time=time.time_ns() // 1_000_000,
            release=1,
            release_hash=RULES.source_hash,
            work=ORDINARY_WORK,
            seeds=(Seed(command=RULES.command_names[FoundCommunity], fields=codec.as_plain(seed)),),
        )
    )
    _, applied = found(RULES, document)
    store = SqliteStore(folder / "ledger.sqlite")
    store.create(document, applied.block)
    store.close()


@contextmanager
def open_community(folder: Path) -> Iterator[Community]:
    """The community in a folder, founded if need be."""
    fresh = not (folder / "ledger.sqlite").exists()
    if fresh:
        found_community(folder)
    store = SqliteStore(folder / "ledger.sqlite")
    ledger = EmbeddedLedger(store, RULES, OPERATOR, Watermark(folder / "watermark"))
    try:
        community = Community(folder, ledger, Contents(folder / "contents"))
        if fresh:
            community.do("harmony", ChangeRoles(account=account_of("harmony"), roles=(Role.OFFICER, Role.CLERK)))
        yield community
    finally:
        ledger.close()

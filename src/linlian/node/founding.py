"""How a community begins: its founding organisations, its operator, its calendar, block 0.

founded = create_community(settings, "sunrise", [Founder("property_company", "property", "ed25519", key), …])
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from linlian.community import identity
from linlian.community.council.rules_validators import FirstValidator, FoundNetwork
from linlian.community.identity import OrganisationKind
from linlian.community.identity.rules_organisations import FoundCommunity
from linlian.community.identity.rules_organisations import Founder as FounderFields
from linlian.kernel import codec
from linlian.kernel.contract import Command
from linlian.kernel.genesis import Genesis, Seed, chain_id, check_chain_name
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.transition import found
from linlian.node import folder as place
from linlian.node import source
from linlian.node.arrangements import founding_calendars
from linlian.node.folder import NodeError
from linlian.settings import Settings
from linlian.store.sqlite import SqliteStore

FIRST_POWER = 10
"""Of each first validator: as many, and room for finer steps later."""
KINDS = tuple(str(kind) for kind in OrganisationKind)


class Founder(NamedTuple):
    """A founding organisation, and the public key of its first officer. `code` is its short public name."""

    kind: str
    code: str
    suite: str
    public_key: bytes


class Founded(NamedTuple):
    """The new chain, and for each founder the ids of the organisation and of its first officer's account."""

    chain: str
    operator_key: bytes
    founders: tuple[tuple[bytes, bytes], ...]


def is_founded(settings: Settings) -> bool:
    """Whether the folder holds a community."""
    path = settings.folder / place.LEDGER
    if not path.is_file():
        return place.is_of_several(settings.folder)
    store = SqliteStore(path, read_only=True)
    try:
        return store.genesis() is not None
    finally:
        store.close()


def create_community(
    settings: Settings, name: str, founders: Sequence[tuple[str, str, str, bytes]], time_ms: int | None = None
) -> Founded:
    """Write block 0 into an empty folder; each founder as in `Founder`. `time_ms`: when, if not now.

    Raises NodeError (`node.ledger_exists`, `node.no_such_kind`), EncodingInvalid (`kernel.chain_name_invalid`), or
    Refused (`kernel.not_founded`) with the cause.
    """
    check_chain_name(name)
    place.make_folder(settings.folder)
    lock = place.lock_folder(settings.folder)
    try:
        store = SqliteStore(settings.folder / place.LEDGER)
        try:
            if store.genesis() is not None:
                raise NodeError("node.ledger_exists", folder=str(settings.folder))
            founding_time = time.time_ns() // 1_000_000 if time_ms is None else time_ms
            return _write_block_0(store, settings, name, [Founder(*told) for told in founders], founding_time)
        finally:
            store.close()
    finally:
        lock.release()


def _write_block_0(
    store: SqliteStore, settings: Settings, name: str, founders: Sequence[Founder], time_ms: int
) -> Founded:
    operator = place.make_operator_key(settings.folder).public_key
    document, ids = write_genesis(name, founders, time_ms, operator)
    _, applied = found(source.rulebook(), document)
    store.create(document, applied.block)
    return Founded(chain_id(document), operator, ids)


def write_genesis(
    name: str,
    founders: Sequence[Founder],
    time_ms: int,
    operator_key: bytes,
    validators: Mapping[str, bytes] | None = None,
) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """The genesis document, and the ids of each organisation and its first officer.

    `validators`, where several keep the ledger: the nodes' keys by the founders' codes; `operator_key` is zeros then.
    """
    rules = source.rulebook()
    ids = tuple((secrets.token_bytes(16), secrets.token_bytes(16)) for _ in founders)
    command = FoundCommunity(
        founders=tuple(_fields(founder, *pair) for founder, pair in zip(founders, ids, strict=True)),
        operator_key=operator_key,
    )
    seeds: list[Command] = [command, founding_calendars(time_ms)]
    if validators:
        organisations = {founder.code: pair[0] for founder, pair in zip(founders, ids, strict=True)}
        nodes = [
            FirstValidator(organisation=organisations[code], validator_key=key, power=FIRST_POWER)
            for code, key in validators.items()
        ]
        seeds.append(FoundNetwork(validators=tuple(nodes)))
    document = codec.encode(
        Genesis(
            name=name,
            nonce=secrets.token_bytes(32),
            time=time_ms,
            release=source.RELEASES[0],
            release_hash=rules.source_hash,
            work=ORDINARY_WORK,
            seeds=tuple(Seed(command=rules.command_names[type(seed)], fields=codec.as_plain(seed)) for seed in seeds),
        )
    )
    return document, ids


def _fields(founder: Founder, organisation: bytes, officer: bytes) -> FounderFields:
    if founder.kind not in KINDS:
        raise NodeError("node.no_such_kind", kind=founder.kind, kinds=", ".join(KINDS))
    return FounderFields(
        organisation=organisation,
        kind=identity.OrganisationKind(founder.kind),
        code=founder.code,
        officer=officer,
        suite=founder.suite,
        public_key=founder.public_key,
    )

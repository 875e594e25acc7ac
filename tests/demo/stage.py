"""A ledger in memory for a story to be performed on."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linlian import node
from linlian.community.identity.rules_organisations import FoundCommunity, Founder
from linlian.demo.clock import StoryClock
from linlian.demo.performing import SECOND_MS, Performance, random_key
from linlian.demo.settling import FOUNDED_AT
from linlian.demo.staff import COMPANIES
from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.watermark import Watermark
from linlian.kernel import codec
from linlian.kernel.genesis import Genesis, Seed
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.transition import found
from linlian.store.memory import MemoryStore


@contextmanager
def stage(folder: Path, end: int) -> Iterator[tuple[EmbeddedLedger, Performance]]:
    """A founded community whose clock stands at the story's beginning; second `end` is now."""
    rules, operator = node.rulebook(), random_key("operator")
    begins = (int(time.time()) - end) * SECOND_MS
    founders = [company for company in COMPANIES if company.founder]
    ids = {name: secrets.token_bytes(16) for company in founders for name in (company.key, company.officer)}
    keys = {company.officer: random_key(company.officer) for company in founders}
    command = FoundCommunity(
        founders=tuple(
            Founder(
                organisation=ids[company.key],
                kind=company.kind,
                code=company.key,
                officer=ids[company.officer],
                suite="ed25519",
                public_key=keys[company.officer].public_key,
            )
            for company in founders
        ),
        operator_key=operator.public_key,
    )
    genesis = Genesis(
        name="demo",
        nonce=secrets.token_bytes(32),
        time=begins + FOUNDED_AT * SECOND_MS,
        release=1,
        release_hash=rules.source_hash,
        work=ORDINARY_WORK,
        seeds=(Seed(command=rules.command_names[FoundCommunity], fields=codec.as_plain(command)),),
    )
    document = codec.encode(genesis)
    _, applied = found(rules, document)
    store = MemoryStore()
    store.create(document, applied.block)
    clock = StoryClock(genesis.time)
    ledger = EmbeddedLedger(store, rules, operator, Watermark(folder / "watermark"), clock)
    try:
        yield ledger, Performance(ledger, clock, rules, begins, ids, keys)
    finally:
        ledger.close()

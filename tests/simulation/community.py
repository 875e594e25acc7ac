"""Who lives on the simulated chain: communities with a genesis, two builds of their rules, and things to say.

    notes    the small business of the engine's tests, and beside it one whose rules change with a release
    repairs  a whole community on the real BUSINESSES: everybody in place, cases reported and worked on

A command is chosen by chance from what the state holds; most of them are accepted, some refused, some meet a bug.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final, Protocol
from unittest import mock

from linlian.community.council.rules_validators import FirstValidator, FoundNetwork
from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests import scene as scenes
from linlian.community.repairs.tests.scene import Scene, found_whole_scene
from linlian.engine.cometbft.records import POSITION
from linlian.engine.cometbft.records import Position as EnginePosition
from linlian.kernel import codec
from linlian.kernel.apphash import app_hash
from linlian.kernel.contract import Command, Context, Contract, Count, Hash, Label, Millis, Row
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import Refused
from linlian.kernel.genesis import Genesis, Seed, chain_id
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.release import schedule_release
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State
from linlian.kernel.transition import found
from linlian.store.memory import MemoryStore
from linlian.testing import Town
from tests.engine import ledgers

VALIDATORS_MAX: Final = 6
POWERS: Final = (10, 10, 10, 7, 13, 10)
KEYS: Final = tuple(SoftwareKey("ed25519", sha256(b"validator %d" % n).digest()) for n in range(VALIDATORS_MAX))
RELEASES: Final = (sha256(b"the first rules").digest(), sha256(b"the second rules").digest())
CALM_LABELS: Final = ("hello", "water", "door", "lift")


class Community(Protocol):
    """What the simulator needs of one. `builds` are the first release's program, and the one that carries both."""

    @property
    def document(self) -> bytes: ...

    @property
    def chain(self) -> str: ...

    @property
    def builds(self) -> tuple[Rulebook, Rulebook]: ...

    def disk(self) -> MemoryStore:
        """What a node of this community begins with."""

    def file(self, folder: Path) -> Path | None:
        """The same as a file of SQLite; None if it is nothing yet."""

    def validators(self) -> dict[bytes, int]:
        """Power by key, as the genesis has it."""

    def speak(self, chance: Random, state: State, now: int) -> tuple[bytes, SoftwareKey, Command]:
        """An account, one of its keys, and a command that it may wish to give."""


upkeep = Contract("upkeep")


class Tally(Row):
    times: Count
    by: Label


tallies = upkeep.table("tally", Tally)


class CountUp(Command):
    by: Label


class Remind(Command):
    """Set, or set again, a timer; when it is due it sets itself again, `times` times. "no" and "bug" are as ever."""

    label: Label
    due: Millis
    times: Count


class Reminded(Command):
    label: Label
    times: Count


class ChangeRules(Command):
    source_hash: Hash
    at_height: Count


@upkeep.command
def count_up(ctx: Context, cmd: CountUp) -> None:
    """The rule that changes after launch: from release 2 on each time counts double."""
    before = tallies.get(ctx, b"all") or Tally(0, "")
    tallies.put(ctx, b"all", Tally(before.times + (2 if ctx.release >= 2 else 1), cmd.by))


@upkeep.command
def remind(ctx: Context, cmd: Remind) -> None:
    ctx.schedule("upkeep.remind", cmd.label.encode(), cmd.due, Reminded(label=cmd.label, times=cmd.times))


@upkeep.timer
def reminded(ctx: Context, cmd: Reminded) -> None:
    if cmd.label == "no":
        raise Refused("upkeep.no")
    if cmd.label == "bug":
        raise KeyError(cmd.label)
    before = tallies.get(ctx, cmd.label.encode()) or Tally(0, "")
    tallies.put(ctx, cmd.label.encode(), Tally(before.times + 1, cmd.label))
    if cmd.times:
        again = Reminded(label=cmd.label, times=cmd.times - 1)
        ctx.schedule("upkeep.remind", cmd.label.encode(), ctx.time + 3_000, again)


@upkeep.command
def change_rules(ctx: Context, cmd: ChangeRules) -> None:
    schedule_release(ctx, 2, cmd.source_hash, cmd.at_height)


@dataclass(frozen=True)
class Notes:
    """Implements `Community`, founded with `count` validators."""

    document: bytes
    chain: str
    builds: tuple[Rulebook, Rulebook]
    count: int

    @classmethod
    @cache
    def of(cls, count: int) -> Notes:
        contracts = (ledgers.contract, upkeep)
        builds = (Rulebook(contracts, (1,), RELEASES[0]), Rulebook(contracts, (1, 2), RELEASES[1]))
        keys = tuple(key.public_key for key in KEYS[:count])
        seed = ledgers.Found(writer=ledgers.WRITER.public_key, operator=ledgers.OPERATOR.public_key, validators=keys)
        genesis = Genesis(
            name="simulated",
            nonce=sha256(b"simulated").digest(),
            time=ledgers.START,
            release=1,
            release_hash=RELEASES[0],
            work=ORDINARY_WORK,
            seeds=(Seed(command="notes.found", fields=codec.as_plain(seed)),),
        )
        document = codec.encode(genesis)
        return cls(document, chain_id(document), builds, count)

    def disk(self) -> MemoryStore:
        return MemoryStore()

    def file(self, folder: Path) -> Path | None:
        del folder
        return None

    def validators(self) -> dict[bytes, int]:
        return {key.public_key: 10 for key in KEYS[: self.count]}

    def speak(self, chance: Random, state: State, now: int) -> tuple[bytes, SoftwareKey, Command]:
        due = now + chance.choice((0, 400, 3_000, 20_000, 200_000))
        label = chance.choice(CALM_LABELS)
        command = chance.choices(
            (
                ledgers.WriteNote(label=label, forget_at=due if chance.random() < 0.5 else 0),
                ledgers.WriteNote(label=chance.choice(("no", "bug"))),
                CountUp(by=label),
                Remind(label=chance.choice((*CALM_LABELS, "no", "bug")), due=due, times=chance.randrange(3)),
                ledgers.ChangeValidator(
                    public_key=chance.choice(KEYS[: self.count + 1]).public_key, power=chance.choice((0, *POWERS))
                ),
                ChangeRules(source_hash=RELEASES[1], at_height=max(0, state.height + chance.randrange(5))),
            ),
            (6, 1, 3, 4, 1.2, 0.3),
        )[0]
        return ledgers.ACCOUNT, ledgers.WRITER, command


STEPS: Final = (
    "triage_repair", "assign_repair", "take_repair", "call_help", "accept_repair", "arrive_on_site", "make_safe",
    "diagnose_repair", "finish_repair", "check_repair", "confirm_repair", "dispute_repair", "defer_repair",
    "resume_repair", "cancel_repair", "reopen_repair",
)  # fmt: skip


@dataclass(frozen=True)
class Repairs:
    """Implements `Community` on the businesses as they are; the scene of their tests has been lived already."""

    document: bytes
    chain: str
    builds: tuple[Rulebook, Rulebook]
    scene: Scene
    lived: MemoryStore

    @classmethod
    @cache
    def of(cls) -> Repairs:
        with mock.patch.object(scenes, "Town", _OfSeveral):
            scene = found_whole_scene()
        town, lived = scene.town, MemoryStore()
        _, applied = found(town.rulebook, town.genesis_document)
        lived.create(town.genesis_document, applied.block)
        for block in town.blocks[1:]:
            lived.commit(block)
        root = app_hash(town.state.log.root(), town.state.root)
        lived.note({POSITION: codec.encode(EnginePosition(height=0, made_at=0, app_hash=root))})
        builds = (town.rulebook, town.rulebook)
        return cls(town.genesis_document, town.state.chain, builds, scene, lived)

    def disk(self) -> MemoryStore:
        return copy.deepcopy(self.lived)

    def file(self, folder: Path) -> Path | None:
        path = folder / "lived.sqlite"
        self.lived.backup(path)
        return path

    def validators(self) -> dict[bytes, int]:
        return {key.public_key: 10 for key in KEYS[: len(_SEATS)]}

    def speak(self, chance: Random, state: State, now: int) -> tuple[bytes, SoftwareKey, Command]:
        scene, known = self.scene, [key for key, _ in state.table_rows(cases)]
        if not known or chance.random() < 0.3:
            place = chance.choice((scene.flat, scene.stair))
            person = scene.people[chance.choice(("anna", "bo", "desk", "grid_worker"))]
            return person.account, person.key, ReportRepair(place=place, category=chance.choice(list(Category)))
        name, command = scene.command(chance.choice(STEPS), chance.choice(known))
        person = scene.people[name if chance.random() < 0.9 else chance.choice(("anna", "desk", "second"))]
        return person.account, person.key, command


_SEATS: Final = ("harmony", "swift", "street", "owners")


class _OfSeveral(Town):
    """The same town, founded with a validator for each organisation."""

    def __init__(self, contracts: tuple[Contract, ...], seeds: tuple[Command, ...]) -> None:
        seats = tuple(
            FirstValidator(
                organisation=sha256(b"organisation:" + name.encode()).digest()[:16],
                validator_key=key.public_key,
                power=10,
            )
            for name, key in zip(_SEATS, KEYS, strict=False)
        )
        super().__init__(contracts, (seeds[0], FoundNetwork(validators=seats), *seeds[1:]))

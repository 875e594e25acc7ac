"""The repairs' scene with somebody who reads: contents that are really sealed, a real vault, a ledger over the town.

room = ReadingRoom(tmp_path)
case = room.report(words=room.seal("the tap drips"))
room.look("repairer", "the tap drips", Purpose.REPAIR)      # the plaintext, or Refused or VaultError
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from linlian.community.identity import Role
from linlian.community.openings.rules import ContentOpened, OpenContent
from linlian.community.openings.rules_table import Purpose
from linlian.community.places import Capacity, Right
from linlian.community.places.rules import SealDetails
from linlian.community.places.rules_occupancy import EndOccupancy
from linlian.community.repairs.tests.scene import Scene, _invite, found_whole_scene
from linlian.community.repairs.tests.scene import move_in as settle
from linlian.engine.ledger import Final, Ledger
from linlian.kernel.codec import Content
from linlian.kernel.transaction import open_transaction
from linlian.testing import Town
from linlian.vault import Contents

WORDS = "the tap drips"
HOME = (Right.REPORT, Right.SEE, Right.CONFIRM)
ASSIGNED = ("triage", "assign")
CLOSED = (*ASSIGNED, "accept", "arrive_on_site", "diagnose", "finish")


class TownLedger:
    """What the vault asks of a ledger, answered by a town's blocks and state."""

    def __init__(self, town: Town):
        self._town = town
        self.late_ms = 0

    def read(self, key: bytes) -> bytes | None:
        return self._town.state.read(key)

    def clock(self) -> int:
        return self._town.time + self.late_ms

    def find(self, item_id: bytes) -> Final | None:
        for block in self._town.blocks:
            for index, raw in enumerate(block.items[block.runs :], block.runs):
                if open_transaction(raw, block.header.chain).id == item_id:
                    return Final(item_id, block.header.height, index, block.header.time, block.receipts[index])
        return None


class ReadingRoom:
    """Scene, vault and ledger."""

    def __init__(self, folder: Path):
        self.scene: Scene = found_whole_scene()
        self.vault = Contents(folder)
        self.town_ledger = TownLedger(self.scene.town)
        self.sealed: dict[str, Content] = {}

    @property
    def ledger(self) -> Ledger:
        return cast("Ledger", self.town_ledger)

    def seal(self, words: str) -> Content:
        self.sealed[words] = self.vault.put(words.encode())
        return self.sealed[words]

    def command(self, words: str, purpose: Purpose, **more: Any) -> OpenContent:
        return OpenContent(contents=(self.sealed[words].commitment,), purpose=purpose, **more)

    def ask(self, name: str, words: str, purpose: Purpose, **more: Any) -> bytes:
        """Commit an opening; the transaction's id."""
        town, person = self.scene.town, self.scene.people[name]
        raw = town.transaction(person, self.command(words, purpose, **more))
        town.submit(raw)
        return open_transaction(raw, town.state.chain).id

    def opened(self, name: str, words: str, purpose: Purpose, **more: Any) -> ContentOpened:
        event = self.scene.do(name, self.command(words, purpose, **more)).the(ContentOpened)
        assert isinstance(event, ContentOpened)
        return event

    def refusal(self, name: str, words: str, purpose: Purpose, **more: Any) -> str:
        return self.scene.refusal(name, self.command(words, purpose, **more))

    def serve(self, reading: bytes, name: str, words: str) -> str:
        """What the vault gives to somebody who shows this reading."""
        account, commitment = self.scene.account(name), self.sealed[words].commitment
        return self.vault.open(self.ledger, reading, account, commitment).decode()

    def look(self, name: str, words: str, purpose: Purpose, **more: Any) -> str:
        return self.serve(self.ask(name, words, purpose, **more), name, words)


def make_room(folder: Path) -> ReadingRoom:
    """A case at the flat, reported by Tess, a tenant; at home with her is Uli, who says nothing."""
    made = ReadingRoom(folder / "contents")
    scene = made.scene
    for name in ("tess", "uli", "vera"):
        _invite(scene, "desk", name)
    for name in ("tess", "uli"):
        move_in(made, name)
    _invite(scene, "street_officer", "auditor", (Role.AUDITOR,))
    _invite(scene, "harmony_officer", "their_supervisor", (Role.SUPERVISOR,))
    scene.do("clerk", SealDetails(place=scene.flat, name=made.seal("door 301")))
    scene.do("clerk", SealDetails(place=scene.stair, name=made.seal("the stair")))
    return made


def move_in(room: ReadingRoom, name: str) -> None:
    settle(room.scene, name, room.scene.flat, Capacity.TENANT, HOME)


def move_out(room: ReadingRoom, name: str) -> None:
    room.scene.do(name, EndOccupancy(place=room.scene.flat, account=room.scene.account(name)))


def reported(room: ReadingRoom, *steps: str, place: bytes = b"") -> bytes:
    case = room.scene.report("tess", place=place, words=room.seal(WORDS), photos=(room.seal("a photo"),))
    if steps:
        room.scene.take(case, *steps)
    return case

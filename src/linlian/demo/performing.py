"""A story, performed on a real ledger through its front door: every act is signed by the person whose it is.

    performance = Performance(ledger, clock, rulebook, begins, ids, keys)
    performance.play(story.acts, seal_fields(story.acts, contents, "zh"), end, tell)
    performance.ids["case-7"], performance.keys["repairer"]

Rules
- What one second brings goes in as one batch. What the story says is refused, is refused and on the record; anything
  else that is refused is a mistake of the story, and stops it.
- Account, place and case ids are what the ledger gave out; keys are random, and differ each time.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from itertools import groupby
from typing import Any

from linlian.demo.acts import Act
from linlian.demo.clock import StoryClock, StoryTime
from linlian.engine.ledger import Final, Ledger
from linlian.kernel import codec
from linlian.kernel.contract import compose
from linlian.kernel.crypto import SEED_BYTES, SoftwareKey
from linlian.kernel.errors import LinlianError
from linlian.kernel.limits import OFFLINE_VALIDITY_MS_MAX
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transaction import Body, new_identifier, open_transaction, sign

Tell = Callable[[int, int], None]
NewKey = Callable[[str], SoftwareKey]
VALIDITY_MS = 60_000
SECOND_MS = 1_000

REFERENCES = (
    *("place", "parent", "account", "principal", "delegate", "witness", "executor"),
    *("case", "responsible", "executing", "organisation", "proposal", "roll"),
)
"""Fields that hold the story's key of something."""
TIMES = ("until", "starts", "inspected_at", "due_at")
INVITATIONS = {"identity.invite_member": 0, "identity.invite_resident": 0, "council.propose_admission": 1}
"""Command that opens an account with a one-time key → which of the ids it makes is that account's."""
ACCEPTANCE = "identity.accept_invitation"


class StoryBroken(LinlianError):
    """The ledger answers otherwise than the story expects."""


def random_key(_person: str) -> SoftwareKey:
    """A key that nobody keeps."""
    return SoftwareKey("ed25519", secrets.token_bytes(SEED_BYTES))


class Performance:
    """Signs and submits acts in order. `ids` grows with what they make; `keys` are people's present keys."""

    def __init__(
        self,
        ledger: Ledger,
        clock: StoryClock,
        rulebook: Rulebook,
        begins: int,
        ids: Mapping[str, bytes],
        keys: Mapping[str, SoftwareKey],
        new_key: NewKey = random_key,
    ):
        """`begins`: milliseconds of the story's first midnight. `ids` and `keys`: those of block 0."""
        self.ids = dict(ids)
        self.keys = dict(keys)
        self._ledger = ledger
        self._rulebook = rulebook
        self._begins = begins
        self._new_key = new_key
        self._documents: dict[str, bytes] = {}
        self._time = StoryTime(ledger, clock)
        self._clock = clock

    def play(self, acts: Sequence[Act], fields: Sequence[dict[str, Any]], end: int, tell: Tell | None = None) -> None:
        """Perform all acts, with their fields as they were sealed, then let time pass until second `end`.

        Raises StoryBroken (`demo.story_broken`).
        """
        done = 0
        for at, group in groupby(zip(acts, fields, strict=True), key=lambda pair: pair[0].at):
            self._time.go_to(self._begins + at * SECOND_MS)
            for no, part in groupby(group, key=lambda pair: pair[0].no):
                done += self._submit(list(part), no)
            if tell is not None:
                tell(done, len(acts))
        self._time.go_to(self._begins + end * SECOND_MS)

    def _submit(self, acts: list[tuple[Act, dict[str, Any]]], no: str) -> int:
        """Acts of one second that meet the same fate; how many they were."""
        raws = [self._sign(act, fields) for act, fields in acts]
        answers = self._ledger.submit_many(raws, record_refusal=bool(no))
        finals = [_checked(act, answer) for (act, _), answer in zip(acts, answers, strict=True)]
        for (act, _), final in zip(acts, finals, strict=True):
            self._watch(act, final.item_id)
        return len(acts)

    def _sign(self, act: Act, fields: dict[str, Any]) -> bytes:
        """The act as a signed transaction; notes the identifiers that it will have made."""
        plain = {name: self._resolve(name, value) for name, value in fields.items()}
        self._name_document(act, plain)
        key = self.keys[act.who]
        opened = self._new_keys(act, plain)
        kind = self._rulebook.commands[act.command].kind
        claimed = self._begins + act.claimed * SECOND_MS if act.claimed else 0
        made_at = claimed or self._clock.now
        body = Body(
            chain=self._ledger.chain,
            command=act.command,
            fields=codec.as_plain(codec.typed(kind, plain)),
            signer=self.ids[act.who],
            nonce=secrets.token_bytes(16),
            valid_until=made_at + (OFFLINE_VALIDITY_MS_MAX if claimed else VALIDITY_MS),
            occurred_at=claimed,
            offline=bool(claimed),
        )
        raw = sign(body, key)
        self.keys |= opened
        if act.makes:
            identifier = open_transaction(raw, body.chain).id
            for number, made in enumerate(act.makes, 1):
                self.ids[made] = new_identifier(identifier, body.nonce, number)
        return raw

    def _new_keys(self, act: Act, plain: dict[str, Any]) -> dict[str, SoftwareKey]:
        """Put a new key into an invitation or its acceptance; whose it is from then on."""
        if act.command in INVITATIONS:
            person = act.makes[INVITATIONS[act.command]]
            key = random_key(person)
        elif act.command == ACCEPTANCE:
            person = act.who
            key = self._new_key(person)
        else:
            return {}
        plain |= {"suite": key.suite, "public_key": key.public_key}
        return {person: key}

    def _name_document(self, act: Act, plain: dict[str, Any]) -> None:
        """Whoever countersigns a roll names the document with which it was closed."""
        if act.command == "places.close_roll":
            self._documents[act.fields["roll"]] = plain["document"]["commitment"]
        elif act.command == "places.countersign_roll":
            plain["document"] = self._documents[act.fields["roll"]]

    def _watch(self, act: Act, transaction: bytes) -> None:
        """Note the timers that an act may have set."""
        if act.claimed:
            self._time.watch("kernel.offline", transaction)
        reported = act.makes if act.command == "repairs.report_repair" else ()
        for case in (*reported, act.fields.get("case")):
            if case is not None:
                self._time.watch("repairs.clock", self.ids[case])
        if act.command == "equipment.record_inspection":
            self._time.watch("equipment.inspection", self.ids[act.fields["place"]])
        if act.command == "places.end_occupancy":
            place, account = self.ids[act.fields["place"]], self.ids[act.fields["account"]]
            self._time.watch("places.occupancy", compose(place, account))

    def _resolve(self, name: str, value: Any) -> Any:
        """A field as the ledger knows it."""
        if name in REFERENCES:
            return self.ids[value]
        if name in TIMES:
            return self._begins + value * SECOND_MS
        return list(value) if isinstance(value, tuple) else value


def _checked(act: Act, answer: Future[Final]) -> Final:
    """The answer, if it is what the story expects. Raises StoryBroken."""
    try:
        final = answer.result()
    except LinlianError as error:
        raise StoryBroken("demo.story_broken", act=_told(act), answer=error.code) from error
    code = "" if final.outcome == "accepted" else str(dict(_refusal(final)).get("code", final.outcome))
    if code != act.no:
        raise StoryBroken("demo.story_broken", act=_told(act), answer=code or final.outcome)
    return final


def _refusal(final: Final) -> Iterator[tuple[str, Any]]:
    for _, _, fields in final.entries():
        yield from fields.items()


def _told(act: Act) -> str:
    return f"{act.at} s: {act.who} {act.command} {act.fields.get('case', '')}".strip()

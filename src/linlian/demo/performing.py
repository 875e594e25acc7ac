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
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from linlian.demo.acts import Act, Sealed, StoryDay, Token
from linlian.demo.clock import StoryClock, StoryTime
from linlian.demo.staff import STAFF
from linlian.engine.ledger import Final, Ledger
from linlian.kernel import codec
from linlian.kernel.contract import compose
from linlian.kernel.crypto import SEED_BYTES, SoftwareKey, sha256
from linlian.kernel.errors import LinlianError
from linlian.kernel.limits import OFFLINE_VALIDITY_MS_MAX
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transaction import Body, new_identifier, open_transaction, sign

Tell = Callable[[int, int], None]
NewKey = Callable[[str], SoftwareKey]
VALIDITY_MS = 60_000
SECOND_MS = 1_000

REFERENCES = (
    *("place", "parent", "account", "principal", "delegate", "witness", "executor", "colleague"),
    *("case", "responsible", "executing", "organisation", "proposal", "roll", "team", "shift", "outage"),
    *("fund", "approver", "regulator", "gift", "refund", "question", "programme", "cycle", "recipient"),
    *("entitlement", "objection", "payment", "hop", "continues", "receiver"),
)
"""Fields that hold the story's key of something."""
LISTS = ("members", "places", "managers", "payments")
"""Fields that hold several of them."""
TIMES = ("until", "starts", "since", "inspected_at", "due_at", "valid_until", "reply_by", "answer_by")
CHINA_MS = 8 * 3_600_000
TOKEN_BYTES = 32
INVITATIONS = {"identity.invite_member": 0, "identity.invite_resident": 0, "council.propose_admission": 1}
"""Command that opens an account with a one-time key → which of the ids it makes is that account's."""
ACCEPTANCE = "identity.accept_invitation"
RECOVERY = "council.open_recovery"
APPROVAL = "council.approve_recovery"


ABOUT = ("case", "roll", "account", "place", "hop")
"""What an act that makes nothing is about: the first of these that it names."""
TIMERS: dict[str, tuple[str, ...]] = {
    "equipment.record_inspection": ("equipment.inspection", "place"),
    "places.end_occupancy": ("places.occupancy", "place", "account"),
    "council.approve_recovery": ("council.recovery", "account"),
    "staff.plan_shift": ("staff.shift",),
    "outages.publish_outage": ("outages.watch",),
    "outages.end_outage": ("outages.tell", "outage"),
    "joint_reports.tell_joined": ("joint_reports.tell", "case"),
    "joint_reports.check_jointly": ("joint_reports.tell", "case"),
    "quotes.make_quote": ("quotes.expire",),
    "appointments.propose_windows": ("appointments.clock",),
    "hotline.open_ticket": ("repairs.clock",),
    "supervision.ask_extension": ("supervision.extension", "case"),
    "supervision.oversee_repair": ("supervision.reply", "case"),
}
"""Command → the timer that it may set, and the fields by which it is kept; without any, what the command makes."""
MONEY_TIMERS: dict[str, tuple[tuple[str, str], ...]] = {
    "programmes.approve_programme": (("programmes.over", "programme"), ("programmes.report", "programme")),
    "programmes.file_report": (("programmes.report", "programme"),),
    "programmes.end_programme": (("funds.account_due", "programme"),),
    "programmes.approve_cycle": (("programmes.notice_over", "cycle"), ("programmes.cycle_over", "cycle")),
    "programmes.enter_entitlement": (("programmes.expire", ""),),
    "transfers.send_money": (
        *(("funds.hop_unconfirmed", ""), ("funds.receipt_unconfirmed", ""), ("transfers.silence", "")),
        ("funds.hop_stands_still", "continues"),
    ),
    "transfers.confirm_money": (("funds.hop_stands_still", "hop"),),
    "funds.ask_question": (("funds.question", ""),),
}
"""Where money moves a command may set several, each kept by one field, or ("") by what the command makes."""
LICENCES = ("staff.record_licence", "staff.renew_licence")


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
        self._sealed: dict[Sealed, dict[str, Any]] = {}
        self._tokens: dict[str, bytes] = {}
        self._recovering: dict[str, bytes] = {}
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
        self._note_sealed(act, plain)
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
        elif act.command == RECOVERY:
            # Not theirs yet, and nobody who recovers a key here uses it in this story.
            person, key = "", random_key("")
            self._recovering[act.fields["account"]] = key.key_id
        else:
            if act.command == APPROVAL:
                plain["key"] = self._recovering[act.fields["account"]]
            return {}
        plain |= {"suite": key.suite, "public_key": key.public_key}
        return {person: key} if person else {}

    def _note_sealed(self, act: Act, plain: dict[str, Any]) -> None:
        """Note what the act seals, under whom or what it is about; whoever countersigns a roll names its document."""
        of = act.makes[0] if act.makes else next((act.fields[n] for n in ABOUT if n in act.fields), "")
        for name, value in plain.items():
            if isinstance(value, dict):
                self._sealed.setdefault(Sealed(of, name), value)
        if act.command == "places.countersign_roll":
            plain["document"] = self._sealed[Sealed(of, "document")]["commitment"]

    def _watch(self, act: Act, transaction: bytes) -> None:
        """Note the timers that an act may have set."""
        if act.claimed:
            self._time.watch("kernel.offline", transaction)
        reported = act.makes if act.command == "repairs.report_repair" else ()
        for case in (*reported, act.fields.get("case")):
            if case is not None:
                self._time.watch("repairs.clock", self.ids[case])
        if act.command in TIMERS:
            timer, *names = TIMERS[act.command]
            parts = [self.ids[act.fields[name]] for name in names] or [self.ids[act.makes[0]]]
            self._time.watch(timer, parts[0] if len(parts) == 1 else compose(*parts))
        for timer, name in MONEY_TIMERS.get(act.command, ()):
            record = act.fields.get(name) if name else act.makes[0]
            if record is not None:
                self._time.watch(timer, self.ids[record])
        if act.command in LICENCES:
            holder = act.fields.get("account") or next(one.company for one in STAFF if one.key == act.who)
            self._time.watch("staff.licence", compose(self.ids[holder], act.fields["kind"]))

    def _resolve(self, name: str, value: Any) -> Any:
        """A field as the ledger knows it."""
        if name in REFERENCES:
            return self.ids[value]
        if name in LISTS:
            return [self.ids[one] for one in value]
        if name == "windows":
            return [{part: self._resolve("starts", at) for part, at in one._asdict().items()} for one in value]
        if name in TIMES and isinstance(value, int):
            return self._begins + value * SECOND_MS
        if isinstance(value, tuple) and not isinstance(value, StoryDay | Token | Sealed):
            return [self._one_of(part) for part in value]
        return self._stands_for(name, value)

    def _one_of(self, part: Any) -> Any:
        """One of several: a commitment of what was sealed before, a record of a few fields, or itself."""
        if isinstance(part, dict):
            return {name: self._resolve(name, value) for name, value in part.items()}
        return self._sealed[part]["commitment"] if isinstance(part, Sealed) else part

    def _stands_for(self, name: str, value: Any) -> Any:
        """What a word of the story stands for; anything else is itself."""
        if isinstance(value, StoryDay):
            noon = self._begins + (2 * value.number + 1) * 43_200 * SECOND_MS
            return int(datetime.fromtimestamp((noon + CHINA_MS) // SECOND_MS, UTC).strftime("%Y%m%d"))
        if isinstance(value, Token):
            token = self._tokens.setdefault(value.of, secrets.token_bytes(TOKEN_BYTES))
            return sha256(compose(self.ids[value.of], token)) if name == "token_hash" else token
        return self._sealed[value] if isinstance(value, Sealed) else value


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

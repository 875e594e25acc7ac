"""Where a block is drafted: the context that handlers see, over the draft, over the committed state.

    state ← Draft (one block: changes of finished items) ← Execution (one item: changes that may be thrown away)

Nothing here decides; the order of things stands in `transition`.
"""

from __future__ import annotations

from typing import Protocol

from linlian.kernel import codec
from linlian.kernel.block import SUBJECT_PREFIX, Outcome, Receipt, entry_digests, subject_link, subject_start
from linlian.kernel.contents import CONTENTS, binding, contents_of
from linlian.kernel.contract import SALT_BYTES, Command, Event, Reader, Refused, compose
from linlian.kernel.entropy import next_salt, salt_start
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.limits import Work
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.timers import TIMERS, TimerRow
from linlian.kernel.transaction import new_identifier

_MISSING = object()


class RowSource(Protocol):
    """Committed rows, salt included."""

    def row(self, key: bytes) -> bytes | None: ...


class Draft(Reader):
    """The changes of a block in the making, over the state it builds on."""

    def __init__(
        self,
        base: RowSource,
        rulebook: Rulebook,
        chain: str,
        work: Work,
        height: int,
        time: int,
        release: int,
        entropy: bytes,
    ):
        self.base = base
        self.rulebook = rulebook
        self.chain = chain
        self.work = work
        self.height = height
        self.time = time
        self.release = release
        self.entropy = entropy
        self.changes: dict[bytes, bytes | None] = {}

    def row(self, key: bytes) -> bytes | None:
        """The row with its salt, as the items so far have left it."""
        found = self.changes.get(key, _MISSING)
        return self.base.row(key) if found is _MISSING else found  # type: ignore[return-value]

    def read(self, key: bytes) -> bytes | None:
        row = self.row(key)
        return None if row is None else row[SALT_BYTES:]


class Execution:
    """One item's run: implements `contract.Context`, counts its work, and collects rows and entries."""

    __slots__ = (
        "_base_row",
        "_bytes",
        "_changes",
        "_drafted",
        "_entries",
        "_ids",
        "_links",
        "_reads",
        "_salt_start",
        "_salts",
        "_subjects",
        "_timers",
        "_work",
        "chain",
        "digests",
        "draft",
        "height",
        "key_id",
        "nonce",
        "occurred_at",
        "release",
        "signer",
        "time",
        "transaction_id",
    )

    def __init__(
        self, draft: Draft, signer: bytes, nonce: bytes, transaction_id: bytes, key_id: bytes, occurred_at: int
    ) -> None:
        self.draft = draft
        # Reading is what handlers do most, so `read` goes past `Draft.row`.
        self._drafted = draft.changes
        self._base_row = draft.base.row
        self.chain = draft.chain
        self.height = draft.height
        self.time = draft.time
        self.release = draft.release
        self.signer = signer
        self.nonce = nonce
        self.transaction_id = transaction_id
        self.key_id = key_id
        self.occurred_at = occurred_at or draft.time
        self._work = draft.work
        self._salts = 0
        self._salt_start = salt_start(draft.entropy, nonce)
        self._ids = 0
        self.discard()

    def discard(self) -> None:
        """Forget everything the handler did. Salts already given out are not used again."""
        self._changes: dict[bytes, bytes | None] = {}
        self._entries: list[bytes] = []
        self._subjects: list[tuple[bytes, ...]] = []
        self._reads = 0
        self._links = 0
        self._bytes = 0
        self._timers = 0

    def read(self, key: bytes) -> bytes | None:
        self._reads += 1
        if self._reads > self._work.reads_max:
            raise Refused("kernel.too_much", what="reads", most=self._work.reads_max)
        row = self._changes.get(key, _MISSING)
        if row is _MISSING:
            row = self._drafted.get(key, _MISSING)
            if row is _MISSING:
                row = self._base_row(key)
        return None if row is None else row[SALT_BYTES:]  # type: ignore[index]

    def write(self, key: bytes, value: bytes | None) -> None:
        self._changes[key] = None if value is None else self._salt() + value
        self._count_written(0 if value is None else len(key) + len(value))

    def emit(self, event: Event, occurred_at: int | None = None) -> None:
        kind = type(event)
        subjects: list[bytes] = []
        for name, many in codec.subject_fields(kind):
            value = getattr(event, name)
            if value is not None:
                subjects.extend(value if many else (value,))
        name = self.draft.rulebook.event_names[kind]
        self.append(name, event, tuple(dict.fromkeys(subjects)), occurred_at)
        for field, content in contents_of(event):
            if not CONTENTS.has(self, content.commitment):
                CONTENTS.put(self, content.commitment, binding(name, field, content, event, self.signer))

    def append(self, name: str, fields: codec.Fields, subjects: tuple[bytes, ...], occurred_at: int | None) -> None:
        """Add an entry to the receipt and to the history of each subject.

        Fields or a time outside their own bounds are a bug: EncodingInvalid, so the receipt says `broken`.
        """
        if len(self._entries) >= self._work.events_max:
            raise Refused("kernel.too_much", what="events", most=self._work.events_max)
        when = self.occurred_at if occurred_at is None else occurred_at
        if not 0 <= when <= codec.INT_MAX:
            raise EncodingInvalid("kernel.wrong_value", kind="time")
        plain = codec.as_plain(fields)
        codec.typed(type(fields), plain)
        entry = codec.encode_plain([self._salt(), name, when, plain])
        self._entries.append(entry)
        self._subjects.append(subjects)
        self._links += len(subjects)
        self._count_written(len(entry))

    def _count_written(self, size_bytes: int) -> None:
        """Count rows (each subject of an entry costs one) and bytes."""
        self._bytes += size_bytes
        if len(self._changes) + self._links > self._work.writes_max:
            raise Refused("kernel.too_much", what="writes", most=self._work.writes_max)
        if self._bytes > self._work.bytes_max:
            raise Refused("kernel.too_much", what="bytes", most=self._work.bytes_max)

    def new_id(self) -> bytes:
        self._ids += 1
        return new_identifier(self.transaction_id, self.nonce, self._ids)

    def schedule(self, name: str, record: bytes, due: int, command: Command) -> None:
        self._timers += 1
        if self._timers > self._work.timers_max:
            raise Refused("kernel.too_much", what="timers", most=self._work.timers_max)
        wire = self.draft.rulebook.command_names[type(command)]
        if name.partition(".")[0] != wire.partition(".")[0]:
            raise ValueError(f"timer {name} must be named after the business of {wire}")
        TIMERS.put(self, compose(name, record), TimerRow(due, wire, codec.encode(command), name, record))

    def unschedule(self, name: str, record: bytes) -> None:
        TIMERS.delete(self, compose(name, record))

    def hand_on(self, record: bytes, command: Command) -> None:
        wire = self.draft.rulebook.command_names.get(type(command))
        if wire is not None:
            self.schedule(wire, record, self.time, command)

    def finish(self, outcome: Outcome, receipt: int) -> Receipt:
        """Chain the entries to their subjects, hand the changes to the draft, and make the receipt."""
        self.digests = entry_digests(self.height, receipt, self._entries)
        for digest, subjects in zip(self.digests, self._subjects, strict=True):
            for subject in subjects:
                self._link(subject, digest)
        self.draft.changes.update(self._changes)
        return Receipt(outcome, tuple(self._entries), tuple(self._subjects))

    def is_known(self, subject: bytes) -> bool:
        """Whether a subject has a history, or is the account in whose name this runs."""
        return subject == self.signer or self.draft.row(SUBJECT_PREFIX + subject) is not None

    def _link(self, subject: bytes, digest: bytes) -> None:
        key = SUBJECT_PREFIX + subject
        row = self._changes[key] if key in self._changes else self.draft.row(key)
        if row is None:
            position, head = 1, subject_start(self.chain, subject)
        else:
            position, head = int.from_bytes(row[16:24], "big") + 1, row[24:56]
        self._changes[key] = self._salt() + position.to_bytes(8, "big") + subject_link(head, position, digest)

    def _salt(self) -> bytes:
        self._salts += 1
        return next_salt(self._salt_start, self._salts)

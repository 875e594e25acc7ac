"""What a message says: that something happened, where it stands, and where to read it. Never what it says there.

    {"type": "repairs.repair_reported", "timestamp": "2026-01-01T00:00:00.001Z",
     "data": {"id": "12.0.0", "chain": "…", "height": 12, "receipt": 0, "event": 0, "transaction": "…",
              "subjects": {"case": ["…"], "account": ["…"]}, "link": "https://node.example/api/v1/events/12.0.0"}}

Rules
- Only what the subscription's owner may see in full is told to it; of everything else it does not even hear.
- The owner's rights are those of the moment of telling: who has moved out hears nothing new.
- A message's id is made from the entry's place on its chain, so it is the same at every attempt, from every node.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from linlian.kernel import codec
from linlian.kernel.contract import Event
from linlian.readmodel.entries import FollowedEntry
from linlian.readmodel.view import Reads


class Sight(Protocol):
    """Who may see what; `linlian.node` hands in the one that the whole house goes by."""

    def sees(self, db: Reads, viewer: bytes, entry: FollowedEntry) -> bool:
        """Whether this account or organisation may see this entry in full."""


class News:
    """Turns entries into messages. `link` gives the address where an entry can be read."""

    def __init__(self, chain: str, events: Mapping[str, type[Event]], link: Callable[[FollowedEntry], str]):
        self._chain = chain
        self._link = link
        self._subjects = {name: codec.subject_kinds(kind) for name, kind in events.items()}

    def message_id(self, entry: FollowedEntry) -> str:
        """The same for the same entry, for ever."""
        return f"{self._chain[-32:]}_{entry.height}_{entry.receipt}_{entry.event}"

    def body(self, entry: FollowedEntry) -> bytes:
        """The message, as JSON."""
        data: dict[str, Any] = {
            "id": str(entry.place),
            "chain": self._chain,
            **entry.place._asdict(),
            "transaction": entry.item_id.hex(),
            "subjects": self._named(entry),
            "link": self._link(entry),
        }
        told = {"type": entry.type, "timestamp": iso_time(entry.time), "data": data}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    def _named(self, entry: FollowedEntry) -> dict[str, list[str]]:
        """Whom the entry names: kind of subject → identifiers in hex."""
        fields = json.loads(entry.fields)
        named: dict[str, list[str]] = {}
        for field, kind in self._subjects.get(entry.type, {}).items():
            value = fields.get(field)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str) and one not in named.get(kind, ()):
                    named.setdefault(kind, []).append(one)
        return named


def iso_time(time_ms: int) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{time_ms % 1000:03d}Z"

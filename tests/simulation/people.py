"""What is handed in: signed transactions, good ones and every sort of bad ones, and the envelopes they travel in."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

from linlian.engine.cometbft.envelope import ENVELOPE_BYTES_MAX, NONCE_BYTES, TRANSACTIONS_MAX, seal_envelope
from linlian.kernel import codec
from linlian.kernel.limits import OFFLINE_VALIDITY_MS_MAX, TRANSACTION_BYTES_MAX, VALIDITY_MS_MAX
from linlian.kernel.state import State
from linlian.kernel.transaction import Body, open_transaction, sign
from tests.simulation.community import Community

MINUTE: Final = 60_000
SORTS: Final = (
    "good", "again", "expired", "early", "bad signature", "wrong chain", "malformed", "unknown", "offline",
    "oversized", "claimed ahead",
)  # fmt: skip
WEIGHTS: Final = (24, 3, 1, 2, 3, 1, 1, 1, 2, 0.3, 1)


@dataclass
class People:
    """`said` are the transactions that were good when they were made, newest last; `spoilt` badly signed ones."""

    chance: Random
    community: Community
    made: int = 0
    said: list[bytes] = field(default_factory=list)
    spoilt: list[bytes] = field(default_factory=list)

    def sign(self, state: State, now: int, **changes: object) -> bytes:
        """A good transaction, or one that `changes` in its body make something else."""
        account, key, command = self.community.speak(self.chance, state, now)
        self.made += 1
        fields: dict[str, object] = {
            "chain": self.community.chain,
            "command": self.community.builds[1].command_names[type(command)],
            "fields": codec.as_plain(command),
            "signer": account,
            "nonce": self.made.to_bytes(16, "big"),
            "valid_until": now + self.chance.choice((2_000, MINUTE, VALIDITY_MS_MAX)),
        }
        return sign(Body(**(fields | changes)), key)  # type: ignore[arg-type]

    def transaction(self, state: State, now: int) -> tuple[str, bytes]:
        """One of the sorts above."""
        chance = self.chance
        sort = chance.choices(SORTS, WEIGHTS)[0]
        if sort == "again" and self.said:
            return sort, chance.choice(self.said[-12:])
        if sort == "expired":
            return sort, self.sign(state, now, valid_until=max(1, now - chance.randrange(MINUTE)))
        if sort == "early":
            return sort, self.sign(state, now, valid_until=now + VALIDITY_MS_MAX + chance.choice((1, 500, MINUTE)))
        if sort == "bad signature":
            return sort, self._badly_signed(state, now)
        if sort in ("malformed", "oversized"):
            raw, noise = self.sign(state, now), chance.randbytes(chance.randrange(1, 80))
            whole = bytes(TRANSACTION_BYTES_MAX)
            return sort, whole if sort == "oversized" else chance.choice((raw[:-1], raw + b"\x00", noise))
        changes: dict[str, object] = {}
        if sort == "wrong chain":
            return sort, self.sign(state, now, chain="another-" + "0" * 32)
        if sort == "unknown":
            return sort, self.sign(state, now, command="nobody.knows")
        if sort == "offline":
            until = now + chance.choice((1_000, MINUTE, OFFLINE_VALIDITY_MS_MAX))
            changes = {"offline": True, "valid_until": until, "occurred_at": max(1, now - MINUTE)}
        elif sort == "claimed ahead":
            changes = {"occurred_at": now + chance.choice((MINUTE, 10 * MINUTE))}
        raw = self.sign(state, now, **changes)
        self.said.append(raw)
        return sort, raw

    def _badly_signed(self, state: State, now: int) -> bytes:
        """One byte of the signature is another; often the same again, in case somebody remembers it as good."""
        if self.spoilt and self.chance.random() < 0.6:
            return self.spoilt[-1]
        raw = bytearray(self.sign(state, now))
        raw[-1 - self.chance.randrange(60)] ^= 1
        self.spoilt.append(bytes(raw))
        return self.spoilt[-1]

    def envelope(self, state: State, now: int) -> tuple[str, bytes]:
        """What sorts are in it, and its bytes."""
        inside = [self.transaction(state, now) for _ in range(self.chance.choice((1, 1, 1, 2, 4)))]
        sorts = ", ".join(sort for sort, _ in inside)
        return sorts, seal_envelope(self.nonce(), [raw for _, raw in inside])

    def knock(self, state: State) -> bytes:
        """As a node knocks for a timer."""
        return seal_envelope(state.root[:NONCE_BYTES], [])

    def sealed(self, raw: bytes) -> bytes:
        """One transaction alone in an envelope."""
        return seal_envelope(self.nonce(), [raw])

    def identifier(self, raw: bytes) -> bytes:
        return open_transaction(raw, self.community.chain).id

    def nonce(self) -> bytes:
        return self.chance.randbytes(NONCE_BYTES)

    def rubbish(self) -> tuple[str, bytes]:
        """What no honest node makes: bytes that are no envelope."""
        chance, raw = self.chance, self.said[-1] if self.said else b"\x01"
        return chance.choice(
            (
                ("noise", chance.randbytes(chance.randrange(40))),
                ("short nonce", seal_envelope(bytes(NONCE_BYTES - 1), [raw])),
                ("too many", seal_envelope(self.nonce(), [b"\x01"] * (TRANSACTIONS_MAX + 1))),
                ("too large", bytes(ENVELOPE_BYTES_MAX + 1)),
                ("empty transaction", seal_envelope(self.nonce(), [b""])),
                ("long transaction", seal_envelope(self.nonce(), [bytes(TRANSACTION_BYTES_MAX + 1)])),
                ("something after it", seal_envelope(self.nonce(), [raw]) + b"\x00"),
            )
        )

    def packed(self, state: State, now: int, decided: list[bytes]) -> list[bytes]:
        """What a proposer may pack who does as he likes. Mostly well formed: then it has to be voted for."""
        chance, txs = self.chance, []
        for _ in range(chance.choice((0, 1, 2, 3, 5))):
            draw = chance.random()
            if draw < 0.1 and decided:
                txs.append(chance.choice(decided))
            elif draw < 0.2 and txs:
                txs.append(chance.choice(txs))
            elif draw < 0.3:
                txs.append(self.knock(state))
            elif draw < 0.36 and txs and len(txs[-1]) > NONCE_BYTES + 2:
                txs.append(seal_envelope(txs[-1][2 : 2 + NONCE_BYTES], [self.transaction(state, now)[1]]))
            elif draw < 0.42:
                txs.append(seal_envelope(self.nonce(), [self.said[-1]] * 2 if self.said else []))
            elif draw < 0.47:
                txs.append(self.rubbish()[1])
            elif draw < 0.474:
                txs += [seal_envelope(self.nonce(), [b"\x01"] * TRANSACTIONS_MAX) for _ in range(21)]
            else:
                txs.append(self.envelope(state, now)[1])
        return txs

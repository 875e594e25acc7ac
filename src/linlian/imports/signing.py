"""The importer's commands, each signed by its account."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from linlian.kernel.codec import decode_plain_trusted
from linlian.kernel.limits import VALIDITY_MS_MAX
from linlian.kernel.transaction import Body, SigningKey, new_identifier, sign, transaction_id

_VALIDITY_MS = VALIDITY_MS_MAX - 10_000
"""A little less than the ledger allows: its clock may have moved back a little when it looks."""


@dataclass(frozen=True, slots=True)
class Importer:
    """The account in whose name it is imported, and its key."""

    account: bytes
    key: SigningKey


class Signer:
    """Signs commands of one importer for one chain."""

    def __init__(self, chain: str, importer: Importer):
        self._chain = chain
        self._importer = importer

    def transaction(self, command: str, fields: dict[str, Any], time: int) -> bytes:
        """A signed command, valid from `time` (ms) for a little under two minutes."""
        return self._sign(command, fields, time, secrets.token_bytes(16))

    def founding(self, command: str, fields: dict[str, Any], time: int) -> tuple[bytes, bytes]:
        """A signed command and the first identifier that it will give out."""
        nonce = secrets.token_bytes(16)
        raw = self._sign(command, fields, time, nonce)
        identifier = transaction_id(self._chain, decode_plain_trusted(raw)[0])
        return raw, new_identifier(identifier, nonce, 1)

    def _sign(self, command: str, fields: dict[str, Any], time: int, nonce: bytes) -> bytes:
        body = Body(
            chain=self._chain,
            command=command,
            fields=fields,
            signer=self._importer.account,
            nonce=nonce,
            valid_until=time + _VALIDITY_MS,
        )
        return sign(body, self._importer.key)

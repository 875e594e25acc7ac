"""A demo's people, who lend their accounts to visitors: `guests.toml` names them, their keys lie in the folder.

    [stage]                             # the guided repair: who plays in it, and a repair that was disputed before
    resident = "resident"
    dispatcher = "dispatcher"
    repairer = "repairer"
    disputed = "9f31…"
    [[guests]]
    key = "resident"                    # the file keys/resident.key
    desk = false
    name = { zh = "林梅", en = "Lin Mei" }
    about = { zh = "二号楼十二层的业主，厨房漏水", en = "…" }

A visitor's browser makes its own key; the demo's key registers it for the account. An account takes few keys, so the
visitor who came first makes room for the one who comes when all places are taken.
"""

from __future__ import annotations

import secrets
import tomllib
from pathlib import Path
from typing import Any

from linlian.community import identity
from linlian.community.identity.rules import KEYS_MAX
from linlian.community.identity.rules_keys import AddKey, RevokeKey
from linlian.engine.ledger import Ledger
from linlian.kernel import codec
from linlian.kernel.contract import Command
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import LinlianError
from linlian.kernel.keys import KEYS
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transaction import Body, sign
from linlian.web.house import Guest, Stage

FILE = "guests.toml"
VALID_MS = 60_000
WAIT_S = 30


class GuestError(LinlianError):
    """Nobody of that name lends an account here."""


class FolderGuests:
    """Implements `web.house.Guests` over a demo's folder."""

    def __init__(self, folder: Path, ledger: Ledger, rulebook: Rulebook):
        self._folder = folder
        self._ledger = ledger
        self._rulebook = rulebook

    @classmethod
    def of(cls, folder: Path, ledger: Ledger, rulebook: Rulebook) -> FolderGuests | None:
        """The guests of a folder; None if it is no demo's."""
        return cls(folder, ledger, rulebook) if (folder / FILE).is_file() else None

    def stage(self) -> Stage | None:
        told = self._told().get("stage")
        return None if told is None else Stage(**{**told, "disputed": bytes.fromhex(told["disputed"])})

    def people(self) -> list[Guest]:
        told = self._told()
        return [
            Guest(each["key"], self._account(self._key(each["key"])), each["name"], each["about"], each["desk"])
            for each in told["guests"]
        ]

    def admit(self, key: str, suite: str, public_key: bytes) -> bytes:
        """Raises GuestError (`node.no_such_guest`), Refused, KeyInvalid."""
        if key not in [guest.key for guest in self.people()]:
            raise GuestError("node.no_such_guest", guest=key[:64])
        own = self._key(key)
        account = self._account(own)
        found = identity.account(self._ledger, account)
        if found is not None and len(found.keys) >= KEYS_MAX:
            first = next(known for known in found.keys if known != own.key_id)
            self._do(own, account, RevokeKey(key=first))
        self._do(own, account, AddKey(suite=suite, public_key=public_key))
        return account

    def _told(self) -> dict[str, Any]:
        return tomllib.loads((self._folder / FILE).read_text(encoding="utf-8"))

    def _key(self, name: str) -> SoftwareKey:
        told = tomllib.loads((self._folder / "keys" / f"{name}.key").read_text(encoding="utf-8"))
        return SoftwareKey(told["suite"], bytes.fromhex(told["seed"]))

    def _account(self, key: SoftwareKey) -> bytes:
        row = KEYS.get(self._ledger, key.key_id)
        if row is None:
            raise GuestError("node.no_such_guest", guest=key.key_id.hex())
        return row.account

    def _do(self, key: SoftwareKey, account: bytes, command: Command) -> None:
        body = Body(
            chain=self._ledger.chain,
            command=self._rulebook.command_names[type(command)],
            fields=codec.as_plain(command),
            signer=account,
            nonce=secrets.token_bytes(16),
            valid_until=self._ledger.clock() + VALID_MS,
        )
        self._ledger.submit(sign(body, key)).result(WAIT_S)

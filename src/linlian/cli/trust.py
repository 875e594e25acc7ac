"""A trust file: whose signatures its reader believes, on checkpoints and as validators of a network.

    [[signer]]
    name = "linlian/sunrise-1de1f736…/operator"
    key = "64 hex digits"                            # Ed25519; or as other tools write it: name+hash+base64

    [[signer]]
    name = "example.org/witness"
    key = "example.org/witness+5d3a…+BAr…"

    [[network]]                                      # the validators of a height, as the reader knows them
    chain = "sunrise-1de1f736…"
    height = 1                                       # of the engine; of the genesis it is the first
    time = 2026-11-29T13:00:00Z
    trusting_days = 180                              # for how long; this is what it is if it is left out

    [[network.validator]]
    name = "Street office"
    key = "64 hex digits"
    power = 10

`linlian init` writes one for its own operator, `trust.toml` in the node's folder, to be handed to whoever checks.
"""

from __future__ import annotations

import json
import tomllib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linlian.cli.verb import Usage
from linlian.kernel.checkpoint import COSIGNATURE_V1, ED25519, note_key_hash
from linlian.kernel.codec import INT_MAX
from linlian.kernel.crypto import check_key
from linlian.kernel.errors import KeyInvalid
from linlian.kernel.light import VALIDATORS_MAX, Validator
from linlian.kernel.lightclient import DAY_MS, TRUSTING_PERIOD_MS, TrustRoot
from linlian.kernel.operator import operator_name
from linlian.kernel.proof import Vouched

FILE = "trust.toml"
Signers = dict[str, tuple[bytes, ...]]
"""Name → the public keys trusted under it: what `kernel.proof` takes as Trust."""


@dataclass(frozen=True, slots=True)
class TrustFile:
    """Operators and witnesses, validators of networks, and what the latter's organisations are called."""

    signers: Signers = field(default_factory=dict)
    roots: tuple[TrustRoot, ...] = ()
    names: dict[bytes, str] = field(default_factory=dict)

    def knows(self, chain: str) -> bool:
        """Whether it says anything of this chain's own keepers."""
        return operator_name(chain) in self.signers or any(root.chain == chain for root in self.roots)

    def name(self, public_key: bytes) -> str:
        """The organisation of a validator; the beginning of its key if the file does not name it."""
        return self.names.get(public_key) or public_key.hex()[:16] + "…"


def read_trust(path: Path) -> TrustFile:
    """What a trust file says. Raises Usage (`cli.trust_unreadable`) with the reason."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Usage("cli.file_unreadable", path=str(path), reason=error.strerror or "") from error
    except ValueError as error:
        raise Usage("cli.trust_unreadable", path=str(path), reason=str(error)) from error
    signers: Signers = {}
    for number, entry in _entries(told, "signer"):
        name, key = _signer(path, number, entry)
        signers[name] = (*signers.get(name, ()), key)
    roots: list[TrustRoot] = []
    names: dict[bytes, str] = {}
    for number, entry in _entries(told, "network"):
        root, named = _network(path, number, entry)
        roots.append(root)
        names |= named
    if not signers and not roots:
        raise Usage("cli.trust_unreadable", path=str(path), reason="[[signer]], [[network]]")
    return TrustFile(signers, tuple(roots), names)


def trust_text(name: str, public_key: bytes) -> str:
    """A trust file's entry for one signer."""
    return f'[[signer]]\nname = "{name}"\nkey = "{public_key.hex()}"\n'


def network_text(root: TrustRoot, names: Mapping[bytes, str]) -> str:
    """A trust file's entry for the validators of a network; `names` are their organisations', by public key."""
    moment = datetime.fromtimestamp(root.time // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = ["[[network]]", f"chain = {_quoted(root.chain)}", f"height = {root.height}", f"time = {moment}"]
    if root.trusting_period_ms != TRUSTING_PERIOD_MS:
        lines.append(f"trusting_days = {root.trusting_period_ms // DAY_MS}")
    for one in root.validators:
        name = _quoted(names.get(one.public_key, ""))
        lines += ["", "[[network.validator]]", f"name = {name}", f'key = "{one.public_key.hex()}"']
        lines.append(f"power = {one.power}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """As TOML writes text, which is as JSON does but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def trust_file_text(trust: TrustFile) -> str:
    """A whole trust file."""
    signers = [trust_text(name, key) for name, keys in trust.signers.items() for key in keys]
    return "\n".join([*signers, *(network_text(root, trust.names) for root in trust.roots)])


def write_trust(folder: Path, chain: str, operator_key: bytes) -> Path:
    """Add the operator of a chain to the folder's own trust file."""
    return _add(folder, trust_text(operator_name(chain), operator_key))


def write_network(folder: Path, root: TrustRoot, names: Mapping[bytes, str]) -> Path:
    """Add the validators of a chain to the folder's own trust file."""
    return _add(folder, network_text(root, names))


def _add(folder: Path, entry: str) -> Path:
    path = folder / FILE
    known = path.read_text(encoding="utf-8") + "\n" if path.is_file() else ""
    path.write_text(known + entry, encoding="utf-8")
    return path


def vouchers(vouched: Vouched, trust: TrustFile) -> tuple[str, dict[str, Any]]:
    """(text, facts) that say who stands behind an anchor, and what that is worth."""
    operators = [signer for signer in vouched.trusted if signer.time is None]
    witnesses = [signer for signer in vouched.trusted if signer.time is not None]
    names = ", ".join(signer.name for signer in vouched.trusted)
    committed = vouched.committed
    if committed is not None and (committed.root is not None or not vouched.trusted):
        signed = ", ".join(trust.name(key) for key in committed.signed)
        facts = {"names": signed, "count": len(committed.validators), "height": committed.height}
        return "vouched.validators" if committed.root is not None else "vouched.strangers", facts
    if witnesses:
        return "vouched.witnesses", {"count": len(witnesses), "names": names}
    if operators:
        return "vouched.operator", {"names": names}
    if vouched.operator is not None:
        return "vouched.nobody", {"key": vouched.operator.hex()}
    return "vouched.unknown", {}


def _entries(told: dict[str, Any], name: str) -> list[tuple[int, Any]]:
    entries = told.get(name, [])
    return list(enumerate(entries if isinstance(entries, list) else [None], 1))


def _network(path: Path, number: int, entry: Any) -> tuple[TrustRoot, dict[bytes, str]]:
    """The root, and the names of its validators' organisations by their keys."""
    try:
        chain, height, time = entry["chain"], entry["height"], entry["time"]
        days = entry.get("trusting_days", TRUSTING_PERIOD_MS // DAY_MS)
        validators = [_validator(one) for one in entry["validator"]]
        if not isinstance(chain, str) or not isinstance(time, datetime) or time.tzinfo is None:
            raise ValueError("chain, time")
        _check_whole(height, 0)
        _check_whole(days, 1)
        names = {one.public_key: name for one, name in validators}
        if not 0 < len(validators) == len(names) <= VALIDATORS_MAX:
            raise ValueError("validator")
    except (KeyError, TypeError, ValueError, AttributeError, KeyInvalid) as error:
        raise Usage("cli.trust_unreadable", path=str(path), reason=f"[[network]] {number}: {error}") from error
    known = tuple(one for one, _ in validators)
    return TrustRoot(chain, height, int(time.timestamp()) * 1000, known, days * DAY_MS), names


def _validator(entry: Any) -> tuple[Validator, str]:
    key = bytes.fromhex(entry["key"])
    check_key("ed25519", key)
    _check_whole(entry["power"], 1)
    return Validator(key, entry["power"]), str(entry.get("name", ""))


def _check_whole(number: Any, least: int) -> None:
    if type(number) is not int or not least <= number <= INT_MAX:
        raise ValueError(str(number))


def _signer(path: Path, number: int, entry: Any) -> tuple[str, bytes]:
    wrong = Usage("cli.trust_unreadable", path=str(path), reason=f"[[signer]] {number}")
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise wrong
    name = entry["name"]
    try:
        key = _key(name, str(entry.get("key")))
        check_key("ed25519", key)
    except (ValueError, Base64Error, KeyInvalid) as error:
        raise wrong from error
    return name, key


def _key(name: str, text: str) -> bytes:
    """A public key in hex, or as `name+hash+base64(type ‖ key)` of the signed-note specification."""
    if "+" not in text:
        return bytes.fromhex(text)
    prefix, hashed, encoded = text.split("+", 2)
    data = b64decode(encoded, validate=True)
    kind, key = data[0], data[1:]
    if kind not in (ED25519, COSIGNATURE_V1) or prefix != name or note_key_hash(name, kind, key).hex() != hashed:
        raise ValueError(text)
    return key

"""A trust file: whose signatures on a checkpoint its reader believes.

    [[signer]]
    name = "linlian/sunrise-1de1f736…/operator"
    key = "64 hex digits"                            # Ed25519; or as other tools write it: name+hash+base64

    [[signer]]
    name = "example.org/witness"
    key = "example.org/witness+5d3a…+BAr…"

`linlian init` writes one for its own operator, `trust.toml` in the node's folder, to be handed to whoever checks.
"""

from __future__ import annotations

import tomllib
from base64 import b64decode
from binascii import Error as Base64Error
from pathlib import Path
from typing import Any

from linlian.cli.verb import Usage
from linlian.kernel.checkpoint import COSIGNATURE_V1, ED25519, note_key_hash
from linlian.kernel.crypto import check_key
from linlian.kernel.errors import KeyInvalid
from linlian.kernel.operator import operator_name
from linlian.kernel.proof import Vouched

FILE = "trust.toml"
Signers = dict[str, tuple[bytes, ...]]
"""Name → the public keys trusted under it: what `kernel.proof` takes as Trust."""


def read_trust(path: Path) -> Signers:
    """The signers of a trust file. Raises Usage (`cli.trust_unreadable`) with the reason."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Usage("cli.file_unreadable", path=str(path), reason=error.strerror or "") from error
    except ValueError as error:
        raise Usage("cli.trust_unreadable", path=str(path), reason=str(error)) from error
    signers: Signers = {}
    entries = told.get("signer", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [None], 1):
        name, key = _signer(path, number, entry)
        signers[name] = (*signers.get(name, ()), key)
    if not signers:
        raise Usage("cli.trust_unreadable", path=str(path), reason="[[signer]]")
    return signers


def trust_text(name: str, public_key: bytes) -> str:
    """A trust file's entry for one signer."""
    return f'[[signer]]\nname = "{name}"\nkey = "{public_key.hex()}"\n'


def write_trust(folder: Path, chain: str, operator_key: bytes) -> Path:
    """Add the operator of a chain to the folder's own trust file."""
    path = folder / FILE
    known = path.read_text(encoding="utf-8") + "\n" if path.is_file() else ""
    path.write_text(known + trust_text(operator_name(chain), operator_key), encoding="utf-8")
    return path


def vouchers(vouched: Vouched) -> tuple[str, dict[str, Any]]:
    """(text, facts) that say who stands behind an anchor, and what that is worth."""
    operators = [signer for signer in vouched.trusted if signer.time is None]
    witnesses = [signer for signer in vouched.trusted if signer.time is not None]
    names = ", ".join(signer.name for signer in vouched.trusted)
    if witnesses:
        return "vouched.witnesses", {"count": len(witnesses), "names": names}
    if operators:
        return "vouched.operator", {"names": names}
    if vouched.operator is not None:
        return "vouched.nobody", {"key": vouched.operator.hex()}
    return "vouched.unknown", {}


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

"""A search for what must stand nowhere: people's names, numbers and accounts, under any spelling that gives them away.

    secrets = [Secret("name of anna", "周桂芳"), Secret("anna as a recipient", recipient_id)]
    leaks([("/funds", page), ("ledger.sqlite", data)], secrets)      # [Leak(where, what, how)]

A text is looked for as UTF-8 and UTF-16, escaped as JSON, HTML and addresses escape it, in Base64 (wherever in the
coded bytes it begins), in hex, and as a hash of itself alone; a number also with gaps between its digits. An identifier
is looked for as it is, in hex, in Base64, and as the six letters by which people call it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha1, sha256
from typing import NamedTuple
from urllib.parse import quote

from linlian.web.seal import letters

GAPS = b" \t\r\n.,-_/" + "\u00a0\u202f\u2009".encode()
"""What may stand between the digits of a number."""


class Secret(NamedTuple):
    """Something that nobody outside may find; `value` is a text or an identifier."""

    what: str
    value: str | bytes


class Leak(NamedTuple):
    where: str
    what: str
    how: str


def spellings(value: str | bytes) -> dict[str, bytes]:
    """How → the bytes that are looked for."""
    raw = value.encode() if isinstance(value, str) else value
    found = {"as it is": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode()}
    found |= {f"base64 at {shift}": _coded(raw, shift) for shift in range(3)}
    if isinstance(value, bytes):
        return found | {"six letters": letters(raw).encode()}
    for name, digest in (("sha256", sha256(raw)), ("sha1", sha1(raw, usedforsecurity=False))):
        found |= {f"its {name}": digest.digest(), f"its {name} in hex": digest.hexdigest().encode()}
    found |= {"utf-16": value.encode("utf-16-le"), "UTF-16": value.encode("utf-16-be")}
    found |= {"address": quote(value, safe="").encode(), "address ": quote(value, safe="").lower().encode()}
    found |= {"json": json.dumps(value)[1:-1].encode(), "html": "".join(f"&#{ord(char)};" for char in value).encode()}
    return found | {"html ": "".join(f"&#x{ord(char):x};" for char in value).encode()}


def _coded(raw: bytes, shift: int) -> bytes:
    """The part of Base64 that is the same whatever stands before and behind, where so many bytes stand before."""
    coded = b64encode(bytes(shift) + raw)
    begin = (shift * 8 + 5) // 6
    return coded[begin : (shift + len(raw)) * 8 // 6]


def leaks(sources: Iterable[tuple[str, bytes]], secrets: Sequence[Secret]) -> list[Leak]:
    """Every secret that is found in a source, with one way in which it stands there. The same bytes are read once."""
    wanted = [(secret, how, spelled) for secret in secrets for how, spelled in spellings(secret.value).items()]
    names = [(secret, secret.value.lower().encode()) for secret in secrets if isinstance(secret.value, str)]
    numbers = [(secret, secret.value.encode()) for secret in secrets if isinstance(secret.value, str)]
    numbers = [(secret, digits) for secret, digits in numbers if digits.isdigit()]
    found, read = [], set()
    for where, data in sources:
        digest = sha256(data).digest()
        if digest in read:
            continue
        read.add(digest)
        met = {secret: how for secret, how, spelled in wanted if spelled in data}
        lower, bare = data.lower(), data.translate(None, GAPS)
        met |= {secret: "in other letters" for secret, name in names if name in lower and secret not in met}
        met |= {secret: "with gaps" for secret, digits in numbers if digits in bare and secret not in met}
        found += [Leak(where, secret.what, how) for secret, how in met.items()]
    return found

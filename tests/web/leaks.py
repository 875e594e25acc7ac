"""A search for what must stand nowhere: people's names, numbers and accounts, under any spelling that gives them away.

    secrets = [Secret("name of anna", "周桂芳"), Secret("anna as a recipient", recipient_id)]
    leaks([("/funds", page), ("ledger.sqlite", data)], secrets)      # [Leak(where, what, how)]

A text is looked for as UTF-8 and UTF-16, escaped as JSON, HTML and addresses escape it, in Base64 (wherever in the
coded bytes it begins), in hex, and as a hash of itself alone; a number also with gaps between its digits. An identifier
is looked for as it is, in hex, in Base64, and as the six letters by which people call it.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha1, sha256
from typing import NamedTuple
from urllib.parse import quote

from linlian.web.seal import letters

GAP = rb"[ \t.,\xc2\xa0\xe2\x80\xaf/_-]{0,3}"


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


def pattern(secret: Secret) -> re.Pattern[bytes]:
    """One expression for all spellings of a secret; the name of the group says which."""
    parts = [re.escape(spelled) for spelled in spellings(secret.value).values()]
    if isinstance(secret.value, str) and secret.value.isdigit():
        parts.append(GAP.join(re.escape(digit.encode()) for digit in secret.value))
    return re.compile(b"|".join(b"(%s)" % part for part in parts), re.IGNORECASE if _latin(secret.value) else 0)


def _latin(value: str | bytes) -> bool:
    return isinstance(value, str) and value.isascii() and not value.isdigit()


def leaks(sources: Iterable[tuple[str, bytes]], secrets: Sequence[Secret]) -> list[Leak]:
    """Every secret that is found in a source, with one way in which it stands there."""
    looked = [(secret, pattern(secret)) for secret in secrets]
    found = []
    for where, data in sources:
        for secret, wanted in looked:
            met = wanted.search(data)
            if met is not None:
                names = [*spellings(secret.value), "with gaps"]
                found.append(Leak(where, secret.what, names[(met.lastindex or 1) - 1]))
    return found

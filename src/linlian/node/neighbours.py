"""The other organisations' nodes: where their sites are, and how one is asked for a content that is kept there.

    # neighbours.toml, in the node's folder; read anew each time
    [[neighbour]]
    code = "property"
    node_id = "…"                       # of its key in the engine's network, 40 hex digits
    url = "https://property.example"
    names = "property.example"          # host or host:port, joined by commas: under which people come to it

Nothing that is handed over hangs on the road: the request is signed, the answer sealed for it and held against the
ledger. So a certificate that a neighbour made for itself will do.
"""

from __future__ import annotations

import json
import logging
import time
import tomllib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from linlian.engine.cometbft.home import node_key
from linlian.kernel import codec
from linlian.kernel.codec import Content
from linlian.kernel.crypto import SoftwareKey
from linlian.node import folder as place
from linlian.node.folder import NodeError
from linlian.vault import Opening, SignIn, VaultError, new_request, open_content, sign_request, unseal
from linlian.vault.seal import CONTENT_BYTES_MAX

log = logging.getLogger("linlian.node")
PATH: Final = "/api/v1/contents/requests"
ANSWER_BYTES_MAX: Final = CONTENT_BYTES_MAX + 1024
CONNECT_S: Final = 1.5
ANSWER_S: Final = 20.0
BEHIND_S: Final = 3.0
"""So long a neighbour may be behind with the block in which a reading stands."""
_AGAIN_S: Final = 0.2
_NOT_KEPT: Final = ("vault.not_here", "vault.no_opening")


class Neighbour(NamedTuple):
    """Another organisation's node. `names` are the hosts under which people come to it, in lower case."""

    code: str
    node_id: str
    url: str
    names: tuple[str, ...]


def write_neighbours(folder: Path, neighbours: Sequence[Neighbour]) -> None:
    """Write the file of a new node."""
    lines = []
    for one in neighbours:
        lines += ["[[neighbour]]", f'code = "{one.code}"', f'node_id = "{one.node_id}"', f'url = "{one.url}"']
        lines += [f'names = "{",".join(one.names)}"', ""]
    (folder / place.NEIGHBOURS).write_text("\n".join(lines), encoding="utf-8")


def read_neighbours(folder: Path) -> list[Neighbour]:
    """Those that the folder's file names; none without one. Raises NodeError (`node.neighbours_unreadable`)."""
    path = folder / place.NEIGHBOURS
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        return [_neighbour(one) for one in told.get("neighbour", ())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NodeError("node.neighbours_unreadable", path=str(path), reason=str(error)[:200]) from error


def _neighbour(told: dict[str, Any]) -> Neighbour:
    url = told["url"].rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(url)
    names = {name.strip().lower() for name in told.get("names", "").split(",")} | {parts.netloc.lower()}
    return Neighbour(told["code"], told["node_id"].lower(), url, tuple(sorted(names - {""})))


def names_of_key(folder: Path, public_key: bytes) -> tuple[str, ...]:
    """Under which names the node with this key is reached; none if it is no neighbour's."""
    wanted = sha256(public_key).hexdigest()[:40]
    return next((one.names for one in read_neighbours(folder) if one.node_id == wanted), ())


class Asking:
    """Asks neighbours for contents, in the name of this node. The one that had the last is asked first."""

    def __init__(self, folder: Path, chain: str) -> None:
        self._folder = folder
        self._chain = chain
        self._last = ""
        self._client = httpx.Client(
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S), follow_redirects=False, trust_env=False, verify=False
        )

    def close(self) -> None:
        self._client.close()

    def ask(self, reading: bytes, sign_in: SignIn, content: Content, missing: VaultError) -> tuple[Opening, bytes]:
        """What opens a content, and its sealed bytes, from whichever node keeps it.

        Raises `missing` if none keeps it, VaultError (`vault.keeper_away`) if one that may does not answer.
        """
        neighbours = sorted(read_neighbours(self._folder), key=lambda one: one.code != self._last)
        key = SoftwareKey("ed25519", node_key(self._folder / place.ENGINE)) if neighbours else None
        away = False
        for one in neighbours:
            assert key is not None
            request, secret = new_request(reading, content.commitment, sign_in)
            signed = sign_request(self._chain, request, key)
            wire = {name: value.hex() for name, value in codec.as_plain(signed).items()}
            try:
                answer = self._answer(one.url, json.dumps(wire).encode())
                if answer is None:
                    continue
                opening, sealed = unseal(secret, answer)
                open_content(content, opening, sealed)
            except (httpx.HTTPError, VaultError, ValueError) as error:
                log.warning("%s did not hand over %s: %s", one.code, content.commitment.hex()[:12], error)
                away = True
                continue
            self._last = one.code
            return opening, sealed
        if away:
            raise VaultError("vault.keeper_away", content=content.commitment)
        raise missing

    def _answer(self, url: str, body: bytes) -> bytes | None:
        """The answer's bytes; None if that node does not keep it. Raises httpx.HTTPError, or ValueError."""
        until = time.monotonic() + BEHIND_S
        while True:
            with self._client.stream(
                "POST", url + PATH, content=body, headers={"Content-Type": "application/json"}
            ) as response:
                data = bytearray()
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > ANSWER_BYTES_MAX:
                        raise ValueError("too long an answer")
            if response.status_code == 200:
                return bytes(data)
            code = json.loads(data).get("code", "")
            if code in _NOT_KEPT:
                return None
            if code != "vault.reading_not_committed" or time.monotonic() > until:
                raise ValueError(f"{url}: {code}")
            time.sleep(_AGAIN_S)

"""A content that another organisation's node keeps, for a reader who has come to ours: by a committed reading."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from linlian.community.openings.rules import OpenContent
from linlian.community.openings.rules_table import Purpose
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.engine.cometbft.home import make_keys, node_key
from linlian.kernel import codec
from linlian.kernel.codec import Content
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import LinlianError
from linlian.kernel.transaction import open_transaction
from linlian.node import folder as place
from linlian.node.neighbours import PATH, Asking, Neighbour, read_neighbours, write_neighbours
from linlian.vault import Contents, SignedRequest, SignIn, VaultError, new_request, open_content, sign_request
from linlian.web.session import CHALLENGE_MS, SESSION_MS, signing_bytes
from tests.web.community import Community, open_community

WORDS = "水管漏水".encode()
OWNERS = "owners.example"


@dataclass
class Two:
    """`keeper` is a whole node; of the other, to which Anna has come, the folder that asks."""

    keeper: Community
    owners: Path
    content: Content
    reading: bytes

    @property
    def chain(self) -> str:
        return self.keeper.node.ledger.chain

    @property
    def key(self) -> SoftwareKey:
        return SoftwareKey("ed25519", node_key(self.owners / place.ENGINE))

    def sign_in(self, name: str = "anna", host: str = OWNERS, until_ms: int = CHALLENGE_MS) -> SignIn:
        """What somebody's key made of a challenge of the owners' node."""
        challenge = (self.keeper.clock.now + until_ms).to_bytes(8, "big") + bytes(24)
        key = self.keeper.scene.people[name].key
        signature = key.sign(signing_bytes(self.chain, host, challenge))
        return SignIn(key_id=key.key_id, host=host.encode(), challenge=challenge, signature=signature)

    def ask(self, sign_in: SignIn | None = None, missing: str = "vault.not_here") -> bytes:
        """As the owners' node does it."""
        asking = Asking(self.owners, self.chain)
        try:
            sign_in = sign_in or self.sign_in()
            opening, sealed = asking.ask(self.reading, sign_in, self.content, VaultError(missing))
            return open_content(self.content, opening, sealed)
        finally:
            asking.close()

    def post(self, signed: SignedRequest) -> tuple[int, str]:
        """A request as somebody else would send it."""
        body = json.dumps({name: value.hex() for name, value in codec.as_plain(signed).items()}).encode()
        answer = self.keeper.client.post(PATH, content=body, headers={"Content-Type": "application/json"})
        return answer.status_code, answer.json()["code"] if answer.status_code != 200 else ""


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with open_community(tmp_path_factory.mktemp("keeper"), found_whole_scene()) as opened:
        yield opened


@pytest.fixture
def two(keeper: Community, tmp_path: Path) -> Two:
    """A fresh node that asks, and a fresh report with a reading of it."""
    owners = tmp_path / "owners"
    keys = make_keys(owners / place.ENGINE)
    write_neighbours(owners, [Neighbour("property", "0" * 40, f"http://{keeper.host}", (keeper.host,))])
    own = Neighbour("owners", keys.node_id, f"https://{OWNERS}", (OWNERS,))
    write_neighbours(keeper.node.settings.folder, [own])
    content = keeper.node.contents.put(WORDS)
    anna = keeper.caller("anna")
    report = ReportRepair(place=keeper.scene.flat, category=Category.WATER_LEAK, words=content)
    assert anna.do(report).status_code == 201
    raw = keeper.transaction("anna", OpenContent(contents=(content.commitment,), purpose=Purpose.OWN_MATTER))
    assert anna.post("/api/v1/transactions", raw).status_code == 201
    return Two(keeper, owners, content, open_transaction(raw, keeper.node.ledger.chain).id)


def test_a_content_comes_from_the_node_that_keeps_it(two: Two) -> None:
    assert two.ask() == WORDS


def test_nothing_of_it_stays_and_it_is_shown_once(two: Two, tmp_path: Path) -> None:
    here = Contents(tmp_path / "here")
    asking = Asking(two.owners, two.chain)
    anna = two.keeper.scene.people["anna"].account

    def shown() -> bytes:
        return here.open(
            two.keeper.node.ledger,
            two.reading,
            anna,
            two.content.commitment,
            lambda content, missing: asking.ask(two.reading, two.sign_in(), content, missing),
        )

    assert shown() == WORDS
    assert list(here.files()) == []
    with pytest.raises(VaultError, match=r"vault\.reading_over"):
        shown()
    asking.close()


def _weak(two: Two) -> SignedRequest:
    """Made for a key that has no secret half."""
    request, _ = new_request(two.reading, two.content.commitment, two.sign_in())
    return sign_request(two.chain, codec.replace(request, box_key=bytes(32)), two.key)


REFUSED: dict[str, tuple[Callable[[Two], SignedRequest], str]] = {
    "a node that is nobody's": (
        lambda two: _signed(two, two.sign_in(), SoftwareKey("ed25519", bytes(32))),
        "web.neighbour_unknown",
    ),
    "another node's signature": (
        lambda two: _changed(two, node_key=two.key.public_key, key=SoftwareKey("ed25519", bytes(32))),
        "web.signature_wrong",
    ),
    "signed for another chain": (lambda two: _signed(two, two.sign_in(), chain="elsewhere"), "web.signature_wrong"),
    "bytes that are no request": (lambda two: _changed(two, request=b"\xa0"), "web.signature_wrong"),
    "who came to another node": (
        lambda two: _signed(two, two.sign_in(host="street.example")),
        "web.not_signed_in_there",
    ),
    "who came yesterday": (
        lambda two: _signed(two, two.sign_in(until_ms=-SESSION_MS)),
        "web.not_signed_in_there",
    ),
    "who will have come": (
        lambda two: _signed(two, two.sign_in(until_ms=3 * CHALLENGE_MS)),
        "web.not_signed_in_there",
    ),
    "a signature of nobody's": (lambda two: _signed(two, _forged(two)), "web.signature_wrong"),
    "somebody else's reading": (lambda two: _signed(two, two.sign_in("bo")), "vault.reading_not_yours"),
    "a reading that is not committed": (
        lambda two: _signed(two, two.sign_in(), reading=bytes(32)),
        "vault.reading_not_committed",
    ),
    "for a key that hides nothing": (_weak, "vault.box_key_weak"),
    "what was not opened": (
        lambda two: _signed(two, two.sign_in(), commitment=bytes(32)),
        "vault.reading_not_yours",
    ),
}


def _signed(
    two: Two, sign_in: SignIn, key: SoftwareKey | None = None, chain: str = "", **other: bytes
) -> SignedRequest:
    wanted = {"reading": two.reading, "commitment": two.content.commitment, **other}
    request, _ = new_request(wanted["reading"], wanted["commitment"], sign_in)
    return sign_request(chain or two.chain, request, key or two.key)


def _changed(two: Two, key: SoftwareKey | None = None, **changes: bytes) -> SignedRequest:
    signed = _signed(two, two.sign_in(), key)
    return codec.replace(signed, **changes)


def _forged(two: Two) -> SignIn:
    return codec.replace(two.sign_in(), signature=bytes(64))


@pytest.mark.parametrize("what", REFUSED)
def test_who_may_not_have_it_is_told_why_and_gets_nothing(two: Two, what: str) -> None:
    make, code = REFUSED[what]
    assert two.post(make(two))[1] == code


def test_after_two_minutes_it_is_over(two: Two) -> None:
    two.keeper.clock.now += 121_000  # a report may be followed by others, so it stays there
    assert two.post(_signed(two, two.sign_in())) == (410, "vault.reading_over")


def test_where_no_node_keeps_it_the_reader_is_told_what_this_one_lacks(two: Two) -> None:
    assert two.keeper.node.contents.erase(two.content.commitment)
    with pytest.raises(VaultError, match=r"vault\.not_here"):
        two.ask()


def test_a_keeper_that_is_away_is_said_to_be_away(two: Two) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
        write_neighbours(two.owners, [Neighbour("property", "0" * 40, closed, ())])
        with pytest.raises(VaultError, match=r"vault\.keeper_away"):
            two.ask()


class _Liar(BaseHTTPRequestHandler):
    """Answers with whatever it was told to."""

    status, body = 200, b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("status", "body"), [(200, b""), (200, bytes(200)), (500, b"<html>"), (404, b'{"code": 3}'), (302, b"{}")]
)
def test_a_neighbour_that_lies_keeps_nobody_from_the_one_that_does_not(two: Two, status: int, body: bytes) -> None:
    liar = HTTPServer(("127.0.0.1", 0), type("Liar", (_Liar,), {"status": status, "body": body}))
    threading.Thread(target=liar.serve_forever, daemon=True).start()
    try:
        false = Neighbour("street", "1" * 40, f"http://127.0.0.1:{liar.server_port}", ())
        write_neighbours(two.owners, [false, *read_neighbours(two.owners)])
        assert two.ask() == WORDS
        write_neighbours(two.owners, [false])
        with pytest.raises(VaultError, match=r"vault\.keeper_away"):
            two.ask()
    finally:
        liar.shutdown()
        liar.server_close()


def test_neighbours_are_read_as_they_were_written(tmp_path: Path) -> None:
    node_id = sha256(b"a key").hexdigest()[:40]
    write_neighbours(tmp_path, [Neighbour("street", node_id, "https://street.example", ("street.example",))])
    (one,) = read_neighbours(tmp_path)
    assert one == Neighbour("street", node_id, "https://street.example", ("street.example",))
    for wrong in ("neighbour = 3", "[[neighbour]]\ncode = 'a'", "[[neighbour]]\nurl = 'ftp://a'", "\xff"):
        (tmp_path / place.NEIGHBOURS).write_text(wrong, encoding="latin-1")
        with pytest.raises(LinlianError, match=r"node\.neighbours_unreadable"):
            read_neighbours(tmp_path)

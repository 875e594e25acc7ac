"""`--phone`: the node at https in the local network, with a certificate of its own, its fingerprint and a QR code.

Browsers make keys at `https` addresses and at `localhost` alone, so a phone that opens `http://192.168.…` can
only look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import segno

from linlian.cli.session import Session
from linlian.settings import Settings

PORT = 8443
QUIET = 2
BLOCKS = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
"""Two modules in a character, light ones drawn: (upper is dark, lower is dark)."""


def on_the_network(session: Session) -> Session:
    """The session with https at this machine's address in the network; an address that was set is kept."""
    settings = session.settings
    http = settings.http
    if http == Settings().http:
        http = f"{session.house.address_here()}:{PORT}"
    host = http.rpartition(":")[0].removeprefix("[").removesuffix("]")
    certificate = session.house.own_certificate(settings.folder, host)
    return replace(session, settings=replace(settings, http=http, http_certificate=certificate.path))


def tell_phone(session: Session, address: str) -> None:
    """The address as a code for a phone's camera, and what to compare once its browser warns."""
    certificate = session.settings.http_certificate
    if certificate is None:
        return
    output = session.output
    output.say("")
    for line in qr_lines(address):
        output.say(line, "white on black")
    output.say("")
    output.text("phone.scan", style="bold")
    output.text("phone.warns")
    fingerprint = session.house.fingerprint_of(certificate)
    for half in (fingerprint[:47], fingerprint[48:]):
        output.say(f"    {half}", "cyan")
    output.text("phone.same_network", style="dim")
    output.line({"fingerprint": fingerprint})


def qr_lines(text: str) -> Iterator[str]:
    """A QR code in lines of half blocks: light on a dark terminal, as the style of each line makes it everywhere."""
    rows = [list(row) for row in segno.make(text, micro=False, error="l").matrix_iter(border=QUIET)]
    width = len(rows[0])
    rows += [[0] * width] * (len(rows) % 2)
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        yield "".join(BLOCKS[bool(above), bool(below)] for above, below in zip(upper, lower, strict=True))

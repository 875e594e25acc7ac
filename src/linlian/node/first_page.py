"""The address of a folder without a community, until somebody has founded one there in a browser.

    begun = found_in_browser(settings, tell, stopped)     # tell(address, code) says both to whoever runs the machine

The socket is given back before the node takes it again; a browser that has just founded asks until it answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import NamedTuple

from linlian.node import source
from linlian.node.founding import KINDS, Founded, Founder, create_community
from linlian.node.public import write_public
from linlian.settings import Settings
from linlian.web.founding import Begun, Founding, Wanted, new_code
from linlian.web.server import Address, Server, listen, read_address
from linlian.words import Words

LOOK_EVERY_S = 0.1


class BegunHere(NamedTuple):
    """What was founded, and the settings to go on with: the address is now a known one."""

    founded: Founded
    settings: Settings


def found_in_browser(settings: Settings, tell: Callable[[str, str], None], stopped: Event) -> BegunHere | None:
    """Serve the founding page until a community is there, or None once `stopped` is set. Raises WebError."""
    listening = listen(read_address(settings.http))
    made: list[Founded] = []

    def found(wanted: Wanted) -> Begun:
        founder = Founder(wanted.kind, wanted.organisation, wanted.suite, bytes.fromhex(wanted.public_key))
        founded = create_community(settings, wanted.name, [founder])
        names = {"zh": wanted.zh.strip(), "en": wanted.en.strip()}
        telephones = {"desk": wanted.desk.strip(), "emergency": wanted.emergency.strip()}
        write_public(settings.folder, names, telephones)
        made.append(founded)
        ((organisation, account),) = founded.founders
        return Begun(founded.chain, organisation, account)

    code = new_code()
    page = Founding(code, Words.load(source.businesses()), KINDS, found, settings.folder)
    server = Server(page.app(), listening, settings.http_certificate)
    try:
        tell(server.url, code)
        while not page.done.wait(LOOK_EVERY_S):
            if stopped.is_set():
                return None
    finally:
        server.close()
    (founded,) = made
    return BegunHere(founded, replace(settings, http=str(Address(*server.address))))

"""The community as cities' apps see it: `open311.toml` says how, `open311-keys.toml` who may report.

    # open311.toml                               # open311-keys.toml (0600), written by `linlian open311 allow`
    jurisdiction = "sunrise.example"             [city-app]
    contact = "Street office, 12345"             sha256 = "…of the api_key, which stands nowhere"
    key_service = "Ask the street office."       key = "gateway"         # the key in keys/ that signs its reports
    zone = "Asia/Shanghai"                       secret = "…"            # by which a report sent twice is known
    within_m = 500                               # a point so far from every place below is not ours
    elsewhere = "grounds"                        # where a report is filed of which only an address in words is known

    [places.gate-east]                           # the address_id
    place = "32 hex digits"                      # a building or a common part, never a home
    address = "East gate, 1 Sunrise Road"
    lat = 39.9042
    long = 116.4074

Rules
- A home cannot be named here: the file is refused.
- What an app says of people, and its own words and photos, are sealed before anything is signed.
- The key that signs is that of an account with the role `gateway`; whether it may report is the rules' to say.
"""

from __future__ import annotations

import hmac
import tomllib
from collections.abc import Mapping
from concurrent.futures import TimeoutError as TooLong
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from linlian.cli.keyring import Keyring
from linlian.community import places
from linlian.community.repairs import exchange
from linlian.community.repairs.exchange import Report, Wanted, Where
from linlian.community.repairs.views.published import record_of
from linlian.engine.ledger import Final, Ledger
from linlian.imports.signing import Importer, Signer
from linlian.kernel import codec
from linlian.kernel.errors import Refused
from linlian.kernel.transaction import open_transaction
from linlian.node import folder as place
from linlian.node.folder import NodeError
from linlian.node.open311_apps import App, read_apps
from linlian.readmodel.view import Reads
from linlian.settings import Settings
from linlian.vault import Contents
from linlian.web.city import Discovery, Filed
from linlian.web.errors import WebError
from linlian.web.open311_reading import Asked, Sent
from linlian.words import LANGUAGES, Language, Words

WAIT_S = 10.0
WITHIN_M = 500
CHANGESET = "2026-01-01T00:00:00Z"
"""When what is offered here last changed, where the operator's file does not say."""
ROOT = "/open311/v2"


class OpenNode(Protocol):
    """What is needed of `node.opening.Node`."""

    @property
    def settings(self) -> Settings: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def contents(self) -> Contents: ...
    @property
    def address(self) -> str: ...
    def reading(self) -> AbstractContextManager[tuple[Reads, int]]: ...


@dataclass(frozen=True, slots=True)
class Layout:
    """What `open311.toml` says."""

    jurisdiction: str
    contact: str
    key_service: str
    changeset: str
    zone: ZoneInfo
    within_m: int
    elsewhere: Where | None
    testing: bool
    places: tuple[Where, ...]


def open_city(node: OpenNode, words: Words) -> OpenCity | None:
    """None where there is no `open311.toml`. Raises NodeError (`node.open311_wrong`)."""
    path = node.settings.folder / place.OPEN311
    if not path.is_file():
        return None
    return OpenCity(node, words, read_layout(path, node.ledger))


class OpenCity:
    """Implements `web.city.City` over an open node."""

    def __init__(self, node: OpenNode, words: Words, layout: Layout):
        self._node = node
        self._words = words
        self._layout = layout
        self._public = {where.place: where for where in layout.places}

    @property
    def jurisdiction(self) -> str:
        return self._layout.jurisdiction

    def now(self) -> int:
        return self._node.ledger.clock()

    def discovery(self) -> Discovery:
        told = self._layout
        base = (self._node.settings.public_url or self._node.address).rstrip("/")
        return Discovery(told.changeset, told.contact, told.key_service, base + ROOT, told.testing)

    def services(self, language: Language) -> list[dict[str, Any]]:
        other = next(each for each in LANGUAGES if each != language)
        return exchange.services(self._label(language), self._label(other))

    def definition(self, code: str, language: Language) -> dict[str, Any] | None:
        about = self._words.tongue(language).field("repairs", "urgency")
        return exchange.definition(code, self._label(language), about)

    def requests(self, asked: Asked, language: Language) -> list[dict[str, Any]]:
        if asked.ids:
            found = (self.request(one, language) for one in asked.ids)
            return [one for one in found if one is not None]
        skip = (asked.page - 1) * asked.page_size
        wanted = Wanted(asked.start, asked.end, asked.codes, asked.ended, asked.page_size, skip)
        with self._node.reading() as (db, _):
            shown: dict[bytes, Where | None] = {}
            rows = exchange.published(db, wanted)
            for row in rows:
                if row.place not in shown:
                    shown[row.place] = exchange.show_at(db, row.place, self._public)
        label, zone = self._label(language), self._layout.zone
        return [exchange.request_of(row, shown[row.place], label, zone) for row in rows]

    def request(self, identifier: str, language: Language) -> dict[str, Any] | None:
        if len(identifier) != 32 or not _is_hex(identifier):
            return None
        with self._node.reading() as (db, _):
            row = exchange.find_published(db, bytes.fromhex(identifier))
            if row is None:
                return None
            where = exchange.show_at(db, row.place, self._public)
        return exchange.request_of(row, where, self._label(language), self._layout.zone)

    def gateway(self, api_key: str) -> str | None:
        given = sha256(api_key.encode()).hexdigest()
        found = [app for app in read_apps(self._node.settings) if hmac.compare_digest(app.key_hash, given)]
        return found[0].name if found else None

    def file(self, gateway: str, sent: Sent, language: Language) -> Filed:
        where = self._where(sent)
        app = next(app for app in read_apps(self._node.settings) if app.name == gateway)
        signer = self._signer(app.key)
        report = Report(
            place=where.place,
            category=sent.service_code,
            urgency=sent.attributes.get(exchange.URGENCY, ""),
            external=_mark(app, sent, datetime.fromtimestamp(self.now() // 1000, self._layout.zone).date().isoformat()),
            words=self._sealed(_told(sent)),
            caller=self._sealed(_lines(sent.personal)),
            photos=[codec.as_plain(one) for one in self._node.contents.put_many(sent.photos)],
        )
        raw = signer.transaction(exchange.COMMAND, exchange.fields_of(report), self._node.ledger.clock())
        notice = self._words.tongue(language).text("open311.filed", address=where.address)
        try:
            return Filed(_case_of(self._node.ledger.submit(raw).result(WAIT_S)), "", notice)
        except Refused as no:
            case = no.facts.get("case")
            if no.code != exchange.SENT_BEFORE or not isinstance(case, bytes):
                raise
            return Filed(record_of(case).hex(), "", notice)
        except TooLong:
            return Filed("", open_transaction(raw, self._node.ledger.chain).id.hex(), notice)

    def of_token(self, token: str) -> str | None:
        if len(token) != 64 or not _is_hex(token):
            return None
        final = self._node.ledger.find(bytes.fromhex(token))
        return None if final is None else _case_of(final) or None

    def _where(self, sent: Sent) -> Where:
        """The public place that a report is about. Raises WebError: `web.open311_no_such_place`, `.open311_too_far`."""
        if sent.address_id:
            found = next((where for where in self._layout.places if where.address_id == sent.address_id), None)
            if found is None:
                raise WebError("web.open311_no_such_place", given=sent.address_id[:100])
            return found
        if sent.latitude is not None and sent.longitude is not None:
            found = exchange.nearest(sent.latitude, sent.longitude, self._layout.places, self._layout.within_m)
            if found is None:
                raise WebError("web.open311_too_far", within_m=self._layout.within_m)
            return found
        named = [where for where in self._layout.places if where.address == sent.address]
        found = named[0] if named else self._layout.elsewhere
        if found is None:
            raise WebError("web.open311_no_such_place", given=sent.address[:100])
        return found

    def _signer(self, gateway: str) -> Signer:
        named = Keyring(self._node.settings.folder).get(gateway)
        ledger = self._node.ledger
        return Signer(ledger.chain, Importer(named.account_on(ledger), named.key))

    def _sealed(self, text: str) -> dict[str, Any] | None:
        return codec.as_plain(self._node.contents.put(text.encode())) if text else None

    def _label(self, language: Language) -> exchange.Label:
        tongue = self._words.tongue(language)
        return lambda value: tongue.value("repairs", value)


def _told(sent: Sent) -> str:
    """What is the matter and where, in the sender's words; one thing a line."""
    point = "" if sent.latitude is None else f"{sent.latitude}, {sent.longitude}"
    lines = _lines({"address": sent.address, "point": point, "media_url": sent.media_url})
    return "\n".join(filter(None, (sent.description, lines)))


def _lines(told: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {text}" for name, text in told.items() if text)


def _mark(app: App, sent: Sent, day: str) -> bytes:
    """The same for the same report from the same app on the same day: one that is sent again is not filed twice.

    It stands on the ledger, so it is keyed: nobody can try out what may have been said, or by whom.
    """
    told = [*sent[:7], *sorted(sent.attributes.items()), *sorted(sent.personal.items())]
    told += [sha256(photo).hexdigest() for photo in sent.photos]
    return hmac.digest(bytes.fromhex(app.secret), repr((day, [str(part) for part in told])).encode(), sha256)


def _case_of(final: Final) -> str:
    """The request that a transaction opened; "" if it did not."""
    cases = [fields["case"] for name, _, fields in final.entries() if name == exchange.REPORTED]
    return record_of(cases[0]).hex() if cases else ""


def read_layout(path: Path, ledger: Ledger) -> Layout:
    """The operator's file, checked. Raises NodeError (`node.open311_wrong`)."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        found = tuple(_read_place(name, one, ledger) for name, one in told.get("places", {}).items())
        elsewhere = told.get("elsewhere")
        if not found or elsewhere not in (None, *told["places"]):
            raise ValueError("places, elsewhere")
        return Layout(
            jurisdiction=str(told["jurisdiction"]),
            contact=str(told["contact"]),
            key_service=str(told.get("key_service", "")),
            changeset=str(told.get("changeset", CHANGESET)),
            zone=ZoneInfo(told.get("zone", "Asia/Shanghai")),
            within_m=int(told.get("within_m", WITHIN_M)),
            elsewhere=next((where for where in found if where.address_id == elsewhere), None),
            testing=bool(told.get("testing", False)),
            places=found,
        )
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError, AttributeError, ZoneInfoNotFoundError) as error:
        raise NodeError("node.open311_wrong", path=str(path), reason=str(error)[:200]) from error


def _read_place(name: str, told: Mapping[str, Any], ledger: Ledger) -> Where:
    identifier = bytes.fromhex(told["place"])
    found = places.place(ledger, identifier)
    if found is None or not (places.is_common(found)):
        raise ValueError(f"places.{name}: no building or common part")
    latitude, longitude = Decimal(told["lat"]), Decimal(told["long"])
    return Where(identifier, name, str(told["address"]), latitude, longitude, str(told.get("zipcode", "")))


def _is_hex(text: str) -> bool:
    return all(char in "0123456789abcdef" for char in text)

"""A community that cities' apps report to: a house of six homes, a gate, an app, and the gateway that signs for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from linlian.community.identity import Role
from linlian.community.places import PlaceKind
from linlian.community.places.rules import PlaceRegistered, RegisterPlace, places
from linlian.community.repairs.rules import cases
from linlian.community.repairs.tests.scene import Scene, _invite, _place, found_scene
from linlian.community.repairs.views.published import record_of
from linlian.kernel import codec
from linlian.kernel.block import Block
from linlian.node.open311_apps import allow_app
from linlian.settings import Settings
from tests.vault.hostile_pictures import saved
from tests.web.community import Community, open_community

JPEG = saved("JPEG")
REPORT = {"service_code": "lighting.common", "lat": "39.9043", "long": "116.4101", "description": "灯坏了 & dark"}
LAYOUT = """
jurisdiction = "sunrise.example"
contact = "Street office, 12345"
key_service = "Ask the street office."
zone = "Asia/Shanghai"
elsewhere = "house"
[places.house]
place = "{house}"
address = "1 Sunrise Road"
lat = 39.9050
long = 116.4080
zipcode = "100010"
[places.gate]
place = "{gate}"
address = "East gate <1 & 3>"
lat = 39.9042
long = 116.4100
"""


@dataclass
class City:
    """`homes` are in the house; `lonely` is the one home of a house that stands apart."""

    community: Community
    api_key: str
    gate: bytes
    stair: bytes
    homes: list[bytes]
    lonely: bytes

    @property
    def root(self) -> str:
        return f"http://{self.community.host}/open311/v2"


def more_places(scene: Scene) -> tuple[bytes, bytes, bytes, list[bytes], bytes]:
    """(house, gate, stair, homes, the lonely home)."""
    community = next(key for key, row in scene.town.rows(places) if row.kind is PlaceKind.COMMUNITY)
    house, villa = (_building(scene, community, number) for number in (7, 8))
    homes = [_place(scene, PlaceKind.DWELLING, house) for _ in range(6)]
    gate, stair = _place(scene, PlaceKind.GATE, community), _place(scene, PlaceKind.STAIR, house)
    return house, gate, stair, homes, _place(scene, PlaceKind.DWELLING, villa)


def _building(scene: Scene, community: bytes, number: int) -> bytes:
    command = RegisterPlace(kind=PlaceKind.BUILDING, parent=community, number=number)
    made: bytes = scene.do("clerk", command).the(PlaceRegistered).place
    return made


@contextmanager
def open_city(folder: Path) -> Iterator[City]:
    scene = found_scene()
    _invite(scene, "street_officer", "gateway", (Role.GATEWAY,))
    house, gate, stair, homes, lonely = more_places(scene)
    (folder / "open311.toml").write_text(LAYOUT.format(house=house.hex(), gate=gate.hex()), encoding="utf-8")
    (folder / "keys").mkdir(mode=0o700)
    seed = sha256(b"key:gateway").hexdigest()
    (folder / "keys" / "gateway.key").write_text(f'suite = "ed25519"\nseed = "{seed}"\n', encoding="utf-8")
    api_key = allow_app(Settings(folder=folder), "city-app", "gateway")
    with open_community(folder, scene) as community:
        yield City(community, api_key, gate, stair, homes, lonely)


def get(city: City, path: str, **query: str) -> Any:
    return city.community.client.get(f"/open311/v2/{path}", params=query, headers={"Accept-Language": "en"})


def post(city: City, form: dict[str, Any], path: str = "requests.json", **more: Any) -> Any:
    headers = {"Accept-Language": "en", **more.pop("headers", {})}
    return city.community.client.post(f"/open311/v2/{path}", data=form, headers=headers, **more)


def file(city: City, **more: str) -> str:
    """A report that is taken; its request's id."""
    answer = post(city, {"api_key": city.api_key, **REPORT, **more})
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()
    assert isinstance(told["service_request_id"], str)
    return str(told["service_request_id"])


def case_of(city: City, identifier: str) -> Any:
    """The case behind a record's name: only who has all cases can tell."""
    ledger = city.community.node.ledger
    reported = [
        fields for fields in entries(city) if fields.get("case") and record_of(fields["case"]).hex() == identifier
    ]
    return cases.get(ledger, reported[0]["case"])


def entries(city: City) -> list[dict[str, Any]]:
    """The fields of the first event of each receipt, in order."""
    return [
        codec.decode_plain(receipt.entries[0])[3]
        for block in blocks(city)
        for receipt in block.receipts
        if receipt.entries
    ]


def blocks(city: City) -> list[Block]:
    """All but the first."""
    found = []
    for block in city.community.node.ledger.follow(1):
        found.append(block)
        if block.header.height == city.community.node.ledger.head.height:
            break
    return found


def errors(answer: Any) -> list[tuple[str, str]]:
    """(code, description) of each; the status is that of the first."""
    told = answer.json()
    assert isinstance(told, list)
    assert all({*one} == {"code", "description"} for one in told)
    assert told[0]["code"] == str(answer.status_code)
    return [(one["code"], one["description"]) for one in told]

"""The small community of repairs, with outages in it."""

from __future__ import annotations

from typing import Any

from linlian.community import joint_reports, outages, places
from linlian.community.outages.rules import Nature, OutagePublished, PublishOutage
from linlian.community.outages.rules_ahead import Utility
from linlian.community.places import PlaceKind
from linlian.community.places.rules import PlaceRegistered, RegisterPlace
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.tests.scene import HOUR, Scene, found_scene


def found_outages() -> tuple[Scene, bytes]:
    """The scene, and the building in which flat and stair stand."""
    scene = found_scene(joint_reports.contract, outages.contract)
    flat = places.require_place(scene.town.state, scene.flat)
    return scene, flat.path[-1]


def another_building(scene: Scene, community: bytes) -> bytes:
    register = RegisterPlace(kind=PlaceKind.BUILDING, parent=community, number=2)
    place = scene.do("clerk", register).the(PlaceRegistered).place
    assert isinstance(place, bytes)
    return place


def command(scene: Scene, *where: bytes, hours: int = 8, **more: Any) -> PublishOutage:
    """A fault of the water that begins now, unless told otherwise."""
    given = {"nature": Nature.FAULT, "utility": Utility.WATER, "until": scene.town.time + hours * HOUR, **more}
    return PublishOutage(places=where, **given)


def publish(scene: Scene, *where: bytes, who: str = "desk", **more: Any) -> bytes:
    identifier = scene.do(who, command(scene, *where, **more)).the(OutagePublished).outage
    assert isinstance(identifier, bytes)
    return identifier


def no_water(scene: Scene, name: str = "anna", **more: Any) -> bytes:
    return scene.report(name, category=Category.WATER_NONE, **more)

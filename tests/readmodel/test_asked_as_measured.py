"""Every question can be put as `bench.readmodel` puts it: none is missing from its table."""

from __future__ import annotations

from bench.readmodel import put
from linlian.community.repairs import Category, State
from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.node import source
from linlian.readmodel.rebuild import rebuild
from tests.conftest import NewHome


def test_each_question_is_put(new_home: NewHome) -> None:
    scene = found_whole_scene()
    scene.in_state(State.DONE, category=Category.LIGHTING_COMMON, place=scene.stair)
    home, blocks = new_home(), scene.town.blocks
    rebuild(blocks, len(blocks) - 1, home, source.views())
    database = home.open(source.views())
    try:
        for query in source.queries().values():
            assert len([*put(database, query, 4)]) == 4, query.name
    finally:
        database.close()

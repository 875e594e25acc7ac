"""The OpenAPI document is valid, whole and true: a stranger who reads it meets nothing that it does not say.

The stranger is schemathesis, which makes requests from the document, good ones and bad ones, and holds every answer
against it: no 5xx, no status, header, content type or shape that is not written there. It asks the server over the
wire: as an outsider, and as a desk with a session, which gets further. A longer run: `make api-trial`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Route

from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.web.app import all_operations, site_of
from tests.web.community import Community, open_community
from tests.web.stranger import asked_by_a_stranger


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    """With a case in every state, so that there is something to find."""
    scene = found_whole_scene()
    for state in State:
        scene.in_state(state)
    with open_community(tmp_path_factory.mktemp("openapi"), scene) as opened:
        yield opened


@pytest.fixture(scope="module")
def document(community: Community) -> dict[str, Any]:
    found: dict[str, Any] = community.client.get("/api/v1/openapi.json").json()
    return found


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_the_document_has_every_route_and_the_application_every_operation(
    community: Community, document: dict[str, Any]
) -> None:
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert told == {(each.method, each.path) for each in all_operations(community.app.state.desk.house)}
    site = site_of(community.app.state.desk.house)
    for_people = {route.path for route in site.routes() if isinstance(route, Route)}
    routes = {route.path for route in community.app.routes if isinstance(route, Route)}
    assert {path for _, path in told} == routes - for_people


def test_every_command_and_every_query_has_its_route(community: Community, document: dict[str, Any]) -> None:
    commands = {name for name, spec in community.node.rulebook.commands.items() if not spec.internal}
    routes = {path.removeprefix("/api/v1/").removeprefix("commands/").replace("/", ".") for path in document["paths"]}
    assert commands <= routes
    assert {*community.node.queries} <= routes


def test_every_summary_is_in_both_languages(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        if "/nextdoor/" in path:  # a business of the tests, without words
            continue
        for operation in methods.values():
            english, _, chinese = operation["summary"].partition(" · ")
            assert english.isascii() or "’" in english, path
            assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese), path
            for parameter in operation.get("parameters", []):
                assert " · " in parameter["description"], (path, parameter["name"])


@pytest.mark.parametrize("name", ["", "desk"])
def test_a_stranger_who_reads_the_document_meets_nothing_that_it_does_not_say(
    community: Community, tmp_path: Path, name: str
) -> None:
    """A short run that goes the same way every time; `make api-trial` goes further, and another way each time."""
    code, said = asked_by_a_stranger(community, tmp_path, name, 2, "--phases", "fuzzing", "--generation-deterministic")
    assert code == 0, said
    tested = re.search(r"Tested: ([0-9]+)", said)
    assert tested is not None
    assert int(tested[1]) > 0.9 * len(all_operations(community.app.state.desk.house))

"""Open311 GeoReport v2: by the specification, the published schemas and answers, and a client that is not ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import georeport  # type: ignore[import-untyped]
import jsonschema  # type: ignore[import-untyped]
import pytest
import xmltodict  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.views.published import record_of
from linlian.node import open311 as node_side
from linlian.node.folder import NodeError
from linlian.web import open311_format
from tests.imports.data import shared
from tests.web.city import LAYOUT, City, errors, file, get, open_city, post


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with open_city(tmp_path_factory.mktemp("city")) as opened:
        yield opened


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared(f"service-requests/open311-georeport/{name}").read_text("utf-8"))
    return found


def check(schema: dict[str, Any], value: Any) -> None:
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(value)


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("services", "services"),
        ("services/lift.trapped", "service_definition"),
        ("requests", "service_requests"),
        ("discovery", "discovery"),
    ],
)
def test_both_formats_say_the_same_with_their_exact_types(city: City, path: str, root: str) -> None:
    file(city)
    xml, plain = get(city, f"{path}.xml"), get(city, f"{path}.json")
    assert xml.headers["content-type"] == "text/xml; charset=utf-8"
    assert plain.headers["content-type"] == "application/json; charset=utf-8"
    parsed = xmltodict.parse(xml.content, force_list=(*open311_format._ITEMS.values(),))
    assert [*parsed] == [root]
    assert unlisted(parsed[root]) == texts(plain.json())


def unlisted(value: Any) -> Any:
    """What xmltodict has read, with `{items: {item: [...]}}` as a list, and empty elements left out."""
    if isinstance(value, dict):
        if [*value] in [[item] for item in open311_format._ITEMS.values()]:
            return [unlisted(one) for one in next(iter(value.values()))]
        return {name: unlisted(item) for name, item in value.items() if item is not None}
    return value


def texts(value: Any) -> Any:
    """JSON with every leaf as text, as XML has it."""
    if isinstance(value, dict):
        return {name: texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [texts(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_answers_fit_the_published_schemas(city: City) -> None:
    identifier = file(city)
    listed = get(city, "requests.json").json()
    assert identifier in [one["service_request_id"] for one in listed]
    for one in listed:
        check(schema("request.json"), one)
    services = get(city, "services.json").json()
    assert len(services) == len(Category)
    for one in services:
        check(schema("service.json"), one)
        assert one["metadata"] is True
        check(schema("service-definition.json"), get(city, f"services/{one['service_code']}.json").json())
    assert isinstance(listed, list)
    assert isinstance(get(city, f"services/{services[0]['service_code']}.json").json(), dict)


@pytest.mark.parametrize(
    ("kind", "name"), [("Request", "requests"), ("Service", "services"), ("ServiceDefinition", "services/water.leak")]
)
def test_answers_fit_the_published_swagger(city: City, kind: str, name: str) -> None:
    file(city)
    whole = schema("swagger.json")
    told = get(city, f"{name}.json").json()
    for one in told if isinstance(told, list) else [told]:
        check({"$ref": f"#/definitions/{kind}", "definitions": whole["definitions"]}, one)


def test_our_answers_have_the_fields_of_real_servers_answers(city: City) -> None:
    file(city)
    folder = shared("service-requests/open311-fixtures")
    real = xmltodict.parse((folder / "files/requests_many.xml").read_bytes())["service_requests"]["request"][0]
    ours = xmltodict.parse(get(city, "requests.xml").content, force_list=("request",))["service_requests"]["request"][0]
    assert {*real} == {*ours}
    theirs = json.loads((folder / "service_requests.json").read_text("utf-8"))
    ours = next(one for one in get(city, "requests.json").json() if one.get("address"))
    assert {*theirs[0]} <= {*ours, "agency_responsible"}
    services = xmltodict.parse((folder / "files/services_giessen.xml").read_bytes())["services"]["service"]
    mine = xmltodict.parse(get(city, "services.xml").content)["services"]["service"]
    assert {*services[0]} - {"description"} <= {*mine[0]}
    listed = json.loads((folder / "service_list.json").read_text("utf-8"))
    assert {*listed[0]} - {"description"} == {*get(city, "services.json").json()[0]}


@pytest.mark.parametrize("how", ["json", "xml"])
def test_an_independent_client_reads_everything(city: City, how: str) -> None:
    first, second = file(city, service_code="tree.fallen"), file(city)
    client = georeport.GeoReport(city.root, jurisdiction="sunrise.example", output_format=how)
    services = client.get_service_list()
    assert {one["service_code"] for one in services} == {category.value for category in Category}
    definition = client.get_service_definition("tree.fallen")
    assert definition["service_code"] == "tree.fallen"
    found = client.get_service_requests(service_request_id=f"{first},{second}")
    assert [one["service_request_id"] for one in found] == [first, second]
    assert [one["status"] for one in found] == ["open", "open"]
    one = client.get_service_request(first)
    one = one[0] if isinstance(one, list) else one
    assert one["service_request_id"] == first
    trees = client.get_service_requests(service_code="tree.fallen", status="open")
    listed = trees if isinstance(trees, list) else [trees]
    assert {each["service_code"] for each in listed} == {"tree.fallen"}


def told_of(city: City, place: bytes) -> dict[str, Any]:
    """What an app is told of a request that a desk has taken down for a place."""
    raw = city.community.transaction("desk", ReportRepair(place=place, category=Category.WATER_LEAK))
    case = next(fields["case"] for _, _, fields in city.community.node.ledger.submit(raw).result().entries())
    answer = get(city, f"requests/{record_of(case).hex()}.json")
    assert get(city, f"requests/{case.hex()}.json").status_code == 404  # a case's own name leads nowhere
    assert case.hex() not in answer.text + get(city, "requests.json").text
    assert place.hex() not in answer.text
    (one,) = answer.json()
    assert isinstance(one, dict)
    return one


def test_a_home_is_never_shown(city: City) -> None:
    shown = [told_of(city, place).get("address_id") for place in (city.homes[0], city.lonely, city.stair)]
    assert shown == [None, None, "house"]


def test_two_requests_of_one_home_look_like_those_of_two_homes(city: City) -> None:
    first, again, other = (told_of(city, place) for place in (city.homes[1], city.homes[1], city.homes[2]))
    names = [one.pop("service_request_id") for one in (first, again, other)]
    assert first == again == other
    assert len({*names}) == 3


def test_the_state_is_open_or_closed_and_says_more_in_words(city: City) -> None:
    identifier = file(city)
    (one,) = get(city, f"requests/{identifier}.json").json()
    assert (one["status"], one["status_notes"], one["service_name"]) == (
        "open",
        "reported",
        "Common lighting",
    )
    assert one["requested_datetime"].endswith("+08:00")
    assert datetime.fromisoformat(one["requested_datetime"]).astimezone(UTC).hour == 0  # the day, and no more
    assert (one["lat"], one["long"], one["address"]) == (39.9042, 116.41, "East gate <1 & 3>")
    zh = city.community.client.get(f"/open311/v2/requests/{identifier}.json", headers={"Accept-Language": "zh"}).json()
    assert zh[0]["service_name"] == "公共照明"


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("services.json", {"jurisdiction_id": "elsewhere"}, 404),
        ("services/no.such.json", {}, 404),
        ("services/water.leak.yaml", {}, 404),
        ("requests/00.json", {}, 404),
        ("requests/" + "0" * 32 + ".json", {}, 404),
        ("requests/" + "Z" * 32 + ".json", {}, 404),
        ("tokens/" + "0" * 64 + ".json", {}, 404),
        ("tokens/x.json", {}, 404),
        ("nothing.json", {}, 404),
        ("requests.json", {"status": "half"}, 400),
        ("requests.json", {"service_code": "no.such"}, 404),
        ("requests.json", {"start_date": "yesterday"}, 400),
        ("requests.json", {"start_date": "2026-01-01T00:00:00"}, 400),
        ("requests.json", {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, 400),
        ("requests.json", {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, 400),
        ("requests.json", {"page": "0"}, 400),
        ("requests.json", {"page_size": "1001"}, 400),
        ("requests.json", {"service_request_id": ",".join(["0" * 32] * 101)}, 400),
    ],
)
def test_a_question_that_cannot_be_answered_gets_an_array_of_errors(
    city: City, path: str, query: dict[str, str], status: int
) -> None:
    answer = get(city, path, **query)
    if not path.endswith(".json"):
        root = ElementTree.fromstring(answer.content)
    else:
        assert errors(answer)[0][0] == str(status)
        root = ElementTree.fromstring(get(city, path.removesuffix("json") + "xml", **query).content)
    assert (root.tag, root[0].tag, root[0][0].text) == ("errors", "error", str(status))


def test_pages_follow_one_another_without_gap_or_repeat(city: City) -> None:
    for _ in range(5):
        file(city)
    whole = [one["service_request_id"] for one in get(city, "requests.json").json()]
    paged: list[str] = []
    for page in range(1, len(whole) + 2):
        paged += [one["service_request_id"] for one in get(city, "requests.json", page=str(page), page_size="2").json()]
    assert paged == whole
    assert len({*whole}) == len(whole)


def test_times_bound_the_list(city: City) -> None:
    identifier = file(city)
    (one,) = get(city, f"requests/{identifier}.json").json()
    at = datetime.fromisoformat(one["requested_datetime"])
    day = timedelta(days=1)

    def found(start: datetime, end: datetime) -> bool:
        listed = get(city, "requests.json", start_date=start.isoformat(), end_date=end.isoformat()).json()
        return identifier in [each["service_request_id"] for each in listed]

    hour = timedelta(hours=1)
    assert found(at - day, at + day)
    assert found(at + hour, at + day)  # whoever asks for the last hours is told of the day
    assert not found(at - 2 * day, at - hour)
    assert not found(at + day, at + 2 * day)
    utc = (at + day).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    bare = city.community.client.get(f"/open311/v2/requests.json?start_date={at.isoformat()}&end_date={utc}")
    assert bare.status_code == 200  # the + of the zone came as a space
    ids = get(city, "requests.json", service_request_id=identifier, status="closed", start_date="nonsense").json()
    assert [each["service_request_id"] for each in ids] == [identifier]  # the ids override everything else


def test_discovery_says_what_there_is(city: City) -> None:
    told = get(city, "discovery.json").json()
    assert isinstance(told, dict)
    assert (told["contact"], told["key_service"]) == ("Street office, 12345", "Ask the street office.")
    (endpoint,) = told["endpoints"]
    assert endpoint["url"] == "http://node.example/open311/v2"
    assert (endpoint["type"], endpoint["formats"]) == ("production", ["text/xml", "application/json"])
    assert datetime.fromisoformat(told["changeset"]) < datetime.now(UTC)


@pytest.mark.parametrize(
    "change",
    [
        ("jurisdiction", "# jurisdiction"),
        ('elsewhere = "house"', 'elsewhere = "moon"'),
        ("lat = 39.9050", 'lat = "north"'),
        ("Asia/Shanghai", "Asia/Atlantis"),
        ("[places.house]", "[places.house"),
        ("{house}", "{home}"),
        ("{house}", "00"),
    ],
)
def test_a_layout_that_will_not_do_is_said_to_be_so(city: City, tmp_path: Path, change: tuple[str, str]) -> None:
    house = next(
        iter(
            node_side.read_layout(
                city.community.node.settings.folder / "open311.toml", city.community.node.ledger
            ).places
        )
    )
    text = LAYOUT.replace(*change, 1).format(house=house.place.hex(), gate=city.gate.hex(), home=city.homes[0].hex())
    path = tmp_path / "open311.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NodeError, match=r"node\.open311_wrong"):
        node_side.read_layout(path, city.community.node.ledger)


@settings(max_examples=200, deadline=None)
@given(text=st.text(), flag=st.booleans())
def test_whatever_is_said_is_well_formed_xml(text: str, flag: bool) -> None:
    data = open311_format.render("errors", [{"code": "400", "description": text, "flag": flag}], "xml")
    root = ElementTree.fromstring(data)
    assert root[0][2].text == ("true" if flag else "false")
    told = root[0][1].text or ""
    assert len(told.replace("\r\n", "\n").replace("\r", "\n")) == len(text.replace("\r\n", "\n").replace("\r", "\n"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from(
            ["service_code", "start_date", "end_date", "status", "page", "page_size", "service_request_id"]
        ),
        st.text(max_size=40),
        max_size=4,
    ),
    form=st.dictionaries(
        st.sampled_from(["service_code", "lat", "long", "attribute[urgency][]", "media_url", "address_id"]),
        st.text(max_size=40),
    ),
)
def test_no_input_breaks_it(city: City, query: dict[str, str], form: dict[str, str]) -> None:
    assert get(city, "requests.json", **query).status_code in (200, 400, 404)
    assert post(city, {"api_key": city.api_key, **form}).status_code in (200, 400, 404)

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

from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_terms import Category
from linlian.kernel import codec
from linlian.node import open311 as node_side
from linlian.node.folder import NodeError
from linlian.web import open311_format
from tests.imports.data import shared
from tests.web.city import City, open_city

JPEG = b"\xff\xd8\xff\xe0" + bytes(100)
REPORT = {"service_code": "lighting.common", "lat": "39.9043", "long": "116.4101", "description": "灯坏了 & dark"}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with open_city(tmp_path_factory.mktemp("city")) as opened:
        yield opened


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
    return cases.get(city.community.node.ledger, bytes.fromhex(identifier))


def errors(answer: Any) -> list[tuple[str, str]]:
    """(code, description) of each; the status is that of the first."""
    told = answer.json()
    assert isinstance(told, list)
    assert all({*one} == {"code", "description"} for one in told)
    assert told[0]["code"] == str(answer.status_code)
    return [(one["code"], one["description"]) for one in told]


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
    assert {*theirs[0]} <= {*get(city, "requests.json").json()[0], "agency_responsible"}
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


def test_a_report_becomes_a_signed_command_of_the_gateway(city: City) -> None:
    identifier = file(city, **{"attribute[urgency]": "urgent"})
    case = case_of(city, identifier)
    assert (case.place, case.category, case.urgency) == (city.gate, "lighting.common", "urgent")
    ledger = city.community.node.ledger
    gateway = city.community.scene.account("gateway")
    (entry,) = [
        (block.items[index], codec.decode_plain(receipt.entries[0])[3])
        for block in blocks(city)
        for index, receipt in enumerate(block.receipts)
        if identifier in codec.decode_plain(receipt.entries[0])[3].get("case", b"").hex()
    ]
    raw, fields = entry
    body = codec.decode_plain(codec.decode_plain(raw)[0])
    assert (body["signer"], body["command"]) == (gateway, "repairs.report_repair")
    words = codec.typed(codec.Content, fields["words"])
    assert city.community.node.contents.get(words).decode().startswith("灯坏了 & dark\npoint: 39.9043, 116.4101")
    assert "灯坏了".encode() not in raw
    assert ledger.prove_receipt(blocks(city)[-1].item_id(0)).outcome == "accepted"


def blocks(city: City) -> list[Any]:
    found = []
    for block in city.community.node.ledger.follow(1):
        found.append(block)
        if block.header.height == city.community.node.ledger.head.height:
            break
    return found


def test_photos_are_sealed(city: City) -> None:
    form = {"api_key": city.api_key, **REPORT}
    answer = post(city, form, files={"media": ("a.jpg", JPEG, "image/jpeg")})
    assert answer.status_code == 200, answer.text
    entries = [codec.decode_plain(one.receipts[-1].entries[0])[3] for one in blocks(city)]
    (photo,) = entries[-1]["photos"]
    assert city.community.node.contents.get(codec.typed(codec.Content, photo)) == JPEG


def test_what_is_said_of_people_stands_in_no_answer_and_nowhere_on_the_ledger(city: City) -> None:
    said = {"first_name": "Anna-Rosa", "phone": "13800001234", "email": "rosa@example.org", "device_id": "dev-77"}
    identifier = file(city, **said, address_string="Flat 1203, behind the lift")
    shown = get(city, f"requests/{identifier}.json").text + get(city, "requests.xml").text
    held = b"".join(item for block in blocks(city) for item in block.items)
    for text in (*said.values(), "Flat 1203"):
        assert text not in shown
        assert text.encode() not in held


def test_a_home_is_never_shown(city: City) -> None:
    community = city.community
    shown = []
    for place in (city.homes[0], city.lonely, city.stair):
        raw = community.transaction("desk", ReportRepair(place=place, category=Category.WATER_LEAK))
        final = community.node.ledger.submit(raw).result()
        case = next(fields["case"] for _, _, fields in final.entries())
        (one,) = get(city, f"requests/{case.hex()}.json").json()
        shown.append(one.get("address_id"))
        assert place.hex() not in json.dumps(one)
    assert shown == ["house", None, "house"]


def test_two_requests_of_one_home_look_like_those_of_two_homes(city: City) -> None:
    community = city.community

    def told(place: bytes) -> dict[str, Any]:
        raw = community.transaction("desk", ReportRepair(place=place, category=Category.DOOR_LOCK))
        case = next(fields["case"] for _, _, fields in community.node.ledger.submit(raw).result().entries())
        (one,) = get(city, f"requests/{case.hex()}.json").json()
        return {name: value for name, value in one.items() if name != "service_request_id"}

    first, again, other = told(city.homes[1]), told(city.homes[1]), told(city.homes[2])
    assert first == again == other


def test_the_state_is_open_or_closed_and_says_more_in_words(city: City) -> None:
    identifier = file(city)
    (one,) = get(city, f"requests/{identifier}.json").json()
    assert (one["status"], one["status_notes"], one["service_name"]) == (
        "open",
        "reported",
        "Common lighting",
    )
    assert one["requested_datetime"].endswith("+08:00")
    assert datetime.fromisoformat(one["expected_datetime"]) > datetime.fromisoformat(one["requested_datetime"])
    assert (one["lat"], one["long"], one["address"]) == (39.9042, 116.41, "East gate <1 & 3>")
    zh = city.community.client.get(f"/open311/v2/requests/{identifier}.json", headers={"Accept-Language": "zh"}).json()
    assert zh[0]["service_name"] == "公共照明"


@pytest.mark.parametrize(
    ("location", "address_id"),
    [
        ({"lat": "39.9043", "long": "116.4101"}, "gate"),
        ({"lat": "39.9051", "long": "116.4079"}, "house"),
        ({"address_id": "gate"}, "gate"),
        ({"address_string": "East gate <1 & 3>"}, "gate"),
        ({"address_string": "somewhere behind the pond"}, "house"),
        ({"address_id": "gate", "lat": "39.9051", "long": "116.4079"}, "gate"),
    ],
)
def test_a_report_is_filed_at_the_public_place_it_speaks_of(
    city: City, location: dict[str, str], address_id: str
) -> None:
    answer = post(city, {"api_key": city.api_key, "service_code": "pests", **location})
    (told,) = answer.json()
    (one,) = get(city, f"requests/{told['service_request_id']}.json").json()
    assert one["address_id"] == address_id


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"api_key": ""}, 403, ["api_key is missing"]),
        ({"api_key": "guess"}, 403, ["not valid"]),
        ({"jurisdiction_id": "elsewhere.example"}, 404, ["elsewhere.example"]),
        ({"service_code": ""}, 400, ["service_code is missing"]),
        ({"service_code": "no.such"}, 404, ["no.such"]),
        ({"lat": "", "long": ""}, 400, ["lat, long / address_string / address_id is missing"]),
        ({"lat": "north"}, 400, ["lat is in degrees"]),
        ({"lat": "NaN"}, 400, ["lat is in degrees"]),
        ({"lat": "1e999999"}, 400, ["lat is in degrees"]),
        ({"long": ""}, 400, ["long is missing"]),
        ({"lat": "0", "long": "0"}, 400, ["more than 500 m"]),
        ({"address_id": "moon"}, 400, ["no place moon"]),
        ({"description": "x" * 4_001}, 400, ["description will not do"]),
        ({"media_url": "javascript:alert(1)"}, 400, ["media_url"]),
        ({"email": "x" * 501}, 400, ["email"]),
        ({"attribute[colour]": "red"}, 400, ["attribute[colour]"]),
        ({"attribute[urgency]": "now"}, 400, ["attribute[urgency]"]),
        ({"service_code": "", "lat": "x", "media_url": "ftp://a"}, 400, ["service_code", "lat", "media_url"]),
    ],
)
def test_a_report_that_will_not_do_is_answered_with_all_that_is_wrong(
    city: City, changes: dict[str, str], status: int, says: list[str]
) -> None:
    height = city.community.node.ledger.head.height
    answer = post(city, {"api_key": city.api_key, **REPORT, **changes})
    told = errors(answer)
    assert answer.status_code == status
    assert len(told) == len(says)
    for (_, description), part in zip(told, says, strict=True):
        assert part in description
    assert city.community.node.ledger.head.height == height


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 400),
        (b"a=%FF", "application/x-www-form-urlencoded", 400),
        (b"\xff", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=b" for _ in range(101)), "application/x-www-form-urlencoded", 400),
        (b"a=" + b"b" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"x", "multipart/form-data", 400),
        (b"--x\r\nnothing", "multipart/form-data; boundary=x", 403),
    ],
)
def test_a_body_that_is_no_form_is_refused(city: City, body: bytes, kind: str, status: int) -> None:
    answer = city.community.client.post("/open311/v2/requests.json", content=body, headers={"Content-Type": kind})
    assert errors(answer)[0][0] == str(status)


def test_photos_are_bounded_in_kind_number_and_size(city: City) -> None:
    form = {"api_key": city.api_key, **REPORT}
    script = {"media": ("a.jpg", b"<script>", "image/jpeg")}
    assert "JPEG" in errors(post(city, form, files=script))[0][1]
    four = [("media", (f"{number}.jpg", JPEG, "image/jpeg")) for number in range(4)]
    assert errors(post(city, form, files=four))[0][0] == "400"
    huge = {"media": ("a.jpg", JPEG + bytes(11 * 1024 * 1024), "image/jpeg")}
    assert errors(post(city, form, files=huge))[0][0] == "413"


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

    assert found(at - day, at + day)
    assert not found(at - 2 * day, at - day)
    assert not found(at + day, at + 2 * day)
    utc = (at + day).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    bare = city.community.client.get(f"/open311/v2/requests.json?start_date={at.isoformat()}&end_date={utc}")
    assert bare.status_code == 200  # the + of the zone came as a space
    ids = get(city, "requests.json", service_request_id=identifier, status="closed", start_date="nonsense").json()
    assert [each["service_request_id"] for each in ids] == [identifier]  # the ids override everything else


def test_a_report_that_takes_long_is_asked_for_by_its_token(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_side, "WAIT_S", 0.0)
    (told,) = post(city, {"api_key": city.api_key, **REPORT, "description": "by token"}).json()
    assert {*told} == {"token", "service_notice"}
    answer = get(city, f"tokens/{told['token']}.json")
    for _ in range(200):
        if answer.status_code == 200:
            break
        answer = get(city, f"tokens/{told['token']}.json")
    (found,) = answer.json()
    assert found["token"] == told["token"]
    assert case_of(city, found["service_request_id"]).category == "lighting.common"


def test_what_the_rules_refuse_is_told_with_their_sentence(city: City) -> None:
    community = city.community
    (community.node.settings.folder / "keys" / "other.key").write_text(
        'suite = "ed25519"\nseed = "' + "ab" * 32 + '"\n'
    )
    api_key = node_side.allow_app(community.node.settings, "another", "other")
    told = errors(post(city, {**REPORT, "api_key": api_key}))
    assert told[0][0] == "503"  # the operator has something to put right
    assert "other" in told[0][1]
    node_side.forbid_app(community.node.settings, "another")
    assert errors(post(city, {**REPORT, "api_key": api_key}))[0][0] == "403"
    with pytest.raises(NodeError, match=r"node\.no_such_app"):
        node_side.forbid_app(community.node.settings, "another")


def test_the_keys_of_apps_are_not_kept(city: City) -> None:
    path = city.community.node.settings.folder / "open311-keys.toml"
    assert city.api_key not in path.read_text("utf-8")
    assert path.stat().st_mode & 0o777 == 0o600


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
    from tests.web.city import LAYOUT

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

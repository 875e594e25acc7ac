"""A city's app reports: a real signed command of its gateway, everything personal sealed, and every "no" explained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linlian.community.repairs.views.published import record_of
from linlian.kernel import codec
from linlian.node import open311 as node_side
from linlian.node import open311_apps
from linlian.node.folder import NodeError
from linlian.vault import bare
from tests.vault.hostile_pictures import BOMBS, exif, saved
from tests.web.city import JPEG, REPORT, City, blocks, case_of, entries, errors, file, get, open_city, post


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with open_city(tmp_path_factory.mktemp("city")) as opened:
        yield opened


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
        if record_of(codec.decode_plain(receipt.entries[0])[3].get("case", b"")).hex() == identifier
    ]
    raw, fields = entry
    body = codec.decode_plain(codec.decode_plain(raw)[0])
    assert (body["signer"], body["command"]) == (gateway, "repairs.report_repair")
    words = codec.typed(codec.Content, fields["words"])
    assert city.community.node.contents._unsealed(words).decode().startswith("灯坏了 & dark\npoint: 39.9043, 116.4101")
    assert "灯坏了".encode() not in raw
    assert ledger.prove_receipt(blocks(city)[-1].item_id(0)).outcome == "accepted"


def test_photos_are_sealed_without_the_place_they_were_taken_at(city: City) -> None:
    form = {"api_key": city.api_key, **REPORT}
    taken = saved("JPEG", exif=exif())
    answer = post(city, form, files={"media": ("a.jpg", taken, "image/jpeg")})
    assert answer.status_code == 200, answer.text
    (photo,) = entries(city)[-1]["photos"]
    assert city.community.node.contents._unsealed(codec.typed(codec.Content, photo)) == bare(taken) != taken


def test_what_is_said_of_people_stands_in_no_answer_and_nowhere_on_the_ledger(city: City) -> None:
    said = {"first_name": "Anna-Rosa", "phone": "13800001234", "email": "rosa@example.org", "device_id": "dev-77"}
    identifier = file(city, **said, address_string="Flat 1203, behind the lift")
    shown = get(city, f"requests/{identifier}.json").text + get(city, "requests.xml").text
    held = b"".join(item for block in blocks(city) for item in block.items)
    for text in (*said.values(), "Flat 1203"):
        assert text not in shown
        assert text.encode() not in held


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
    bomb = [("media", ("a.png", BOMBS["a PNG"], "image/png")), ("media", ("b.jpg", JPEG[:200], "image/jpeg"))]
    said = [text for _, text in errors(post(city, form, files=bomb))]
    assert [text for text in said if "30000" in text.replace(",", "") or "JPEG" in text] == said
    assert len(said) == 2
    four = [("media", (f"{number}.jpg", JPEG, "image/jpeg")) for number in range(4)]
    assert errors(post(city, form, files=four))[0][0] == "400"
    huge = {"media": ("a.jpg", JPEG + bytes(11 * 1024 * 1024), "image/jpeg")}
    assert errors(post(city, form, files=huge))[0][0] == "413"


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
    api_key = open311_apps.allow_app(community.node.settings, "another", "other")
    told = errors(post(city, {**REPORT, "api_key": api_key}))
    assert told[0][0] == "503"  # the operator has something to put right
    assert "other" in told[0][1]
    open311_apps.forbid_app(community.node.settings, "another")
    assert errors(post(city, {**REPORT, "api_key": api_key}))[0][0] == "403"
    with pytest.raises(NodeError, match=r"node\.no_such_app"):
        open311_apps.forbid_app(community.node.settings, "another")


def test_the_keys_of_apps_are_not_kept(city: City) -> None:
    path = city.community.node.settings.folder / "open311-keys.toml"
    assert city.api_key not in path.read_text("utf-8")
    assert path.stat().st_mode & 0o777 == 0o600

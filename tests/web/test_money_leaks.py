"""Nobody outside finds who receives or who gave and objects to being named: not on pages, not in files, not in logs.

Everything that an outsider or somebody with no part in it can get is fetched: pages as HTML and as JSON, what may be
taken home, every query, streams, receipts, blocks; and the bytes that rest in the node's folder and its log are read.
In them is looked for each recipient's and objecting donor's name, telephone, identity number and bank account, and for
what stands for them on the ledger. `leaks` says under which spellings; a test plants each, and one plants real leaks.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from linlian.community.funds.rules import Source, gifts
from linlian.community.funds.rules_income import RecordIncome
from linlian.community.funds.views import gifts as gift_rows
from linlian.community.programmes.rules import recipients
from linlian.community.programmes.rules_running import DraftProgramme
from linlian.community.repairs.tests.scene import DAY, Scene, content, found_whole_scene
from linlian.community.transfers.tests import followed
from linlian.community.transfers.tests.followed import NAMES, Followed, follow
from linlian.kernel.codec import Content, decode_plain
from linlian.store.sqlite import SqliteStore
from linlian.vault import Contents
from linlian.web.logs import JsonLines
from tests.web.community import Community, open_community
from tests.web.leaks import Secret, leaks, spellings
from tests.web.test_outsider import crawl

OURS = ("/funds", "/programmes", "/rounds", "/watch", "/transfers")
JSON = {"Accept": "application/json"}


class Particulars(NamedTuple):
    """What is sealed of somebody."""

    name: str
    latin: str
    telephone: str
    number: str
    account: str


RECEIVING = {
    "anna": Particulars("周桂芳", "Zhou Guifang", "13912345601", "320106195801014321", "6222021234567890101"),
    "bo": Particulars("钱建国", "Qian Jianguo", "13912345602", "320106196202024332", "6222021234567890202"),
    "cai": Particulars("蔡秀兰", "Cai Xiulan", "13912345603", "320106194903034343", "6222021234567890303"),
    "grandmother": Particulars("沈阿婆", "Shen Apo", "13912345604", "320106193704044354", "6222021234567890404"),
    "helper": Particulars("何志明", "He Zhiming", "13912345605", "320106198005054365", "6222021234567890505"),
    "aunt": Particulars("吴美珍", "Wu Meizhen", "13912345606", "320106195506064376", "6222021234567890606"),
    "uncle": Particulars("吴大海", "Wu Dahai", "13912345607", "320106195407074387", "6222021234567890707"),
    "neighbour": Particulars("郑小林", "Zheng Xiaolin", "13912345608", "320106197108084398", "6222021234567890808"),
}
GIVING = Particulars("赵不愿", "Zhao Buyuan", "13912345699", "320106196609094309", "6222021234567899999")
DONOR = "second"
"""Somebody who gave with an account of theirs, and objects to being named."""


class Kept(NamedTuple):
    """The community, the fund, and what must not be found: by people's own words, and by what stands for them."""

    community: Community
    lived: Followed
    people: list[Secret]
    stand_ins: list[Secret]
    log: io.StringIO
    folder: Path


def particulars(people: dict[str, Particulars]) -> list[Secret]:
    return [
        Secret(f"{field} of {name}", value)
        for name, person in people.items()
        for field, value in person._asdict().items()
    ]


def live(scene: Scene, vault: Contents, monkeypatch: pytest.MonkeyPatch) -> Followed:
    """The fund's life, with all that is sealed in it really sealed; the list and the calls name everybody."""
    everybody = json.dumps({name: each._asdict() for name, each in RECEIVING.items()}, ensure_ascii=False)

    def sealed(name: str) -> Content:
        told = json.dumps(RECEIVING[name]._asdict(), ensure_ascii=False) if name in RECEIVING else f"{name} {everybody}"
        return vault.put(told.encode())

    with monkeypatch.context() as patched:
        patched.setattr(followed, "content", sealed)
        lived = follow(scene)
    gift = RecordIncome(
        fund=lived.fund,
        source=Source.DONATION,
        amount_minor=77_700,
        currency="CNY",
        purse="general",
        particulars=vault.put(json.dumps(GIVING._asdict()).encode()),
        donor=scene.account(DONOR),
    )
    scene.do("clerk", gift)
    return lived


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    scene, folder = found_whole_scene(), tmp_path / "node"
    folder.mkdir()
    lived = live(scene, Contents(folder / "contents"), monkeypatch)
    people = particulars({**RECEIVING, DONOR: GIVING})
    stand_ins = [Secret(f"recipient {key.hex()[:8]}", key) for key, _ in scene.town.rows(recipients)]
    stand_ins += [Secret(f"account of {name}", scene.account(name)) for name in ("bo", "cai", DONOR)]
    stand_ins += [Secret(f"mark of {key.hex()[:8]}", row.mark) for key, row in scene.town.rows(recipients)]
    log = io.StringIO()
    heard = logging.StreamHandler(log)
    heard.setFormatter(JsonLines())
    heard.addFilter(lambda record: not record.name.startswith(("http", "asyncio", "hypothesis")))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        with open_community(folder, scene) as community:
            yield Kept(community, lived, people, stand_ins, log, folder)
    finally:
        root.removeHandler(heard)
        root.setLevel(level)


def fetched(kept: Kept, name: str) -> list[tuple[str, bytes]]:
    """All that somebody can get who knows the fund, its programmes and its rounds: where, and what."""
    lived, community = kept.lived, kept.community
    caller = community.caller(name)
    opening = next(block for block in community.scene.town.blocks if b"funds.open_fund" in b"".join(block.items))
    known = {"fund": lived.fund, "meals": lived.meals, "coal": lived.coal, "paid": lived.paid, "posted": lived.posted}
    found = crawl(community, caller, {**known, "raw": opening.items[0]})
    got = [(f"{path} ({status})", body) for path, status, body in found.answers]
    for path, status, _ in found.answers:
        if status == 200 and path.startswith(OURS):
            got.append((f"{path} as JSON", caller.ask("GET", path, headers=JSON).content))
    for height in range(last(kept) + 1):
        block = next(iter(community.node.ledger.follow(height)))
        for number in range(len(block.items)):
            at = f"/api/v1/receipts/{block.item_id(number).hex()}"
            got += [(f"{at}{more}", caller.ask("GET", f"{at}{more}").content) for more in ("", "/redacted")]
    return got


def at_rest(kept: Kept) -> list[tuple[str, bytes]]:
    """The ledger's file as a node keeps it, and all else in its folder: rows, sealed contents, what opens them."""
    file = kept.folder / "ledger.sqlite"
    if not file.exists():
        town, store = kept.community.scene.town, SqliteStore(file)
        blocks = [next(iter(kept.community.node.ledger.follow(height))) for height in range(last(kept) + 1)]
        store.create(town.genesis_document, blocks[0])
        for block in blocks[1:]:
            store.commit(block)
        store.close()
    return [
        (str(path.relative_to(kept.folder)), path.read_bytes()) for path in kept.folder.rglob("*") if path.is_file()
    ]


def last(kept: Kept) -> int:
    return kept.community.node.ledger.head.height


@pytest.mark.timeout(400)
def test_nobody_outside_finds_out_who_receives_or_gave(kept: Kept) -> None:
    got = {name: fetched(kept, name) for name in ("", "building_head")}
    paths = {path for path, _ in got[""]}
    for wanted in ("/watch (200)", "/funds (200)", f"/funds/{kept.lived.fund.hex()}/movements.csv (200)"):
        assert wanted in paths
    assert any("grants.json" in path and b"grantProgramme" in body for path, body in got[""])
    assert any(b"<svg" in body and b"stream" in body for _, body in got[""]), "the picture of the flow"
    assert any("/events?after=0" in path and b"transfers.receipt_confirmed" in body for path, body in got[""])
    assert any(path.endswith("/redacted") for path in paths)
    for name, answers in got.items():
        assert leaks(answers, kept.people + kept.stand_ins) == [], name
    files = at_rest(kept)
    assert {path.partition("/")[0] for path, _ in files} >= {"ledger.sqlite", "readmodel.sqlite", "contents"}
    assert leaks(files, kept.people) == []
    log = kept.log.getvalue()
    assert log.count("answered") > 100
    assert leaks([("log", log.encode())], kept.people + kept.stand_ins) == []


def test_the_parties_meet_what_stands_for_people_where_outsiders_do_not(kept: Kept) -> None:
    """So the search looks for the right thing: the same pages hold it for whoever watches."""
    seen = kept.community.caller("supervisor").ask("GET", f"/rounds/{kept.lived.paid.hex()}", headers=JSON).content
    found = {leak.what for leak in leaks([("round", seen)], kept.stand_ins)}
    assert {what for what in found if what.startswith("recipient")}
    assert leaks([("round", seen)], kept.people) == []


@pytest.mark.parametrize("field", Particulars._fields)
def test_what_is_sealed_is_found_once_it_is_opened(field: str) -> None:
    """The very bytes that were sealed, before they were: each of their parts is a leak."""
    plain = json.dumps({name: each._asdict() for name, each in RECEIVING.items()}, ensure_ascii=False).encode()
    found = leaks([("plain", plain)], particulars(RECEIVING))
    assert {leak.what for leak in found} >= {f"{field} of {name}" for name in NAMES}


ODD = ("周桂芳", "Zhou Guifang", "13912345601", bytes(range(1, 17)), bytes(range(7, 39)))


@pytest.mark.parametrize("value", ODD, ids=lambda value: str(value)[:12])
def test_each_spelling_is_found_wherever_it_stands(value: str | bytes) -> None:
    secret = Secret("it", value)
    for how, spelled in spellings(value).items():
        for before in (b"", b"x", b"\xff\x00{"):
            assert leaks([("here", before + spelled + b"!")], [secret]), how
        assert not leaks([("here", spelled[:-2] + b"!" + spelled[-1:])], [secret]), how
    assert not leaks([("here", b"nothing of the kind \x00\xff" * 50)], [secret])


@pytest.mark.parametrize(
    "told", [b"139 1234 5601", b"139-12345601", "139\u00a01234\u00a05601".encode(), b"1.3912345601"]
)
def test_a_number_is_found_with_gaps(told: bytes) -> None:
    assert leaks([("here", b"call " + told)], [Secret("number", "13912345601")])
    assert not leaks([("here", b"139 1234 5602")], [Secret("number", "13912345601")])


def test_a_name_in_a_code_is_found_everywhere_it_comes_out(kept: Kept) -> None:
    """A real leak, planted by a manager who calls a programme by its recipient's telephone."""
    person, now = RECEIVING["anna"], kept.community.clock.now
    plan = DraftProgramme(
        fund=kept.lived.fund,
        code=f"for-{person.telephone}",
        purse="general",
        budget_minor=1_000,
        currency="CNY",
        starts=now,
        until=now + 30 * DAY,
        purpose=content("planted"),
    )
    assert kept.community.caller("clerk").do(plan).status_code == 201
    logging.getLogger("linlian.web").warning("drafted for %s", person.name)
    page, rows = (
        kept.community.caller().ask("GET", path).content for path in (f"/funds/{kept.lived.fund.hex()}", "/watch")
    )
    api = kept.community.caller().get("/api/v1/programmes/programmes_of", fund=kept.lived.fund).content
    sources = [("page", page), ("watch", rows), ("api", api), ("log", kept.log.getvalue().encode()), *at_rest(kept)]
    found = {leak.where.partition("-")[0]: leak.what for leak in leaks(sources, kept.people)}
    assert {*found} >= {"page", "watch", "api", "log", "ledger.sqlite", "readmodel.sqlite"}
    assert found["page"] == "telephone of anna"
    assert found["log"] == "name of anna"


def test_a_donor_who_is_named_by_mistake_is_found(kept: Kept) -> None:
    """A real leak, planted in the rows: the gift of somebody who objects is marked as one that may be named."""
    gift = next(
        key for key, row in kept.community.scene.town.rows(gifts) if row.donor == kept.community.scene.account(DONOR)
    )
    kept.community.node.follower.wait_for(last(kept))
    with kept.community.node.database.writing() as db:
        db.change(gift_rows, gift, public=True)
    page = kept.community.caller().ask("GET", f"/funds/{kept.lived.fund.hex()}", headers=JSON).content
    assert f"account of {DONOR}" in {leak.what for leak in leaks([("page", page)], kept.stand_ins)}


def test_events_on_the_ledger_hold_no_words(kept: Kept) -> None:
    """Whatever people write is a commitment there: what is text in an entry is a code, and no code holds a name."""
    for block in kept.community.scene.town.blocks:
        for receipt in block.receipts:
            for entry in receipt.entries:
                assert all(each.isascii() for each in texts(decode_plain(entry))), entry


def texts(value: object) -> Iterator[str]:
    """Every text in a decoded entry."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from (*texts(name), *texts(each))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)

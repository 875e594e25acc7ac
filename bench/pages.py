"""Every page of a demo a year old, with 47,000 imported requests where they are at hand: how long the server takes,
how much a first visit loads, and how long the demo takes to start.

Pages are those of the walk (`tests.site.walk`), asked by the demo's people with their own keys over one connection;
what a chart or picture draws is part of its page. Work is the processor's time of server and client together, which
does not depend on what else the machine does. Compressed is what is sent to a browser, HTML, scripts and styles.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx

from bench.report import Row
from linlian import node
from linlian.cli.keyring import Keyring
from linlian.demo.making import make
from linlian.imports import Importer, Source, Target, import_requests, load
from linlian.kernel.crypto import SoftwareKey
from linlian.node.opening import Node
from linlian.settings import Settings
from linlian.web.signatures import signature_base, signature_params
from tests.imports.counted import BOSTON, NEW_YORK
from tests.imports.data import SHARED
from tests.site.walk import OUTSIDER, PATHS, READERS

GOAL_MS, GOAL_KB = 50, 200
ASKED = 40
LARGEST = 8
WHO = {
    **{reader: reader for reader in READERS if reader != OUTSIDER},
    "anna": "resident",
    "harmony_officer": "officer",
    "street_desk": "grid-worker",
    "supervisor": "street-supervisor",
}
"""Whom the demo has in the place of those who walk."""
MINE = {"anna": "reporter", "repairer": "executor", "dispatcher": "responsible"}
ASSET = re.compile(r'(?:src|href)="(/static/[^"]+|/icon\.svg|/app\.webmanifest)"')


class Visit(NamedTuple):
    """A page as one reader gets it."""

    reader: str
    path: str
    key: SoftwareKey | None


def pages() -> list[Row]:
    """All rows; without the published sets those of the demo alone, and the first row says so."""
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(folder=Path(name) / "demo", http="127.0.0.1:0", per_minute_address=0, per_minute_account=0)
        began = time.perf_counter()
        make(settings, "spruce", "en")
        made_s = time.perf_counter() - began
        began = time.perf_counter()
        with node.open_node(settings, serve=True) as opened:
            answers(opened)
            again_s = time.perf_counter() - began
            imported = _import(settings, opened) if SHARED.is_dir() else 0
            opened.catch_up()
            rows = [
                Row("demo: made for the first time", made_s, "s"),
                Row("demo: started again, until its front page is there", again_s, "s"),
                Row("imported requests beside the demo's own", imported, "requests", "47,581, or none at hand"),
                Row("processes that wanted a core meanwhile", os.getloadavg()[0], "", f"{os.cpu_count()} cores"),
            ]
            return rows + _measured(settings, opened)


def answers(opened: Node) -> None:
    """The front page, once."""
    httpx.get(opened.address, timeout=60).raise_for_status()


def _import(settings: Settings, opened: Node) -> int:
    clerk = Keyring(settings.folder).get("clerk")
    importer = Importer(clerk.account_on(opened.ledger), clerk.key)
    target = Target(opened.ledger, opened.rulebook, opened.contents, opened.folder)
    sources = [Source(SHARED / told.path, load(told.mapping)) for told in (BOSTON, NEW_YORK)]
    return sum(import_requests(source, target, importer).imported for source in sources)


def _measured(settings: Settings, opened: Node) -> list[Row]:
    took: dict[str, list[float]] = {}
    worked: dict[str, float] = {}
    loads: dict[str, float] = {}
    with httpx.Client(base_url=opened.address, timeout=60) as client:
        for visit in _visits(settings, opened):
            name = f"{visit.path.replace(opened.ledger.chain, '…')} · {visit.reader or 'outsider'}"
            _ask(client, visit)
            began = time.process_time()
            took[name] = sorted(_ask(client, visit)[0] for _ in range(ASKED))
            worked[name] = (time.process_time() - began) / ASKED
            loads[name] = _first_load(client, visit)
    p95 = {name: each[int(len(each) * 0.95)] * 1000 for name, each in took.items()}
    largest = sorted(loads, key=lambda name: -loads[name])[:LARGEST]
    middle = sorted(time_s for each in took.values() for time_s in each)
    return [
        Row("all pages, median", middle[len(middle) // 2] * 1000, "ms"),
        Row("all pages, most work of a processor", max(worked.values()) * 1000, "ms"),
        *(
            Row(f"{name}, p95 ({worked[name] * 1000:.0f} ms of work)", p95[name], "ms", f"≤ {GOAL_MS}")
            for name in sorted(p95, key=lambda name: -worked[name])
        ),
        *(Row(f"first load of {name}, compressed", loads[name], "kB", f"≤ {GOAL_KB}") for name in largest),
    ]


def _visits(settings: Settings, opened: Node) -> Iterator[Visit]:
    keyring = Keyring(settings.folder)
    for reader, paths in PATHS.items():
        key = keyring.get(WHO[reader]).key if reader != OUTSIDER else None
        ids = _ids(opened, MINE.get(reader, ""), keyring.get(WHO[reader]).account or b"" if key else b"")
        for path in dict.fromkeys(paths.values()):
            if {*re.findall(r"\{(\w+)\}", path)} <= {*ids}:
                yield Visit(reader, path.format(**ids), key)


def _ids(opened: Node, mine: str, account: bytes) -> dict[str, str]:
    """A case in each state, one's own where there is one, a building, and the head of the ledger."""
    whose = f" AND {mine} = x'{account.hex()}'" if mine in ("reporter", "executor") else ""
    sql = f"SELECT state, MAX(HEX(case_id)) FROM repairs_request WHERE source = ''{whose} GROUP BY state"
    found = {str(state): str(case).lower() for state, case in opened.plain(sql, 50)[1]}
    ((house,),) = opened.plain("SELECT HEX(building) FROM places_building_size LIMIT 1", 1)[1] or [("",)]
    return {**found, "house": str(house).lower(), "height": str(opened.ledger.head.height)}


def _ask(client: httpx.Client, visit: Visit) -> tuple[float, int, str]:
    """Seconds, bytes on the wire, and the page."""
    headers = {"Accept": "text/html", "Accept-Language": "zh", "Accept-Encoding": "gzip"}
    if visit.key is not None:
        headers |= _signature(visit.path, visit.key, client.base_url.netloc.decode())
    began = time.perf_counter()
    with client.stream("GET", visit.path, headers=headers) as answer:
        answer.read()
        size_bytes = answer.num_bytes_downloaded
    taken = time.perf_counter() - began
    assert answer.status_code < 500, answer.text
    return taken, size_bytes, answer.text


def _signature(path: str, key: SoftwareKey, host: str) -> dict[str, str]:
    params = signature_params(int(time.time()), key.key_id, secrets.token_urlsafe(16), with_body=False)
    bare, _, query = path.partition("?")
    signed = key.sign(signature_base("GET", host, bare, query, "", params))
    return {"Signature-Input": f"sig1={params}", "Signature": f"sig1=:{b64encode(signed).decode()}:"}


def _first_load(client: httpx.Client, visit: Visit) -> float:
    """kB that a browser with nothing kept loads for it."""
    _, size_bytes, html = _ask(client, visit)
    assets = dict.fromkeys(ASSET.findall(html))
    return (size_bytes + sum(_ask(client, Visit("", path, None))[1] for path in assets)) / 1000

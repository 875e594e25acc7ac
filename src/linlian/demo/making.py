"""Making the demo: found the community, perform its story on a clock that ends now, and leave what people need.

    record = make(Settings(folder=…), "spruce", "zh", tell)

What is left in the folder is an ordinary node's: ledger, sealed contents, the operator's key, the keys of the people at
hand, an address book (`names.toml`), a trust file; and `demo.toml`, which says that it is a demo.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from linlian import node
from linlian.cli.keyring import Keyring
from linlian.cli.names import Names
from linlian.cli.trust import write_trust
from linlian.demo import record as files
from linlian.demo.acts import DAY, DAYS, UNNAMED
from linlian.demo.clock import StoryClock
from linlian.demo.grounds import HOUSES
from linlian.demo.lending import leave_lending
from linlian.demo.performing import SECOND_MS, Performance, random_key
from linlian.demo.record import Record
from linlian.demo.scenes import Feast
from linlian.demo.sealing import seal_fields
from linlian.demo.settling import FOUNDED_AT
from linlian.demo.staff import AT_HAND, COMPANIES
from linlian.demo.story import Story
from linlian.demo.story import tell as tell_story
from linlian.engine.embedded import EmbeddedLedger
from linlian.engine.watermark import Watermark
from linlian.kernel.crypto import SoftwareKey
from linlian.node import folder as place
from linlian.node.arrangements import announced
from linlian.settings import Settings
from linlian.store.sqlite import SqliteStore
from linlian.vault import Contents
from linlian.words import Language

FEAST_DAYS = 6
"""Holidays of so many days are long."""
CHAIN_NAME = "demo"
"""The name of its chain begins with this, and stands in every receipt."""

Tell = Callable[[int, int], None]


class _Draft(SqliteStore):
    """A ledger that does not wait for the disk at every block: half of it would be thrown away, and the whole is
    synced before it appears (`record.finish`)."""

    def __init__(self, path: Path):
        super().__init__(path)
        self._db.execute("PRAGMA synchronous=OFF")


def make(
    settings: Settings, seed: str, language: Language, tell: Tell | None = None, houses: int = len(HOUSES)
) -> Record:
    """A whole demo in the settings' folder, or nothing. Raises DemoError, and whatever disk and ledger raise."""
    folder = settings.folder.absolute()
    files.clear(folder)
    unfinished = files.begin_unfinished(folder)
    try:
        record = _make(replace(settings, folder=unfinished), seed, language, tell, houses)
        record.write(unfinished)
        files.finish(unfinished, folder)
    except BaseException:
        files.clear(unfinished)
        raise
    return record


def _make(settings: Settings, seed: str, language: Language, tell: Tell | None, houses: int) -> Record:
    begins, end = _span()
    story = tell_story(seed, end, houses, feasts_from(begins))
    keyring = Keyring(settings.folder)

    def new_key(person: str) -> SoftwareKey:
        return keyring.new(person).key if person in AT_HAND else random_key(person)

    founders = [company for company in COMPANIES if company.founder]
    keys = {company.officer: new_key(company.officer) for company in founders}
    told = [(str(company.kind), company.key, "ed25519", keys[company.officer].public_key) for company in founders]
    founded = node.create_community(settings, CHAIN_NAME, told, begins + FOUNDED_AT * SECOND_MS)
    ids = {company.key: organisation for company, (organisation, _) in zip(founders, founded.founders, strict=True)}
    ids |= {company.officer: officer for company, (_, officer) in zip(founders, founded.founders, strict=True)}
    with ExitStack() as closing:
        lock = place.lock_folder(settings.folder)
        closing.callback(lock.release)
        clock = StoryClock(begins + FOUNDED_AT * SECOND_MS)
        ledger = _open_ledger(settings.folder, clock)
        closing.callback(ledger.close)
        fields = seal_fields(story.acts, Contents(settings.folder / place.CONTENTS), language)
        performance = Performance(ledger, clock, node.rulebook(), begins, ids, keys, new_key)
        performance.play(story.acts, fields, end, tell)
        for person in AT_HAND:
            keyring.get(person).account_on(ledger)
        height = ledger.head.height
        _leave_names(settings.folder, story, performance.ids, language)
        leave_lending(settings.folder, performance.ids[story.waiting[0]])
        write_trust(settings.folder, ledger.chain, place.read_operator_key(settings.folder).public_key)
    with node.open_node(settings) as opened:  # so that the read model is there, and the first look is quick
        opened.catch_up()
    return Record(seed, language, begins, begins + end * SECOND_MS, height, houses, story.waiting)


def feasts_from(begins: int) -> list[Feast]:
    """The long holidays that were announced, in days of a story that begins at this time."""
    found: list[Feast] = []
    for year in announced():
        for date in sorted(year.days_off):
            noon = datetime.strptime(f"{date}+0800", "%Y%m%d%z").timestamp() + DAY // 2
            day = int(noon - begins // SECOND_MS) // DAY
            last = found[-1] if found else Feast(day, 0)
            if found and day == last.first + last.days:
                found[-1] = last._replace(days=last.days + 1)
            else:
                found.append(Feast(day, 1))
    return [feast for feast in found if feast.days >= FEAST_DAYS]


def _span() -> tuple[int, int]:
    """The story's first midnight in milliseconds, and its last second: now. Days are those of this machine's zone."""
    now = int(time.time())
    local = datetime.fromtimestamp(now).astimezone()
    end = DAYS * DAY + local.hour * 3_600 + local.minute * 60 + local.second
    return (now - end) * SECOND_MS, end


def _open_ledger(folder: Path, clock: StoryClock) -> EmbeddedLedger:
    store = _Draft(folder / place.LEDGER)
    operator = place.read_operator_key(folder)
    try:
        return EmbeddedLedger(store, node.rulebook(), operator, Watermark(folder / place.WATERMARK), clock)
    except BaseException:
        store.close()
        raise


def _leave_names(folder: Path, story: Story, ids: Mapping[str, bytes], language: Language) -> None:
    """The address book: people, organisations and places by name, and the repairs worth finding."""
    called = {
        name.in_language(language).replace(" ", "-"): ids[key] for key, name in story.names().items() if key in ids
    }
    reports = (act for act in story.acts if act.command == "repairs.report_repair")
    called |= {made: ids[made] for act in reports for made in act.makes if not made.startswith(UNNAMED)}
    Names(folder).put_many(called)

"""`linlian demo` as a person meets it: made once, found again, honest, and every printed command works when pasted."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from linlian.cli.names import Names
from linlian.demo.acts import DAY, DAYS
from linlian.demo.grounds import is_unit
from linlian.demo.lending import SHOWN
from linlian.demo.record import MARK, Record, read_record
from linlian.demo.staff import AT_HAND
from linlian.demo.story import tell
from linlian.demo.walk import Step, walk
from linlian.kernel.block import Receipt
from linlian.store.sqlite import SqliteStore

LINLIAN = (sys.executable, "-m", "linlian.cli.main")
TELL = ("demo", "--tell")
SMALL = (*TELL, "--houses", "3")
ENDS = (0, 0, 0, 0, 1)


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Demo(NamedTuple):
    """A made demo: where commands are typed, its folder, and what making it printed."""

    here: Path
    folder: Path
    told: str

    @property
    def record(self) -> Record:
        found = read_record(self.folder)
        assert found is not None
        return found


def environment(**more: str) -> dict[str, str]:
    """This one without settings of Linlian's, in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LINLIAN_", "LC_"))}
    return kept | {"LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | more


def run(here: Path, *typed: str) -> Ran:
    done = subprocess.run([*LINLIAN, *typed], cwd=here, env=environment(), capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


def paste(here: Path, line: str) -> Ran:
    done = subprocess.run(line, shell=True, cwd=here, env=environment(), capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    here = tmp_path_factory.mktemp("demo")
    made = run(here, *SMALL)
    assert made.code == 0, made.err
    return Demo(here, here / ".linlian", made.out)


def printed_commands(told: str) -> list[str]:
    """The line after each numbered sentence."""
    lines = told.splitlines()
    return [lines[number + 1] for number, line in enumerate(lines) if re.match(r"\d\. ", line)]


def test_it_says_what_it_truly_is(demo: Demo) -> None:
    for phrase in (
        "is simulated (blocks 0 to",
        "Engine: embedded, one process, one SQLite file",
        "Nobody outside vouches yet",
        "People, doors and events are invented",
        "No node is running now",
    ):
        assert phrase in demo.told
    assert all(re.search(rf"^{key} ", demo.told, re.MULTILINE) for key in AT_HAND)


def test_something_stands_in_every_state(demo: Demo) -> None:
    told = json.loads(run(demo.here, "--json", *TELL).out)
    assert [state for state, count in told["states"].items() if count == 0] == []
    assert sum(told["states"].values()) == told["repairs"] > 250
    assert told["late"] > 0
    assert told["instant"] > 0
    assert told["repeats"] > 10
    assert told["chain"].startswith("demo-")
    assert told["refused"] >= 20


def shown(demo: Demo, *typed: str) -> list[dict[str, str]]:
    """The rows of a query, as `linlian show` gives them to programs."""
    answer = run(demo.here, "--json", "show", *typed)
    assert answer.code == 0, answer.err
    rows: list[dict[str, str]] = json.loads(answer.out)
    return rows


def test_money_stands_where_the_story_left_it(demo: Demo) -> None:
    funds = {row["code"]: row for row in shown(demo, "funds.all-funds")}
    welfare = funds["warm-table"]["fund"]
    (late,) = [row for row in shown(demo, "funds.published-alerts", "--fund", welfare) if not int(row["met_at"])]
    assert late["kind"] == "hop_stands_still"
    sums = shown(demo, "transfers.sums-of-fund", "--fund", welfare)
    assert sum(int(row["held_minor"]) for row in sums) == 48_000
    assert sum(int(row["on_the_way_minor"]) for row in sums) == 3 * 48_000
    meals = next(row["programme"] for row in sums if int(row["held_minor"]))
    bases = {row["basis"] for row in shown(demo, "transfers.receipts-by-basis", "--programme", meals)}
    assert bases >= {"own_key", "helper", "callback", "witnessed_paper"}


def test_shifts_are_handed_over_and_one_case_waits_for_a_yes(demo: Demo) -> None:
    (waiting,) = shown(demo, "handovers.offered-to", "--account", "repairer")
    left = shown(demo, "handovers.unattended", "--organisation", "Heshun-Property")
    assert waiting["case_id"] in [row["case_id"] for row in left], "whoever offered it has gone"
    assert len(shown(demo, "staff.shifts-of", "--account", "repairer", "--state", "ended")) > 10
    (figures,) = shown(demo, "handovers.figures", "--organisation", "Heshun-Property")
    assert (int(figures["accepted"]), int(figures["declined"])) == (9, 1)
    told = shown(demo, "supervision.escalations-to", "--organisation", "Heshun-Property", "--limit", "1000")
    assert {row["level"] for row in told if row["case_id"] == waiting["case_id"] and row["about"] == "unattended"} >= {
        "dispatcher",
        "supervisor",
    }


def test_the_printed_commands_work_when_pasted(demo: Demo) -> None:
    commands = printed_commands(run(demo.here, *TELL).out)
    assert len(commands) == 5
    ran = [paste(demo.here, command) for command in commands]
    assert tuple(one.code for one in ran) == ENDS, ran
    history, yes, receipt, verified, altered = ran
    assert "said that it is not repaired" in history.out
    assert "an answer is awaited" in history.out
    assert "confirmed that it is repaired" in yes.out
    assert "accepted" in receipt.out
    assert "Verified" in verified.out
    assert "could show others another history" in verified.out
    assert "NOT verified" in altered.out
    assert "something was altered" in altered.err
    assert all("A demo: people and events are invented" in one.err for one in (history, yes, receipt))
    receipts = [(demo.here / name).read_bytes() for name in ("yes.receipt", "altered.receipt")]
    assert sum(a != b for a, b in zip(*receipts, strict=True)) == 1, "one byte"


def test_the_walk_plays_the_commands_and_goes_on_when_nobody_waits(demo: Demo) -> None:
    played = run(demo.here, "demo", "walk")
    assert played.code == 0, played
    assert "All five ended as they should" in played.out
    for case in demo.record.waiting:
        run(demo.here, "do", "confirm-repair", "--case", case, "--as", "resident")
    commands = printed_commands(run(demo.here, *TELL).out)
    assert "show repairs.request" in commands[1]
    assert tuple(paste(demo.here, command).code for command in commands) == ENDS


def test_a_second_start_takes_seconds(demo: Demo) -> None:
    began = time.monotonic()
    again = run(demo.here, *TELL)
    assert time.monotonic() - began < 10
    assert again.out.startswith("Spruce Court is in ")
    chain = r"demo-[0-9a-f]{32}"
    assert re.findall(chain, again.out) == re.findall(chain, demo.told)


def test_its_ledger_verifies_from_genesis(demo: Demo) -> None:
    checked = run(demo.here, "verify", ".linlian")
    assert checked.code == 0, checked
    assert checked.out.startswith("Verified: chain demo-")


def test_names_and_doors_are_in_the_address_book_and_not_on_the_ledger(demo: Demo) -> None:
    story = tell(demo.record.seed, DAYS * DAY, demo.record.houses)
    names = story.names()
    people = [names[person.key] for person in story.residents]
    doors = [place.name for place in story.places if is_unit(place)]
    book = Names(demo.folder)
    store = SqliteStore(demo.folder / "ledger.sqlite", read_only=True)
    try:
        told = b"".join(part for block in store.blocks() for part in (*block.items, *_entries(block.receipts)))
    finally:
        store.close()
    assert b"repairs.report_repair" in told
    for name in (*people, *doors):
        assert book.get(name.en.replace(" ", "-")) is not None, name
        assert name.en.encode() not in told, name
        assert name.zh.encode() not in told, name


def test_a_door_number_can_be_opened_here_on_the_record(demo: Demo) -> None:
    clerk = ("--purpose", "registration", "--as", "clerk")
    assert "door-2-1-1203" in run(demo.here, "open", "door-2-1-1203", *clerk).out


def test_only_the_keys_of_the_people_at_hand_are_kept(demo: Demo) -> None:
    assert {path.stem for path in (demo.folder / "keys").glob("*.key")} == {*AT_HAND}


def test_an_interrupted_start_leaves_nothing_and_the_next_one_makes_it(tmp_path: Path) -> None:
    _start_and(signal.SIGINT, tmp_path, expected=130)
    assert list(tmp_path.iterdir()) == []
    _start_and(signal.SIGKILL, tmp_path, expected=-signal.SIGKILL)
    assert not (tmp_path / ".linlian").exists()
    assert (tmp_path / ".linlian.unfinished" / MARK).exists()
    made = run(tmp_path, "--lang", "zh", *SMALL, "--seed", "larch")
    assert made.code == 0, made
    assert {path.name for path in tmp_path.iterdir()} == {".linlian"}
    assert made.out.startswith("云杉里建好了")
    assert "外面还没有人作证" in made.out
    _check_fresh(tmp_path, made.out)


def _check_fresh(here: Path, told: str) -> None:
    """--fresh makes another ledger with another story."""
    fresh = run(here, *SMALL, "--fresh")
    assert fresh.code == 0, fresh
    assert not {*re.findall(r"demo-[0-9a-f]{32}", fresh.out)} & {*re.findall(r"demo-[0-9a-f]{32}", told)}
    assert (record := read_record(here / ".linlian")) is not None
    assert (record.seed, record.language) == ("spruce", "en")


def test_it_serves_one_address_until_it_is_told_to_stop(demo: Demo) -> None:
    served = environment(LINLIAN_HTTP="127.0.0.1:0")
    process = subprocess.Popen([*LINLIAN, "demo"], cwd=demo.here, env=served, stdout=subprocess.PIPE, text=True)
    try:
        told = _until_it_stands(process)
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+", told)
        pages = {path: httpx.get(address + path, timeout=30) for path in ("/", "/enter", "/api/docs")}
        assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(pages, 200)
        assert pages["/"].text.count('class="building"') == 3
        assert pages["/"].text.count('class="alarm"') > 1
        assert all(f'data-guest="{guest}"' in pages["/enter"].text for guest in SHOWN)
        assert re.search("report[_-]repair", pages["/api/docs"].text)
        assert run(demo.here, "show", "repairs.counts").code == 0, "others can work on it meanwhile"
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert rest.rstrip().endswith("Stopped.")


def test_a_port_in_use_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        here = environment(LINLIAN_HTTP=f"127.0.0.1:{taken.getsockname()[1]}")
        done = subprocess.run([*LINLIAN, "demo"], cwd=tmp_path, env=here, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "web.port_in_use" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("houses", ["2", "13", "many"])
def test_there_are_three_to_twelve_houses(tmp_path: Path, houses: str) -> None:
    refused = run(tmp_path, *TELL, "--houses", houses)
    assert refused.code == 2, refused
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    letters = tmp_path / ".linlian"
    letters.mkdir()
    (letters / "letter").write_text("dear mother")
    for typed in (TELL, (*TELL, "--fresh")):
        refused = run(tmp_path, *typed)
        assert refused.code == 3
        assert "demo.folder_in_the_way" in refused.err
    assert [path.name for path in letters.iterdir()] == ["letter"]


def test_a_step_after_the_yes_looks_instead_of_saying_it_again() -> None:
    said = walk("kitchen-leak", waits=False, call="linlian")
    assert said[1] == Step("walk.said", "linlian show repairs.request kitchen-leak")
    assert tuple(step.ends for step in said) == ENDS


def _start_and(number: signal.Signals, here: Path, expected: int) -> None:
    """Start making a demo, and send a signal in the midst of it."""
    process = subprocess.Popen([*LINLIAN, *TELL], cwd=here, env=environment(), stderr=subprocess.PIPE)
    ledger = here / ".linlian.unfinished" / "ledger.sqlite"
    until = time.monotonic() + 60
    while not (ledger.exists() and ledger.stat().st_size > 0) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == expected


def _until_it_stands(process: subprocess.Popen[str]) -> str:
    """What it prints until it says how it is stopped."""
    told = ""
    assert process.stdout is not None
    for line in process.stdout:
        told += line
        if line.startswith("Ctrl-C"):
            break
    return told


def _entries(receipts: Sequence[Receipt]) -> Iterator[bytes]:
    for receipt in receipts:
        yield from receipt.entries

"""One node in a folder; a read model that is brought up or made anew; a clear word when something is in the way."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from linlian import node
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import LinlianError
from linlian.node import folder as place
from linlian.node.opening import _after
from linlian.settings import Settings

KINDS = ("government", "property_company", "owners_committee")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A founded community."""
    settings = Settings(folder=tmp_path / "node", wait_s=1, http="127.0.0.1:0")
    keys = [SoftwareKey("ed25519", secrets.token_bytes(32)) for _ in KINDS]
    founders = [(kind, kind[:5], key.suite, key.public_key) for kind, key in zip(KINDS, keys, strict=True)]
    node.create_community(settings, "sunrise", founders)
    return settings


@pytest.fixture
def held(settings: Settings) -> Iterator[None]:
    """Another process works in the folder and does not speak."""
    lock = place.lock_folder(settings.folder)
    yield
    lock.release()


def test_a_folder_is_opened_by_one_and_spoken_to_by_others(settings: Settings) -> None:
    with node.open_node(settings, serve=True) as running, node.open_node(settings) as caller:
        assert (running.runs_here, caller.runs_here) == (True, False)
        assert caller.ledger.head == running.ledger.head
        assert caller.ask("ledger.recent_blocks", {}) == running.ask("ledger.recent_blocks", {})
        with pytest.raises(LinlianError, match=r"node\.already_up"):
            node.open_node(settings, serve=True)
    with node.open_node(settings) as alone:
        assert alone.runs_here


@pytest.mark.usefixtures("held")
def test_who_finds_the_folder_in_use_waits_and_then_says_so(settings: Settings) -> None:
    began = time.monotonic()
    with pytest.raises(LinlianError, match=r"node\.folder_in_use"):
        node.open_node(settings)
    assert time.monotonic() - began >= settings.wait_s


def test_who_waits_goes_on_when_the_folder_is_free(settings: Settings) -> None:
    lock = place.lock_folder(settings.folder)
    threading.Timer(0.3, lock.release).start()
    with node.open_node(settings) as opened:
        assert opened.runs_here


def test_a_folder_is_founded_once(settings: Settings) -> None:
    with pytest.raises(LinlianError, match=r"node\.ledger_exists"):
        node.create_community(settings, "again", [])


def test_an_interrupted_founding_can_be_done_again(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path)
    with pytest.raises(LinlianError, match=r"kernel\.not_founded"):
        node.create_community(settings, "sunrise", [])
    key = SoftwareKey("ed25519", bytes(32))
    founders = [("government", "street", key.suite, key.public_key)]
    assert node.create_community(settings, "sunrise", founders).chain.startswith("sunrise-")


@pytest.mark.parametrize("what", ["gone", "garbage", "empty", "another's"])
def test_the_read_model_is_made_anew(settings: Settings, tmp_path: Path, what: str) -> None:
    with node.open_node(settings) as opened:
        before = opened.ask("identity.organisations_by_status", {})
    path = settings.folder / place.READ_MODEL
    for file in settings.folder.glob(f"{place.READ_MODEL}*"):
        file.unlink()
    if what == "garbage":
        path.write_bytes(b"this is no database, and long enough to be seen as one" * 200)
    elif what == "empty":
        path.write_bytes(b"")
    elif what == "another's":
        other = Settings(folder=tmp_path / "other")
        key = SoftwareKey("ed25519", bytes(32))
        node.create_community(other, "other", [("government", "street", key.suite, key.public_key)])
        node.open_node(other).close()
        path.write_bytes((other.folder / place.READ_MODEL).read_bytes())
    with node.open_node(settings) as opened:
        assert opened.ask("identity.organisations_by_status", {}) == before
        assert len(before) == len(KINDS)
        assert len(opened.ask("ledger.recent_blocks", {})) == 1


def test_a_missing_or_damaged_operator_key_is_told(settings: Settings) -> None:
    path = settings.folder / place.OPERATOR_KEY
    seed = path.read_text()
    for text, code in (("zz", "node.operator_key_damaged"), ("00" * 31, "node.operator_key_damaged")):
        path.write_text(text)
        with pytest.raises(LinlianError) as wrong:
            node.open_node(settings)
        assert wrong.value.code == code
    path.unlink()
    with pytest.raises(LinlianError, match=r"node\.no_operator_key"):
        node.open_node(settings)
    path.write_text(seed)
    node.open_node(settings).close()


def test_a_node_that_could_not_be_opened_leaves_the_folder_free(settings: Settings) -> None:
    (settings.folder / place.WATERMARK).write_text("9 " + "00" * 32)
    for _ in range(2):
        with pytest.raises(LinlianError, match=r"engine\.below_watermark"):
            node.open_node(settings)
    (settings.folder / place.WATERMARK).unlink()
    node.open_node(settings).close()


def test_identifiers_are_found_by_their_first_digits(settings: Settings) -> None:
    with node.open_node(settings) as opened:
        (organisation, *_), *_ = opened.ask("identity.organisations_by_status", {})
        digits = organisation.hex()
        for size in (1, 4, 7, 31, 32):
            assert organisation in opened.find_ids(digits[:size], most=1000)
        other = "0" if digits[0] != "0" else "1"
        assert organisation not in opened.find_ids(other + digits[1:9])


@pytest.mark.parametrize(
    ("prefix", "after"),
    [
        ("0", b"\x10"),
        ("ab", b"\xac"),
        ("abc", b"\xab\xd0"),
        ("00ff", b"\x01\x00"),
        ("f", b"\xff" * 65),
        ("ff", b"\xff" * 65),
    ],
)
def test_a_prefix_ends_where_the_next_begins(prefix: str, after: bytes) -> None:
    assert _after(prefix) == after

"""Everything a stranger may send: each kind gets its stable code, and nothing of it remains."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel import codec
from linlian.kernel.codec import replace
from linlian.kernel.crypto import ODD_BYTES, P256_ORDER, SoftwareKey
from linlian.kernel.errors import Refused, Rejected
from linlian.kernel.limits import (
    CLAIM_AHEAD_MS_MAX,
    OFFLINE_VALIDITY_MS_MAX,
    TRANSACTION_BYTES_MAX,
    VALIDITY_MS_MAX,
)
from linlian.kernel.transaction import open_transaction, sign, signing_bytes
from linlian.kernel.transition import OpenBlock
from tests.kernel.garden import (
    PLOT,
    ChangeKey,
    Garden,
    TakePlot,
    VoteRelease,
    WaterPlot,
    business_rows,
    everything,
    plot_id,
)

NAUGHTY = Path(__file__).resolve().parents[3] / "shared/data/text/naughty-strings/blns.json"
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
Send = Callable[[Garden], bytes]


def take(town: Garden, **changes: Any) -> bytes:
    return town.transaction(town.anna, TakePlot(plot=plot_id(9)), **changes)


def resigned(town: Garden, **plain: Any) -> bytes:
    """A transaction whose body is any map at all, well signed by Anna."""
    body = codec.encode_plain(codec.as_plain(open_transaction(take(town), town.state.chain).body) | plain)
    key = town.anna.key
    return codec.encode_plain([body, key.key_id, key.sign(signing_bytes(town.state.chain, body))])


def with_signature(town: Garden, change: Callable[[bytes], bytes], ben: bool = False) -> bytes:
    person = town.ben if ben else town.anna
    body, key_id, signature = codec.decode_plain(town.transaction(person, TakePlot(plot=plot_id(9))))
    return codec.encode_plain([body, key_id, change(signature)])


def raised_s(signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    return signature[:32] + s.to_bytes(32, "little")


def upper_s(signature: bytes) -> bytes:
    return signature[:32] + (P256_ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")


def odd_r(name: str) -> Callable[[bytes], bytes]:
    return lambda signature: bytes.fromhex(ODD_BYTES[name]) + signature[32:]


def in_der(signature: bytes) -> bytes:
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    return encode_dss_signature(r, s)


def oversized(town: Garden) -> bytes:
    short = resigned(town, fields={"plot": bytes(TRANSACTION_BYTES_MAX - 1000)})
    padding = TRANSACTION_BYTES_MAX + 1 - len(short)
    raw = resigned(town, fields={"plot": bytes(TRANSACTION_BYTES_MAX - 1000 + padding)})
    assert len(raw) == TRANSACTION_BYTES_MAX + 1
    return raw


def nested(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


def repeated_field(town: Garden) -> bytes:
    """The map says `plot` twice, with the count raised to match; no encoder of ours would write it."""
    raw = take(town)
    body = codec.decode_plain(raw)[0]
    field = b"\x64plot\x50" + plot_id(9)
    twice = body.replace(b"\xa1" + field, b"\xa2" + field + field)
    key = town.anna.key
    return codec.encode_plain([twice, key.key_id, key.sign(signing_bytes(town.state.chain, twice))])


def replayed(town: Garden) -> bytes:
    raw = take(town)
    town.block(raw)
    return raw


def replayed_offline(town: Garden) -> bytes:
    raw = take(town, offline=True, valid_until=town.time + OFFLINE_VALIDITY_MS_MAX)
    town.block(raw)
    town.advance(ms=2 * VALIDITY_MS_MAX)
    town.block(town.transaction(town.ben, TakePlot(plot=plot_id(7))))
    return raw


def signed_by_a_revoked_key(town: Garden) -> bytes:
    town.do(town.anna, ChangeKey())
    return take(town)


def signed_by_a_key_of_tomorrow(town: Garden) -> bytes:
    """The new key is in force from the block after the one that registers it, and this is not yet there."""
    return sign(open_transaction(take(town), town.state.chain).body, SoftwareKey("ed25519", b"n" * 32))


def signed_for_another(town: Garden) -> bytes:
    return sign(open_transaction(take(town), town.state.chain).body, town.ben.key)


CASES: list[tuple[str, Send, str]] = [
    ("nothing", lambda town: b"", "kernel.malformed"),
    ("noise", lambda town: bytes(range(256)), "kernel.malformed"),
    ("not canonical", lambda town: b"\x98\x03" + take(town)[1:], "kernel.malformed"),
    ("an empty default spelled out", lambda town: resigned(town, offline=False), "kernel.malformed"),
    ("truncated", lambda town: take(town)[:-1], "kernel.malformed"),
    ("one byte more", lambda town: take(town) + b"\x00", "kernel.malformed"),
    ("oversized by one byte", oversized, "kernel.transaction_too_large"),
    ("nested too deep", lambda town: resigned(town, fields={"plot": nested(31)}), "kernel.malformed"),
    ("nested ten thousand deep", lambda town: b"\x81" * 10_000 + b"\x00", "kernel.malformed"),
    ("an unknown field", lambda town: resigned(town, colour=1), "kernel.malformed"),
    ("an unknown field of the command", lambda town: resigned(town, fields={"plot": PLOT, "x": 1}), "kernel.malformed"),
    ("a field missing", lambda town: resigned(town, fields={}), "kernel.malformed"),
    ("a repeated field", repeated_field, "kernel.malformed"),
    ("a float", lambda town: resigned(town, valid_until=1.5), "kernel.malformed"),
    ("a float in the command", lambda town: resigned(town, fields={"plot": 0.5}), "kernel.malformed"),
    ("null", lambda town: resigned(town, fields={"plot": None}), "kernel.malformed"),
    ("text for bytes", lambda town: resigned(town, fields={"plot": "A" * 22 + "=="}), "kernel.malformed"),
    ("wrong chain", lambda town: take(town, chain="town-" + "0" * 32), "kernel.wrong_chain"),
    ("unknown command", lambda town: resigned(town, command="garden.burn_plot"), "kernel.unknown_command"),
    ("an internal command", lambda town: resigned(town, command="garden.dry_plot"), "kernel.unknown_command"),
    ("a founding command", lambda town: resigned(town, command="garden.found"), "kernel.unknown_command"),
    ("a command of the kernel", lambda town: resigned(town, command="kernel.forget_offline"), "kernel.unknown_command"),
    ("expired at this very moment", lambda town: take(town, valid_until=town.time + 1), "kernel.expired"),
    ("long expired", lambda town: take(town, valid_until=0), "kernel.expired"),
    ("from the future", lambda town: take(town, valid_until=town.time + 2 + VALIDITY_MS_MAX), "kernel.early"),
    (
        "offline and from the future",
        lambda town: take(town, offline=True, valid_until=town.time + 2 + OFFLINE_VALIDITY_MS_MAX),
        "kernel.early",
    ),
    ("claimed ahead", lambda town: take(town, occurred_at=town.time + 2 + CLAIM_AHEAD_MS_MAX), "kernel.claim_ahead"),
    ("replayed", replayed, "kernel.repeated"),
    ("replayed a day later, offline", replayed_offline, "kernel.repeated"),
    ("signed by a revoked key", signed_by_a_revoked_key, "kernel.key_not_in_force"),
    ("signed by a key nobody knows", signed_by_a_key_of_tomorrow, "kernel.key_not_in_force"),
    ("signed by another's key", signed_for_another, "kernel.not_signers_key"),
    ("in the name of the rules", lambda town: take(town, signer=bytes(16)), "kernel.not_signers_key"),
    ("wrong signature", lambda town: with_signature(town, lambda s: bytes(64)), "kernel.wrong_signature"),
    ("no signature", lambda town: with_signature(town, lambda s: b""), "kernel.wrong_signature"),
    ("a signature cut off", lambda town: with_signature(town, lambda s: s[:63]), "kernel.wrong_signature"),
    ("a signature and a byte", lambda town: with_signature(town, lambda s: s + b"\x00"), "kernel.wrong_signature"),
    ("S + L", lambda town: with_signature(town, raised_s), "kernel.wrong_signature"),
    ("R of small order", lambda town: with_signature(town, odd_r("0")), "kernel.wrong_signature"),
    ("R above the field", lambda town: with_signature(town, odd_r("3 + p")), "kernel.wrong_signature"),
    ("the upper s", lambda town: with_signature(town, upper_s, ben=True), "kernel.wrong_signature"),
    ("r = 0", lambda town: with_signature(town, lambda s: bytes(32) + s[32:], ben=True), "kernel.wrong_signature"),
    ("s = 0", lambda town: with_signature(town, lambda s: s[:32] + bytes(32), ben=True), "kernel.wrong_signature"),
    ("a signature in DER", lambda town: with_signature(town, in_der, ben=True), "kernel.wrong_signature"),
]  # fmt: skip


@pytest.mark.parametrize(("send", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_bad_input_has_its_code_and_leaves_nothing(send: Send, code: str) -> None:
    town = Garden()
    raw = send(town)
    before = everything(town.state)
    block, rejected = town.offer(raw)
    assert [(index, no.code) for index, no in rejected] == [(0, code)]
    assert block is None
    assert everything(town.state) == before


@pytest.mark.parametrize(("send", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_bad_input_beside_good_changes_nothing_for_the_good(send: Send, code: str) -> None:
    town, alone = Garden(), Garden()
    raw = send(town)
    send(alone)
    good = town.transaction(town.warden, TakePlot(plot=PLOT))
    mixed, rejected = town.offer(raw, good, raw)
    lone, _ = alone.offer(good)
    assert [no.code for _, no in rejected] == [code, code]
    assert mixed is not None
    assert lone is not None
    assert everything(town.state) == everything(alone.state)


def test_a_badly_signed_copy_does_not_push_out_the_true_one() -> None:
    """The copy has the same id, as the id names what was said and not who signed it."""
    town = Garden()
    good = take(town)
    bad = codec.encode_plain([*codec.decode_plain(good)[:2], bytes(64)])
    block, rejected = town.offer(bad, good)
    assert [(index, no.code) for index, no in rejected] == [(0, "kernel.wrong_signature")]
    assert block is not None
    assert block.items == [good]


REFUSALS: list[tuple[str, Callable[[Garden], bytes], str]] = [
    (
        "a role that may not",
        lambda town: town.transaction(town.anna, VoteRelease(number=2, source_hash=bytes(32), at_height=9)),
        "garden.role_missing",
    ),
    ("a state that does not allow", lambda town: town.transaction(town.ben, TakePlot(plot=PLOT)), "garden.plot_taken"),
    ("somebody else's", lambda town: town.transaction(town.ben, WaterPlot(plot=PLOT, litres=1)), "garden.not_owner"),
]


@pytest.mark.parametrize(("send", "code"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS])
def test_what_a_rule_refuses_is_on_the_record_and_changes_no_row_of_the_business(send: Send, code: str) -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    raw = send(town)
    before = business_rows(town.state)
    with pytest.raises(Refused) as refused:
        town.submit(raw)
    assert refused.value.code == code
    assert business_rows(town.state) == before


@pytest.mark.parametrize(("send", "code"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS])
def test_a_dry_run_refuses_without_a_trace(send: Send, code: str) -> None:
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    before = everything(town.state)
    block = OpenBlock.after(town.state, town.rulebook, town.time)
    no = block.try_transaction(open_transaction(send(town), town.state.chain))
    assert no is not None
    assert no.code == code
    assert (block.items, block.draft.changes) == ([], {})
    assert everything(town.state) == before


def naughty_strings() -> list[str]:
    if not NAUGHTY.exists():
        assert os.environ.get("CI") != "true", f"{NAUGHTY} is missing"
        pytest.skip(f"{NAUGHTY} is not on this machine")
    strings: list[str] = json.loads(NAUGHTY.read_text(encoding="utf-8"))
    assert len(strings) > 500
    return strings


def test_no_naughty_string_gets_in_anywhere() -> None:
    """As the whole message, a chain, a command, a name of a field, the text of a label, and text in place of bytes."""
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    before = everything(town.state)
    taken = []
    for text in naughty_strings():
        for raw in (
            text.encode("utf-8", "surrogatepass"),
            resigned(town, chain=text),
            resigned(town, command=text),
            resigned(town, fields={"plot": PLOT, text: 1}),
            resigned(town, fields={"plot": text}),
            resigned(town, command="garden.water_plot", fields={"plot": PLOT, "litres": 1, "note": text}),
        ):
            block, rejected = town.offer(raw, after_ms=0)
            if block is not None:
                taken.append(text)
                town.state.rollback()
                continue
            assert rejected[0][1].code in ("kernel.malformed", "kernel.wrong_chain", "kernel.unknown_command")
    assert everything(town.state) == before
    assert taken
    assert all(len(text) <= 64 and text.isascii() and " " not in text and "<" not in text for text in taken)


@given(st.binary(max_size=200))
def test_noise_is_rejected(raw: bytes) -> None:
    with pytest.raises(Rejected):
        open_transaction(raw, "town-" + "0" * 32)


def test_a_changed_field_of_the_body_breaks_the_signature() -> None:
    town = Garden()
    raw = take(town)
    body, key_id, signature = codec.decode_plain(raw)
    said = open_transaction(raw, town.state.chain).body
    for changed in (
        replace(said, valid_until=said.valid_until + 1),
        replace(said, offline=True),
        replace(said, nonce=bytes(16)),
    ):
        assert codec.encode(changed) != body
        _, rejected = town.offer(codec.encode_plain([codec.encode(changed), key_id, signature]))
        assert [no.code for _, no in rejected] == ["kernel.wrong_signature"]

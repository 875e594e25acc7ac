"""A chain that takes over another's state."""

from __future__ import annotations

from hashlib import sha256

import pytest

from linlian.kernel import codec, crypto
from linlian.kernel.block import SUBJECT_PREFIX, subject_start
from linlian.kernel.contract import Refused
from linlian.kernel.entropy import ENTROPY_KEY, current_entropy
from linlian.kernel.errors import Rejected
from linlian.kernel.genesis import Genesis, chain_id, open_genesis
from linlian.kernel.limits import ORDINARY_WORK
from linlian.kernel.state import State
from linlian.kernel.succession import carry_over, predecessor_of
from linlian.kernel.transaction import open_transaction
from linlian.kernel.transition import admit, apply_block, found
from linlian.testing import Town
from tests.engine.ledgers import OPERATOR, RULEBOOK, START, WRITER, Clock, Desk, EndKey, Found, contract, notes

SPARE = crypto.SoftwareKey("ed25519", sha256(b"spare").digest())


def _old_town() -> tuple[Town, Desk]:
    town = Town([contract], [Found(writer=WRITER.public_key, operator=OPERATOR.public_key)])
    desk = Desk(town.state.chain, Clock(town.time))
    town.submit(desk.note("kept", forget_at=START + 3_600_000))
    return town, desk


def _successor(old: State) -> State:
    nonce = sha256(b"successor").digest()
    genesis = Genesis(
        name="notes",
        nonce=nonce,
        time=old.time,
        release=1,
        release_hash=RULEBOOK.source_hash,
        work=ORDINARY_WORK,
        predecessor=predecessor_of(old),
    )
    document = codec.encode(genesis)
    state, _ = found(RULEBOOK, document, carry_over(old, chain_id(document)))
    return state


def _submit(state: State, raw: bytes) -> None:
    admitted, rejected = admit(state, RULEBOOK, [open_transaction(raw, state.chain)], state.time, crypto.verify_many)
    if rejected:
        raise rejected[0][1]
    applied = apply_block(state, RULEBOOK, state.time, admitted)
    assert applied is not None
    if applied.block.receipts[-1].outcome == "refused":
        raise Refused(codec.decode_plain(applied.block.receipts[-1].entries[0])[3]["code"])


def test_rows_keys_and_timers_go_on() -> None:
    town, _ = _old_town()
    (kept,) = town.rows(notes)
    state = _successor(town.state)
    assert list(state.table_rows(notes)) == [kept]
    assert state.chain != town.state.chain
    assert state.timers.next_due() == START + 3_600_000
    _submit(state, Desk(state.chain, Clock(state.time)).note())
    assert state.height == 1


def test_the_genesis_names_the_chain_before_it() -> None:
    town, _ = _old_town()
    header = town.state.header
    assert header is not None
    named = predecessor_of(town.state)
    assert (named.chain, named.height, named.state_root) == (town.state.chain, header.height, header.state_root)
    assert named.header_hash == sha256(codec.encode(header)).digest()
    document = codec.encode(
        Genesis(
            name="notes",
            nonce=bytes(32),
            time=0,
            release=1,
            release_hash=bytes(32),
            work=ORDINARY_WORK,
            predecessor=named,
        )
    )
    assert open_genesis(document).predecessor == named


def test_an_ended_key_stays_ended_and_taken() -> None:
    town, desk = _old_town()
    town.submit(desk.sign(EndKey(key=WRITER.key_id)))
    state = _successor(town.state)
    with pytest.raises(Rejected, match=r"kernel\.key_not_in_force"):
        _submit(state, Desk(state.chain, Clock(state.time)).note())


def test_histories_begin_anew_and_old_transactions_do_not_fit() -> None:
    town, desk = _old_town()
    raw = desk.note("for the old chain")
    state = _successor(town.state)
    known = [key for key in town.state.rows if key.startswith(SUBJECT_PREFIX)]
    assert known
    assert [key for key in state.rows if key.startswith(SUBJECT_PREFIX)] == known
    for key in known:
        assert state.rows[key][16:] == bytes(8) + subject_start(state.chain, key[len(SUBJECT_PREFIX) :])
    assert current_entropy(state) != current_entropy(town.state)
    assert town.state.rows[ENTROPY_KEY] not in state.rows.values()
    with pytest.raises(Rejected, match=r"kernel\.wrong_chain"):
        _submit(state, raw)

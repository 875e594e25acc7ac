"""Proof files: what each one shows, who vouches for it, and that no byte of it can be another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linlian.kernel import codec
from linlian.kernel.block import SUBJECT_PREFIX
from linlian.kernel.checkpoint import checkpoint_text, cosign_checkpoint, parse_checkpoint, parse_note, sign_checkpoint
from linlian.kernel.codec import replace
from linlian.kernel.contract import SALT_BYTES, SYSTEM
from linlian.kernel.crypto import SoftwareKey
from linlian.kernel.errors import EncodingInvalid, LinlianError, ProofInvalid, Unproven
from linlian.kernel.keys import KEYS
from linlian.kernel.operator import operator_name
from linlian.kernel.proof import (
    Anchor,
    HistoryFile,
    ProofFile,
    ReceiptFile,
    RedactedFile,
    StateFile,
    Trust,
    Vouched,
    check_history,
    check_receipt,
    check_redacted,
    check_state,
    read_file,
)
from linlian.kernel.release import RELEASES
from linlian.kernel.shown import StateProofRecord
from linlian.kernel.transaction import open_transaction
from linlian.kernel.withholding import redact
from linlian.testing.town import Town
from tests.kernel.garden import (
    DRY_MS,
    OPERATOR,
    PLOT,
    ChangeKey,
    Garden,
    TakePlot,
    WaterPlot,
    plot_id,
    plots,
    prover,
)

WITNESS, STRANGER = SoftwareKey("ed25519", b"w" * 32), SoftwareKey("ed25519", b"s" * 32)
WITNESS_NAME = "witness.example/w1"


def small_town() -> Garden:
    """Five blocks: founded, taken, refused, watered, dried by timer."""
    town = Garden()
    town.do(town.anna, TakePlot(plot=PLOT))
    town.refusal(town.ben, TakePlot(plot=PLOT))
    town.do(town.anna, WaterPlot(plot=PLOT, litres=7))
    town.advance(ms=DRY_MS)
    return town


def operator_trust(town: Garden) -> Trust:
    return {operator_name(town.state.chain): [OPERATOR.public_key]}


def item_id(town: Garden, height: int) -> bytes:
    return town.blocks[height].item_id(0)


def check(file: ProofFile, trust: Trust) -> Vouched:
    if isinstance(file, ReceiptFile):
        return check_receipt(file, trust).vouched
    if isinstance(file, HistoryFile):
        return check_history(file, trust).vouched
    if isinstance(file, RedactedFile):
        return check_redacted(file, trust).vouched
    return check_state(file, trust)[1]


def files(town: Garden, folder: Path) -> dict[str, ProofFile]:
    """One file of every kind and colour."""
    made = prover(town, folder)
    return {
        "an accepted transaction": made.receipt(item_id(town, 1)),
        "a refused one": made.receipt(item_id(town, 2)),
        "a timer's run": made.receipt(item_id(town, 4)),
        "a founding run": made.receipt(item_id(town, 0)),
        "a receipt that withholds": made.receipt(item_id(town, 3), withhold=(0,)),
        "a receipt for outsiders": redact(made.receipt(item_id(town, 3))),
        "one that shows an entry": redact(made.receipt(item_id(town, 3)), {0}),
        "a history": made.history(PLOT),
        "an empty history": made.history(plot_id(5)),
        "a row": made.state(plots.key(PLOT)),
        "no row": made.state(plots.key(plot_id(5))),
    }


def test_a_receipt_says_who_did_what_when_and_what_came_of_it(tmp_path: Path) -> None:
    town = small_town()
    verdict = check_receipt(prover(town, tmp_path).receipt(item_id(town, 1)), operator_trust(town))
    assert (verdict.signer, verdict.command) == (town.anna.account, "garden.take_plot")
    assert verdict.fields == {"plot": PLOT}
    assert (verdict.outcome, verdict.height, verdict.withheld) == ("accepted", 1, 0)
    assert verdict.time == verdict.occurred_at == town.blocks[1].header.time
    taken = {"plot": PLOT, "gardener": town.anna.account}
    assert verdict.entries == [("garden.plot_taken", verdict.time, taken)]
    assert verdict.item_id == item_id(town, 1)


def test_a_refusal_has_a_receipt_with_its_code_and_facts(tmp_path: Path) -> None:
    town = small_town()
    verdict = check_receipt(prover(town, tmp_path).receipt(item_id(town, 2)), {})
    assert verdict.outcome == "refused"
    [(name, _, fields)] = verdict.entries
    assert name == "kernel.refused"
    assert (fields["code"], fields["command"]) == ("garden.plot_taken", "garden.take_plot")
    assert fields["facts"] == {"plot": PLOT}
    assert fields["about"] == [PLOT, town.ben.account]


def test_a_timer_has_a_receipt_in_the_name_of_the_rules(tmp_path: Path) -> None:
    town = small_town()
    verdict = check_receipt(prover(town, tmp_path).receipt(item_id(town, 4)), {})
    assert (verdict.signer, verdict.command, verdict.outcome) == (SYSTEM, "garden.dry_plot", "accepted")


def test_a_withheld_entry_is_counted_and_not_shown(tmp_path: Path) -> None:
    town = small_town()
    verdict = check_receipt(prover(town, tmp_path).receipt(item_id(town, 1), withhold=(0,)), {})
    assert (verdict.entries, verdict.withheld) == ([], 1)


def test_a_row_and_its_absence_are_proved(tmp_path: Path) -> None:
    town = small_town()
    made = prover(town, tmp_path)
    value, vouched = check_state(made.state(plots.key(PLOT)), operator_trust(town))
    assert value is not None
    assert plots.decode(value).litres == 7
    assert vouched.height == town.state.height
    assert check_state(made.state(plots.key(plot_id(5))), {})[0] is None


def test_a_receipt_stays_good_after_its_key_is_changed(tmp_path: Path) -> None:
    town = small_town()
    town.do(town.anna, ChangeKey(key=STRANGER.public_key))
    made = prover(town, tmp_path)
    assert check_receipt(made.receipt(item_id(town, 1)), {}).outcome == "accepted"
    assert check_receipt(made.receipt(item_id(town, 5)), {}).outcome == "accepted"


@pytest.mark.parametrize("kind", range(9))
def test_every_file_reads_back_and_names_who_vouches(kind: int, tmp_path: Path) -> None:
    town = small_town()
    file = list(files(town, tmp_path).values())[kind]
    assert read_file(codec.encode(file)) == file
    vouched = check(file, operator_trust(town))
    assert vouched.operator == OPERATOR.public_key
    assert [(signer.name, signer.time) for signer in vouched.trusted] == [(operator_name(town.state.chain), None)]
    assert (vouched.chain, vouched.height, vouched.untrusted) == (town.state.chain, 4, ())
    assert check(file, {}).untrusted == (operator_name(town.state.chain),)


def cosigned(file: ProofFile, *lines: bytes) -> Any:
    return replace(file, anchor=replace(file.anchor, note=file.anchor.note + b"".join(lines)))


def test_a_witness_that_the_reader_trusts_is_named(tmp_path: Path) -> None:
    town = small_town()
    file = prover(town, tmp_path).receipt(item_id(town, 1))
    text = parse_note(file.anchor.note).text
    line = cosign_checkpoint(text, WITNESS_NAME, WITNESS, 1_767_225_600)
    trust = {WITNESS_NAME: [WITNESS.public_key]}
    vouched = check(cosigned(file, line), trust)
    assert [(signer.name, signer.time) for signer in vouched.trusted] == [(WITNESS_NAME, 1_767_225_600)]
    assert vouched.untrusted == (operator_name(town.state.chain),)
    assert check(cosigned(file, line), {}).trusted == ()


def refused(file: ProofFile, trust: Trust) -> str:
    with pytest.raises(LinlianError) as error:
        check(file, trust)
    return error.value.code


def test_another_key_under_a_trusted_name_is_not_trusted(tmp_path: Path) -> None:
    """Nobody whom the reader trusts has signed, and that is said: the list of those who vouch stays empty."""
    town = small_town()
    file = prover(town, tmp_path).receipt(item_id(town, 1))
    vouched = check(file, {operator_name(town.state.chain): [STRANGER.public_key]})
    assert vouched.trusted == ()
    assert vouched.untrusted == (operator_name(town.state.chain),)


def test_a_wrong_signature_of_a_trusted_key_is_no_small_matter(tmp_path: Path) -> None:
    town = small_town()
    file = prover(town, tmp_path).receipt(item_id(town, 1))
    other = checkpoint_text(town.state.chain, 4, bytes(32))
    line = cosign_checkpoint(other, WITNESS_NAME, WITNESS, 1)
    assert refused(cosigned(file, line), {WITNESS_NAME: [WITNESS.public_key]}) == "kernel.note_signature_wrong"
    assert check(cosigned(file, line), {}).trusted == ()


def with_note(file: Any, note: bytes) -> Any:
    return replace(file, anchor=replace(file.anchor, note=note))


def test_only_the_operator_that_the_state_names_can_sign_for_it(tmp_path: Path) -> None:
    town = small_town()
    file = prover(town, tmp_path).receipt(item_id(town, 1))
    text = parse_note(file.anchor.note).text
    name = operator_name(town.state.chain)
    by_stranger = with_note(file, text + b"\n" + sign_checkpoint(text, name, STRANGER))
    assert refused(by_stranger, {name: [STRANGER.public_key]}) == "kernel.note_signed_by_nobody_known"
    as_witness = with_note(file, text + b"\n" + cosign_checkpoint(text, name, OPERATOR, 1))
    assert refused(as_witness, operator_trust(town)) == "kernel.operator_did_not_sign"


def test_a_file_of_another_chain_is_refused(tmp_path: Path) -> None:
    town = small_town()
    for number, file in enumerate(files(town, tmp_path).values()):
        other = "town-" + "0" * 32
        assert refused(replace(file, chain=other), {}) == "kernel.wrong_chain", number
        header = replace(file.anchor.header, chain=other)
        assert refused(replace(file, anchor=replace(file.anchor, header=header)), {}) == "kernel.wrong_chain"


Lie = Callable[[Any, Any], Any]
RECEIPT_LIES: list[tuple[str, Lie]] = [
    ("another outcome", lambda file, other: replace(file, outcome="refused")),
    ("another index", lambda file, other: replace(file, index=1)),
    ("another header", lambda file, other: replace(file, header=other.header)),
    ("another's place", lambda file, other: replace(file, header=other.header, header_path=other.header_path)),
    ("another item", lambda file, other: replace(file, item=other.item)),
    ("another entry", lambda file, other: replace(file, entries=other.entries)),
    ("no entry", lambda file, other: replace(file, entries=())),
    ("an entry more", lambda file, other: replace(file, entries=file.entries * 2)),
    ("an entry without its digest", lambda file, other: replace(file, entries=(b"",))),
    ("a digest too many", lambda file, other: replace(file, withheld=(bytes(32),))),
    ("another's key", lambda file, other: replace(file, key_row=other.key_row, key_proof=other.key_proof)),
    ("no key", lambda file, other: replace(file, key_row=b"", key_proof=None)),
    ("no proof of the key", lambda file, other: replace(file, key_proof=None)),
    ("passed off as a run", lambda file, other: replace(file, run=True)),
    ("passed off as a run without key", lambda file, other: replace(file, run=True, key_row=b"", key_proof=None)),
    ("a later time", lambda file, other: replace(file, header=replace(file.header, time=file.header.time + 1))),
    ("no operator's row", lambda file, other: replace(file, anchor=replace(file.anchor, operator_row=b""))),
    ("no proof of the operator", lambda file, other: replace(file, anchor=replace(file.anchor, operator_proof=None))),
    ("a shorter path", lambda file, other: replace(file, header_path=file.header_path[:-1])),
    ("a longer path", lambda file, other: replace(file, receipt_path=(bytes(32),))),
]  # fmt: skip


@pytest.mark.parametrize("lie", [case[1] for case in RECEIPT_LIES], ids=[case[0] for case in RECEIPT_LIES])
def test_a_lie_in_a_receipt_is_refused(lie: Lie, tmp_path: Path) -> None:
    town = small_town()
    made = prover(town, tmp_path)
    file, other = made.receipt(item_id(town, 1)), made.receipt(item_id(town, 2))
    with pytest.raises((Unproven, EncodingInvalid)):
        check(lie(file, other), operator_trust(town))


def test_a_run_needs_no_key_and_takes_none(tmp_path: Path) -> None:
    town = small_town()
    made = prover(town, tmp_path)
    run, other = made.receipt(item_id(town, 4)), made.receipt(item_id(town, 1))
    assert refused(replace(run, key_row=other.key_row, key_proof=other.key_proof), {}) == "kernel.key_not_asked"


def test_a_transaction_signed_before_its_key_or_after_it_is_refused(tmp_path: Path) -> None:
    """The state's own row of the key says so: a proof of the row as it is now serves every block before."""
    town = small_town()
    town.do(town.anna, ChangeKey(key=STRANGER.public_key))
    file = prover(town, tmp_path).receipt(item_id(town, 5))
    row = KEYS.decode(file.key_row[SALT_BYTES:])
    assert (row.from_height, row.until_height) == (1, 5)
    assert [row.in_force(height) for height in (0, 1, 5, 6)] == [False, True, True, False]
    assert open_transaction(file.item, file.chain).key_id == town.anna.key.key_id


def test_a_value_passed_off_as_another_is_refused(tmp_path: Path) -> None:
    town = small_town()
    made = prover(town, tmp_path)
    row, none = made.state(plots.key(PLOT)), made.state(plots.key(plot_id(5)))
    for lie in (
        replace(row, row=b""),
        replace(row, row=row.row[:-1] + b"\x00"),
        replace(row, key=none.key),
        replace(none, row=row.row),
        replace(none, key=row.key),
        replace(row, proof=replace(row.proof, bucket=row.proof.bucket[1:])),
        replace(row, proof=replace(row.proof, bucket=())),
    ):
        with pytest.raises(ProofInvalid):
            check_state(lie, {})


def test_a_checkpoint_over_another_size_is_no_anchor(tmp_path: Path) -> None:
    town = small_town()
    file = prover(town, tmp_path).receipt(item_id(town, 1))
    root = parse_checkpoint(parse_note(file.anchor.note).text).root
    for size in (4, 6):
        text = checkpoint_text(file.chain, size, root)
        note = text + b"\n" + sign_checkpoint(text, operator_name(file.chain), OPERATOR)
        assert refused(with_note(file, note), {}) == "kernel.anchor_mismatch"


def test_where_validators_sign_no_operator_is_named(tmp_path: Path) -> None:
    town = small_town()
    file = prover(town, tmp_path).receipt(item_id(town, 1))
    bare = replace(file, anchor=Anchor(header=file.anchor.header, note=file.anchor.note, path=file.anchor.path))
    vouched = check(bare, {})
    assert (vouched.operator, vouched.trusted) == (None, ())


@pytest.mark.parametrize("data", [b"", b"\xa0", b"\xa1\x66format\x61x", b"\x80", b"\xff", b"\xa1\x66format\x01"])
def test_what_is_no_proof_file_is_named_as_that(data: bytes) -> None:
    with pytest.raises((EncodingInvalid, ProofInvalid)):
        read_file(data)


def replaced(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


def read_and_checked(data: bytes, trust: Trust) -> ProofFile | None:
    """The file if it is good. Whatever is wrong with it is said by an error of ours, never by another."""
    try:
        file = read_file(data)
        return file if check(file, trust).trusted else None
    except LinlianError:
        return None


def key_of(file: ProofFile) -> bytes:
    """The full key of which a history or a state file speaks."""
    if isinstance(file, HistoryFile):
        return SUBJECT_PREFIX + file.subject
    return file.key if isinstance(file, StateFile) else b""


def is_another_absence(file: ProofFile, original: ProofFile, town: Garden) -> bool:
    """Whether this is a good proof that nothing stands under another key, under which indeed nothing stands.

    What shows one key absent shows it of every key that would stand in the same bucket, so a file with that key
    changed is as true as before, of something else.
    """
    absent = isinstance(file, HistoryFile | StateFile) and not file.row
    return absent and key_of(file) not in town.state.rows and key_of(file) != key_of(original)


@pytest.mark.parametrize("kind", range(11))
def test_no_byte_of_a_file_can_be_another(kind: int, tmp_path: Path) -> None:
    """Every byte, by three changes each; then cut off anywhere, or longer by one."""
    town = small_town()
    file = list(files(town, tmp_path).values())[kind]
    data, trust = codec.encode(file), operator_trust(town)
    changed = [replaced(data, at, data[at] ^ change) for at in range(len(data)) for change in (0x01, 0x20, 0x80)]
    changed += [data[:end] for end in range(len(data))]
    changed.append(data + b"\x00")
    passed = [found for other in changed if (found := read_and_checked(other, trust)) is not None]
    assert [found for found in passed if not is_another_absence(found, file, town)] == []
    assert read_and_checked(data, trust) == file


def test_every_other_value_of_every_byte_of_a_small_file_is_refused() -> None:
    """The smallest there is: the only row of a chain without businesses, at its first block."""
    town = Town([])
    key = RELEASES.key(b"rules")
    row, proof = town.state.prove(key)
    text = checkpoint_text(town.state.chain, 1, town.state.log.root())
    note = text + b"\n" + sign_checkpoint(text, "v", WITNESS)
    file = StateFile(
        format="linlian/state/1",
        chain=town.state.chain,
        key=key,
        row=row or b"",
        proof=StateProofRecord(siblings=proof.siblings, bucket=proof.bucket),
        anchor=Anchor(header=town.blocks[0].header, note=note),
    )
    data, trust = codec.encode(file), {"v": [WITNESS.public_key]}
    assert len(data) < 800
    for at in range(len(data)):
        for value in range(256):
            stands = read_and_checked(replaced(data, at, value), trust) is not None
            assert stands == (value == data[at]), (at, value)

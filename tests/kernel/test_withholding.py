"""Receipts for outsiders: they verify, say what they withhold, and do not tell one plot or one person from another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from linlian.kernel import codec
from linlian.kernel.codec import replace
from linlian.kernel.errors import LinlianError, ProofInvalid
from linlian.kernel.proof import RedactedFile, check_receipt, check_redacted, read_file
from linlian.kernel.transaction import open_transaction
from linlian.kernel.withholding import redact
from tests.kernel.garden import DRY_MS, PLOT, Garden, SharePlot, TakePlot, WaterPlot, plot_id, prover


def a_season() -> Garden:
    """Anna has two plots and waters both; Ben has one, and is refused another; one of Anna's dries."""
    town = Garden()
    for person, number in ((town.anna, 0), (town.anna, 1), (town.ben, 2)):
        town.do(person, TakePlot(plot=plot_id(number)))
        town.do(person, WaterPlot(plot=plot_id(number), litres=3))
    town.refusal(town.ben, WaterPlot(plot=PLOT, litres=3))
    town.do(town.anna, SharePlot(plot=PLOT, neighbours=(town.ben.account,)))
    town.advance(ms=DRY_MS)
    return town


def redacted(town: Garden, folder: Path) -> Iterator[RedactedFile]:
    """The receipt of every item but the founding, for an outsider, as it is read from its bytes."""
    made = prover(town, folder)
    for block in town.blocks[1:]:
        for index in range(len(block.items)):
            file = read_file(codec.encode(redact(made.receipt(block.item_id(index)))))
            assert isinstance(file, RedactedFile)
            yield file


def test_a_redacted_receipt_proves_outcome_block_and_time(tmp_path: Path) -> None:
    town = a_season()
    made = prover(town, tmp_path)
    for block in town.blocks:
        for index, receipt in enumerate(block.receipts):
            full = made.receipt(block.item_id(index))
            verdict, whole = check_redacted(redact(full), {}), check_receipt(full, {})
            assert (verdict.item_id, verdict.outcome) == (whole.item_id, whole.outcome)
            assert (verdict.height, verdict.time) == (block.header.height, block.header.time)
            assert (verdict.entries, verdict.withheld) == ([], len(receipt.entries))
            assert verdict.vouched == whole.vouched


def test_nothing_that_names_a_person_a_plot_or_a_command_is_in_it(tmp_path: Path) -> None:
    town = a_season()
    names = [plot_id(number) for number in range(3)] + [town.anna.account, town.ben.account, b"garden.", b"kernel."]
    names += [town.anna.key.key_id, town.ben.key.key_id, town.anna.key.public_key, town.ben.key.public_key]
    for block in town.blocks[1:]:
        for item in block.items[block.runs :]:
            transaction = open_transaction(item, town.state.chain)
            names += [transaction.body.nonce, transaction.signature]
        names += [codec.decode_plain(entry)[0] for receipt in block.receipts for entry in receipt.entries]
    for file in redacted(town, tmp_path):
        told = codec.encode(file)
        assert [name for name in names if name in told] == []


def pieces(file: RedactedFile) -> set[bytes]:
    """Every byte string in a file that is its own, beside the anchor and the way there that all files share."""
    plain = codec.decode_plain(codec.encode(replace(file, header_path=())))
    found: set[bytes] = set()
    waiting = [value for name, value in plain.items() if name not in ("anchor", "header")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, bytes):
            found.update({value} - {b""})
        elif isinstance(value, list | dict):
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return found


def test_two_receipts_have_nothing_in_common_whether_of_one_plot_or_of_two(tmp_path: Path) -> None:
    files = list(redacted(a_season(), tmp_path))
    assert len(files) >= 9
    for number, file in enumerate(files):
        for other in files[:number]:
            same_block = file.header == other.header
            assert same_block or not pieces(file) & pieces(other)


def test_the_entries_that_are_to_be_shown_are_shown_and_no_others(tmp_path: Path) -> None:
    town = a_season()
    made = prover(town, tmp_path)
    full = made.receipt(town.blocks[1].item_id(0))
    shown = check_redacted(redact(full, {0}), {})
    assert shown.entries == check_receipt(full, {}).entries
    assert shown.withheld == 0
    withheld = made.receipt(town.blocks[1].item_id(0), withhold=(0,))
    assert redact(withheld, {0}) == redact(full), "what is withheld from its maker cannot be shown by him"


Lie = Callable[[RedactedFile], RedactedFile]
INVENTED = codec.encode_plain([bytes(16), "a", 1, {}])
LIES: list[tuple[str, Lie]] = [
    ("another item", lambda file: replace(file, item_id=bytes(32))),
    ("another hash of it", lambda file: replace(file, item_hash=bytes(32))),
    ("another outcome", lambda file: replace(file, outcome="refused")),
    ("another index", lambda file: replace(file, index=1)),
    ("an index beyond all bounds", lambda file: replace(file, index=2**32)),
    ("an entry left out", lambda file: replace(file, entries=(), withheld=())),
    ("an entry made up", lambda file: replace(file, entries=(INVENTED,), withheld=())),
    ("one more withheld", lambda file: replace(file, withheld=(*file.withheld, bytes(32)))),
    ("a time of its own", lambda file: replace(file, header=replace(file.header, time=1))),
    ("another chain", lambda file: replace(file, chain="other-" + "0" * 32)),
]  # fmt: skip


@pytest.mark.parametrize("lie", [case[1] for case in LIES], ids=[case[0] for case in LIES])
def test_a_lie_in_a_redacted_receipt_is_refused(lie: Lie, tmp_path: Path) -> None:
    file = next(redacted(a_season(), tmp_path))
    with pytest.raises(LinlianError):
        check_redacted(lie(file), {})


def test_a_redacted_receipt_is_no_receipt_of_another_item_of_the_block(tmp_path: Path) -> None:
    town = Garden()
    town.block(*(town.transaction(town.anna, TakePlot(plot=plot_id(number))) for number in range(3)))
    one, other, _ = redacted(town, tmp_path)
    assert one.header == other.header
    with pytest.raises(ProofInvalid):
        check_redacted(replace(one, item_id=other.item_id, item_hash=other.item_hash), {})

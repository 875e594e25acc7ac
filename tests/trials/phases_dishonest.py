"""One of four is wrong or lies: its clock, what it proposes, its rules. The others go on and say so."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from linlian.community.council.rules import LapseProposal
from linlian.engine.cometbft.envelope import ENVELOPE_BYTES_MAX, TRANSACTIONS_MAX, seal_envelope
from linlian.kernel.limits import BLOCK_TRANSACTIONS_MAX
from tests.trials.network import wait_until, with_fault
from tests.trials.phases_crashes import go_on
from tests.trials.trial import Phase, Trial

LIAR = "auditor"
HOUR_MS = 3_600_000
WRONG_S = 5.0
TWIN, TWICE_S = "twin", 90.0
ALL_BLOCKS_S = 60.0
"""Within which a node fetches and executes every block of a trial's chain."""
REFUSED = "refused: malformed or too large"


def wrong_clock(off_ms: int, trial: Trial) -> str:
    """One node's clock jumps while it runs, and back."""
    network = trial.network
    file = network.root / "clock-of-owners"
    set_clock(file, 0)
    run_with(trial, "owners", with_fault("clock", str(file)))
    set_clock(file, off_ms)
    time.sleep(WRONG_S)
    alive = go_on(trial, "street")
    own = _try_at(trial, "owners")
    set_clock(file, 0)
    trial.recovering()
    trial.until_well()
    run_with(trial, "owners", None)
    return f"the others went on ({alive:.1f} s for a report); what was handed in at the node itself: {own}"


def set_clock(file: Path, off_ms: int) -> None:
    """In one step: the node reads it all the time."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(off_ms))
    fresh.replace(file)


def _try_at(trial: Trial, code: str) -> str:
    ledger, book = trial.network.ledger(code), trial.load.book
    try:
        before = book.codes.copy()
        book.hand_in(ledger, [trial.network.community.report(5_000)])
        return ", ".join((book.codes - before).keys())
    finally:
        ledger.close()


def run_with(trial: Trial, code: str, program: tuple[str, ...] | None) -> None:
    """Stop a node, and start it with another program, or with the usual one."""
    network = trial.network
    network.stop(code)
    if program is None:
        network.programs.pop(code, None)
    else:
        network.programs[code] = program
    network.start(code)


def propose(kind: str, trial: Trial) -> str:
    """A proposer puts things into its blocks that nobody handed in."""
    network = trial.network
    folder = network.root / "proposed"
    folder.mkdir(exist_ok=True)
    if LIAR not in network.programs:
        run_with(trial, LIAR, with_fault("proposer", str(folder)))
        trial.until_well()
    refusals = network.said("street").count(REFUSED)
    for number, tx in enumerate(KINDS[kind](trial)):
        (folder / f"{number}.tx").write_bytes(tx)
    try:
        time.sleep(WRONG_S)
        alive = go_on(trial, "street")
    finally:
        for file in folder.glob("*.tx"):
            file.unlink()
    trial.recovering()
    said = network.said("street").count(REFUSED) - refusals
    if kind in ("malformed", "large", "many"):
        assert said > 0, "nobody refused it"
    refused = f"street refused {said} proposals and named the proposer" if said else "nothing of it reached the ledger"
    if kind == "beyond":
        wait_until(lambda: "cometbft decides no more" in network.said(LIAR), 30, "its own engine fails on it")
        refused = "its own engine failed on it and was started again"
    return f"a report was final in {alive:.1f} s; {refused}"


def unfit(trial: Trial) -> list[bytes]:
    """Well-formed envelopes of what may not stand in a block."""
    community, ledger = trial.network.community, trial.network.ledger("street")
    repeated = community.report()
    try:
        (final,) = trial.load.book.hand_in(ledger, [repeated])
        assert final is not None, "the report that will be repeated"
    finally:
        ledger.close()
    stranger = community.people["desk"]
    stolen = community.sign_as(stranger, "anna", LapseProposal(proposal=bytes(16)))
    signed = community.report()
    never = [
        community.report(-60_000),
        community.report(3 * HOUR_MS),
        community.report_on("elsewhere-" + "0" * 32),
        stolen,
    ]
    trial.load.book.denied.update(each.id for each in never)
    raws = [repeated.raw, *(each.raw for each in never), forged(signed.raw), b"\x00", secrets.token_bytes(500)]
    trial.load.book.denied.add(signed.id)
    return [seal_envelope(secrets.token_bytes(16), raws), seal_envelope(secrets.token_bytes(16), raws * 2)]


def forged(raw: bytes) -> bytes:
    """The same with one bit of its signature changed."""
    return raw[:-1] + bytes([raw[-1] ^ 1])


def malformed(_: Trial) -> list[bytes]:
    return [b"", b"\x00", b"\x82", secrets.token_bytes(1000), seal_envelope(bytes(16), []) + b"\x00"]


def large(_: Trial) -> list[bytes]:
    """One envelope that is larger than any node would build."""
    return [seal_envelope(bytes(16), [bytes(30_000)] * (ENVELOPE_BYTES_MAX // 30_000 + 1))]


def many(_: Trial) -> list[bytes]:
    """More transactions than a block may hold."""
    count = BLOCK_TRANSACTIONS_MAX // TRANSACTIONS_MAX + 1
    return [seal_envelope(number.to_bytes(16, "big"), [b"\x01"] * TRANSACTIONS_MAX) for number in range(count)]


def beyond(_: Trial) -> list[bytes]:
    """More bytes than the engine itself takes from a proposer."""
    return [seal_envelope(number.to_bytes(16, "big"), [bytes(30_000)] * 8) for number in range(6)]


KINDS: dict[str, Callable[[Trial], list[bytes]]] = {
    "unfit": unfit,
    "malformed": malformed,
    "large": large,
    "many": many,
    "beyond": beyond,
}


def honest_again(trial: Trial) -> str:
    trial.recovering()
    run_with(trial, LIAR, None)
    return "auditor runs the usual program again"


def sign_twice(trial: Trial) -> str:
    """A copy of a node with the same vote: both sign, and when they differ anybody can prove it."""
    network = trial.network
    network.admit(TWIN, "third_party")
    key = Path("config") / "priv_validator_key.json"
    shutil.copy(network.engine_home(LIAR) / key, network.engine_home(TWIN) / key)
    network.join_links(TWIN)
    address = network.validator_address(LIAR).lower()
    proven = f"duplicate_vote by validator {address}"
    try:
        network.start(TWIN)
        seconds = wait_until(lambda: proven in network.said("street"), TWICE_S, "a double vote is proven")
        alive = go_on(trial, "street")
    finally:
        network.stop(TWIN)
        network.forget(TWIN)
    trial.recovering()
    for code in trial.following:
        wait_until(lambda code=code: proven in network.said(code), 20, f"{code} has it on record")  # type: ignore[misc]
    return f"proven after {seconds:.1f} s, in every node's record and by name; a report was final in {alive:.1f} s"


def altered_rules(trial: Trial) -> str:
    """One node decides by rules of its own: its root differs, and its engine goes no further."""
    network = trial.network
    run_with(trial, "owners", with_fault("rules"))
    trial.following = [code for code in trial.following if code != "owners"]
    trial.load.spared.add("owners")
    wait_until(lambda: "engine.state_differs" in network.said("owners"), 40, "it finds out, and says so")
    wait_until(lambda: not network.is_running("owners"), 20, "it stops")
    wait_until(lambda: "has not signed" in network.said("street"), 40, "the others say who does not sign")
    address = network.validator_address("owners").lower()
    assert address in network.said("street"), "the others name it"
    trial.recovering()
    return "it stopped at the next block (engine.state_differs); the others went on and said who does not sign"


def rebuild(code: str, trial: Trial) -> str:
    """What an operator does with a node whose ledger is wrong: throw it away and fetch it from the others."""
    network = trial.network
    network.stop(code)
    network.programs.pop(code, None)
    forget_ledger(trial, code)
    trial.recovering()
    network.start(code)
    trial.load.spared.discard(code)
    if code not in trial.following:
        trial.following = [*trial.following, code]
    return "ledger and engine's blocks thrown away, keys and what it has signed kept; all blocks fetched and executed"


def forget_ledger(trial: Trial, code: str) -> None:
    """Everything that can be had from the others; never the keys, never `priv_validator_state.json`."""
    folder, data = trial.network.folder(code), trial.network.engine_home(code) / "data"
    for path in (*folder.glob("ledger.sqlite*"), *folder.glob("readmodel.sqlite*")):
        path.unlink()
    for path in data.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    shutil.rmtree(folder / "snapshots", ignore_errors=True)


WHAT = {
    "unfit": "auditor packs badly signed, expired, early, repeated, foreign and garbled transactions into its blocks",
    "malformed": "auditor proposes what is no envelope",
    "large": "auditor proposes an envelope over the limit",
    "many": "auditor proposes more transactions than a block may hold",
    "beyond": "auditor's node gives its engine more bytes than a block may have",
}
CLOCKS = (
    Phase(
        "clock: an hour ahead",
        "owners' clock jumps an hour ahead while it runs, then back",
        partial(wrong_clock, HOUR_MS),
    ),
    Phase(
        "clock: an hour behind",
        "owners' clock jumps an hour back while it runs, then forth",
        partial(wrong_clock, -HOUR_MS),
    ),
)
PROPOSERS = (
    *(Phase(f"proposer: {kind}", what, partial(propose, kind)) for kind, what in WHAT.items()),
    Phase("proposer: honest again", "auditor is started with the usual program", honest_again),
)
TWICE = (Phase("signs twice", "auditor's vote is cast by a second node too, from a copy of its key", sign_twice),)
ALTERED = (
    Phase("altered rules", "owners' node triages by rules of its own", altered_rules),
    Phase(
        "rebuilt by block sync",
        "owners' ledger is thrown away and fetched from the others",
        partial(rebuild, "owners"),
        limit_s=ALL_BLOCKS_S,
    ),
)

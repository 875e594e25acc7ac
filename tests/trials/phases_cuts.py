"""Cut off from one another: one, two and two, a single link, again and again."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Protocol

from linlian.kernel.errors import LinlianError
from tests.trials.phases_crashes import go_on
from tests.trials.trial import Phase, Trial

CUT_S = 7.0


class Wires(Protocol):
    """What can be cut: relays, or the links of network namespaces."""

    def cut(self, here: Iterable[str], there: Iterable[str], *, hang_up: bool = False) -> None: ...
    def heal(self) -> None: ...


def wires_of(trial: Trial) -> Wires:
    wires: Wires = trial.network.wires
    return wires


def cut_off_one(trial: Trial, *, hang_up: bool = False) -> str:
    """The minority of one gets no block; the majority goes on."""
    wires = wires_of(trial)
    wires.cut({"owners"}, {"street", "property", "auditor"}, hang_up=hang_up)
    time.sleep(1)
    told = ask_the_minority(trial, "owners")
    alive = go_on(trial, "street")
    time.sleep(CUT_S)
    trial.recovering()
    wires.heal()
    return f"the three went on ({alive:.1f} s for a report); the one cut off answered {told}"


def ask_the_minority(trial: Trial, code: str) -> str:
    """What a node that is alone says to somebody whose time is short."""
    ledger = trial.network.ledger(code)
    try:
        signed = trial.network.community.report(1_000)
        (answer,) = ledger.submit_many([signed.raw])
        final = trial.load.book.enter(signed.id, answer, 20)
        assert final is None, "it is alone, and yet says that something is final"
        failure = answer.exception(0)
        return failure.code if isinstance(failure, LinlianError) else repr(failure)
    finally:
        ledger.close()


def hang_up_on_one(trial: Trial) -> str:
    return cut_off_one(trial, hang_up=True)


def split_in_two(trial: Trial) -> str:
    """Two and two: neither side can decide anything."""
    wires = wires_of(trial)
    wires.cut({"street", "property"}, {"owners", "auditor"})
    time.sleep(2)
    heads = [_height(trial, code) for code in ("street", "owners")]
    told = {ask_the_minority(trial, code) for code in ("street", "owners")}
    assert [_height(trial, code) for code in ("street", "owners")] == heads, "half of them made a block"
    trial.recovering()
    wires.heal()
    return f"no block on either side; both answered {', '.join(sorted(told))}"


def cut_one_link(trial: Trial) -> str:
    """Two cannot speak to one another; the others pass on what they say."""
    wires = wires_of(trial)
    wires.cut({"street"}, {"property"}, hang_up=True)
    time.sleep(2)
    alive = max(go_on(trial, "street"), go_on(trial, "property"))
    trial.recovering()
    wires.heal()
    return f"both went on by way of the others, {alive:.1f} s for a report"


def flap(trial: Trial) -> str:
    """A network that comes and goes, somebody else being cut off each time."""
    wires = wires_of(trial)
    for code in ("street", "property", "owners", "auditor"):
        wires.cut({code}, set(trial.following) - {code})
        time.sleep(1.5)
        wires.heal()
        time.sleep(0.5)
    trial.recovering()
    return "four cuts of 1.5 s, one for each node"


def _height(trial: Trial, code: str) -> int:
    ledger = trial.network.ledger(code)
    try:
        return ledger.head.height
    finally:
        ledger.close()


CUTS = (
    Phase("cut off: one, in silence", "nothing passes to or from owners for a while; then it heals", cut_off_one),
    Phase("cut off: one, hung up on", "owners' connections are reset and refused; then it heals", hang_up_on_one),
    Phase("split 2|2", "street and property on one side, owners and auditor on the other; then it heals", split_in_two),
    Phase("one link cut", "street and property cannot reach one another, the others reach both", cut_one_link),
    Phase("flapping", "each node in turn is cut off for a moment", flap),
)

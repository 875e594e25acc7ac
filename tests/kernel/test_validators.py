"""The quorum that a change of validators must leave, reckoned another way."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from linlian.kernel.errors import Refused
from linlian.kernel.validators import POWER_MAX, check_quorum

POWERS = st.one_of(st.integers(1, 12), st.integers(1, POWER_MAX))
SETS = st.dictionaries(st.sampled_from([bytes([n]) * 32 for n in range(7)]), POWERS, max_size=7)


def passes(before: dict[bytes, int], after: dict[bytes, int]) -> bool:
    try:
        check_quorum(before, after)
    except Refused as no:
        return no.code != "kernel.quorum_lost"
    return True


@settings(max_examples=500, deadline=None)
@given(before=SETS, after=SETS)
def test_those_who_sit_hold_two_thirds_of_the_new_and_a_third_of_the_old(
    before: dict[bytes, int], after: dict[bytes, int]
) -> None:
    sitting = sum(min(before[key], after[key]) for key in before.keys() & after.keys())
    leaves = bool(after) and Fraction(sitting, sum(after.values())) > Fraction(2, 3)
    follows = bool(before) and Fraction(sitting, sum(before.values())) > Fraction(1, 3)
    assert passes(before, after) is (leaves and follows)


@settings(max_examples=500, deadline=None)
@given(before=SETS, after=SETS)
def test_newcomers_and_new_power_can_never_stop_the_chain(before: dict[bytes, int], after: dict[bytes, int]) -> None:
    """Should all that is new be absent, the rest decides."""
    if passes(before, after):
        new = sum(max(0, power - before.get(key, 0)) for key, power in after.items())
        assert 3 * new < sum(after.values())


@given(before=SETS.filter(bool))
def test_no_change_is_fine(before: dict[bytes, int]) -> None:
    assert passes(before, before)

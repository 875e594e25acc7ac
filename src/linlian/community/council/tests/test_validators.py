"""Validators: founded with the community, changed by vote, never to the loss of the quorum."""

from __future__ import annotations

import pytest

from linlian.community import council
from linlian.community.council.rules import (
    Matter,
    ProposalStatus,
    ProposeRemoval,
    ValidatorChanged,
    Vote,
    proposals,
)
from linlian.community.council.rules_validators import FirstValidator, FoundNetwork, ProposeValidator
from linlian.community.council.tests.test_rules import KINDS, proposal_of
from linlian.community.council.views import validators_in_force, views
from linlian.community.identity.tests.village import Village, organisation_id, software_key, village_with
from linlian.community.identity.views import views as identity_views
from linlian.kernel.errors import Refused
from linlian.kernel.validators import check_quorum, current_validators, powers
from linlian.testing.rows import reading


def node_key(name: str) -> bytes:
    return software_key(f"node of {name}").public_key


def network_of(names: str, nodes: str) -> Village:
    """Organisations with an officer each; those of `nodes` have a validator of power 10."""
    kinds = {name: KINDS[number % len(KINDS)] for number, name in enumerate(names)}
    first = [FirstValidator(organisation=organisation_id(n), validator_key=node_key(n), power=10) for n in nodes]
    return village_with([council.contract], kinds, [FoundNetwork(validators=tuple(first))])


def decide(village: Village, name: str, power: int, voters: str = "b") -> str:
    """Propose a validator as officer a and let the others vote for it: the code of a refusal, or ""."""
    change = ProposeValidator(organisation=organisation_id(name), validator_key=node_key(name), power=power)
    proposal = proposal_of(village.do("a", change))
    for voter in voters:
        try:
            village.do(voter, Vote(proposal=proposal, in_favour=True))
        except Refused as no:
            return no.code
    return ""


def sitting(village: Village) -> dict[bytes, int]:
    return powers(current_validators(village.town.state))


def test_the_first_validators_are_those_of_the_founding() -> None:
    village = network_of("abcd", "abc")
    assert sitting(village) == {node_key(name): 10 for name in "abc"}
    with pytest.raises(Refused, match=r"kernel\.not_founded"):
        network_of("ab", "abz")


def test_validators_come_and_go_by_vote() -> None:
    village = network_of("abcd", "abc")
    assert decide(village, "d", 10, "bc") == ""
    assert sitting(village) == {node_key(name): 10 for name in "abcd"}
    assert decide(village, "d", 12, "bc") == ""
    assert sitting(village)[node_key("d")] == 12
    assert decide(village, "d", 0, "bc") == ""
    assert sitting(village) == {node_key(name): 10 for name in "abc"}
    with reading(village.town.blocks, identity_views, views) as db:
        assert {row.validator_key for row in validators_in_force(db)} == {*sitting(village)}


def test_what_would_lose_the_quorum_is_refused_by_the_deciding_vote_and_stays_open() -> None:
    village = network_of("abcd", "abc")
    before = sitting(village)
    change = ProposeValidator(organisation=organisation_id("d"), validator_key=node_key("d"), power=15)
    proposal = proposal_of(village.do("a", change))
    village.do("b", Vote(proposal=proposal, in_favour=True))
    assert village.refusal("c", Vote(proposal=proposal, in_favour=True)) == "kernel.quorum_lost"
    assert sitting(village) == before
    found = village.town.get(proposals, proposal)
    assert found is not None
    assert (found.matter, found.status) == (Matter.VALIDATOR, ProposalStatus.OPEN)


def test_only_a_known_node_goes_and_only_an_active_organisation_has_one() -> None:
    village = network_of("abc", "abc")
    assert decide(village, "z", 0) == "kernel.validator_unknown"
    unknown = ProposeValidator(organisation=organisation_id("z"), validator_key=node_key("z"), power=1)
    assert village.refusal("a", unknown) == "council.validator_of_nobody"


def test_an_organisation_that_is_removed_takes_its_validators_along() -> None:
    village = network_of("abcd", "abcd")
    proposal = proposal_of(village.do("a", ProposeRemoval(organisation=organisation_id("d"))))
    village.do("b", Vote(proposal=proposal, in_favour=True))
    told = village.do("c", Vote(proposal=proposal, in_favour=True)).the(ValidatorChanged)
    assert (told.validator_key, told.power) == (node_key("d"), 0)
    assert sitting(village) == {node_key(name): 10 for name in "abc"}


def test_a_ledger_of_one_operator_gets_no_validators_by_vote() -> None:
    village = network_of("abc", "")
    assert decide(village, "a", 10) == "kernel.quorum_lost"


@pytest.mark.parametrize(
    ("before", "after", "fine"),
    [
        ("aabb", "aabbc", True),  # 4 of 5 sit
        ("ab", "abc", False),  # 2 of 3 is not more than two thirds
        ("aaabbb", "aaabbbc", True),
        ("abc", "ab", True),
        ("ab", "a", True),
        ("abcd", "ab", True),  # 2 of 2 sit, 2 of 4 are more than a third
        ("abcdef", "ab", False),  # 2 of 6 are not
        ("a", "b", False),
        ("abc", "", False),
        ("", "a", False),
        ("abcd", "abcdddd", False),
    ],
)
def test_the_quorum(before: str, after: str, fine: bool) -> None:
    """Each letter is a unit of power."""

    def counted(letters: str) -> dict[bytes, int]:
        return {letter.encode(): letters.count(letter) for letter in letters}

    if fine:
        check_quorum(counted(before), counted(after))
    else:
        with pytest.raises(Refused, match=r"kernel\.quorum_lost"):
            check_quorum(counted(before), counted(after))

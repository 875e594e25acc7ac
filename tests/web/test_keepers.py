"""What every page says of who keeps the ledger is what its own checkpoint shows: one machine, and no witness."""

from __future__ import annotations

from pathlib import Path

import pytest

from linlian.engine.embedded import EmbeddedLedger
from linlian.kernel.checkpoint import parse_note
from linlian.kernel.operator import KEY, OPERATORS, operator_name
from tests.web.community import open_community

SAID = {
    "en": ("Kept on one machine", "One machine keeps this ledger; no witness outside vouches for it."),
    "zh": ("一台机器记账", "这份账由一台机器记录；没有外部见证人。"),
}


@pytest.mark.parametrize("language", SAID)
def test_pages_say_one_machine_and_no_witness_because_that_is_what_there_is(tmp_path: Path, language: str) -> None:
    with open_community(tmp_path) as community:
        asked = {"Accept": "text/html", "Accept-Language": language}
        page = community.client.get("/", headers=asked).text
        note = parse_note(community.node.ledger.prove_state(OPERATORS.key(KEY)).anchor.note)
        signers = [line.name for line in note.signatures]
        operator = operator_name(community.node.ledger.chain)
        is_one_machine = isinstance(community.node.ledger, EmbeddedLedger)
    engine, keepers = SAID[language]
    assert is_one_machine is (engine in page)
    assert (signers == [operator]) is (keepers in page)

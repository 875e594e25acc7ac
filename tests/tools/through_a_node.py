"""The guide's business on a real node; run by `test_guide` in a copy of the tree that has it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.kernel.proof import ReceiptFile, check_receipt, read_file
from tests.web.community import open_community

DAY_MS = 24 * 3600 * 1000


def test_a_command_becomes_an_event_a_row_a_page_and_a_receipt(tmp_path: Path) -> None:
    rules = import_module("linlian.community.parking.rules")
    with open_community(tmp_path, found_whole_scene()) as community:
        anna, bo = community.caller("anna"), community.caller("bo")
        words = community.node.contents.put("车库 B2，17 号".encode())
        until = community.node.ledger.clock() + 7 * DAY_MS
        done = anna.do(rules.LendBay(until=until, words=words))
        assert done.status_code == 201, done.text
        (row,) = bo.get("/api/v1/parking/free_bays").json()["rows"]
        assert (row["holder"], row["until"]) == (community.scene.account("anna").hex(), until)
        page = bo.ask("GET", "/parking", headers={"Accept": "text/html", "Accept-Language": "zh"}).text
        assert "空闲车位" in page
        assert "借用车位" in page, "the rules would let Bo take it, so there is a form"
        told = bo.ask("GET", "/parking", headers={"Accept": "application/json"}).json()
        assert [bay["bay"] for bay, _ in told["bays"]] == [row["bay"]]
        taken = bo.do(rules.TakeBay(bay=bytes.fromhex(row["bay"])))
        assert taken.status_code == 201, taken.text
        again = anna.do(rules.TakeBay(bay=bytes.fromhex(row["bay"])))
        assert "parking.your_own" in again.text
        assert bo.get("/api/v1/parking/free_bays").json()["rows"] == []
        receipt = bo.ask("GET", f"/api/v1/receipts/{taken.json()['transaction']}")
        file = read_file(receipt.content)
        assert isinstance(file, ReceiptFile)
        verdict = check_receipt(file, {})
        assert (verdict.command, verdict.outcome) == ("parking.take_bay", "accepted")
        assert [name for name, _, _ in verdict.entries] == ["parking.bay_taken"]

"""That a programme's payments are all there: the list and its proof are downloaded, and checked by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.community.transfers.rules import roll_item, rolls
from linlian.community.transfers.tests.followed import MEALS, NAMES, follow
from linlian.kernel.proof import StateFile, check_state, read_file
from linlian.kernel.rolls import check_roll
from tests.cli.shell import Shell
from tests.web.community import open_community


class Files:
    """What an auditor took away."""

    def __init__(self, folder: Path) -> None:
        scene = found_whole_scene()
        self.lived = follow(scene, days=0)
        page = f"/programmes/{self.lived.meals.hex()}"
        proof = f"/api/v1/states/transfers.roll/{self.lived.meals.hex()}"
        with open_community(folder / "node", scene) as community:
            supervisor = community.caller("supervisor")
            self.sheet = supervisor.ask("GET", f"{page}/payments.csv").content
            self.proof = community.client.get(proof).content
            self.history = supervisor.ask("GET", f"/api/v1/histories/{self.lived.meals.hex()}").content
            self.outside = community.client.get(f"{page}/payments.csv").status_code
            self.shown = proof in supervisor.ask("GET", page, headers={"Accept": "text/html"}).text
        (folder / "payments.csv").write_bytes(self.sheet)
        (folder / "roll.state").write_bytes(self.proof)
        self.lines = self.sheet.decode("utf-8-sig").splitlines()


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Files, Path]:
    folder = tmp_path_factory.mktemp("auditor")
    (folder / "node").mkdir()
    return Files(folder), folder


def verify(folder: Path, sheet: str) -> tuple[int, dict[str, object]]:
    said = Shell(folder / "elsewhere")("--json", "verify", str(folder / "roll.state"), "--list", str(folder / sheet))
    return said.code, said.json if said.out else {"error": said.err}


def test_the_list_is_for_the_funds_parties_and_its_length_for_everybody(taken: tuple[Files, Path]) -> None:
    files, _ = taken
    assert files.outside == 403
    assert files.shown
    assert files.lines[0] == "number,payment,amount_minor"
    assert len(files.lines) == len(NAMES) + 1
    for known in files.lived.fund, files.lived.paid:
        assert known.hex().encode() not in files.sheet


def test_the_list_is_all_that_was_entered(taken: tuple[Files, Path]) -> None:
    files, folder = taken
    code, said = verify(folder, "payments.csv")
    assert (code, said["listed"], said["verified"]) == (1, len(NAMES), False)  # nobody is trusted here
    file = read_file(files.proof)
    assert isinstance(file, StateFile)
    value, _ = check_state(file, {})
    parts = [line.split(",") for line in files.lines[1:]]
    assert {part[2] for part in parts} == {str(MEALS)}
    items = [roll_item(bytes.fromhex(payment), int(amount)) for _, payment, amount in parts]
    assert check_roll(rolls.key(files.lived.meals), value, items).count == len(NAMES)


@pytest.mark.parametrize("what", ["a line left out", "another sum", "another order", "the last one left out"])
def test_another_list_is_found_out(taken: tuple[Files, Path], what: str) -> None:
    files, folder = taken
    cells = [line.split(",")[1:] for line in files.lines[1:]]
    if what == "a line left out":
        del cells[2]
    elif what == "the last one left out":
        del cells[-1]
    elif what == "another sum":
        cells[3][1] = str(MEALS - 1)
    else:
        cells[0], cells[1] = cells[1], cells[0]
    lines = [files.lines[0], *(",".join((str(number), *cell)) for number, cell in enumerate(cells, 1))]
    (folder / "forged.csv").write_text("\n".join(lines), encoding="utf-8")
    code, said = verify(folder, "forged.csv")
    assert (code, said["verified"], said["code"]) == (1, False, "kernel.roll_incomplete")


@pytest.mark.parametrize(
    "text", ["", "number,payment\n2,07\n", "number,payment\n1,x\n", "number\n1\n", "number,payment\n1,12,13\n"]
)
def test_what_is_no_list_is_told_with_its_line(taken: tuple[Files, Path], text: str) -> None:
    _, folder = taken
    (folder / "odd.csv").write_text(text, encoding="utf-8")
    if text:
        assert refused(folder, "roll.state", "odd.csv") == "cli.list_wrong"
    else:
        assert verify(folder, "odd.csv")[1]["code"] == "kernel.roll_incomplete"


def test_a_list_goes_with_the_proof_of_a_roll_alone(taken: tuple[Files, Path]) -> None:
    files, folder = taken
    (folder / "some.history").write_bytes(files.history)
    assert refused(folder, "roll.state", "nowhere.csv") == "cli.file_unreadable"
    assert refused(folder, "some.history", "payments.csv") == "cli.list_is_for_rolls"


def refused(folder: Path, proof: str, sheet: str) -> str:
    typed = ("verify", str(folder / proof), "--list", str(folder / sheet))
    code, error = Shell(folder / "elsewhere").refused(*typed)
    assert code == 2
    return error

"""On what a key rests: every way by which a key comes to an account leads back to the founding; a row put there not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from linlian.community import BUSINESSES, council
from linlian.community.council.rules import ProposeAdmission, Vote
from linlian.community.council.rules_recovery import RECOVERY_WAIT_MS, OpenRecovery
from linlian.community.council.rules_trusted import NameOfficers
from linlian.community.council.tests.approving import approval
from linlian.community.identity import OrganisationKind, Role
from linlian.community.identity.rules import accounts
from linlian.community.identity.rules_accounts import DeviceRegistered, RegisterDevice
from linlian.community.identity.rules_keys import AddKey, RevokeKey, RotateKey
from linlian.community.identity.tests.village import Village, found_village, software_key
from linlian.engine.prover import OperatorVoucher, Prover
from linlian.engine.watermark import Watermark
from linlian.kernel import codec
from linlian.kernel.checkpoint import parse_checkpoint, parse_note
from linlian.kernel.codec import replace
from linlian.kernel.contract import Command
from linlian.kernel.errors import LinlianError, ProofInvalid
from linlian.kernel.grounds import Grounds, Log, check_grounds
from linlian.kernel.keys import KEYS, KeyRow
from linlian.kernel.proof import ReceiptFile, check_grounds_of, check_receipt, read_file
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.transition import OpenBlock
from linlian.store.memory import MemoryStore
from linlian.testing import Person


def a_village() -> Village:
    kinds = dict(zip("abc", OrganisationKind, strict=False))
    village = found_village(council.contract, **kinds)
    village.hire("a", "desk", Role.DESK)
    village.settle("anna", invited_by="desk")
    return village


def prover(village: Village, folder: Path) -> Prover:
    town, store = village.town, MemoryStore()
    store.create(town.genesis_document, town.blocks[0])
    for block in town.blocks[1:]:
        store.commit(block)
    watermark = Watermark(folder / f"watermark-{town.state.height}")
    return Prover(town.state, store, OperatorVoucher(software_key("operator"), watermark), rules=town.rulebook)


def last_receipt(village: Village, folder: Path) -> ReceiptFile:
    """The strict receipt of the last block's last item, as it is read from its bytes."""
    block = village.town.blocks[-1]
    file = read_file(codec.encode(prover(village, folder).receipt(block.item_id(len(block.items) - 1), strict=True)))
    assert isinstance(file, ReceiptFile)
    return file


def steps(file: ReceiptFile, village: Village) -> list[str]:
    """The commands on which the receipt's key rests, and who signed them."""
    check_receipt(file, {})
    names = {person.account: name for name, person in village.people.items() if not name.startswith("once")}
    told = check_grounds_of(file, village.town.rulebook)
    return [f"{names[step.signer]} {step.command.partition('.')[2]}" for step in told]


NO_OFFICERS = NameOfficers()
SETTLED = ["a invite_member", "desk accept_invitation", "desk invite_resident", "anna accept_invitation"]


def test_a_key_of_the_founding_rests_on_nothing(tmp_path: Path) -> None:
    village = a_village()
    village.do("a", NO_OFFICERS)
    file = last_receipt(village, tmp_path)
    assert steps(file, village) == []
    assert file.grounds is not None
    assert len(file.grounds.founding) == 1


def test_a_residents_key_rests_on_invitations_and_acceptances(tmp_path: Path) -> None:
    village = a_village()
    village.do("anna", NO_OFFICERS)
    assert steps(last_receipt(village, tmp_path), village) == SETTLED


def test_added_and_rotated_keys_rest_on_those_before_them(tmp_path: Path) -> None:
    village = a_village()
    village.do("anna", AddKey(**village.key_of("tablet")))
    village.do("anna", AddKey(**village.key_of("unused")))
    village.with_key("anna", "tablet")
    village.do("tablet", RotateKey(replaces=software_key("anna").key_id, **village.key_of("phone")))
    village.do("tablet", RevokeKey(key=software_key("tablet").key_id))
    village.with_key("anna", "phone")
    village.do("phone", NO_OFFICERS)
    told = [line.split()[1] for line in steps(last_receipt(village, tmp_path), village)]
    assert told == [line.split()[1] for line in SETTLED] + ["add_key", "rotate_key"]


def test_a_recovered_key_rests_on_desk_and_officers(tmp_path: Path) -> None:
    village = a_village()
    village.do("desk", OpenRecovery(account=village.id("anna"), **village.key_of("found again")))
    for officer in ("a", "b"):
        village.do(officer, approval(village.town, village.id("anna")))
    village.town.advance(ms=RECOVERY_WAIT_MS)
    village.with_key("anna", "found again")
    village.do("found again", AddKey(**village.key_of("tablet")))  # what a recovered key may do at once
    file = last_receipt(village, tmp_path)
    assert steps(file, village) == [
        *SETTLED[:2],
        "desk open_recovery",
        "a approve_recovery",
        "b approve_recovery",
    ]
    assert file.grounds is not None
    one_officer = replace(file.grounds, steps=file.grounds.steps[:-1])
    with pytest.raises(ProofInvalid, match=r"kernel\.key_unjustified"):
        check_grounds_of(replace(file, grounds=one_officer), village.town.rulebook)


def test_an_admitted_officers_key_and_a_devices_key_rest_on_who_named_them(tmp_path: Path) -> None:
    village = a_village()
    proposal = ProposeAdmission(kind=OrganisationKind.SERVICE_PROVIDER, code="lifts", **village.key_of("once lifts"))
    events = village.do("a", proposal).events
    [made] = [event for event in events if type(event).__name__ == "AdmissionProposed"]
    village.people["lifts"] = Person("lifts", made.officer, software_key("once lifts"))  # type: ignore[attr-defined]
    village.do("b", Vote(proposal=made.proposal, in_favour=True))  # type: ignore[attr-defined]
    village.accept("lifts")
    village.do("lifts", NO_OFFICERS)
    assert steps(last_receipt(village, tmp_path), village) == ["a propose_admission", "lifts accept_invitation"]
    device = village.do("a", RegisterDevice(code="gate", **village.key_of("gate"))).the(DeviceRegistered)
    village.people["gate"] = Person("gate", device.account, software_key("gate"))
    assert village.refusal("gate", RevokeKey(key=software_key("gate").key_id)) == "identity.last_key"
    assert steps(last_receipt(village, tmp_path), village) == ["a register_device"]


# An operator who lies.


def put_in(village: Village, label: str, account: bytes) -> Person:
    """An operator writes a key into the account's rows, in a block that is otherwise like any other."""
    town, key = village.town, software_key(label)
    town.time += 1
    block = OpenBlock.after(town.state, town.rulebook, town.time)
    block.draft.changes[KEYS.key(key.key_id)] = bytes(16) + codec.encode(
        KeyRow("ed25519", key.public_key, account, block.draft.height + 1)
    )
    row = accounts.get(block.draft, account)
    assert row is not None
    block.draft.changes[accounts.key(account)] = bytes(16) + codec.encode(replace(row, keys=(*row.keys, key.key_id)))
    town.blocks.append(block.seal(town.state).block)
    return Person(label, account, key)


def test_a_key_that_was_merely_put_there_is_named(tmp_path: Path) -> None:
    village = a_village()
    village.do("anna", NO_OFFICERS)
    honest = village.town.blocks[-1].item_id(0)
    village.people["thief"] = put_in(village, "thief", village.id("anna"))
    village.do("thief", NO_OFFICERS)
    forged = village.town.blocks[-1].item_id(0)
    with pytest.raises(ProofInvalid, match=r"kernel\.key_unjustified") as found:
        prover(village, tmp_path).receipt(forged, strict=True)
    plain = prover(village, tmp_path).receipt(forged)
    assert check_receipt(plain, {}).outcome == "accepted", "without strictness nothing is wrong with it"
    assert plain.grounds is None
    again = prover(village, tmp_path).receipt(honest, strict=True)
    with pytest.raises(ProofInvalid, match=r"kernel\.key_unjustified") as told:
        check_grounds_of(replace(plain, grounds=again.grounds), village.town.rulebook)
    assert told.value.facts["key"] == found.value.facts["key"] == software_key("thief").key_id
    with pytest.raises(ProofInvalid, match=r"kernel\.grounds_not_shown"):
        check_grounds_of(plain, village.town.rulebook)


def test_a_key_named_by_one_that_was_put_there_names_the_first(tmp_path: Path) -> None:
    village = a_village()
    village.people["thief"] = put_in(village, "thief", village.id("anna"))
    village.do("thief", AddKey(**village.key_of("second")))
    village.with_key("anna", "second")
    village.do("second", NO_OFFICERS)
    with pytest.raises(ProofInvalid, match=r"kernel\.key_unjustified") as found:
        last_receipt(village, tmp_path)
    assert found.value.facts["key"] == software_key("thief").key_id


Lie = Callable[[Grounds], Grounds]
LIES: list[tuple[str, Lie]] = [
    ("no founding key", lambda g: replace(g, founding=())),
    ("no steps", lambda g: replace(g, steps=())),
    ("the first step left out", lambda g: replace(g, steps=g.steps[1:])),
    ("the last step left out", lambda g: replace(g, steps=g.steps[:-1])),
    ("two steps swapped", lambda g: replace(g, steps=(g.steps[1], g.steps[0], *g.steps[2:]))),
    ("a step twice", lambda g: replace(g, steps=(*g.steps[:1], *g.steps))),
    ("another header for block 0", lambda g: replace(g, first=g.steps[0].header, first_path=g.steps[0].header_path)),
    ("a later state for the founding", lambda g: replace(g, first=replace(g.first, state_root=bytes(32)))),
    ("a step in another place", lambda g: replace(g, steps=(replace(g.steps[0], index=1), *g.steps[1:]))),
    ("another outcome's digests", lambda g: replace(g, steps=(replace(g.steps[0], digests=()), *g.steps[1:]))),
    ("another key's row", lambda g: replace(g, steps=(replace(g.steps[0], key_row=g.steps[1].key_row), *g.steps[1:]))),
]  # fmt: skip


@pytest.mark.parametrize("lie", [case[1] for case in LIES], ids=[case[0] for case in LIES])
def test_a_lie_about_the_grounds_is_refused(lie: Lie, tmp_path: Path) -> None:
    village = a_village()
    village.do("anna", NO_OFFICERS)
    file = last_receipt(village, tmp_path)
    assert file.grounds is not None
    with pytest.raises(LinlianError):
        check_grounds_of(replace(file, grounds=lie(file.grounds)), village.town.rulebook)


def test_an_invitation_gives_its_key_to_the_one_invited_and_to_nobody_else(tmp_path: Path) -> None:
    """An operator who calls an invitee's key the inviter's is found: the command says whose it becomes."""
    village = a_village()
    village.do("anna", NO_OFFICERS)
    file = last_receipt(village, tmp_path)
    assert file.grounds is not None
    shorter = replace(file.grounds, steps=file.grounds.steps[:3])
    rules = village.town.rulebook
    once = software_key("once anna").key_id
    header = file.anchor.header
    root = parse_checkpoint(parse_note(file.anchor.note).text).root
    log = Log(file.chain, header.height + 1, root, header.state_root)
    assert len(check_grounds(shorter, log, rules, once, village.id("anna"), header.height)) == 3
    with pytest.raises(ProofInvalid, match=r"kernel\.key_unjustified"):
        check_grounds(shorter, log, rules, once, village.id("desk"), header.height)


def test_every_command_that_carries_a_key_says_whose_it_becomes() -> None:
    carrying = {
        name: spec.kind
        for name, spec in Rulebook(BUSINESSES).commands.items()
        if {"suite", "public_key"} <= {field.name for field in msgspec.structs.fields(spec.kind)}
    }
    assert len(carrying) >= 7
    for name, kind in carrying.items():
        assert kind.key_for, f"{name}: set key_for, else receipts of this key cannot say on what it rests"
        fields = {field.name for field in msgspec.structs.fields(kind)}
        assert {"rp_id", "origin"} <= fields
        assert ("account" in fields) == (kind.key_for == "account")
    approving: list[type[Command]] = [s.kind for s in Rulebook(BUSINESSES).commands.values() if s.kind.approves_key]
    assert approving
    assert all("account" in {field.name for field in msgspec.structs.fields(kind)} for kind in approving)


def test_a_run_rests_on_no_key(tmp_path: Path) -> None:
    village = a_village()
    run = prover(village, tmp_path).receipt(village.town.blocks[0].item_id(0), strict=True)
    assert run.grounds is None
    assert check_grounds_of(run, village.town.rulebook) == ()
    village.do("anna", NO_OFFICERS)
    grounds = last_receipt(village, tmp_path).grounds
    with pytest.raises(ProofInvalid, match=r"kernel\.key_not_asked"):
        check_receipt(replace(run, grounds=grounds), {})

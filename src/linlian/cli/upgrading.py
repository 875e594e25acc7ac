"""`linlian upgrade`: let the organisations vote the rules of this build in, with the officers' keys that are here.

A node whose source hash is not the voted one does not start. The upgrade opens the ledger for this one purpose,
proposes this build's source hash from the next block on, and votes with every key of this folder that may. Where that
is no majority the proposal stays open; `--at HEIGHT` gives the others time to vote with `linlian do council.vote`.
"""

from __future__ import annotations

import secrets
from concurrent.futures import Future

from linlian.cli.doing import signed
from linlian.cli.keyring import Keyring, KeyringError, NamedKey
from linlian.cli.session import OpenNode, Session
from linlian.cli.verb import FINE, NO, Given, Option, Usage, Verb
from linlian.engine.ledger import Final
from linlian.kernel.errors import LinlianError, Refused, Rejected
from linlian.kernel.release import KEY, RELEASES, Release
from linlian.kernel.transaction import new_identifier, open_transaction

TRIES = 3
"""A timer's block may come between looking at the height and voting; then the vote is made again."""


def run(session: Session, given: Given) -> int:
    ours = session.house.source_hash()
    with session.node(upgrading=True) as node:
        before = _release(node)
        if ours in (before.source_hash, before.next_source_hash):
            session.output.text("upgrade.nothing", hash=ours.hex())
            session.output.value({"release": before.number, "source_hash": ours, "changed": False})
            return FINE
        if not node.runs_here:
            raise Usage("cli.stop_node_first")
        session.output.text("upgrade.proposing", voted=before.source_hash.hex(), ours=ours.hex())
        at_height, votes = given.number("at", 0), 0
        for _ in range(1 if at_height else TRIES):
            votes, overtaken = _vote(node, at_height or node.ledger.head.height + 2, before.number, ours)
            if not overtaken:
                break
        after = _release(node)
    passed = after.next_source_hash == ours
    facts = {"votes": votes, "height": after.next_height, "hash": ours.hex()}
    session.output.text("upgrade.done" if passed else "upgrade.open", style="bold", **facts)
    session.output.value({"release": after.number, "source_hash": ours, "changed": passed, "votes": votes})
    return FINE if passed else NO


def _vote(node: OpenNode, at_height: int, number: int, source_hash: bytes) -> tuple[int, bool]:
    """Propose with the first key that may and vote with the others, in one block if possible.

    Returns the votes cast, and whether a block came between so that the height lay behind the deciding vote.
    Raises the refusal if none of the keys may propose.
    """
    keys = [key for key in Keyring(node.folder).all() if _has_account(node, key)]
    kinds = node.rulebook.commands
    no: LinlianError = KeyringError("cli.no_officer_key")
    for proposer in keys:
        nonce = secrets.token_bytes(16)
        propose = kinds["council.propose_release"].kind(number=number, source_hash=source_hash, at_height=at_height)
        raws = [signed(node, proposer, propose, nonce)]
        proposal = new_identifier(open_transaction(raws[0], node.ledger.chain).id, nonce, 1)
        vote = kinds["council.vote"].kind(proposal=proposal, in_favour=True)
        raws += [signed(node, key, vote, secrets.token_bytes(16)) for key in keys if key is not proposer]
        answers = [_answer(waiting) for waiting in node.ledger.submit_many(raws)]
        if isinstance(answers[0], Final):
            late = any(isinstance(no, Refused) and no.code == "kernel.release_in_the_past" for no in answers)
            return sum(1 for answer in answers if isinstance(answer, Final)), late
        no = answers[0]
    if isinstance(no, Refused) and no.code == "council.release_too_soon":
        return 0, True
    raise no


def _answer(waiting: Future[Final]) -> Final | LinlianError:
    try:
        return waiting.result()
    except (Refused, Rejected) as no:
        return no


def _has_account(node: OpenNode, key: NamedKey) -> bool:
    try:
        key.account_on(node.ledger)
    except KeyringError:
        return False
    return True


def _release(node: OpenNode) -> Release:
    row = RELEASES.get(node.ledger, KEY)
    assert row is not None, "genesis writes the release row"
    return row


VERBS = {"upgrade": Verb("upgrade", "keep", run, options=(Option("at", hint="height"),))}

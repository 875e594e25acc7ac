"""What waits for the embedded engine, and how much of it may stand in a block.

A submission is opened by the writing thread, not by its sender's: two threads of busy Python code would fight for the
interpreter. What is rejected is answered at once, since nothing of it depends on the block.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from linlian.engine.ledger import Final, unanswered
from linlian.engine.verifier import Verifier
from linlian.kernel.crypto import SignatureCheck, verify_many
from linlian.kernel.errors import LinlianError, Rejected
from linlian.kernel.rulebook import Rulebook
from linlian.kernel.state import State
from linlian.kernel.transaction import Transaction, open_transaction
from linlian.kernel.transition import admit, signature_check


@dataclass(slots=True)
class Submission:
    """A transaction's bytes, whether its refusal shall stand in the ledger, and who waits for the answer."""

    raw: bytes
    record_refusal: bool
    answer: Future[Final] = field(default_factory=unanswered)


@dataclass(slots=True)
class Opened:
    """A well-formed submission."""

    submission: Submission
    transaction: Transaction


class Batch:
    """Submissions on their way into one block."""

    def __init__(self, submissions: Sequence[Submission], chain: str):
        self.submissions = submissions
        self._opened: list[Opened] = []
        self._asked: list[SignatureCheck] = []
        self._verdicts: dict[SignatureCheck, bool] = {}
        self._verifier: Verifier | None = None
        for submission in submissions:
            try:
                self._opened.append(Opened(submission, open_transaction(submission.raw, chain)))
            except Rejected as rejection:
                submission.answer.set_exception(rejection)

    def ask(self, state: State, verifier: Verifier) -> None:
        """Hand the signatures to the helper process, all but those whose key is not in force yet."""
        for item in self._opened:
            try:
                self._asked.append(signature_check(state, item.transaction))
            except Rejected:
                continue
        if self._asked:
            verifier.ask(self._asked)
            self._verifier = verifier

    def collect(self) -> None:
        """Wait for the helper's verdicts, if it was asked."""
        if self._verifier is not None:
            self._verdicts = dict(zip(self._asked, self._verifier.answer(), strict=True))

    def admit(self, state: State, rulebook: Rulebook, time: int) -> list[Opened]:
        """Those that may stand in a block of this time, in order; the others are answered."""
        _, rejected = admit(state, rulebook, [item.transaction for item in self._opened], time, self._verify)
        outside = dict(rejected)
        for index, rejection in rejected:
            self._opened[index].submission.answer.set_exception(rejection)
        return [item for index, item in enumerate(self._opened) if index not in outside]

    def _verify(self, checks: list[SignatureCheck]) -> list[bool]:
        """The helper's verdicts, and our own where it was not asked."""
        unasked = [check for check in checks if check not in self._verdicts]
        self._verdicts.update(zip(unasked, verify_many(unasked), strict=True))
        return [self._verdicts[check] for check in checks]


def tell_waiting(submissions: Iterable[Submission], error: LinlianError) -> None:
    """Answer everybody who still waits with an error."""
    for submission in submissions:
        if not submission.answer.done():
            submission.answer.set_exception(error)

"""Every way the ledger says no.

    LinlianError(code, **facts)
    ├── EncodingInvalid     bytes that are not the one canonical encoding of a value
    ├── KeyInvalid          a public key that no suite accepts
    ├── Unproven            a check failed: what was shown does not follow from what is trusted
    │   ├── ProofInvalid        a Merkle, state or completeness proof
    │   ├── NoteInvalid         a checkpoint note or a signature on it
    │   └── LedgerDamaged       a stored ledger contradicts itself; facts say where
    ├── Rejected            a transaction that never enters a block
    │   └── Busy                come back in `retry_after_ms`
    ├── Refused             a rule said no: in the block, state rolled back, code and facts in the receipt
    └── NodeMustStop        going on could make this node disagree with the others

A code is stable, dotted and lower case (`repairs.not_finished`); its sentences in Chinese and English stand in
the `words.toml` of the business that raises it. Facts are small values that complete the sentence.
"""

from __future__ import annotations

from typing import TypeAlias

Fact: TypeAlias = str | int | bytes | bool


class LinlianError(Exception):
    """An error with a stable code and the facts that complete its sentence."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        shown = (f"{name}={value.hex() if isinstance(value, bytes) else value}" for name, value in self.facts.items())
        return " ".join((self.code, *shown))


class EncodingInvalid(LinlianError):
    """The bytes are not the canonical encoding of the expected type."""


class KeyInvalid(LinlianError):
    """The public key is malformed or of no registered suite."""


class Unproven(LinlianError):
    """What was shown does not follow from what is trusted."""


class ProofInvalid(Unproven):
    """A proof does not lead to the root it claims."""


class NoteInvalid(Unproven):
    """A checkpoint note is malformed or a signature on it is wrong."""


class LedgerDamaged(Unproven):
    """A stored ledger contradicts itself; the facts say at which height and in which part."""


class Rejected(LinlianError):
    """The transaction never enters a block; a proposer who slips it in changes nothing."""


class Busy(Rejected):
    """The engine has as much waiting as it can serve; `retry_after_ms` says when to come back."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__("kernel.busy", retry_after_ms=retry_after_ms)
        self.retry_after_ms = retry_after_ms


class Refused(LinlianError):
    """A rule said no. `about` names the subjects whose history keeps this refusal."""

    def __init__(self, code: str, about: tuple[bytes, ...] = (), **facts: Fact) -> None:
        super().__init__(code, **facts)
        self.about = about


class NodeMustStop(LinlianError):
    """Memory, recursion or disk failed: stopping is safer than diverging."""

"""From what a store holds to a state in memory, checked against the last header.

What is checked at every start: the state root over all rows and the log root over all headers. What is not: each
block on its own; that is `audit`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from linlian.kernel.block import Header
from linlian.kernel.errors import EncodingInvalid
from linlian.kernel.merkle import Log
from linlian.kernel.state import State
from linlian.store.protocol import StoreError


def fill(
    state: State,
    head: Header,
    *,
    rows: Iterable[tuple[bytes, bytes, bytes]],
    leaves: Iterable[bytes],
    log: Log | None = None,
    recent: Iterable[tuple[int, list[bytes]]],
) -> None:
    """Fill an empty state: (path, key, row) in path order, headers' leaf hashes, (time, ids) of recent blocks.

    `log` is what stands before the first of these headers, if that is not block 0's.
    Raises StoreError with `store.damaged`, the height and the part: state or log.
    """
    if state.header is not None:
        raise ValueError("only an empty state can be filled")
    with no_collection():
        try:
            state.load(rows)
        except (EncodingInvalid, ValueError, TypeError, LookupError) as error:
            # Rows that are out of order, or a timer that is none: damaged bytes, met before any root can be compared.
            raise _damaged(head, "state", reason=str(error)[:200]) from error
        if state.root != head.state_root:
            raise _damaged(head, "state", reason="root")
        try:
            state.log = Log() if log is None else log
            for leaf in leaves:
                state.log.append(leaf)
        except TypeError as error:
            raise _damaged(head, "log", reason=str(error)[:200]) from error
        if len(state.log) != head.height + 1:
            raise _damaged(head, "log", reason="headers missing")
        if state.log.root(head.height) != head.log_root:
            raise _damaged(head, "log", reason="root")
        for time, ids in recent:
            state.guard.add(time, ids)
    state.header = head


def _damaged(head: Header, part: str, reason: str) -> StoreError:
    return StoreError("store.damaged", part=part, height=head.height, reason=reason)


@contextmanager
def no_collection() -> Iterator[None]:
    """A million new rows are no garbage: looking for it among them would double the time of a start."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

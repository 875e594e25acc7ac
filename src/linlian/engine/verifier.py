"""Signature checks in a process of their own.

A thread beside busy Python code would wait for the interpreter's lock (49 µs became 170–700), so a helper process
reads batches from its standard input and answers on its standard output while the engine executes the block before.

A frame is u32 length ‖ payload. A request is a canonical array of [suite, public key, message, signature, rp id,
origin]; the answer is one byte for each: 1 good, 0 wrong.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO

from linlian.kernel import codec
from linlian.kernel.crypto import Binding, SignatureCheck, verify_many
from linlian.kernel.errors import NodeMustStop


class Verifier:
    """One helper process; what was asked is answered in order. Raises NodeMustStop (`engine.verifier_died`)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "linlian.engine.verifier"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, checks: list[SignatureCheck]) -> None:
        """Send a batch; returns as soon as the helper has taken it."""
        plain = [[suite, key, message, signature, *binding] for suite, key, message, signature, binding in checks]
        assert self._process.stdin is not None
        try:
            write_frame(self._process.stdin, codec.encode_plain(plain))
        except BrokenPipeError as error:
            raise self._died() from error

    def answer(self) -> list[bool]:
        """The verdicts of the oldest batch asked."""
        assert self._process.stdout is not None
        frame = read_frame(self._process.stdout)
        if frame is None:
            raise self._died()
        return [byte == 1 for byte in frame]

    def close(self) -> None:
        """End the helper, if it has not ended by itself."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _died(self) -> NodeMustStop:
        """What to raise when the helper does not answer; it may hang with its pipe closed."""
        self._process.kill()
        return NodeMustStop("engine.verifier_died", exit_code=self._process.wait())


def write_frame(stream: IO[bytes], payload: bytes) -> None:
    """Write u32 length ‖ payload and flush."""
    stream.write(len(payload).to_bytes(4, "big") + payload)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next payload, or None at the end of the stream, also if it ends within a frame."""
    head = stream.read(4)
    size = int.from_bytes(head, "big")
    payload = stream.read(size)
    return payload if len(head) == 4 and len(payload) == size else None


def main() -> None:
    """Answer until the engine closes the pipe or dies. An interrupt at the keyboard is the engine's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        while (frame := read_frame(sys.stdin.buffer)) is not None:
            checks = [
                (suite, key, message, signature, Binding(rp_id, origin))
                for suite, key, message, signature, rp_id, origin in codec.decode_plain_trusted(frame)
            ]
            write_frame(sys.stdout.buffer, bytes(verify_many(checks)))
    # What is left in the buffer has no reader any more.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()

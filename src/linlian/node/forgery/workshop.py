"""Where a demo's visitors may forge a copy of its ledger: one process for each, few at a time, nothing left behind.

Rules
- At most RUNNING_MAX copies exist at once, and WAITING_MAX more visitors wait; whoever comes then is told when to come
  again. A ledger of more than SIZE_MAX is not copied at all.
- A course that takes longer than COURSE_S is ended. Its folder is deleted when it ends, however it ends; what a node
  left that was killed, the next one deletes.
- A process waits, its rules loaded, from when somebody looks at the page: the deed itself shall not wait for them.
- What a course told is kept for KEPT_S, for the page that asks.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linlian.engine.ledger import Ledger
from linlian.kernel import codec
from linlian.kernel.block import PLACE_BYTES, Block
from linlian.node import folder as place
from linlian.node.forgery.deeds import KINDS, Deed, ForgeryError
from linlian.node.forgery.rewriting import CLEVER
from linlian.web.house import Contested, Stand

FOLDER = "copies"
RUNNING_MAX = 2
WAITING_MAX = 6
SIZE_MAX = 512 * 1024 * 1024
COURSE_S = 180.0
KEPT_S = 600.0
RETRY_S = 15


@dataclass
class _Course:
    """One forgery: what it has told so far."""

    began: float
    told: list[Mapping[str, Any]] = field(default_factory=list)
    over: bool = False


class Workshop:
    """Implements `web.house.Workshop` over a demo's folder."""

    def __init__(self, folder: Path, ledger: Ledger):
        self._path = place.require_ledger(folder)
        self._copies = folder / FOLDER
        self._ledger = ledger
        self._lock = threading.Lock()
        self._courses: dict[str, _Course] = {}
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._spare: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._pool = ThreadPoolExecutor(RUNNING_MAX, thread_name_prefix="linlian-forgery")
        shutil.rmtree(self._copies, ignore_errors=True)

    def deeds(self) -> Sequence[tuple[str, bool]]:
        return [(deed.value, deed in CLEVER) for deed in Deed]

    def contested(self, case: bytes) -> Contested:
        """Raises ForgeryError (`forgery.nothing_disputed`)."""
        history = self._ledger.prove_history(case)
        found: dict[str, Stand] = {}
        for number, entry in enumerate(history.entries):
            kind, where = codec.decode_plain(entry)[1], history.places[number * PLACE_BYTES :]
            if kind in KINDS:
                height, receipt = int.from_bytes(where[:8], "big"), int.from_bytes(where[8:12], "big")
                block = self._block(height)
                found[kind] = Stand(block.item_id(receipt), height, receipt, block.header.time)
        if len(found) < len(KINDS):
            raise ForgeryError("forgery.nothing_disputed", case=case)
        dispute, done = (found[kind] for kind in KINDS)
        return Contested(case, dispute, done)

    def prepare(self) -> None:
        """Somebody is looking at what could be done."""
        with self._lock:
            if self._spare is None and not self._closed:
                self._spare = _start()

    def begin(self, deed: str, case: bytes, anchors: Sequence[int], *, clever: bool) -> str:
        """Raises ForgeryError: `forgery.too_many`, `forgery.too_large`, `forgery.no_such_deed`, and as `contested`."""
        if (deed, clever) not in [(known, wise) for known, able in self.deeds() for wise in {False, able}]:
            raise ForgeryError("forgery.no_such_deed", deed=deed[:32])
        if (size_bytes := self._path.stat().st_size) > SIZE_MAX:
            raise ForgeryError("forgery.too_large", size_bytes=size_bytes, most=SIZE_MAX)
        contested = self.contested(case)
        held = [self._held(stand, anchor) for stand, anchor in zip(contested[1:], anchors, strict=True)]
        number = secrets.token_hex(16)
        with self._lock:
            now = time.monotonic()
            kept = {name: course for name, course in self._courses.items() if now - course.began < KEPT_S}
            if sum(not course.over for course in kept.values()) >= RUNNING_MAX + WAITING_MAX:
                raise ForgeryError("forgery.too_many", retry_after_s=RETRY_S)
            self._courses = {**kept, number: _Course(now)}
        task = {"ledger": str(self._path), "deed": deed, "clever": clever, "case": case.hex(), "held": held}
        self._pool.submit(self._run, number, task)
        return number

    def told(self, number: str) -> list[Mapping[str, Any]]:
        """Raises ForgeryError (`forgery.no_such_course`)."""
        with self._lock:
            course = self._courses.get(number)
            if course is None:
                raise ForgeryError("forgery.no_such_course")
            return [*course.told]

    def close(self) -> None:
        """End what runs, and leave nothing."""
        with self._lock:
            self._closed = True
            for process in (*self._processes, *([self._spare] if self._spare else [])):
                _end(process)
        self._pool.shutdown(cancel_futures=True)
        shutil.rmtree(self._copies, ignore_errors=True)

    def _held(self, stand: Stand, anchor: int) -> dict[str, Any]:
        block = self._block(stand.height)
        return {
            "height": stand.height,
            "receipt": stand.receipt,
            "item": block.items[stand.receipt].hex(),
            "anchor": min(anchor, self._ledger.head.height),
        }

    def _block(self, height: int) -> Block:
        return next(iter(self._ledger.follow(height)))

    def _run(self, number: str, task: dict[str, Any]) -> None:
        folder = self._copies / number
        try:
            folder.mkdir(mode=0o700, parents=True)
            self._follow(number, {**task, "folder": str(folder)})
        except ForgeryError as error:
            self._tell(number, {"step": "no", "code": error.code, "facts": error.facts})
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self._tell(number, {"step": "over"})
            with self._lock:
                self._courses[number].over = True

    def _follow(self, number: str, task: dict[str, Any]) -> None:
        """Run the course and pass on its lines. Raises ForgeryError (`forgery.ended`) if it did not come to its end."""
        with self._lock:
            if self._closed:
                return
            process, self._spare = self._spare or _start(), None
            self._processes.add(process)
        with process:
            late = threading.Timer(COURSE_S, _end, (process,))
            late.start()
            try:
                assert process.stdin is not None and process.stdout is not None, "both are pipes"  # noqa: PT018
                process.stdin.write(json.dumps(task).encode())
                process.stdin.close()
                for line in process.stdout:
                    self._tell(number, json.loads(line))
            finally:
                late.cancel()
                _end(process)
                with self._lock:
                    self._processes.discard(process)
        if not any(line["step"] in ("whole", "no") for line in self.told(number)):
            raise ForgeryError("forgery.ended")

    def _tell(self, number: str, line: Mapping[str, Any]) -> None:
        """Of progress the last line is enough."""
        with self._lock:
            told = self._courses[number].told
            if told and told[-1]["step"] == line["step"]:
                told.pop()
            told.append(line)


def _start() -> subprocess.Popen[bytes]:
    """A process that waits for its task, at the head of a group of its own: an audit has workers."""
    command = [sys.executable, "-m", "linlian.node.forgery.course"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with its workers, if it has not ended by itself."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

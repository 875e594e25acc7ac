"""The engine's process: found, its version checked, started, and started again if it ends by itself.

    binary = find_binary(named)          # raises LinlianError: `engine.no_binary`, `engine.wrong_version`
    process = EngineProcess(binary, home, socket, told=alarms.append)
    process.close()

Rules
- The version is the one that the Go tool chain wrote into the binary: what the program says of itself can mislead
  (v0.40.0 calls itself 0.39.0).
- v0.38.23, v0.39.2 and v0.40.0 mended a peer's way to stall block sync; older ones are refused. v1 was withdrawn and v2
  never released.
- The engine ends by itself when our socket goes, so nothing outlives the node.
- An engine whose consensus has failed goes on as a process, answers and decides nothing: its log alone says so. It is
  ended then and started again like one that ended by itself; what fails each time is told each time.
- What it says passes through here on its way into the log, which is bounded: on a full disk it is heard all the same.
- Where more than two thirds have signed another state than ours, nothing will mend it: engine and node stop.
"""

from __future__ import annotations

import mmap
import os
import re
import shutil
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

from linlian.kernel.errors import LinlianError, NodeMustStop

VARIABLE: Final = "LINLIAN_COMETBFT"
PINNED: Final = "0.39.4"
LEAST: Final = {(0, 38): 23, (0, 39): 2, (0, 40): 0}
"""The first patch of each line that may be used."""
BACK_OFF_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
END_S: Final = 10.0
LOG_BYTES_MAX: Final = 64 * 1024 * 1024
"""Then a new log is begun, and the one before kept beside it."""
FAILED: Final = re.compile(rb'CONSENSUS FAILURE!!![^\n]*? err=("[^\n]*?[^\\]"|[^ \n]+)')
DIFFERS: Final = re.compile(
    rb'CONSENSUS FAILURE!!![^\n]*? err="[^\n]*?committed an invalid block[^\n]*? wrong Block\.Header\.(\w+)'
    rb'|Error in validation +module=blocksync [^\n]*? err="wrong Block\.Header\.(\w+)'
)
"""Of a block that was decided, or that comes with the signatures of more than two thirds."""
REASON_CHARS_MAX: Final = 200
PID_FILE: Final = "cometbft.pid"
_VERSION: Final = re.compile(rb"\tgithub\.com/cometbft/cometbft\tv([0-9]+)\.([0-9]+)\.([0-9]+)([-+][0-9A-Za-z.+-]*)?\t")


def find_binary(named: Path | None = None) -> Path:
    """The engine's program: the one named, or LINLIAN_COMETBFT, or beside our own programs, or on the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "cometbft"
    on_path = shutil.which("cometbft")
    candidates = (named, os.environ.get(VARIABLE), beside if beside.is_file() else None, on_path)
    for candidate in candidates:
        if candidate:
            check_version(Path(candidate))
            return Path(candidate)
    raise LinlianError("engine.no_binary", version=PINNED, variable=VARIABLE)


def check_version(binary: Path) -> str:
    """The version that was built. Raises LinlianError: `engine.no_binary`, `engine.wrong_version`."""
    try:
        with binary.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            match = _VERSION.search(data)
            found = tuple(part.decode() if part else "" for part in match.groups()) if match else None
    except (OSError, ValueError) as error:
        raise LinlianError("engine.no_binary", version=PINNED, variable=VARIABLE) from error
    if found is None:
        raise LinlianError("engine.wrong_version", found="?", wanted=PINNED, path=str(binary))
    major, minor, patch = (int(part) for part in found[:3])
    version = f"{major}.{minor}.{patch}{found[3]}"
    if patch < LEAST.get((major, minor), patch + 1):
        raise LinlianError("engine.wrong_version", found=version, wanted=PINNED, path=str(binary))
    return version


class EngineProcess:
    """Runs `cometbft start` over a home, and again when it ends, until `close`."""

    def __init__(
        self,
        binary: Path,
        home: Path,
        socket: Path,
        told: Callable[[str], None],
        failed: Callable[[LinlianError], None],
    ):
        """`told` hears of what ended and is started again, `failed` of what is not."""
        # Where our path is too long for a socket, a link stands there, and the engine is told where it leads.
        self._command = [str(binary), "start", "--home", str(home), "--proxy_app", f"unix://{socket.resolve()}"]
        self._home = home
        self._log = home / "cometbft.log"
        self._told = told
        self._failed = failed
        self._closing = threading.Event()
        self._process = self._start()
        self._thread = threading.Thread(target=self._watch, name="linlian-engine", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """Ask it to end, and wait; kill it if it does not."""
        self._closing.set()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._thread.join()

    def _start(self) -> subprocess.Popen[bytes]:
        out = subprocess.PIPE
        process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        with suppress(OSError):  # on a full disk it runs all the same
            (self._home / PID_FILE).write_text(f"{process.pid}\n")
        return process

    def _watch(self) -> None:
        ended = 0
        while True:
            try:
                why = self._wait_for_its_end()
            except NodeMustStop as error:
                self._failed(error)
                return
            if self._closing.is_set():
                return
            self._told(f"cometbft {why}; see {self._log}")
            if self._closing.wait(BACK_OFF_S[min(ended, len(BACK_OFF_S) - 1)]):
                return
            ended += 1
            self._process = self._start()

    def _wait_for_its_end(self) -> str:
        """Until it ends, or is ended because it decides no more; why. Raises NodeMustStop (`engine.state_differs`)."""
        said, failure, differs = self._process.stdout, "", ""
        assert said is not None, "it speaks into a pipe"
        with said, _Log(self._log) as log:
            for line in said:
                log.write(line)
                if not failure and (found := FAILED.search(line)):
                    failure = found.group(1).decode("utf-8", "replace").strip('"')[:REASON_CHARS_MAX]
                    self._process.kill()
                if not differs and (found := DIFFERS.search(line)):
                    differs = next(filter(None, found.groups())).decode()
                    self._process.kill()
        code = self._process.wait()
        if differs:
            raise NodeMustStop("engine.state_differs", part=differs, log=str(self._log))
        return f"decides no more ({failure})" if failure else f"ended ({code})"


class _Log:
    """A file that lines are added to while the disk takes them, and that begins anew when it is large."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> _Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, line: bytes) -> None:
        """A line that does not fit is left out."""
        with suppress(OSError):
            if self._file is None:
                self._file = self._path.open("ab", buffering=0)
            self._file.write(line)
            if self._file.tell() > LOG_BYTES_MAX:
                self._file.close()
                self._file = None
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))

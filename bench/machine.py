"""Which machine a figure belongs to, and what it does in a second by itself."""

from __future__ import annotations

import os
import platform
import sys
import time
from hashlib import sha256
from pathlib import Path

from linlian.kernel.crypto import UNBOUND, SoftwareKey, verify_many

CHECKS = 4_000


def describe() -> str:
    """Cores, processor, Python, system."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"{os.cpu_count()} cores, {model}, Python {python}, {platform.system()} {platform.release()}"


def verifications_a_second() -> float:
    """Ed25519 signatures that one core checks in a second, by the way the ledger checks them."""
    key = SoftwareKey("ed25519", sha256(b"bench").digest())
    messages = [number.to_bytes(300, "big") for number in range(CHECKS)]
    checks = [("ed25519", key.public_key, message, key.sign(message), UNBOUND) for message in messages]
    started = time.perf_counter()
    assert all(verify_many(checks))
    return CHECKS / (time.perf_counter() - started)


def resident_bytes() -> int:
    """Memory this process holds, in bytes (0 where the system does not say)."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return 0
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def written_bytes() -> int:
    """Bytes this process has sent to disk since it began (0 where the system does not say)."""
    counters = Path("/proc/self/io")
    if not counters.exists():
        return 0
    lines = counters.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))

"""Sessions: what a key signed once, so that a browser or a program need not sign every request.

    challenge, until = sessions.challenge(now)             # 32 bytes, good for two minutes, once
    token, session = sessions.open(account, sign_in, now)  # after its signature was checked
    sessions.find(token, now)                              # → Session, or WebError

Rules
- What is signed is `"linlian/session/1" 00 ‖ u8 len(chain) ‖ chain ‖ u8 len(host) ‖ host ‖ challenge`: it can be taken
  for no transaction, and what was signed for one host opens nothing at another.
- A session holds no right. What its account may do is read from the ledger's state at every request, and a session
  whose key has ended or whose account may not act is over.
- Only the SHA-256 of a token is kept, in memory: a restart ends every session.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256

from linlian.vault import SignIn
from linlian.web.errors import WebError

SIGNING_DOMAIN = b"linlian/session/1\x00"
CHALLENGE_MS = 120_000
SESSION_MS = 12 * 3600 * 1000
SESSIONS_MAX = 100_000
SESSIONS_EACH_MAX = 16
"""Of one account; the oldest ends when one more is opened."""


@dataclass(frozen=True, slots=True)
class Session:
    """Whose it is, what opened it, and until when. `sign_in` shows others that its reader has come here."""

    account: bytes
    sign_in: SignIn
    until: int

    @property
    def key_id(self) -> bytes:
        return self.sign_in.key_id


def may_be_current(challenge: bytes, now: int) -> bool:
    """Whether a session that was opened with this challenge, here or at another node, can still be open."""
    until = int.from_bytes(challenge[:8], "big")
    return now - SESSION_MS < until <= now + 2 * CHALLENGE_MS


def signing_bytes(chain: str, host: str, challenge: bytes) -> bytes:
    """What a key signs to open a session."""
    named = [len(part).to_bytes(1, "big") + part for part in (chain.encode(), host.encode()[:255])]
    return b"".join((SIGNING_DOMAIN, *named, challenge))


class Sessions:
    """The sessions of one node. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secret = secrets.token_bytes(32)
        self._used: OrderedDict[bytes, int] = OrderedDict()
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()

    def challenge(self, now: int) -> tuple[bytes, int]:
        """A fresh challenge and until when it is good. Nothing is kept of it, so nobody can fill this place up."""
        told = (now + CHALLENGE_MS).to_bytes(8, "big") + secrets.token_bytes(8)
        return told + self._seal(told), now + CHALLENGE_MS

    def check_challenge(self, challenge: bytes, now: int) -> None:
        """Raise WebError (`web.challenge_unknown`) unless it was made here, is not too old, and was not used."""
        told = challenge[:16]
        if not hmac.compare_digest(challenge[16:], self._seal(told)) or int.from_bytes(told[:8], "big") <= now:
            raise WebError("web.challenge_unknown")
        self.use_up(challenge, int.from_bytes(told[:8], "big"), now, "web.challenge_unknown")

    def use_up(self, once: bytes, until: int, now: int, code: str) -> None:
        """Remember what may be used once, until it would be too old anyway. Raises WebError with this code."""
        with self._lock:
            while self._used and next(iter(self._used.values())) <= now:
                self._used.popitem(last=False)
            if once in self._used:
                raise WebError(code)
            self._used[once] = until

    def _seal(self, told: bytes) -> bytes:
        return hmac.digest(self._secret, told, "sha256")[:16]

    def open(self, account: bytes, sign_in: SignIn, now: int) -> tuple[str, Session]:
        """A new session and its token."""
        token = secrets.token_urlsafe(32)
        session = Session(account, sign_in, now + SESSION_MS)
        with self._lock:
            own = [name for name, known in self._sessions.items() if known.account == account]
            for name in own[: max(0, len(own) - SESSIONS_EACH_MAX + 1)]:
                del self._sessions[name]
            while len(self._sessions) >= SESSIONS_MAX:
                self._sessions.popitem(last=False)
            self._sessions[_name(token)] = session
        return token, session

    def find(self, token: str, now: int) -> Session:
        """The session of a token. Raises WebError (`web.session_ended`)."""
        with self._lock:
            session = self._sessions.get(_name(token))
        if session is None or session.until <= now:
            raise WebError("web.session_ended")
        return session

    def end(self, token: str) -> None:
        """End a session; no error if there is none."""
        with self._lock:
            self._sessions.pop(_name(token), None)


def _name(token: str) -> bytes:
    return sha256(token.encode()).digest()

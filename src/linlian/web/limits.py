"""How often somebody may ask: a bucket of tokens for each address and, once it is known, for each account.

    RateLimit-Policy: "address";q=600;w=60
    RateLimit: "address";r=412;t=19
    429 · Retry-After: 3 · problem details with the code `web.too_often`

Rules
- A request takes a token; tokens come back evenly. Whoever has none is told in how many seconds there is one.
- The address is that of the connection. Only where the connection comes from a host that the setting
  `trusted_proxies` names does `X-Forwarded-For` count, and of it the last address that is no such host.
- An IPv6 address counts by its /64, which is one household or one machine.
- What watches over the node (`/healthz`, `/readyz`, `/metrics`) is never told to wait.
- Buckets are kept for the last 20,000 callers; a bucket that is full again need not be kept.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linlian.web.errors import WebError

CALLERS_MAX = 20_000
WINDOW_S = 60
FREE = ("/healthz", "/readyz", "/metrics")


class Verdict(NamedTuple):
    """Whether a request may pass, how many more there and then, and in how many seconds there is one more."""

    passes: bool
    remaining: int
    wait_s: int


class Buckets:
    """One bucket for each caller, `quota` tokens in each, refilled within a minute. Safe for several threads."""

    def __init__(self, name: str, quota: int, clock: Callable[[], float]):
        self.name = name
        self.quota = quota
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def take(self, caller: bytes, cost: int = 1) -> Verdict:
        """Take tokens, all or none. What costs more than a bucket holds passes when the bucket is full."""
        now, rate = self._clock(), self.quota / WINDOW_S
        cost = min(cost, self.quota)
        with self._lock:
            left, at = self._left.pop(caller, (float(self.quota), now))
            left = min(float(self.quota), left + max(0.0, now - at) * rate)
            passes = left >= cost
            left -= cost if passes else 0
            self._left[caller] = (left, now)
            if len(self._left) > CALLERS_MAX:
                self._left.popitem(last=False)
        missing = (1 if passes else cost) - left
        return Verdict(passes, int(left), max(0, -int(-missing / rate // 1)))

    def check(self, caller: bytes, cost: int = 1) -> Verdict:
        """`take`; raises WebError (`web.too_often`) where it does not pass."""
        verdict = self.take(caller, cost)
        if not verdict.passes:
            raise WebError("web.too_often", retry_after_s=max(1, verdict.wait_s))
        return verdict

    def headers(self, verdict: Verdict) -> dict[str, str]:
        """What the caller is told of it."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.quota};w={WINDOW_S}',
            "RateLimit": f'"{self.name}";r={verdict.remaining};t={verdict.wait_s}',
        }


class AddressLimit:
    """Middleware: every request passes through the bucket of its address. `refuse` answers one that does not."""

    def __init__(
        self,
        app: ASGIApp,
        buckets: Buckets,
        refuse: Callable[[Scope, WebError], ASGIApp],
        trusted: Sequence[str] = (),
    ):
        self._app = app
        self._buckets = buckets
        self._refuse = refuse
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in FREE:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        verdict = self._buckets.take(caller_of(scope, headers, self._trusted))
        told = self._buckets.headers(verdict)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                written = MutableHeaders(scope=message)
                for name, value in told.items():
                    if name not in written:
                        written[name] = value
            await send(message)

        if verdict.passes:
            await self._app(scope, receive, tell)
        else:
            no = WebError("web.too_often", retry_after_s=max(1, verdict.wait_s))
            await self._refuse(scope, no)(scope, receive, tell)


def caller_of(scope: Mapping[str, object], headers: Headers, trusted: Sequence[str]) -> bytes:
    """Which bucket a request takes from, by where it comes from."""
    client = scope.get("client")
    address = str(client[0]) if isinstance(client, tuple | list) and client else ""
    if address in trusted:
        chain = [part.strip() for part in ",".join(headers.getlist("x-forwarded-for")).split(",")]
        address = next((part for part in reversed(chain) if part and part not in trusted), address)
    return network_of(address)


def hosts(setting: str) -> tuple[str, ...]:
    """A setting that names addresses, with commas or spaces between them."""
    return tuple(dict.fromkeys(setting.replace(",", " ").split()))


def network_of(address: str) -> bytes:
    """The address as one caller: an IPv4 address, the /64 of an IPv6 one; whatever is none shares one bucket."""
    try:
        read = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return b""
    if isinstance(read, ipaddress.IPv6Address):
        return read.ipv4_mapped.packed if read.ipv4_mapped is not None else read.packed[:8]
    return read.packed

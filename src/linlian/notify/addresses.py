"""Where a message may be sent, and where never.

Whoever may name an address could otherwise have the node knock at doors inside its own house: the database, the
router, the machine's own metadata.

Rules
- `https` to addresses of the public internet. Everything else (`http`, a private or loopback address) only to hosts
  that the setting `webhook_hosts` names.
- The name is looked up for each attempt and the connection goes to the very address that was judged, so a name that
  points elsewhere a moment later gains nothing. A name with one bad address among good ones is bad.
- Redirects are not followed, no proxy of the environment is used, no credentials stand in an address.

    check_url("https://city.example/hook", allowed=())            # ("city.example", 443)
    check_url("http://10.0.0.5/hook", allowed=("10.0.0.5",))
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from linlian.kernel.errors import LinlianError

URL_CHARS_MAX = 2_000
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""Addresses that a gateway turns into others (RFC 6052, RFC 8215)."""


class NotifyError(LinlianError):
    """A subscription cannot be made or used as it stands; the code says why."""


class Target(NamedTuple):
    """Where an address leads; `trusted` hosts are named in the settings and may be anywhere."""

    url: str
    host: str
    port: int
    trusted: bool


def allowed_hosts(setting: str) -> tuple[str, ...]:
    """The setting `webhook_hosts`: names or addresses, separated by commas or spaces."""
    return tuple(dict.fromkeys(part.strip("[]").lower() for part in setting.replace(",", " ").split()))


def check_url(url: str, allowed: Sequence[str]) -> Target:
    """Raises NotifyError: `notify.url_invalid`, `notify.url_not_https`, `notify.address_not_public`."""
    try:
        read = urlsplit(url)
        host, port = read.hostname or "", read.port or {"https": 443, "http": 80}.get(read.scheme, 0)
    except ValueError as error:
        raise NotifyError("notify.url_invalid", url=url[:100]) from error
    bare = "@" not in read.netloc and not read.fragment and len(url) <= URL_CHARS_MAX
    plain = url.isascii() and url.isprintable() and " " not in url
    if read.scheme not in ("https", "http") or not host or not bare or not plain or port == 0:
        raise NotifyError("notify.url_invalid", url=url[:100])
    target = Target(url, host, port, host in allowed)
    if read.scheme != "https" and not target.trusted:
        raise NotifyError("notify.url_not_https", host=host)
    if not target.trusted and _is_address(host):
        judge(target, [host])
    return target


def judge(target: Target, addresses: Iterable[str]) -> str:
    """The address to connect to, of those that the name has. Raises NotifyError (`notify.address_not_public`)."""
    found = list(addresses)
    for address in found:
        if not target.trusted and not is_public(address):
            raise NotifyError("notify.address_not_public", host=target.host)
    if not found:
        raise NotifyError("notify.no_address", host=target.host)
    return found[0]


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, whatever it is wrapped in."""
    read = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(read, ipaddress.IPv6Address):
        if read.ipv4_mapped is not None:
            return is_public(str(read.ipv4_mapped))
        if read.sixtofour is not None or read.teredo is not None or any(read in net for net in _TRANSLATED):
            return False
    return read.is_global and not read.is_multicast


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

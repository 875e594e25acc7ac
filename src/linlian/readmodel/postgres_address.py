"""Where a PostgreSQL server is, as people write it down.

postgresql://linlian@db.example:5432/community
postgresql://linlian@/community?host=/run/postgresql          through a socket of this machine
postgresql://linlian@db.example/community?schema=plum&tls=verify&ca=/etc/ssl/db.pem

Rules
- The password is no part of it: addresses stand in files, logs and messages.
- `schema` holds the tables, and nothing else may: it is dropped and made anew. `linlian` unless something else is said.
- `tls` is `verify` (the server proves its name), `encrypt` (it need not) or `off`. Unless something else is said it is
  `verify` for other machines and `off` for this one.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from linlian.readmodel.errors import ReadModelError

SCHEMES = ("postgresql", "postgres")
PORT = 5432
SCHEMA = "linlian"
TLS = ("verify", "encrypt", "off")
_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,40}")
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Address:
    """A server, a database and a schema in it. `host` is a folder where the server is reached by its socket there."""

    user: str
    host: str
    port: int
    database: str
    schema: str
    tls: str
    ca: str

    def __str__(self) -> str:
        where = f":{self.port}" if self.socket is not None else f"{self.host}:{self.port}"
        return f"postgresql://{self.user}@{where}/{self.database}?schema={self.schema}"

    @property
    def socket(self) -> str | None:
        """The socket's path, if it is reached by one."""
        return f"{self.host}/.s.PGSQL.{self.port}" if self.host.startswith("/") else None

    def tls_context(self) -> ssl.SSLContext | bool:
        """How the connection is protected, as the driver wants it. Raises ReadModelError for a `ca` that is none."""
        if self.tls == "off" or self.socket is not None:
            return False
        if self.tls == "encrypt":
            return True
        try:
            return ssl.create_default_context(cafile=self.ca or None)
        except (OSError, ssl.SSLError) as error:
            raise ReadModelError("readmodel.wrong_address", reason=f"ca={self.ca}: {error}") from error


def read_address(text: str) -> Address:
    """An address from its text. Raises ReadModelError (`readmodel.wrong_address`) with the reason, without the text."""
    try:
        parts = urlsplit(text)
        port = parts.port or PORT
    except ValueError as error:
        raise _wrong(str(error)) from error
    if parts.scheme not in SCHEMES:
        raise _wrong("postgresql://user@host:port/database")
    if parts.password is not None:
        raise _wrong("the password goes into LINLIAN_READMODEL_PASSWORD")
    told = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = told.keys() - {"host", "schema", "tls", "ca"}
    if unknown:
        raise _wrong(f"{', '.join(sorted(unknown))}: host, schema, tls, ca")
    host = told.get("host") or parts.hostname or "localhost"
    local = host in _LOCAL or host.startswith("/")
    address = Address(
        user=unquote(parts.username or ""),
        host=host.rstrip("/"),
        port=port,
        database=unquote(parts.path.removeprefix("/")),
        schema=told.get("schema", SCHEMA),
        tls=told.get("tls", "off" if local else "verify"),
        ca=told.get("ca", ""),
    )
    if not address.user or not address.database or "/" in address.database:
        raise _wrong("postgresql://user@host:port/database")
    if not _SCHEMA.fullmatch(address.schema) or address.schema.startswith("pg_") or address.schema == "public":
        raise _wrong(f"schema={address.schema}: a-z, 0-9, _; not public")
    if address.tls not in TLS:
        raise _wrong(f"tls={address.tls}: {', '.join(TLS)}")
    return address


def _wrong(reason: str) -> ReadModelError:
    return ReadModelError("readmodel.wrong_address", reason=reason)

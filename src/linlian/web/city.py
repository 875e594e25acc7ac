"""The requests of a community as cities' apps see them: what Open311 needs from the node, and only that."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from linlian.web.open311_reading import Asked, Sent
from linlian.words import Language


class Discovery(NamedTuple):
    """What the operator says of the service."""

    changeset: str
    contact: str
    key_service: str
    url: str
    testing: bool


class Filed(NamedTuple):
    """What became of a report: the request's id, or the token to ask for it with."""

    request_id: str
    token: str
    notice: str


class City(Protocol):
    """The requests of a community as cities' apps see them. Every call may block, and may raise LinlianError."""

    @property
    def jurisdiction(self) -> str: ...
    def discovery(self) -> Discovery: ...
    def services(self, language: Language) -> list[dict[str, Any]]: ...
    def definition(self, code: str, language: Language) -> dict[str, Any] | None: ...
    def requests(self, asked: Asked, language: Language) -> list[dict[str, Any]]: ...
    def request(self, identifier: str, language: Language) -> dict[str, Any] | None: ...
    def gateway(self, api_key: str) -> str | None:
        """The name of the gateway that a key stands for."""

    def file(self, gateway: str, sent: Sent, language: Language) -> Filed: ...
    def of_token(self, token: str) -> str | None:
        """The request's id; "" while it is not decided."""

    def now(self) -> int: ...

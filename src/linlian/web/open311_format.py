"""The answers of Open311 as XML and as JSON. What is empty is an empty element in XML and left out in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

FORMATS = ("xml", "json")
MEDIA_TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}

_ITEMS = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
"""List → what one of its items is called in XML."""
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, however it is written."""


def render(kind: str, value: Any, how: str) -> bytes:
    """The whole answer, `kind` being the name of its root element."""
    if how == "json":
        return json.dumps(_filled(value), ensure_ascii=False, separators=(",", ":"), default=_number).encode()
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + "".join(_element(kind, value)).encode()


def _filled(value: Any) -> Any:
    """Without what is empty. The errors' codes and all lists stay as they are."""
    if isinstance(value, Mapping):
        return {name: _filled(item) for name, item in value.items() if item not in ("", None)}
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return value


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _element(name: str, value: Any) -> Sequence[str]:
    if isinstance(value, Mapping):
        inner = [part for key, item in value.items() for part in _element(key, item)]
    elif isinstance(value, list):
        inner = [part for item in value for part in _element(_ITEMS[name], item)]
    else:
        inner = [escape(_UNSPEAKABLE.sub("\ufffd", _text(value)))]
    return [f"<{name}>", *inner, f"</{name}>"]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return str(float(value))
    return "" if value is None else str(value)

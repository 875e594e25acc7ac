"""Sealing everything that a story keeps off the ledger, all of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from linlian.demo.acts import Act, Picture
from linlian.demo.pictures import draw
from linlian.demo.text import Text
from linlian.kernel import codec
from linlian.kernel.codec import Content
from linlian.vault import Contents
from linlian.words import Language


def seal_fields(acts: Sequence[Act], contents: Contents, language: Language) -> list[dict[str, Any]]:
    """The fields of each act, with commitments in the place of texts and pictures. Raises VaultError."""
    plain = [
        part.in_language(language).encode() if isinstance(part, Text) else draw(part.number)
        for act in acts
        for value in act.fields.values()
        for part in _sealable(value)
    ]
    sealed = iter(contents.put_many(plain))
    return [{name: _sealed(value, sealed) for name, value in act.fields.items()} for act in acts]


def _sealable(value: Any) -> tuple[Text | Picture, ...]:
    """What is to be sealed in a field: a text, a picture, some pictures, or nothing."""
    if isinstance(value, Text | Picture):
        return (value,)
    return tuple(part for part in value if isinstance(part, Picture)) if isinstance(value, tuple) else ()


def _sealed(value: Any, sealed: Iterator[Content]) -> Any:
    """The field with the next of what has been sealed."""
    parts = [codec.as_plain(next(sealed)) for _ in _sealable(value)]
    if not parts:
        return value
    return parts[0] if isinstance(value, Text | Picture) else parts

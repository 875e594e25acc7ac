"""No text that stands on the ledger can hold markup: what people type freely is sealed, and shown as text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

from linlian import node
from linlian.kernel.contract import Command

SHOWN_NOWHERE = {"rp_id", "origin"}
"""Where a passkey belongs; checked against the key's own statement, and on no page."""
MARKUP = "<img src=x onerror=alert(1)>"
COMMANDS = sorted(node.rulebook().command_names.items(), key=lambda pair: pair[1])


def texts(kind: inspect.Type, name: str = "") -> Iterator[tuple[str, inspect.StrType]]:
    """The free texts in a type, each with its field's name."""
    if isinstance(kind, inspect.StrType):
        yield name, kind
    elif isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from texts(field.type, field.name)
    elif isinstance(kind, inspect.UnionType):
        for part in kind.types:
            yield from texts(part, name)
    elif isinstance(kind, inspect.VarTupleType):
        yield from texts(kind.item_type, name)


def test_there_are_texts_to_look_at() -> None:
    found = [name for command, _ in COMMANDS for name, _ in texts(inspect.type_info(command))]
    assert len(found) > 30
    assert {*SHOWN_NOWHERE} <= {*found}


@pytest.mark.parametrize("command", [kind for kind, _ in COMMANDS], ids=[name for _, name in COMMANDS])
def test_no_command_takes_markup(command: type[Command]) -> None:
    for name, kind in texts(inspect.type_info(command)):
        if name in SHOWN_NOWHERE:
            continue
        assert kind.pattern is not None, f"{name} is free text: seal it as a Content, or give it a pattern"
        for sign in "<>&\"'`":
            assert not re.search(kind.pattern, f"a{sign}b"), f"{name} lets {sign} through"
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(MARKUP, kind_of(kind))


def kind_of(kind: inspect.StrType) -> object:
    """The type of this description."""
    from typing import Annotated

    return Annotated[str, msgspec.Meta(pattern=kind.pattern, max_length=kind.max_length, min_length=kind.min_length)]

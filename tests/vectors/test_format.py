"""The tables of docs/format against the code: domains, limits, and the fields of every record."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
import pytest

from linlian.kernel import (
    anchor,
    block,
    codec,
    contents,
    crypto,
    entropy,
    genesis,
    grounds,
    keys,
    light,
    limits,
    operator,
    proof,
    release,
    replay,
    rolls,
    shown,
    timers,
    transaction,
    transition,
)
from linlian.kernel.codec import INT_MAX, Fields, Row

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "format"
RECORDS: dict[str, type[msgspec.Struct]] = {
    "Envelope": transaction._Envelope,
    **{
        kind.__name__: kind
        for module in (
            anchor,
            block,
            codec,
            entropy,
            contents,
            genesis,
            grounds,
            keys,
            light,
            limits,
            operator,
            proof,
            release,
            replay,
            rolls,
            shown,
            timers,
            transaction,
            transition,
        )
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, Fields | Row)
        and kind.__module__ == module.__name__
        and kind not in (Fields, Row, block.Receipt, replay.ForgetOffline, transaction._Envelope)
    },
}
"""Every record that has bytes of its own; a block's Receipt is written as part of its body."""


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def rows(table: str) -> list[list[str]]:
    """The cells of a Markdown table, without head and rule, without backticks."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines[2:]]


def table_after(document: str, heading: str) -> list[list[str]]:
    _, _, rest = document.partition(heading)
    return rows(re.split(r"\n(?!\|)", rest[rest.index("\n|") + 1 :], maxsplit=1)[0])


def describe(annotation: Any) -> str:
    """A field's type in the words of docs/format/encoding.md."""
    base, bounds = annotation, {}
    if get_origin(annotation) is Annotated:
        base, *marks = get_args(annotation)
        bounds = {
            name: bound
            for mark in marks
            if isinstance(mark, msgspec.Meta)
            for name in ("ge", "le", "min_length", "max_length", "pattern")
            if (bound := getattr(mark, name)) is not None
        }
    if base in (int, str, bytes, bool):
        return describe_scalar(base, bounds)
    if isinstance(base, type) and issubclass(base, msgspec.Struct):
        return base.__name__
    if get_origin(base) is Literal:
        return " or ".join(f'"{value}"' for value in get_args(base))
    if get_origin(base) is dict:
        return "map"
    parts = [part for part in get_args(base) if part is not type(None)]
    if get_origin(base) is tuple:
        inner = ", ".join(describe(part) for part in parts if part is not Ellipsis)
        return f"[{inner}](0…{bounds['max_length']})" if Ellipsis in parts else f"[{inner}]"
    [only] = parts
    return describe(only)


def describe_scalar(base: type, bounds: dict[str, Any]) -> str:
    least, most = bounds.get("min_length"), bounds.get("max_length")
    if base is int:
        assert bounds["le"] == INT_MAX
        return {0: "uint", -INT_MAX: "int"}.get(bounds["ge"], f"uint ≥ {bounds['ge']}")
    if base is str:
        return "label" if "pattern" in bounds and most == 64 else f"text(0…{most})"
    if base is bytes:
        return "bytes" if most is None else f"bytes({most})" if least == most else f"bytes(0…{most})"
    return "bool"


def test_the_domain_bytes_are_those_of_the_code() -> None:
    coded = {name: value.hex() for name, value in vars(crypto).items() if name.isupper() and isinstance(value, bytes)}
    assert {row[1]: row[0] for row in table_after(text("README.md"), "## Conventions")} == coded
    assert len(set(coded.values())) == len(coded)


def test_the_limits_are_those_of_the_code() -> None:
    coded = {name: value for name, value in vars(limits).items() if name.isupper() and isinstance(value, int)}
    coded |= {"DEPTH_MAX": codec.DEPTH_MAX, "SUBJECT_BYTES_MAX": codec.SUBJECT_BYTES_MAX}
    assert {row[0]: int(row[1]) for row in table_after(text("README.md"), "## Limits")} == coded
    work = msgspec.structs.asdict(limits.ORDINARY_WORK)
    assert {row[0]: int(row[1]) for row in table_after(text("README.md"), "A chain's genesis fixes")} == work


def described() -> dict[str, tuple[str, list[list[str]]]]:
    """Record name → ("map" or "array, schema n" …, its table), from all documents."""
    found = {}
    for path in sorted(FOLDER.glob("*.md")):
        for match in re.finditer(r"^\*\*(\w+)\*\*: (map|array[^.]*?)[.,]", text(path.name) + "\n", re.MULTILINE):
            rest = text(path.name)[match.start() :]
            kind = "array, schema 1" if rest.startswith(f"**{match[1]}**: array, schema 1") else match[2]
            found[match[1]] = (kind, table_after(rest, match[0]))
    return found


def test_every_record_is_described() -> None:
    assert sorted(described()) == sorted(RECORDS)


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_record_is_described_as_it_is(name: str) -> None:
    kind = RECORDS[name]
    form, table = described()[name]
    config = kind.__struct_config__
    if not config.array_like:
        assert form == "map"
    else:
        assert form == (f"array, schema {config.tag}" if config.tag else "array without a schema number")
    fields = [
        [field.name, describe(field.type) + ("?" if not config.array_like and not field.required else "")]
        for field in msgspec.structs.fields(kind)
    ]
    assert [row[:2] for row in table] == fields


def test_links_between_the_documents_lead_somewhere() -> None:
    for path in FOLDER.glob("*.md"):
        for target in re.findall(r"\]\(([^)#h][^)]*)\)", text(path.name)):
            if "…" not in target:
                assert (FOLDER / target).exists(), f"{path.name}: {target}"


def test_every_vector_file_is_named() -> None:
    named = re.findall(r"\(vectors/([a-z]+\.json)\)", text("README.md"))
    assert sorted(named) == sorted(path.name for path in (FOLDER / "vectors").iterdir())


def test_the_codes_of_the_filter_are_those_of_the_code() -> None:
    said = set(
        re.findall(r"`(?:kernel)?\.([a-z_]+)`", text("transaction.md").partition("Codes:")[2].partition("\n\n")[0])
    )
    source = "".join(
        Path(module.__file__ or "").read_text(encoding="utf-8") for module in (transaction, transition, replay)
    )
    assert said == set(re.findall(r'Rejected\(\s*"kernel\.([a-z_]+)"', source))

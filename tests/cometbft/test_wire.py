"""Our description of ABCI's messages against CometBFT's own `.proto` files, if Go's module cache has them.

Where CometBFT has been built (`make cometbft`) it has. Nothing is compiled: the files are read here, field by field.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from google.protobuf.descriptor import FieldDescriptor

from linlian.engine.cometbft import messages
from linlian.engine.cometbft.calls import KINDS

ROOT = Path(__file__).parents[2]
FILES = ("abci/types.proto", "crypto/keys.proto", "crypto/proof.proto", "types/params.proto", "types/validator.proto")
"""ABCI's own first: a message of the same name elsewhere is another."""
SCALARS = {
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_UINT64: "uint64",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
}
NOT_USED = {"insert_tx", "reap_txs"}
"""Calls of the mempool type `app`, which needs v0.40 over a socket and is off."""


class Field(NamedTuple):
    number: int
    kind: str
    repeated: bool


class Described(NamedTuple):
    """Messages by name, and enumerations by name: of these, number by constant."""

    messages: dict[str, dict[str, Field]]
    enums: dict[str, dict[str, int]]


def read_proto(text: str) -> Described:
    """Enough of the language for these files: blocks in blocks, and in them fields and constants."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/|\[[^\]]*\]", "", text, flags=re.DOTALL)
    found, inside = Described({}, {}), list[list[str]]()
    for statement, end in re.findall(r"([^;{}]*)([;{}])", text):
        words = statement.split()
        if end == "{":
            inside.append(words)
            message, enum = _within(inside)
            if enum:
                found.enums.setdefault(enum, {})
            elif message:
                found.messages.setdefault(message, {})
        elif end == "}":
            inside.pop()
        elif "=" in words and inside:
            message, enum = _within(inside)
            name, number = words[words.index("=") - 1], int(words[-1].strip('"'), 0) if words[-1].isdigit() else 0
            if enum:
                found.enums[enum][name] = number
            elif message and words[0] != "option":
                kind = words[words.index("=") - 2].split(".")[-1]
                found.messages[message][name] = Field(number, kind, words[0] == "repeated")
    return found


def _within(inside: list[list[str]]) -> tuple[str, str]:
    """The message, and the enumeration, dotted if it is in a message, that a statement stands in."""
    names = {words[0]: words[1] for words in inside if len(words) > 1}
    message, enum = names.get("message", ""), names.get("enum", "")
    return message, f"{message}.{enum}" if message and enum else enum


def test_the_little_reader_reads_what_stands_there() -> None:
    read = read_proto(
        "message A {\n  oneof value {\n    B b = 1; // why\n    bytes c = 2;\n  }\n  repeated x.y.D d = 4\n"
        '    [(gogoproto.nullable) = false];\n}\nenum E {\n  NO = 0;\n  YES = 1 [(x) = "Y"];\n}\n'
        "message F {\n  E e = 1;\n\n  enum Inside {\n    UNKNOWN = 0;\n  }\n}\n"
    )
    assert read.messages["A"] == {"b": Field(1, "B", False), "c": Field(2, "bytes", False), "d": Field(4, "D", True)}
    assert read.messages["F"] == {"e": Field(1, "E", False)}
    assert read.enums == {"E": {"NO": 0, "YES": 1}, "F.Inside": {"UNKNOWN": 0}}


@pytest.fixture(scope="module")
def theirs() -> Described:
    """The files of the version that `tools/cometbft` pins."""
    pinned = re.search(r"github\.com/cometbft/cometbft (v\S+)", (ROOT / "tools" / "cometbft" / "go.mod").read_text())
    assert pinned is not None
    cache = Path(os.environ.get("GOMODCACHE") or Path(os.environ.get("GOPATH") or Path.home() / "go") / "pkg" / "mod")
    folder = cache / "github.com" / "cometbft" / f"cometbft@{pinned[1]}" / "proto" / "tendermint"
    if not folder.is_dir():
        pytest.skip(f"Go's module cache has no CometBFT {pinned[1]}: make cometbft")
    found = Described({}, {})
    for name in FILES:
        read = read_proto((folder / name).read_text())
        for message, fields in read.messages.items():
            found.messages.setdefault(message, fields)
        found.enums.update(read.enums)
    return found


def ours() -> dict[str, Any]:
    file = messages._pool.FindFileByName("linlian/abci.proto")
    return dict(file.message_types_by_name)


@pytest.mark.parametrize("name", sorted(set(ours()) - {"Timestamp"}))
def test_each_field_is_where_the_engine_has_it(theirs: Described, name: str) -> None:
    known = theirs.messages[name]
    for field in ours()[name].fields:
        kind = field.message_type.name if field.message_type else SCALARS[field.type]
        there = known[field.name]
        enumerated = {there.kind, f"{name}.{there.kind}"} & set(theirs.enums)
        expected = "int32" if enumerated else there.kind
        assert (field.number, kind, field.is_repeated) == (there.number, expected, there.repeated), field.name


def test_a_time_is_googles() -> None:
    described = [(field.name, field.number, SCALARS[field.type]) for field in ours()["Timestamp"].fields]
    assert described == [("seconds", 1, "int64"), ("nanos", 2, "int32")]


@pytest.mark.parametrize("name", ["Request", "Response"])
def test_no_call_is_left_out_but_those_that_are_off(theirs: Described, name: str) -> None:
    assert {field.name for field in ours()[name].fields} == set(theirs.messages[name]) - NOT_USED


def test_every_answer_has_the_number_that_the_engine_knows(theirs: Described) -> None:
    enums = theirs.enums
    offer, applied = enums["ResponseOfferSnapshot.Result"], enums["ResponseApplySnapshotChunk.Result"]
    proposal, vote = enums["ResponseProcessProposal.ProposalStatus"], enums["ResponseVerifyVoteExtension.VerifyStatus"]
    assert {each["ACCEPT"] for each in (offer, applied, proposal, vote)} == {messages.ACCEPT}
    assert proposal["REJECT"] == messages.REJECT_PROPOSAL
    assert (offer["REJECT"], offer["REJECT_FORMAT"]) == (messages.REJECT_OFFER, messages.REJECT_FORMAT)
    assert (applied["RETRY"], applied["REJECT_SNAPSHOT"]) == (messages.RETRY_CHUNK, messages.REJECT_SNAPSHOT)
    assert enums["CheckTxType"] == {"NEW": 0, "RECHECK": messages.RECHECK}
    assert {kind: name.lower() for name, kind in enums["MisbehaviorType"].items() if kind} == KINDS

"""What a sealed content belongs to: whatever an event names first, and nothing that is said later."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linlian.kernel.codec import Blob, Hash, Id, Label, Meta, Row, Subject
from linlian.kernel.contents import SUBJECTS_MAX, bound_content, content_fields
from linlian.kernel.contract import Command, Content, Context, Contract, Event, Refused
from linlian.kernel.keys import register_key
from linlian.testing import Person, Town

contract = Contract("letters")
PersonId = Annotated[Id, Subject("person")]
PEOPLE = ("anna", "ben")


class Box(Row):
    letters: Annotated[tuple[Hash, ...], Meta(max_length=8)]


boxes = contract.table("box", Box)


class Found(Command):
    accounts: Annotated[tuple[Id, ...], Meta(max_length=8)]
    keys: Annotated[tuple[Blob, ...], Meta(max_length=8)]


class Write(Command):
    """`torn` is thrown away again."""

    to: Annotated[tuple[PersonId, ...], Meta(max_length=32)] = ()
    letter: Content | None = None
    pictures: Annotated[tuple[Content, ...], Meta(max_length=4)] = ()
    torn: bool = False


@contract.event
class LetterWritten(Event):
    author: PersonId
    to: Annotated[tuple[PersonId, ...], Meta(max_length=32)] = ()
    topic: Label = ""
    letter: Content | None = None
    pictures: Annotated[tuple[Content, ...], Meta(max_length=4)] = ()


@contract.genesis
def found(ctx: Context, cmd: Found) -> None:
    for account, key in zip(cmd.accounts, cmd.keys, strict=True):
        register_key(ctx, "ed25519", key, account)


@contract.command
def write(ctx: Context, cmd: Write) -> None:
    ctx.emit(LetterWritten(author=ctx.signer, to=cmd.to, letter=cmd.letter, pictures=cmd.pictures))
    if cmd.torn:
        raise Refused("letters.torn")


def content(name: str) -> Content:
    digest = sha256(name.encode()).digest()
    return Content(commitment=digest, ciphertext_hash=sha256(digest).digest())


def town() -> tuple[Town, Person, Person]:
    people = [Town([contract]).someone(name) for name in PEOPLE]
    keys = tuple(person.key.public_key for person in people)
    made = Town([contract], [Found(accounts=tuple(person.account for person in people), keys=keys)])
    return made, people[0], people[1]


def test_content_is_bound_to_the_event_and_to_whom_it_is_about() -> None:
    post, anna, ben = town()
    post.do(anna, Write(to=(ben.account,), letter=content("a letter"), pictures=(content("one"), content("two"))))
    for name, field in (("a letter", "letter"), ("one", "pictures"), ("two", "pictures")):
        bound = bound_content(post.state, content(name).commitment)
        assert bound is not None
        assert (bound.event, bound.field, bound.signer) == ("letters.letter_written", field, anna.account)
        assert bound.ciphertext_hash == content(name).ciphertext_hash
        assert (bound.named("author"), bound.named("to"), bound.named("letter")) == (anna.account, ben.account, None)
    assert bound_content(post.state, content("three").commitment) is None


def test_whoever_names_it_again_moves_nothing() -> None:
    post, anna, ben = town()
    post.do(anna, Write(letter=content("a letter")))
    post.do(ben, Write(letter=content("a letter")))
    bound = bound_content(post.state, content("a letter").commitment)
    assert bound is not None
    assert bound.signer == anna.account


def test_a_refusal_binds_nothing() -> None:
    post, anna, _ = town()
    assert post.refusal(anna, Write(letter=content("a letter"), torn=True)) == "letters.torn"
    assert bound_content(post.state, content("a letter").commitment) is None


def test_an_event_about_many_is_bound_to_the_first_of_them() -> None:
    post, anna, _ = town()
    others = tuple(bytes(15) + bytes([number]) for number in range(20))
    post.do(anna, Write(to=others, letter=content("a circular")))
    bound = bound_content(post.state, content("a circular").commitment)
    assert bound is not None
    assert bound.subjects == (anna.account, *others[: SUBJECTS_MAX - 1])


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=12))
def test_the_first_to_name_a_content_keeps_it(letters: list[tuple[bool, int]]) -> None:
    post, anna, ben = town()
    first: dict[int, bytes] = {}
    for by_anna, number in letters:
        writer = anna if by_anna else ben
        post.do(writer, Write(letter=content(f"letter {number}")))
        first.setdefault(number, writer.account)
    for number, writer_id in first.items():
        bound = bound_content(post.state, content(f"letter {number}").commitment)
        assert bound is not None
        assert bound.signer == writer_id


@pytest.mark.parametrize(("kind", "fields"), [(LetterWritten, ("letter", "pictures")), (Found, ())])
def test_the_fields_that_hold_content_are_read_from_the_type(kind: type[Command], fields: tuple[str, ...]) -> None:
    assert content_fields(kind) == fields

"""Forms made from commands: what is known goes along as the command wants it, what is asked stands in order."""

from __future__ import annotations

from linlian import node
from linlian.community.funds import Give
from linlian.community.transfers.rules_paying import EnterPayments, PaymentLine
from linlian.node import source
from linlian.web.forms import Form, form_of
from linlian.words import Words

TONGUE = Words.load(source.businesses()).tongue("en")
CYCLE, FIRST, SECOND = bytes(16), b"\1" * 16, b"\2" * 16


def test_lines_that_are_known_go_along_line_by_line() -> None:
    lines = (PaymentLine(entitlement=FIRST, amount_minor=48_000), PaymentLine(entitlement=SECOND, amount_minor=150))
    form = form_of(node.rulebook(), TONGUE, EnterPayments, {}, {"cycle": CYCLE, "lines": lines})
    (control,) = [each for each in form.controls if each.name == "lines"]
    told = [{part.name: (part.kind, part.fixed, part.said) for part in row} for row in control.given]
    assert [row["entitlement"][:2] for row in told] == [("bytes", FIRST.hex()), ("bytes", SECOND.hex())]
    assert [row["amount_minor"] for row in told] == [("int", "48000", "480.00"), ("int", "150", "1.50")]
    assert not form.asks, "there is nothing to fill in"


def test_lines_that_are_not_known_are_asked_for() -> None:
    form = form_of(node.rulebook(), TONGUE, EnterPayments, {}, {"cycle": CYCLE})
    (control,) = [each for each in form.controls if each.name == "lines"]
    assert control.given == ()
    assert control.rows
    assert form.asks


def test_fields_stand_in_the_order_that_is_asked_for_and_say_what_to_write() -> None:
    form = give().ordered("purse", "amount_minor").hinted({"purse": "What it is for."})
    assert [each.name for each in form.controls][:3] == ["purse", "amount_minor", "fund"]
    assert [each.hint for each in form.controls if each.hint] == ["What it is for."]
    assert {each.name for each in form.controls} == {each.name for each in give().controls}


def give() -> Form:
    return form_of(node.rulebook(), TONGUE, Give, {}, {})

"""What the pages of money share: who is called what, where the money is, and the picture of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from linlian.community.funds import views as fund_views
from linlian.community.funds.views import FundRow
from linlian.community.identity.pages import organisation_codes
from linlian.community.transfers.rules_returning import FailHop
from linlian.community.transfers.views import SumRow, TotalRow
from linlian.kernel.contract import Content
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Pages
from linlian.web.river import Bank, Stream, river_svg

pages = Pages("transfers")
codes = organisation_codes
DAY_MS = 86_400_000
SOMETHING = Content(commitment=bytes(32), ciphertext_hash=bytes(32))
"""Stands for words that are still to be written, when a command is tried."""
REASONS = (
    *("account_closed", "wrong_account", "name_differs", "returned_by_bank"),
    *("nobody_in", "moved_away", "not_wanted", "not_needed"),
)
"""Why money did not arrive, each the text `transfers.reason.<…>`, which is also how events tell it."""
HANDS_MAX = 5
"""So many hands are drawn by themselves; the smaller ones stand together."""
SHADES = {
    "open": "moving",
    "running": "moving",
    "payable": "moving",
    "sent": "moving",
    "approved": "moving",
    "proposed": "waiting",
    "submitted": "waiting",
    "posted": "waiting",
    "entered": "waiting",
    "drafted": "waiting",
    "promised": "waiting",
    "asked": "waiting",
    "ended": "waiting",
    "banked": "waiting",
    "returning": "waiting",
    "held": "waiting",
    "confirmed": "well",
    "received": "well",
    "accounted": "well",
    "answered": "well",
    "paid": "well",
    "late": "late",
    "failed": "late",
    "silent": "late",
    "struck": "late",
    "expired": "late",
}
"""State → the shade of its badge."""
pages.constants.update(SHADES=SHADES)


@dataclass(frozen=True)
class Where:
    """Where money is that left a fund: with recipients, on its way, with organisations, on its way back."""

    out_minor: int = 0
    delivered_minor: int = 0
    on_the_way_minor: int = 0
    held_minor: int = 0
    returning_minor: int = 0
    receipts: int = 0
    pending: int = 0


def where_of(row: SumRow | TotalRow | None) -> Where:
    """Where the money of a programme, or of a whole fund, is; nothing has left one without a row."""
    if row is None:
        return Where()
    return Where(
        row.out_minor,
        row.delivered_minor,
        row.on_the_way_minor,
        row.held_minor,
        row.returning_minor,
        row.receipts,
        row.pending,
    )


@dataclass(frozen=True)
class River:
    """The picture twice: for a desk and for a phone."""

    across: Markup
    down: Markup


def river(title: str, banks: Sequence[Bank], streams: Sequence[Stream]) -> River:
    return River(Markup(river_svg(title, banks, streams)), Markup(river_svg(title, banks, streams, downward=True)))


def plainly(ask: Ask, form: Form, *order: str) -> Form:
    """A form with its fields in a sensible order, and beside each that needs it a sentence that says what to write."""
    hints = {each.name: f"transfers.hint.{form.command}.{each.name}" for each in form.controls}
    known = {name: ask.tongue.text(text) for name, text in hints.items() if ask.tongue.has("texts", text)}
    return form.ordered(*order).hinted(known)


def called(ask: Ask, kind: str, label: str) -> str:
    """What people call a label (`purse`, `unit`) that they can choose on forms; any other is its own name."""
    text = f"transfers.{kind}.{label}"
    return ask.tongue.text(text) if ask.tongue.has("texts", text) else label


def failing(ask: Ask, hop: bytes, sure: bool = False) -> Form | None:
    """To say that what was sent did not arrive, and why: what people usually meet can be chosen. `sure`: the rules need
    not be asked, for they said yes to another of the same."""
    choices = {"reason": [(text, ask.tongue.text(text)) for text in (f"transfers.reason.{each}" for each in REASONS)]}
    if sure:
        return ask.form(FailHop, choices, hop=hop)
    return ask.offer(FailHop(hop=hop, reason=f"transfers.reason.{REASONS[0]}"), "hop", choices=choices)


def shares(ask: Ask, there: int, way: int, here: int) -> Markup:
    """A bar of three parts; what they are is said beside it."""
    whole, at, drawn = max(1, there + way + here), 0, ""
    for amount, shade in ((there, "well"), (way, "moving"), (here, "other")):
        broad = 1000 * amount // whole
        drawn += f'<rect class="{shade}" x="{at}" width="{broad}" height="24"/>' if broad else ""
        at += broad
    return Markup(
        f'<svg class="shares" viewBox="0 0 1000 24" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>'
    )


def fund_of(ask: Ask, fund: bytes) -> FundRow:
    return ask.one(fund_views.fund, fund=fund)


def is_party(ask: Ask, fund: bytes) -> bool:
    """Whether the reader sees all of a fund but who somebody is."""
    return ask.sees(fund_views.gifts_of_fund, fund=fund)

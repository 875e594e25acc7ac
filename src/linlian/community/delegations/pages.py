"""Pages about acting for another: who acts for me, for whom I act, what waits for me as a witness."""

from __future__ import annotations

from dataclasses import dataclass, replace

from linlian.community.delegations import views
from linlian.community.delegations.rules import EndDelegation, GrantDelegation, WitnessDelegation
from linlian.community.delegations.views import DelegationRow, DelegationState
from linlian.community.identity import views as identity_views
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Control, Form
from linlian.web.pages import Page, Pages, Place

pages = Pages("delegations")


@dataclass(frozen=True)
class Acts:
    """A delegation: `counts` is whether it is in force now, `form` ends or signs it, where the reader may."""

    row: DelegationRow
    counts: bool
    form: Form | None


@dataclass(frozen=True)
class DelegationsPage(Page):
    """Who acts for the reader, for whom they act, and what they are asked to witness."""

    mine: list[Acts]
    others: list[Acts]
    to_witness: list[Acts]
    among_us: Form | None
    grant: Form
    account: bytes


@pages.page("/delegations")
def delegations(ask: Ask) -> DelegationsPage:
    me = ask.reader.account
    if not me:
        raise WebError("web.sign_in")
    mine = [row for row in ask.rows(views.delegates_of, principal=me) if row.state != DelegationState.ENDED]
    others = ask.rows(views.principals_of, delegate=me)
    asked = ask.rows(views.to_be_witnessed, witness=me)
    lives = [(row.other, ask.name(row.other)) for row in ask.rows(identity_views.household_of, account=me)]
    return DelegationsPage(
        [Acts(row, _counts(row, ask.now), _end(ask, row)) for row in mine],
        [Acts(row, _counts(row, ask.now), _end(ask, row)) for row in others],
        [Acts(row, False, _witness(ask, row)) for row in asked],
        ask.form(GrantDelegation, {"delegate": lives}, household=True) if lives else None,
        ask.form(GrantDelegation, household=False),
        me,
        live=(me,),
    )


def _counts(row: DelegationRow, now: int) -> bool:
    return row.state == DelegationState.GRANTED and row.starts <= now < row.until


def _end(ask: Ask, row: DelegationRow) -> Form | None:
    command = EndDelegation(principal=row.principal, delegate=row.delegate)
    return ask.form(EndDelegation, principal=row.principal, delegate=row.delegate) if ask.may(command) else None


def _witness(ask: Ask, row: DelegationRow) -> Form:
    """What is witnessed stands in the signature: scopes and end as they were proposed."""
    form = ask.form(WitnessDelegation, principal=row.principal, delegate=row.delegate, until=row.until)
    label = ask.tongue.field("delegations", "scopes")
    scopes = tuple(
        Control("scopes", label, "text", True, True, fixed=scope, said=ask.tongue.value("delegations", scope))
        for scope in row.scopes.split(",")
    )
    others = tuple(control for control in form.controls if control.name != "scopes")
    return replace(form, controls=(*others, *scopes))


pages.way(
    "/delegations", "delegations", Place.TOP, lambda reader: reader.account != b"" and not reader.organisation, 65
)

"""The repairs' scene with a price on things: who lives in the flat and may pay, and shortcuts to quotes.

tess    a tenant of the flat, with the right to pay there; dora decides for her
olga    an owner of the flat, with the right to pay there
nell    lives in the flat next door, with the right to pay there
"""

from __future__ import annotations

from typing import Any

from linlian.community import quotes
from linlian.community.delegations.rules import GrantDelegation
from linlian.community.identity import Role, Scope
from linlian.community.places import Capacity, PlaceKind, Right
from linlian.community.places.rules import PlaceRegistered, RegisterPlace, places
from linlian.community.quotes.rules import Contest, Line, LineKind, Quote, Unit, amount_cents, contests
from linlian.community.quotes.rules import quotes as rows
from linlian.community.quotes.rules_contests import ContestAttribution, DecideAttribution
from linlian.community.quotes.rules_quoting import ApproveQuote, MakeQuote, QuoteMade
from linlian.community.repairs import Party, Payer
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_triage import TriageRepair
from linlian.community.repairs.tests.scene import DAY, PATHS, Scene, content, found_scene, hire, move_in, settle

HOME = (Right.REPORT, Right.SEE, Right.PAY, Right.CONFIRM)
TAP = Line(kind=LineKind.PART, label="tap.15mm", unit=Unit.PIECE, quantity_milli=2000, unit_cents=4550)
WORK = Line(kind=LineKind.LABOUR, label="plumber", unit=Unit.HOUR, quantity_milli=1500, unit_cents=8000)
LINES = (TAP, WORK)


class Counter:
    """A scene, and what is paid in it."""

    def __init__(self) -> None:
        self.scene: Scene = found_scene(quotes.contract)
        for name in ("tess", "olga", "nell", "dora"):
            settle(self.scene, name)
        move_in(self.scene, "tess", self.scene.flat, Capacity.TENANT, HOME)
        move_in(self.scene, "olga", self.scene.flat, Capacity.CO_OWNER, HOME)
        self.next_door = self.home()
        move_in(self.scene, "nell", self.next_door, Capacity.TENANT, HOME)
        until = self.scene.town.time + 300 * DAY
        dora = self.scene.account("dora")
        self.scene.do("tess", GrantDelegation(delegate=dora, scopes=(Scope.DECIDE,), until=until))
        hire(self.scene, "owners", "committee", Role.COMMITTEE_MEMBER)

    def home(self, **more: Any) -> bytes:
        """One more dwelling."""
        building = next(key for key, row in self.scene.town.rows(places) if row.kind is PlaceKind.BUILDING)
        command = RegisterPlace(kind=PlaceKind.DWELLING, parent=building, **more)
        place = self.scene.do("clerk", command).the(PlaceRegistered).place
        assert isinstance(place, bytes)
        return place

    def case(self, state: State = State.DIAGNOSED, reporter: str = "tess", **triage: Any) -> bytes:
        """A case in a state, with the cost where `triage` puts it; otherwise on the occupier."""
        place = triage.pop("place", b"")
        report = {name: triage.pop(name) for name in ("category",) if name in triage}
        case_id = self.scene.report(reporter, place=place, **report)
        for step in PATHS[state]:
            if step == "triage":
                self.scene.do("desk", TriageRepair(case=case_id, **triage))
            else:
                self.scene.take(case_id, step)
        return case_id

    def command(self, case_id: bytes, lines: tuple[Line, ...] = LINES, **more: Any) -> MakeQuote:
        total = more.pop("total_cents", sum(amount_cents(line) for line in lines))
        until = more.pop("valid_until", self.scene.town.time + 7 * DAY)
        return MakeQuote(case=case_id, lines=lines, total_cents=total, valid_until=until, **more)

    def quote(self, case_id: bytes, lines: tuple[Line, ...] = LINES, by: str = "dispatcher", **more: Any) -> bytes:
        """A fresh quote; its id."""
        quote_id = self.scene.do(by, self.command(case_id, lines, **more)).the(QuoteMade).quote
        assert isinstance(quote_id, bytes)
        return quote_id

    def approval(self, quote_id: bytes, **more: Any) -> ApproveQuote:
        return ApproveQuote(quote=quote_id, total_cents=more.pop("total_cents", self.row(quote_id).total_cents), **more)

    def row(self, quote_id: bytes) -> Quote:
        found = self.scene.town.get(rows, quote_id)
        assert found is not None
        return found

    def contest(self, case_id: bytes) -> Contest:
        found = self.scene.town.get(contests, case_id)
        assert found is not None
        return found


def contest(case_id: bytes, party: Party = Party.DEVELOPER, payer: Payer = Payer.DEVELOPER, **more: Any) -> Any:
    return ContestAttribution(case=case_id, party=party, payer=payer, words=content("not mine"), **more)


def decide(case_id: bytes, party: Party = Party.DEVELOPER, payer: Payer = Payer.DEVELOPER) -> DecideAttribution:
    return DecideAttribution(case=case_id, party=party, payer=payer, words=content("because"))

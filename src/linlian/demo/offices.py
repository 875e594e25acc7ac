"""What offices do beside repairs: cards and licences, teams and duty, hours, inspections, and keys that were lost.

second-electrician   whose licence ran out six weeks ago        a lift that did not pass, one whose inspection is
second-handyman      whose licence runs out in two weeks        overdue, one that waits for a part
shop1-1, shop2-1     got a new key; stopped it with the old     daughter    whose recovery is under way
"""

from __future__ import annotations

from typing import Any

from linlian.community.places import PlaceKind
from linlian.community.staff import LicenceKind
from linlian.demo.acts import DAY, DAYS, HOUR, MINUTE, StoryDay, Telling
from linlian.demo.grounds import Plot
from linlian.demo.lives import CREWS
from linlian.demo.staff import STAFF, TEAMS, Staff, Team
from linlian.demo.text import Text

CARDS_DAY = 9
DUTY_DAYS = 14
"""For so many days back there is a plan of who is on duty, and for two ahead."""
YEAR = 365 * DAY
OFFICES = {"heshun": "clerk", "shengping-lift": "lift-officer", "ruian-works": "works-officer"}
"""Who keeps the cards and licences of an employer."""
FIRMS = (
    ("shengping-lift", LicenceKind.LIFT_FIRM, Text("特设许可 演示-0001", "lift licence DEMO-0001")),
    ("heshun", LicenceKind.GAS_FIRM, Text("燃气许可 演示-0002", "gas licence DEMO-0002")),
)
"""Without which nobody of theirs may do such work."""
DAY_SHIFT, NIGHT_SHIFT = (8 * HOUR, 18 * HOUR), (20 * HOUR, 32 * HOUR)
RENEWED_DAY = 230
HOLDING = {who for crew in CREWS.values() for who in crew.repairers}
"""Who may still have open work in hand: their duty ends by itself, at its planned end."""


def play(telling: Telling, places: list[Plot]) -> None:
    """All of it."""
    for staff in STAFF:
        if staff.trades:
            _issue(telling, staff)
    for company, kind, number in FIRMS:
        firm: dict[str, Any] = {"kind": str(kind), "number": number, "body": "SAMR"}
        firm |= {"starts": -300 * DAY, "until": DAYS * DAY + YEAR}
        telling.add(CARDS_DAY * DAY + 9 * HOUR, OFFICES[company], "staff.record_licence", **firm)
    for team in TEAMS:
        _team(telling, team)
    _inspect(telling, places)
    _open_hours(telling)
    _recover(telling)


def _issue(telling: Telling, staff: Staff) -> None:
    """A card with a sealed name and a photograph, and the licences that go with it."""
    at, office = CARDS_DAY * DAY + 14 * HOUR, OFFICES[staff.company]
    trades = tuple(str(trade) for trade in staff.trades)
    card: dict[str, Any] = {"account": staff.key, "trades": trades, "name": staff.name, "photo": telling.picture()}
    telling.add(at, office, "staff.issue_card", **card)
    for kind, days in staff.licences:
        renewed = days > 2 * 365
        until = (RENEWED_DAY if renewed else DAYS + days) * DAY
        number = Text(f"演示证书 {staff.key}", f"demo certificate {staff.key}")
        licence: dict[str, Any] = {"kind": str(kind), "account": staff.key, "number": number}
        given: dict[str, Any] = {"body": "SAMR", "starts": -500 * DAY, "until": until, "paper": telling.picture()}
        telling.add(at + HOUR, office, "staff.record_licence", **licence, **given)
        if renewed:
            again = (RENEWED_DAY - 12) * DAY + 10 * HOUR
            telling.add(again, office, "staff.renew_licence", **licence, until=(DAYS + days) * DAY)


def _team(telling: Telling, team: Team) -> None:
    """It is formed; for the last two weeks its members' duty is planned, begun and ended."""
    trades = tuple(str(trade) for trade in team.trades)
    at = CARDS_DAY * DAY + 16 * HOUR
    fields: dict[str, Any] = {"code": team.key, "members": team.members, "trades": trades}
    telling.add(at, team.planner, "staff.form_team", team.key, **fields)
    for day in range(DAYS - DUTY_DAYS, DAYS + 3):
        planned = (DAYS - DUTY_DAYS - 1 if day < DAYS - DUTY_DAYS // 2 else DAYS - DUTY_DAYS // 2 - 1) * DAY + 17 * HOUR
        for member in team.members:
            if telling.chance.random() < 0.25:
                continue  # a day off
            begins, ends = NIGHT_SHIFT if member in team.nights else DAY_SHIFT
            shift, begins, ends = f"shift-{member}-{day}", day * DAY + begins, day * DAY + ends
            plan: dict[str, Any] = {"team": team.key, "account": member, "starts": begins, "until": ends}
            telling.add(planned, team.planner, "staff.plan_shift", shift, **plan)
            if telling.chance.random() < 0.03:
                continue  # nobody came
            telling.add(begins - 5 * MINUTE * telling.chance.randint(1, 3), member, "staff.begin_duty", shift=shift)
            if member not in HOLDING:
                telling.add(ends - 5 * MINUTE, member, "staff.end_duty")


def _inspect(telling: Telling, places: list[Plot]) -> None:
    """The lift firm writes down each lift's inspection, in the course of the year; the company that of its hydrants."""
    lifts = [place.key for place in places if place.kind is PlaceKind.LIFT]
    for number, lift in enumerate(lifts):
        inspected = (14 * number - 35) * DAY + 10 * HOUR
        recorded = max(inspected + 5 * HOUR, 20 * DAY + 9 * HOUR)
        _record(telling, recorded, "lift-repairer", lift, inspected)
        if number in (0, 2):
            again = inspected + YEAR - 8 * DAY
            _record(telling, again + 4 * HOUR, "lift-repairer", lift, again, passed=number == 0)
    for place in places:
        if place.kind is PlaceKind.FIRE_EQUIPMENT:
            _record(telling, 30 * DAY + 15 * HOUR, "handyman", place.key, 30 * DAY + 9 * HOUR)
    again = (DAYS - 6) * DAY + 11 * HOUR
    stopped: dict[str, Any] = {"place": lifts[-1], "reason": "replacement"}
    telling.add(again, "lift-repairer", "equipment.take_out_of_service", **stopped)
    pump: dict[str, Any] = {"place": "pump", "reason": "fault"}
    telling.add(again + DAY, "handyman", "equipment.take_out_of_service", **pump)
    telling.add(again + DAY + 5 * HOUR, "handyman", "equipment.return_to_service", place="pump")


def _record(telling: Telling, at: int, who: str, place: str, inspected: int, passed: bool = True) -> None:
    fields: dict[str, Any] = {"place": place, "inspected_at": inspected, "due_at": inspected + YEAR, "passed": passed}
    telling.add(at, who, "equipment.record_inspection", report=telling.picture(), **fields)


def _open_hours(telling: Telling) -> None:
    """The street office publishes when the service desk is open, and other hours for the summer."""
    for day, starts, until in ((10, 480, 1200), (180, 420, 1260), (300, 480, 1200)):
        week: dict[str, Any] = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), (starts, until))
        week |= dict.fromkeys(("saturday", "sunday", "day_off", "makeup"), (540, 1020))
        first = StoryDay(day + 7)
        telling.add(day * DAY + 10 * HOUR, "street-clerk", "calendars.set_hours", calendar="desk", starts=first, **week)


def _recover(telling: Telling) -> None:
    """Three who lost a telephone: one got a new key, one found the old one and stopped it, one is under way."""
    for account, day, hour in (("shop1-1", 120, 10), ("shop2-1", 250, 15), ("daughter", DAYS - 2, 18)):
        at = day * DAY + hour * HOUR
        evidence = Text("本人到场，出示身份证。", "Came in person, and showed an identity card.")
        telling.add(at, "desk", "council.open_recovery", account=account, evidence=evidence)
        telling.add(at + telling.some(20, 90), "officer", "council.approve_recovery", account=account)
        telling.add(at + 2 * HOUR, "street-officer", "council.approve_recovery", account=account)
        if account == "shop2-1":
            telling.add(at + 20 * HOUR, account, "council.veto_recovery", account=account)

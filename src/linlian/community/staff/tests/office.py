"""A company with people to send, a lift firm, a street office: for the tests of staff.

harmony    the property company: officer, clerk, dispatcher, repairer, second (a repairer too), pump (a device)
rise       the lift firm: officer, fitter
street     the street office: officer, inspector (a supervisor)
"""

from __future__ import annotations

from typing import Any

from linlian.community import council, staff
from linlian.community.identity import OrganisationKind, Role
from linlian.community.identity.rules_accounts import DeviceRegistered, RegisterDevice
from linlian.community.identity.tests.village import DAY_MS, Village, content, found_village, software_key
from linlian.community.staff import LicenceKind, Trade
from linlian.community.staff.rules import IssueCard
from linlian.community.staff.rules_duty import PlanShift, ShiftPlanned
from linlian.community.staff.rules_licences import RecordLicence, RenewLicence
from linlian.community.staff.rules_teams import FormTeam, TeamFormed
from linlian.kernel.contract import Contract
from linlian.testing import Person

HOUR_MS = 3600 * 1000
STAFF = {
    "clerk": ("harmony", Role.CLERK),
    "dispatcher": ("harmony", Role.DISPATCHER),
    "repairer": ("harmony", Role.REPAIRER),
    "second": ("harmony", Role.REPAIRER),
    "fitter": ("rise", Role.REPAIRER),
    "inspector": ("street", Role.SUPERVISOR),
}


def found_office(*more: Contract) -> Village:
    """Everybody is there; the repairer and the fitter have cards."""
    village = found_village(
        council.contract,
        staff.contract,
        *more,
        street=OrganisationKind.GOVERNMENT,
        harmony=OrganisationKind.PROPERTY_COMPANY,
        rise=OrganisationKind.SERVICE_PROVIDER,
    )
    for name, (employer, role) in STAFF.items():
        village.hire(employer, name, role)
    village.settle("anna", invited_by="clerk")
    device = village.do("harmony", RegisterDevice(code="pump-7", **village.key_of("pump")))
    village.people["pump"] = Person("pump", device.the(DeviceRegistered).account, software_key("pump"))
    village.do("clerk", issue(village, "repairer", Trade.PLUMBING, Trade.ELECTRICITY))
    village.do("rise", issue(village, "fitter", Trade.LIFTS))
    return village


def issue(village: Village, who: str, *trades: Trade) -> IssueCard:
    return IssueCard(account=village.id(who), trades=trades, name=content(who), photo=content(f"{who}'s face"))


def record(village: Village, kind: LicenceKind, who: str | None, days: int = 365, since: int = -30) -> RecordLicence:
    now = village.town.time
    return RecordLicence(
        kind=kind,
        account=None if who is None else village.id(who),
        number=content(f"{who} {kind}"),
        body="city-market-supervision",
        starts=now + since * DAY_MS,
        until=now + days * DAY_MS,
    )


def renew(village: Village, kind: LicenceKind, who: str | None, until: int) -> RenewLicence:
    account = None if who is None else village.id(who)
    return RenewLicence(kind=kind, account=account, number=content("renewed"), until=until)


def form(village: Village, *who: str, **more: Any) -> FormTeam:
    terms: dict[str, Any] = {"code": "day-team", "trades": (Trade.PLUMBING,)} | more
    return FormTeam(members=tuple(village.id(name) for name in who), **terms)


def team_of(village: Village, *who: str, by: str = "dispatcher") -> bytes:
    formed: TeamFormed = village.do(by, form(village, *who)).the(TeamFormed)
    return formed.team


def plan(village: Village, team: bytes, who: str, begins_in: int = 1, hours: int = 8) -> PlanShift:
    starts = village.town.time + begins_in * HOUR_MS
    return PlanShift(team=team, account=village.id(who), starts=starts, until=starts + hours * HOUR_MS)


def shift_of(village: Village, team: bytes, who: str, begins_in: int = 1, hours: int = 8) -> bytes:
    planned: ShiftPlanned = village.do("dispatcher", plan(village, team, who, begins_in, hours)).the(ShiftPlanned)
    return planned.shift

"""Who lives and works at Spruce Court. All of them are invented.

    heshun          the property company            street-office   the street office
    owners          the owners' committee           shengping-lift  a licensed lift firm, admitted by vote
    mingjing-audit  an independent auditor, admitted by vote

Rules
- One account, one person, one context: a repairer who lived here would have a second account for the home.
- Everybody has a key for the story ("repairer", "b2s1f12u3-1"). The people in `AT_HAND` keep their signing keys in
  the folder under that name when the story is over; all other keys are gone with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from linlian.community.identity import OrganisationKind, Role
from linlian.community.places import Capacity, Right
from linlian.community.places.rules_occupancy import RIGHTS_OF
from linlian.demo.names import names
from linlian.demo.text import Text


class Company(NamedTuple):
    """`founder`: there from block 0; the others are voted in. `officer` is the story's key of its first officer."""

    key: str
    kind: OrganisationKind
    name: Text
    officer: str
    founder: bool = True


class Staff(NamedTuple):
    key: str
    company: str
    roles: tuple[Role, ...]
    name: Text


class Resident(NamedTuple):
    """Belongs to a place from one of the first days on, or from `since`, until `until` (seconds; 0: for good).

    `host` is who invited them into their own home; "" if the desk did. `keyless`: has no telephone. `absent`: lives
    elsewhere.
    """

    key: str
    home: str
    name: Text
    capacity: Capacity
    host: str = ""
    keyless: bool = False
    absent: bool = False
    since: int = 0
    until: int = 0

    @property
    def rights(self) -> tuple[Right, ...]:
        """All of the capacity's; who was invited cannot have the right to invite."""
        return tuple(right for right in RIGHTS_OF[self.capacity] if not self.host or right is not Right.INVITE)

    def is_there(self, at: int) -> bool:
        return self.since <= at and (self.until == 0 or at < self.until)


_K, _R, _C = OrganisationKind, Role, Capacity

COMPANIES = (
    Company("heshun", _K.PROPERTY_COMPANY, Text("和顺物业", "Heshun-Property"), "officer"),
    Company("street-office", _K.GOVERNMENT, Text("云杉街道办", "street-office"), "street-officer"),
    Company("owners", _K.OWNERS_COMMITTEE, Text("云杉里业委会", "owners-committee"), "chair"),
    Company("shengping-lift", _K.SERVICE_PROVIDER, Text("升平电梯", "Shengping-Lift"), "lift-officer", founder=False),
    Company("mingjing-audit", _K.THIRD_PARTY, Text("明镜审计", "Mingjing-Audit"), "audit-officer", founder=False),
)
REJECTED = Company("kuaiti-lift", _K.SERVICE_PROVIDER, Text("快梯电梯", "Kuaiti-Lift"), "kuaiti-officer", founder=False)
"""Proposed as a second lift firm, and voted down."""

LICENCE = Text(
    "升平电梯维保有限公司，特种设备安装改造维修许可（电梯）编号 演示-0001",
    "Shengping Lift Maintenance Ltd, licence for the maintenance of lifts, number DEMO-0001",
)

STAFF = (
    Staff("officer", "heshun", (_R.OFFICER,), Text("徐岚", "Xu Lan")),
    Staff("desk", "heshun", (_R.DESK,), Text("何静", "He Jing")),
    Staff("night-desk", "heshun", (_R.DESK,), Text("罗敏", "Luo Min")),
    Staff("dispatcher", "heshun", (_R.DISPATCHER,), Text("孙勇", "Sun Yong")),
    Staff("clerk", "heshun", (_R.CLERK,), Text("朱莉", "Zhu Li")),
    Staff("supervisor", "heshun", (_R.SUPERVISOR,), Text("沈洁", "Shen Jie")),
    Staff("repairer", "heshun", (_R.REPAIRER,), Text("赵建", "Zhao Jian")),
    Staff("electrician", "heshun", (_R.REPAIRER,), Text("周强", "Zhou Qiang")),
    Staff("joiner", "heshun", (_R.REPAIRER,), Text("马俊", "Ma Jun")),
    Staff("handyman", "heshun", (_R.REPAIRER,), Text("胡斌", "Hu Bin")),
    Staff("street-officer", "street-office", (_R.OFFICER,), Text("唐文", "Tang Wen")),
    Staff("street-desk", "street-office", (_R.DESK,), Text("邓慧", "Deng Hui")),
    Staff("grid-worker", "street-office", (_R.GRID_WORKER,), Text("钱芳", "Qian Fang")),
    Staff("second-grid-worker", "street-office", (_R.GRID_WORKER,), Text("卢伟", "Lu Wei")),
    Staff("chair", "owners", (_R.OFFICER,), Text("方国栋", "Fang Guodong")),
    Staff("committee", "owners", (_R.COMMITTEE_MEMBER,), Text("邱月", "Qiu Yue")),
    Staff("head-1", "owners", (_R.BUILDING_HEAD,), Text("江帆", "Jiang Fan")),
    Staff("head-2", "owners", (_R.BUILDING_HEAD,), Text("姚远", "Yao Yuan")),
    Staff("head-3", "owners", (_R.BUILDING_HEAD,), Text("石磊", "Shi Lei")),
    Staff("lift-officer", "shengping-lift", (_R.OFFICER,), Text("龚升", "Gong Sheng")),
    Staff("lift-dispatcher", "shengping-lift", (_R.DISPATCHER,), Text("毛琳", "Mao Lin")),
    Staff("lift-repairer", "shengping-lift", (_R.REPAIRER,), Text("史鹏", "Shi Peng")),
    Staff("second-lift-repairer", "shengping-lift", (_R.REPAIRER,), Text("万里", "Wan Li")),
    Staff("audit-officer", "mingjing-audit", (_R.OFFICER,), Text("柳明", "Liu Mingjing")),
    Staff("auditor", "mingjing-audit", (_R.AUDITOR,), Text("温正", "Wen Zheng")),
)

AT_HAND = (
    *("resident", "helper", "repairer", "dispatcher", "desk", "officer", "clerk", "grid-worker", "head-2"),
    *("lift-dispatcher", "lift-repairer", "auditor"),
)

FAMILY_HOME, TENANT_HOME, GRANDMOTHER_HOME, HELPER_HOME = "b2s1f12u3", "b3s2f5u2", "b1s1f3u1", "b1s1f3u2"
TENANT_LEAVES_DAY, TENANT_COMES_DAY = 96, 103
DAY = 24 * 3600


def residents(dwellings: list[str], chance: Random) -> list[Resident]:
    """Everybody who belongs to a dwelling, a shop or a bay, in the course of the story."""
    known = names(chance, [*(staff.name for staff in STAFF), *(person.name for person in OURS)])
    found: list[Resident] = []
    for home in dwellings:
        found += _OURS[home] if home in _OURS else _household(home, known, chance)
    found += [Resident(f"shop{n}-1", f"shop{n}", next(known), _C.COMPANY) for n in range(1, 5)]
    owners = [person for person in found if person.capacity is _C.OWNER and not person.keyless]
    bays = [f"bay{n}" for n in range(1, 25)]
    found += [
        owner._replace(home=bay, capacity=_C.OWNER, host="")
        for bay, owner in zip(bays, chance.sample(owners, 18), strict=False)
    ]
    return found


def _household(home: str, known: Iterator[Text], chance: Random) -> Iterator[Resident]:
    """Nobody, one person, a couple, a family of three or four, or tenants."""
    sort = chance.choices(("empty", "one", "two", "family", "old", "tenants"), (6, 17, 30, 24, 9, 14))[0]
    first = f"{home}-1"
    if sort == "empty":
        return
    yield Resident(first, home, next(known), _C.TENANT if sort == "tenants" else _C.OWNER, keyless=sort == "old")
    if sort in ("two", "family"):
        yield Resident(f"{home}-2", home, next(known), _C.CO_OWNER)
    if sort in ("family", "tenants"):
        for number in range(3, 3 + chance.choice((1, 1, 2))):
            yield Resident(f"{home}-{number}", home, next(known), _C.FAMILY, host=first)
    if sort == "old" and chance.random() < 0.4:
        yield Resident(f"{home}-2", home, next(known), _C.CO_OWNER, keyless=True)


_OURS: dict[str, tuple[Resident, ...]] = {
    FAMILY_HOME: (
        Resident("resident", FAMILY_HOME, Text("林美", "Lin Mei"), _C.OWNER),
        Resident("husband", FAMILY_HOME, Text("陈浩", "Chen Hao"), _C.CO_OWNER),
        Resident("daughter", FAMILY_HOME, Text("陈雨桐", "Chen Yutong"), _C.FAMILY, host="resident"),
    ),
    TENANT_HOME: (
        Resident("landlord", TENANT_HOME, Text("段立", "Duan Li"), _C.OWNER, absent=True),
        Resident("tenant", TENANT_HOME, Text("高阳", "Gao Yang"), _C.TENANT, until=TENANT_LEAVES_DAY * DAY),
        Resident("next-tenant", TENANT_HOME, Text("白露", "Bai Lu"), _C.TENANT, since=TENANT_COMES_DAY * DAY),
    ),
    GRANDMOTHER_HOME: (
        Resident("grandmother", GRANDMOTHER_HOME, Text("吴桂英", "Wu Guiying"), _C.OWNER, keyless=True),
    ),
    HELPER_HOME: (Resident("helper", HELPER_HOME, Text("梁静怡", "Liang Jingyi"), _C.OWNER),),
}

OURS = tuple(person for household in _OURS.values() for person in household)
"""The residents whom the story knows by name."""

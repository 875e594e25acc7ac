"""The organisations of Spruce Court and who works for them: their cards, licences and teams. All of them are invented.

    heshun          the property company            street-office, housing-bureau, police-station, civil-affairs,
    owners          the owners' committee           urban-management: five departments of the government
    shengping-lift  a licensed lift firm            ruian-works     a contractor for roofs and facades
    mingjing-audit  an independent auditor
    songbai-charity a charity that feeds the old    nuanyang-canteen  a canteen, which its money goes through

The first three are there from block 0; the others are voted in, one after another.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.identity import OrganisationKind, Role
from linlian.community.staff import LicenceKind, Trade
from linlian.demo.text import Text


class Company(NamedTuple):
    """`founder`: there from block 0; the others are voted in. `officer` is the story's key of its first officer."""

    key: str
    kind: OrganisationKind
    name: Text
    officer: str
    founder: bool = False


class Staff(NamedTuple):
    """`trades` stand on the card; whoever has none has no card. `licences` → days from the story's end until they run
    out (see `offices`)."""

    key: str
    company: str
    roles: tuple[Role, ...]
    name: Text
    trades: tuple[Trade, ...] = ()
    licences: tuple[tuple[LicenceKind, int], ...] = ()


class Team(NamedTuple):
    """`planner` plans the duty of its members: by day, and at night for those named in `nights`."""

    key: str
    company: str
    planner: str
    members: tuple[str, ...]
    trades: tuple[Trade, ...]
    nights: tuple[str, ...] = ()


_K, _R, _T, _L = OrganisationKind, Role, Trade, LicenceKind

COMPANIES = (
    Company("heshun", _K.PROPERTY_COMPANY, Text("和顺物业", "Heshun-Property"), "officer", founder=True),
    Company("street-office", _K.GOVERNMENT, Text("云杉街道办", "street-office"), "street-officer", founder=True),
    Company("owners", _K.OWNERS_COMMITTEE, Text("云杉里业委会", "owners-committee"), "chair", founder=True),
    Company("shengping-lift", _K.SERVICE_PROVIDER, Text("升平电梯", "Shengping-Lift"), "lift-officer"),
    Company("mingjing-audit", _K.THIRD_PARTY, Text("明镜审计", "Mingjing-Audit"), "audit-officer"),
    Company("housing-bureau", _K.GOVERNMENT, Text("区住建局", "housing-bureau"), "housing-officer"),
    Company("police-station", _K.GOVERNMENT, Text("云杉派出所", "police-station"), "police-officer"),
    Company("civil-affairs", _K.GOVERNMENT, Text("区民政局", "civil-affairs"), "civil-officer"),
    Company("urban-management", _K.GOVERNMENT, Text("区城管局", "urban-management"), "urban-officer"),
    Company("ruian-works", _K.SERVICE_PROVIDER, Text("瑞安修缮", "Ruian-Works"), "works-officer"),
    Company("songbai-charity", _K.THIRD_PARTY, Text("松柏慈善会", "Songbai-Charity"), "charity-officer"),
    Company("nuanyang-canteen", _K.SERVICE_PROVIDER, Text("暖阳食堂", "Nuanyang-Canteen"), "canteen-officer"),
)
REJECTED = Company("kuaiti-lift", _K.SERVICE_PROVIDER, Text("快梯电梯", "Kuaiti-Lift"), "kuaiti-officer")
"""Proposed as a second lift firm, and voted down."""

PAPERS = {
    "shengping-lift": Text(
        "升平电梯维保有限公司，特种设备安装改造维修许可（电梯）编号 演示-0001",
        "Shengping Lift Maintenance Ltd, licence for the maintenance of lifts, number DEMO-0001",
    )
}
"""With what name an organisation is proposed, if it is more than what it is called."""

_HEADS = (
    "江帆/Jiang Fan, 姚远/Yao Yuan, 石磊/Shi Lei, 尹航/Yin Hang, 贾宁/Jia Ning, 戴云/Dai Yun, 夏禾/Xia He, "
    "汪洋/Wang Yangyang, 任重/Ren Zhong, 孟晓/Meng Xiao, 熊伟/Xiong Wei, 白桦/Bai Hua"
)
HEADS = len(_HEADS.split(", "))
"""Of so many houses the heads are known, whether or not there are so many."""
_PLUMBING, _POWER, _WOOD = (_T.PLUMBING, _T.HEATING, _T.GAS), (_T.ELECTRICITY, _T.LOW_VOLTAGE), (_T.CARPENTRY, _T.LOCKS)
_ODD = (_T.MASONRY, _T.PAINTING, _T.PEST_CONTROL, _T.FIRE_EQUIPMENT)

STAFF = (
    Staff("officer", "heshun", (_R.OFFICER,), Text("徐岚", "Xu Lan")),
    Staff("desk", "heshun", (_R.DESK,), Text("何静", "He Jing"), (_T.SECURITY,)),
    Staff("night-desk", "heshun", (_R.DESK,), Text("罗敏", "Luo Min"), (_T.SECURITY,), ((_L.SECURITY_GUARD, 400),)),
    Staff("dispatcher", "heshun", (_R.DISPATCHER,), Text("孙勇", "Sun Yong")),
    Staff("clerk", "heshun", (_R.CLERK,), Text("朱莉", "Zhu Li")),
    Staff("supervisor", "heshun", (_R.SUPERVISOR,), Text("沈洁", "Shen Jie")),
    Staff("repairer", "heshun", (_R.REPAIRER,), Text("赵建", "Zhao Jian"), _PLUMBING, ((_L.GAS_FITTING, 500),)),
    Staff(
        *("second-repairer", "heshun", (_R.REPAIRER,), Text("牛犇", "Niu Ben"), _PLUMBING),
        ((_L.GAS_FITTING, 450), (_L.WELDING, 22)),
    ),
    Staff(
        *("night-fitter", "heshun", (_R.REPAIRER,), Text("常青", "Chang Qing"), _PLUMBING),
        ((_L.GAS_FITTING, 620),),
    ),
    Staff(
        "electrician",
        "heshun",
        (_R.REPAIRER,),
        Text("周强", "Zhou Qiang"),
        _POWER,
        ((_L.ELECTRICIAN_LOW_VOLTAGE, 700),),
    ),
    Staff(
        *("second-electrician", "heshun", (_R.REPAIRER,), Text("葛亮", "Ge Liang"), _POWER),
        ((_L.ELECTRICIAN_LOW_VOLTAGE, -40),),
    ),
    Staff("joiner", "heshun", (_R.REPAIRER,), Text("马俊", "Ma Jun"), _WOOD, ((_L.LOCKSMITH, 900),)),
    Staff("handyman", "heshun", (_R.REPAIRER,), Text("胡斌", "Hu Bin"), _ODD, ((_L.FIRE_FACILITY_OPERATION, 300),)),
    Staff("second-handyman", "heshun", (_R.REPAIRER,), Text("包平", "Bao Ping"), _ODD, ((_L.WORK_AT_HEIGHT, 15),)),
    Staff("street-officer", "street-office", (_R.OFFICER,), Text("唐文", "Tang Wen")),
    Staff("street-clerk", "street-office", (_R.CLERK,), Text("申悦", "Shen Yue")),
    Staff("street-desk", "street-office", (_R.DESK,), Text("邓慧", "Deng Hui")),
    Staff("street-supervisor", "street-office", (_R.SUPERVISOR,), Text("严明", "Yan Ming")),
    Staff("grid-worker", "street-office", (_R.GRID_WORKER,), Text("钱芳", "Qian Fang")),
    Staff("second-grid-worker", "street-office", (_R.GRID_WORKER,), Text("卢伟", "Lu Wei")),
    Staff("third-grid-worker", "street-office", (_R.GRID_WORKER,), Text("鲁莹", "Lu Ying")),
    Staff("fourth-grid-worker", "street-office", (_R.GRID_WORKER,), Text("秦川", "Qin Chuan")),
    Staff("chair", "owners", (_R.OFFICER,), Text("方国栋", "Fang Guodong")),
    Staff("committee", "owners", (_R.COMMITTEE_MEMBER,), Text("邱月", "Qiu Yue")),
    Staff("second-committee", "owners", (_R.COMMITTEE_MEMBER,), Text("金诚", "Jin Cheng")),
    *(
        Staff(f"head-{number}", "owners", (_R.BUILDING_HEAD,), Text(*name.split("/")))
        for number, name in enumerate(_HEADS.split(", "), 1)
    ),
    Staff("lift-officer", "shengping-lift", (_R.OFFICER,), Text("龚升", "Gong Sheng")),
    Staff("lift-dispatcher", "shengping-lift", (_R.DISPATCHER,), Text("毛琳", "Mao Lin")),
    Staff(
        *("lift-repairer", "shengping-lift", (_R.REPAIRER,), Text("史鹏", "Shi Peng"), (_T.LIFTS,)),
        ((_L.LIFT_REPAIR, 800),),
    ),
    Staff(
        *("second-lift-repairer", "shengping-lift", (_R.REPAIRER,), Text("万里", "Wan Li"), (_T.LIFTS,)),
        ((_L.LIFT_REPAIR, 120),),
    ),
    Staff("audit-officer", "mingjing-audit", (_R.OFFICER,), Text("柳明", "Liu Mingjing")),
    Staff("auditor", "mingjing-audit", (_R.AUDITOR,), Text("温正", "Wen Zheng")),
    Staff("housing-officer", "housing-bureau", (_R.OFFICER,), Text("章程", "Zhang Cheng")),
    Staff("housing-inspector", "housing-bureau", (_R.SUPERVISOR,), Text("范严", "Fan Yan")),
    Staff("police-officer", "police-station", (_R.OFFICER,), Text("武安", "Wu An")),
    Staff("police-desk", "police-station", (_R.DESK,), Text("安然", "An Ran")),
    Staff("civil-officer", "civil-affairs", (_R.OFFICER,), Text("慈航", "Ci Hang")),
    Staff("civil-clerk", "civil-affairs", (_R.CLERK,), Text("惠民", "Hui Min")),
    Staff("urban-officer", "urban-management", (_R.OFFICER,), Text("成立", "Cheng Li")),
    Staff("urban-supervisor", "urban-management", (_R.SUPERVISOR,), Text("路平", "Lu Ping")),
    Staff("hotline", "urban-management", (_R.GATEWAY,), Text("城管热线", "city hotline")),
    Staff("works-officer", "ruian-works", (_R.OFFICER,), Text("瞿安", "Qu An")),
    Staff("works-dispatcher", "ruian-works", (_R.DISPATCHER,), Text("边策", "Bian Ce")),
    Staff(
        *("roofer", "ruian-works", (_R.REPAIRER,), Text("房檐", "Fang Yan"), (_T.WATERPROOFING, _T.MASONRY)),
        ((_L.WORK_AT_HEIGHT, 600),),
    ),
    Staff("second-roofer", "ruian-works", (_R.REPAIRER,), Text("瓦良", "Wa Liang"), (_T.WATERPROOFING,)),
    Staff("charity-officer", "songbai-charity", (_R.OFFICER,), Text("宋柏", "Song Bai")),
    Staff("charity-clerk", "songbai-charity", (_R.CLERK,), Text("叶青", "Ye Qing")),
    Staff("second-charity-clerk", "songbai-charity", (_R.CLERK,), Text("苗苗", "Miao Miao")),
    Staff("canteen-officer", "nuanyang-canteen", (_R.OFFICER,), Text("米香", "Mi Xiang")),
)

TEAMS = (
    Team("team-water", "heshun", "dispatcher", ("second-repairer",), _PLUMBING),
    Team("team-power", "heshun", "dispatcher", ("electrician", "second-electrician"), _POWER),
    Team("team-house", "heshun", "dispatcher", ("joiner", "handyman", "second-handyman"), (*_WOOD, *_ODD)),
    Team("team-desk", "heshun", "clerk", ("desk", "night-desk"), (_T.SECURITY,), nights=("night-desk",)),
    Team(
        *("team-lifts", "shengping-lift", "lift-dispatcher", ("lift-repairer", "second-lift-repairer"), (_T.LIFTS,)),
        nights=("second-lift-repairer",),
    ),
    Team("team-roofs", "ruian-works", "works-dispatcher", ("roofer", "second-roofer"), (_T.WATERPROOFING,)),
)

AT_HAND = (
    *("resident", "helper", "repairer", "dispatcher", "desk", "officer", "clerk", "grid-worker", "head-2"),
    *("lift-dispatcher", "lift-repairer", "street-supervisor", "auditor"),
    *("charity-clerk", "committee", "canteen-officer", "civil-officer"),
)

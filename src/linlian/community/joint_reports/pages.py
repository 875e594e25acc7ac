"""Who else sees the same, on the page of a repair: how many, and how all of them are told and asked."""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.joint_reports import views
from linlian.community.joint_reports.rules_telling import CheckJointly, TellJoined
from linlian.community.joint_reports.views import CrowdRow
from linlian.community.repairs.pages import SOMETHING, RepairPage
from linlian.web.ask import Ask
from linlian.web.forms import Form
from linlian.web.pages import Pages, Part, Where

pages = Pages("joint_reports")


@dataclass(frozen=True, kw_only=True)
class CrowdPart(Part):
    """How many joined a repair. `forms` do what is held back while anybody has: check it, and tell that it is done."""

    row: CrowdRow
    forms: list[Form]


@pages.part(RepairPage, rank=40)
def crowd(ask: Ask, page: RepairPage) -> CrowdPart | None:
    case = page.case.case_id
    row = ask.maybe(views.crowd, case_id=case) if ask.sees(views.crowd, case_id=case) else None
    if row is None or not row.people:
        return None
    commands = (CheckJointly(case=case, proofs=(SOMETHING,)), TellJoined(case=case))
    forms = [form for command in commands if (form := ask.offer(command, "case")) is not None]
    return CrowdPart(row=row, forms=forms, where=Where.ASKS if forms else Where.BESIDE)

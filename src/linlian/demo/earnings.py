"""What the common parts earn, a year of it: adverts and parking come in each month, lamps were bought of it, a
playground waits for the second yes, and the street office has a question."""

from __future__ import annotations

from typing import Any

from linlian.demo.acts import DAY, DAYS, HOUR, Telling, Token
from linlian.demo.giving import List, found_fund, listed, paid, start
from linlian.demo.text import Text

FUND, MANAGER = "common-income", "clerk"
OPENED_DAY, LAMPS_DAY = 22, 130
LIMIT, LAMPS, PLAYGROUND = 500_000, 1_840_000, 2_600_000
MONTHLY = (
    ("lift-adverts", 240_000, Text("电梯广告", "Adverts in the lifts")),
    ("parking", 380_000, Text("公共车位停车费", "Parking on common ground")),
)


def play(telling: Telling, end: int) -> None:
    """All of it; what is under way is told from the end."""
    found_fund(
        telling,
        FUND,
        "common_income",
        OPENED_DAY,
        "officer",
        (MANAGER, "officer"),
        ("owners", "street-office"),
        limit=LIMIT,
    )
    common: dict[str, Any] = {"fund": FUND, "currency": "CNY", "purse": "general"}
    for month in range(11):
        for number, (_, amount, words) in enumerate(MONTHLY):
            told: dict[str, Any] = {"source": "common_parts", "amount_minor": amount, "particulars": words, **common}
            telling.add((30 + 30 * month) * DAY + (10 + number) * HOUR, MANAGER, "funds.record_income", **told)
    _lamps(telling)
    _playground(telling, end, common)
    asked: dict[str, Any] = {"fund": FUND, "answer_by": end + 4 * DAY}
    words = Text("电梯广告每月的收入是怎么定的？", "How was the monthly sum for the adverts in the lifts agreed?")
    telling.add(end - DAY, "street-supervisor", "funds.ask_question", "question-common", words=words, **asked)


def _lamps(telling: Telling) -> None:
    """One recipient, a firm: so few that the round's sum is not published."""
    purpose = Text("更换楼道灯。", "New lamps for the stairs.")
    start(telling, FUND, "lamps", LAMPS_DAY, LAMPS_DAY + 90, LAMPS, MANAGER, code="stair-lamps", purpose=purpose)
    firm = {"fund": FUND, "mark": Token("ruian-works"), "organisation": "ruian-works"}
    at = (LAMPS_DAY + 2) * DAY + 9 * HOUR
    told: dict[str, Any] = {"particulars": Text("瑞安修缮", "Ruian Works"), **firm}
    telling.add(at, MANAGER, "programmes.register_recipient", "lamps-firm", **told)
    found = List("lamps-1", "lamps", LAMPS, {"form": "money"}, ("lamps-firm",))
    listed(telling, found, at + HOUR, 60, MANAGER, notice=False)
    paid(telling, found, at + DAY, MANAGER)
    yes: dict[str, Any] = {"cycle": found.key, "payments": (found.payment(0),), "total_minor": LAMPS}
    telling.add(at + DAY + 4 * HOUR, "committee", "transfers.approve_payments", **yes)
    sent: dict[str, Any] = {"cycle": found.key, "amount_minor": LAMPS, "payment": found.payment(0)}
    telling.add(at + 2 * DAY, MANAGER, "transfers.send_money", found.hop(0), **sent)
    telling.add(at + 3 * DAY, "works-officer", "transfers.confirm_receipt", hop=found.hop(0), amount_minor=LAMPS)
    ended = (LAMPS_DAY + 40) * DAY + 10 * HOUR
    telling.add(ended, MANAGER, "programmes.end_programme", programme="lamps")
    document = Text("决算：灯已全部更换并验收。", "Full account: all lamps are in and accepted.")
    telling.add(ended + 20 * DAY, MANAGER, "programmes.account_for", programme="lamps", document=document)


def _playground(telling: Telling, end: int, common: dict[str, Any]) -> None:
    """Drafted three days ago; the chair has said yes, one more has to."""
    at, purpose = end - 3 * DAY, Text("翻修儿童乐园地面。", "A new floor for the playground.")
    told: dict[str, Any] = {"code": "playground-floor", "budget_minor": PLAYGROUND, "purpose": purpose, **common}
    span: dict[str, Any] = {"starts": at, "until": (DAYS + 150) * DAY}
    telling.add(at, MANAGER, "programmes.draft_programme", "playground-floor", **told, **span)
    named: dict[str, Any] = {"programme": "playground-floor", "budget_minor": PLAYGROUND}
    telling.add(at + 20 * HOUR, "chair", "programmes.approve_programme", **named)

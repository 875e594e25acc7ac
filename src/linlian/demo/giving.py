"""The welfare fund, a year of it: what was given, meals for the old in rounds, parcels at New Year, help with heating.

given          by residents, firms and an office; one gift promised and not yet there, one that came twice and went back
meals          six rounds through a canteen for forty: a line struck, a delivery tried twice, another that failed and
               came back; of the last round one stands still and three have not said that they have it
parcels        twenty of them, from the fund itself; ended and accounted for
heating        a list that hangs out now, with an objection that waits for its answer
asked          by its regulator: once answered, once not yet
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from linlian.demo.acts import DAY, DAYS, HOUR, MINUTE, Sealed, Telling, Token
from linlian.demo.court import Court
from linlian.demo.people import Resident
from linlian.demo.text import Text

FUND, HOLDER, APPROVER, WATCHER, CANTEEN = (
    "warm-table",
    "songbai-charity",
    "owners",
    "civil-affairs",
    "nuanyang-canteen",
)
MANAGER, SECOND, COOK, ASKER = "charity-clerk", "second-charity-clerk", "canteen-officer", "civil-officer"
APPROVERS = ("chair", "committee")
PURSES = ("general", "meals")
OPENED_DAY, MEALS_DAY = 26, 34
RECIPIENTS, PARCELS, HEATED, GIVERS = 40, 20, 12, 60
LIMIT, MEALS, PARCEL, HEATING = 100_000, 48_000, 12_000, 30_000
"""Of the fund's single payment above which two approve; a recipient's share of each programme: in hundredths."""
ROUND_DAYS = (44, 104, 164, 224, 284, DAYS - 21)
"""When lists of the meals are drawn up. Money goes out nine days later."""
STRUCK, TWICE, BACK, LAST = 1, 2, 3, 5
"""Rounds in which a line is struck, a delivery tried again, a delivery given up; and the one under way."""
TRIED_AGAIN, GIVEN_UP = 7, 11
"""The lines of them."""
REPORT_DAYS = (114, 190, 270, 340)
WORDS = {
    "bank": Text("松柏慈善会 0200 0045 0900 8801（演示）", "Songbai Charity 0200 0045 0900 8801 (demo)"),
    "rules": Text(
        "为云杉里的老人和困难家庭募集和使用；名单先公示后发放。",
        "Raised for the old and those in need at Spruce Court; lists hang out before they are paid.",
    ),
    "meals": Text("为独居和高龄老人提供每周五天的午餐。", "Lunch on five days a week for the old who live alone."),
    "who": Text("本社区七十五岁以上，或独居且行动不便。", "Over seventy-five, or alone and not able to get about."),
    "parcels": Text("春节前给老人送一份米和油。", "Rice and oil for the old before New Year."),
    "heating": Text("给困难家庭的取暖补贴。", "Help with the heating for those who cannot pay it."),
    "list": Text("名单（姓名已遮盖）：见各项编号。", "The list, names masked: see the numbers of its lines."),
    "report": Text(
        "本期发放情况：金额以账本为准，附满意度访谈。", "This period: sums are the ledger's; interviews attached."
    ),
    "account": Text("决算：年货全部送到，没有结余。", "Full account: every parcel arrived, nothing is left."),
}


class List(NamedTuple):
    """A round of a programme: its key, and whom it is for, each by the fund's own name, in the order of the list."""

    key: str
    programme: str
    share: int
    form: dict[str, Any]
    recipients: Sequence[str]

    def line(self, number: int) -> str:
        return f"{self.key}-{number}"

    def payment(self, number: int) -> str:
        return f"{self.key}-payment-{number}"

    def hop(self, number: int) -> str:
        return f"{self.key}-hop-{number}"


def play(telling: Telling, court: Court, end: int) -> None:
    """All of it; what is under way is told from the end."""
    found_fund(telling, FUND, "welfare", OPENED_DAY, "charity-officer", (MANAGER, SECOND), (APPROVER, WATCHER), PURSES)
    at = (OPENED_DAY + 1) * DAY + 10 * HOUR
    telling.add(at, SECOND, "funds.declare_interest", fund=FUND, organisation="shengping-lift")
    telling.add(at + HOUR, "chair", "funds.grant_access", fund=FUND, organisation="mingjing-audit", access="full")
    _given(telling, court, end)
    known = _known(telling, court)
    meals = {"code": "meals-for-the-old", "notice_days": 5, "purpose": WORDS["meals"], "criteria": WORDS["who"]}
    start(telling, FUND, "meals", MEALS_DAY, DAYS + 60, 14_000_000, MANAGER, purse="meals", **meals)
    for number, day in enumerate(ROUND_DAYS):
        day = day if number != LAST else end // DAY - 21
        _meals(telling, court, known, number, day)
    for day in REPORT_DAYS:
        telling.add(
            day * DAY + 10 * HOUR, MANAGER, "programmes.file_report", programme="meals", document=WORDS["report"]
        )
    _parcels(telling, court, known[:PARCELS])
    _heating(telling, known[-HEATED:], court, end)
    _asked(telling, end)


def found_fund(
    telling: Telling,
    fund: str,
    kind: str,
    day: int,
    opener: str,
    managers: Sequence[str],
    parties: tuple[str, str],
    purses: Sequence[str] = ("general",),
    limit: int = LIMIT,
) -> None:
    """Opened by its holder, confirmed by its approving body the same day; `parties`: who approves, who watches."""
    terms: dict[str, Any] = {"code": fund, "kind": kind, "currency": "CNY", "limit_minor": limit}
    terms |= {"approver": parties[0], "regulator": parties[1], "managers": tuple(managers), "purses": tuple(purses)}
    told: dict[str, Any] = {"bank": WORDS["bank"], "rules": WORDS["rules"]}
    telling.add(day * DAY + 10 * HOUR, opener, "funds.open_fund", fund, **terms, **told)
    telling.add(day * DAY + 15 * HOUR, "chair", "funds.confirm_fund", fund=fund)


def start(
    telling: Telling, fund: str, key: str, day: int, last_day: int, budget: int, manager: str, **more: Any
) -> None:
    """A programme is drafted, and approved by two people the next day."""
    told: dict[str, Any] = {"fund": fund, "purse": "general", "currency": "CNY", "budget_minor": budget, **more}
    told |= {"starts": day * DAY, "until": last_day * DAY}
    telling.add(day * DAY + 9 * HOUR, manager, "programmes.draft_programme", key, **told)
    for number, approver in enumerate(APPROVERS):
        at = (day + 1) * DAY + (10 + 4 * number) * HOUR
        telling.add(at, approver, "programmes.approve_programme", programme=key, budget_minor=budget)


def listed(telling: Telling, found: List, at: int, days: int, manager: str, notice: bool = True) -> None:
    """The list of a round is drawn up in the morning, and approved by two people in the afternoon."""
    total = found.share * len(found.recipients)
    plan: dict[str, Any] = {
        "programme": found.programme,
        "ceiling_minor": total,
        "starts": at,
        "until": at + days * DAY,
    }
    telling.add(at, manager, "programmes.draft_cycle", found.key, **plan)
    entry: dict[str, Any] = {
        "amount_minor": found.share,
        "currency": "CNY",
        "until": at + days * DAY - HOUR,
        **found.form,
    }
    for number, recipient in enumerate(found.recipients):
        told: dict[str, Any] = {"cycle": found.key, "recipient": recipient, **entry}
        telling.add(at + 30 * MINUTE, manager, "programmes.enter_entitlement", found.line(number), **told)
    closed: dict[str, Any] = {"notice": WORDS["list"]} if notice else {}
    telling.add(at + 2 * HOUR, manager, "programmes.submit_cycle", cycle=found.key, **closed)
    named: dict[str, Any] = {"entitlements": len(found.recipients), "entitled_minor": total}
    for hours, approver in zip((5, 7), APPROVERS, strict=True):
        telling.add(at + hours * HOUR, approver, "programmes.approve_cycle", cycle=found.key, **named)


def paid(telling: Telling, found: List, at: int, manager: str, without: Sequence[int] = ()) -> list[int]:
    """Payments are entered and approved by one person, since each is small; the numbers of their lines."""
    numbers = [number for number in range(len(found.recipients)) if number not in without]
    lines = tuple({"entitlement": found.line(number), "amount_minor": found.share} for number in numbers)
    made = [found.payment(number) for number in numbers]
    telling.add(at, manager, "transfers.enter_payments", *made, cycle=found.key, lines=lines)
    total = found.share * len(numbers)
    yes: dict[str, Any] = {"cycle": found.key, "payments": tuple(made), "total_minor": total}
    telling.add(at + 90 * MINUTE, "chair", "transfers.approve_payments", **yes)
    return numbers


def _given(telling: Telling, court: Court, end: int) -> None:
    chance, day = telling.chance, OPENED_DAY + 2
    grant = Text("区民政局 助老专项补助", "The civil affairs bureau's grant for the old")
    firm = Text("和顺物业 捐助", "A gift of the property company")
    for source, amount, purse, words, more in (
        ("grant", 12_000_000, "meals", grant, 0),
        ("donation", 3_000_000, "general", firm, 3),
    ):
        told: dict[str, Any] = {"source": source, "amount_minor": amount, "purse": purse, "particulars": words}
        at = (day + more) * DAY + 10 * HOUR
        telling.add(at, MANAGER, "funds.record_income", fund=FUND, currency="CNY", public=True, **told)
    givers = [chance.choice(people) for people in court.staying.values() for _ in range(GIVERS // court.houses)]
    for number, giver in enumerate(givers):
        at = chance.randint(day + 2, DAYS - 8) * DAY + chance.randint(8, 21) * HOUR + chance.randint(0, 3_599)
        amount = chance.choice((5_000, 10_000, 10_000, 20_000, 30_000, 50_000))
        _gives(telling, f"gift-{number}", giver, at, amount, chance.random() < 0.4)
    _gives(telling, "gift-lin", "resident", (MEALS_DAY + 4) * DAY + 20 * HOUR, 20_000, True, programme="meals")
    _gives(telling, "gift-twice", "husband", 150 * DAY + 20 * HOUR, 30_000, False)
    telling.add(
        153 * DAY + 11 * HOUR, MANAGER, "funds.enter_refund", "refund-1", gift="gift-twice", amount_minor=30_000
    )
    telling.add(154 * DAY + 11 * HOUR, "chair", "funds.approve_refund", refund="refund-1")
    _gives(telling, "gift-promised", "resident", end - 20 * HOUR, 10_000, True, arrives=False)


def _gives(
    telling: Telling, gift: str, who: str, at: int, amount: int, public: bool, arrives: bool = True, **more: Any
) -> None:
    """Promised with the giver's own key; it counts when the fund says that it is there."""
    purse = "meals" if more else "general"
    told: dict[str, Any] = {"fund": FUND, "amount_minor": amount, "currency": "CNY", "purse": purse, **more}
    if public:
        told["public"] = True
    telling.add(at, who, "funds.give", gift, **told)
    if arrives:
        arrived = (at // DAY + 1) * DAY + 9 * HOUR + telling.some(1, 300)
        telling.add(arrived, MANAGER, "funds.receive_gift", gift=gift, amount_minor=amount)


def _known(telling: Telling, court: Court) -> list[Resident]:
    """Whom the fund knows: old Mrs Wu, others without a telephone, then some with one; neither givers nor staff."""
    alone = sorted((one for one in court.at_home if one.keyless), key=lambda one: (one.key != "grandmother", one.key))
    gave = {act.who for act in telling.acts if act.command == "funds.give"}
    others = [one for one in court.strangers if one.stays and one.key not in gave]
    keyed = telling.chance.sample(others, RECIPIENTS - min(len(alone), RECIPIENTS - HEATED))
    found = [*alone, *keyed][: RECIPIENTS - len(keyed)] + keyed
    at = (MEALS_DAY + 2) * DAY + 14 * HOUR
    for person in found:
        who = Text(f"{person.name.zh}，{person.home}", f"{person.name.en}, {person.home}")
        told: dict[str, Any] = {"fund": FUND, "mark": Token(person.key), "particulars": who, "account": person.key}
        telling.add(at, MANAGER, "programmes.register_recipient", _named(person), **told)
    return found


def _named(person: Resident) -> str:
    """What the fund calls somebody."""
    return f"{FUND}-{person.key}"


def _meals(telling: Telling, court: Court, known: Sequence[Resident], number: int, day: int) -> None:
    form = {"form": "service", "quantity": 40, "unit": "meal"}
    found = List(f"meals-{number + 1}", "meals", MEALS, form, [_named(person) for person in known])
    at, entering = day * DAY + 9 * HOUR, (day + 6) * DAY + 9 * HOUR
    listed(telling, found, at, 80, MANAGER)
    gone = _objected(telling, found, court, at) if number == STRUCK else ()
    numbers = paid(telling, found, entering, MANAGER, gone)
    first, total = f"{found.key}-first", MEALS * len(numbers)
    sent: dict[str, Any] = {"cycle": found.key, "amount_minor": total, "receiver": CANTEEN}
    telling.add(entering + 5 * HOUR, MANAGER, "transfers.send_money", first, **sent)
    telling.add(entering + 25 * HOUR, COOK, "transfers.confirm_money", hop=first, amount_minor=total)
    still = (numbers[-1],) if number == LAST else ()
    unsaid = (0, *numbers[-5:-1:2]) if number == LAST else ()
    for line in numbers:
        if line in still:
            continue
        at = entering + 2 * DAY
        _send(telling, found, line, at, first, found.hop(line))
        if line not in unsaid and (number, line) not in ((TWICE, TRIED_AGAIN), (BACK, GIVEN_UP)):
            _receive(telling, court, found, line, known[line], at)
    if number == TWICE:
        _fail(telling, found, TRIED_AGAIN, first, entering + 4 * DAY, again=True)
    if number == BACK:
        _fail(telling, found, GIVEN_UP, first, entering + 4 * DAY, again=False)


def _objected(telling: Telling, found: List, court: Court, at: int) -> tuple[int, ...]:
    """Two object: one line stands, the other is struck. Which lines are gone."""
    neighbours = [people[0] for people in court.staying.values()][:2]
    said = (
        (
            3,
            False,
            Text("这户好像不住这里了。", "I think they do not live here any more."),
            Text("已上门核实，仍在此居住。", "We called on them: they do."),
        ),
        (
            9,
            True,
            Text("已经搬去和女儿住了。", "She has moved to her daughter's."),
            Text("属实，已从名单去掉。", "So it is; the line is struck."),
        ),
    )
    for neighbour, (line, upheld, words, answer) in zip(neighbours, said, strict=True):
        objection = f"{found.key}-objection-{line}"
        raised: dict[str, Any] = {"cycle": found.key, "entitlement": found.line(line), "words": words}
        telling.add(at + DAY, neighbour, "programmes.object_to_cycle", objection, **raised)
        told: dict[str, Any] = {"objection": objection, "upheld": upheld, "words": answer}
        telling.add(at + 3 * DAY, "second-committee", "programmes.answer_objection", **told)
    return (9,)


def _receive(telling: Telling, court: Court, found: List, line: int, person: Resident, sent: int) -> None:
    """Whoever it is for says that they have it: with their own key, by their helper, on the telephone, on paper."""
    hop = found.hop(line)
    at = sent + telling.chance.randint(1, 5) * DAY + telling.some(0, 500)
    helper = court.helpers.get(person.key)
    if not person.keyless or helper:
        said: dict[str, Any] = {"hop": hop, "amount_minor": found.share}
        telling.add(at, helper or person.key, "transfers.confirm_receipt", **said)
    elif line % 3:
        telling.add(at, "street-desk", "transfers.record_call", hop=hop, recording=telling.picture())
    else:
        telling.add(at, "street-desk", "transfers.attest_receipt", hop=hop, paper=telling.picture())
        telling.add(at + HOUR, "civil-clerk", "transfers.attest_receipt", hop=hop, paper=Sealed(hop, "paper"))


def _send(telling: Telling, found: List, line: int, at: int, first: str, hop: str) -> None:
    payment = found.payment(line)
    told: dict[str, Any] = {"cycle": found.key, "amount_minor": found.share, "payment": payment}
    if first:
        told["continues"] = first
    telling.add(at, COOK if first else MANAGER, "transfers.send_money", hop, **told)


def _fail(telling: Telling, found: List, line: int, first: str, at: int, again: bool) -> None:
    """Nobody opened: tried again a day later, or given back to the fund, which gives the payment up."""
    reason = "transfers.reason.nobody_in" if again else "transfers.reason.moved_away"
    telling.add(at, COOK, "transfers.fail_hop", hop=found.hop(line), reason=reason)
    if again:
        hop = f"{found.hop(line)}-again"
        _send(telling, found, line, at + DAY, first, hop)
        telling.add(at + 2 * DAY, "street-desk", "transfers.record_call", hop=hop, recording=telling.picture())
        return
    sum_of: dict[str, Any] = {"hop": first, "amount_minor": found.share}
    telling.add(at + DAY, COOK, "transfers.return_money", **sum_of)
    telling.add(at + 2 * DAY, MANAGER, "transfers.take_back", **sum_of)
    telling.add(at + 2 * DAY + HOUR, MANAGER, "transfers.cancel_payment", payment=found.payment(line))


def _parcels(telling: Telling, court: Court, known: Sequence[Resident]) -> None:
    """From the fund itself, before New Year; ended and accounted for in spring."""
    first, budget = 62, PARCEL * len(known)
    start(
        telling, FUND, "parcels", first, first + 60, budget, SECOND, code="new-year-parcels", purpose=WORDS["parcels"]
    )
    found = List(
        "parcels-1",
        "parcels",
        PARCEL,
        {"form": "goods", "quantity": 1, "unit": "parcel"},
        [_named(one) for one in known],
    )
    at = (first + 2) * DAY + 9 * HOUR
    listed(telling, found, at, 40, SECOND, notice=False)
    for line in paid(telling, found, at + DAY, SECOND):
        _send(telling, found, line, at + 2 * DAY, "", found.hop(line))
        _receive(telling, court, found, line, known[line], at + 2 * DAY)
    ended = (first + 30) * DAY + 10 * HOUR
    telling.add(ended, MANAGER, "programmes.end_programme", programme="parcels")
    telling.add(ended + 12 * DAY, MANAGER, "programmes.account_for", programme="parcels", document=WORDS["account"])


def _heating(telling: Telling, known: Sequence[Resident], court: Court, end: int) -> None:
    """Its list hangs out now, and somebody is not content with it."""
    day = end // DAY - 6
    budget = HEATING * len(known)
    told: dict[str, Any] = {"code": "help-with-heating", "notice_days": 7, "purpose": WORDS["heating"]}
    start(telling, FUND, "heating", day, DAYS + 120, budget, SECOND, **told)
    found = List("heating-1", "heating", HEATING, {"form": "money"}, [_named(person) for person in known])
    listed(telling, found, (day + 3) * DAY + 9 * HOUR, 90, SECOND)
    missing = Text("三楼的老李家更困难，名单上没有。", "Old Mr Li on the third floor needs it more, and is not on it.")
    neighbour = [people[-1] for people in court.staying.values()][-1]
    raised: dict[str, Any] = {"cycle": found.key, "words": missing}
    telling.add((day + 4) * DAY + 20 * HOUR, neighbour, "programmes.object_to_cycle", "heating-objection", **raised)


def _asked(telling: Telling, end: int) -> None:
    early = Text(
        "第四批有一笔没有送到，钱现在在哪里？", "One delivery of the fourth round failed. Where is that money now?"
    )
    answer = Text(
        "食堂已退回，付款已取消，钱在账上。", "The canteen gave it back, the payment is taken back, it is here."
    )
    late = Text("有一笔餐费停在食堂超过十天，为什么？", "One sum has stood at the canteen for over ten days. Why?")
    at = (ROUND_DAYS[BACK] + 11) * DAY + 10 * HOUR
    for key, asked, words in (("question-1", at, early), ("question-2", end - 2 * DAY, late)):
        told: dict[str, Any] = {"fund": FUND, "programme": "meals", "answer_by": asked + 5 * DAY, "words": words}
        telling.add(asked, ASKER, "funds.ask_question", key, **told)
    telling.add(at + 2 * DAY, MANAGER, "funds.answer_question", question="question-1", words=answer)

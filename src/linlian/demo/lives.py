"""The life of one repair, told step by step: who does what, and how long it takes them.

life = Life(telling, tale, place="b1s1stair", reporter="b1s1f2u1-1", at=20 * DAY)
life.report()
life.handle()                 # triage, assign, accept, arrive, diagnose, finish: in the pace of its urgency
life.notice()                 # those for whom it was done are told
life.confirm("head-1")        # in common parts: a witness looks, and nobody objects
"""

from __future__ import annotations

from typing import Any, NamedTuple

from linlian.community.repairs.rules_terms import LIMITS, WORKDAY, WORKING, Urgency, terms_of
from linlian.demo.acts import DAY, HOUR, MINUTE, Act, Sealed, Tale, Telling, answers
from linlian.demo.staff import HEADS

Minutes = tuple[int, int]
STEPS = ("triage", "assign", "accept", "arrive", "diagnose", "finish")
COMMANDS = {
    "triage": "triage_repair",
    "assign": "assign_repair",
    "accept": "accept_repair",
    "arrive": "arrive_on_site",
    "diagnose": "diagnose_repair",
    "finish": "finish_repair",
}


class Pace(NamedTuple):
    """Minutes from one step to the next, at least and at most."""

    triage: Minutes
    assign: Minutes
    accept: Minutes
    arrive: Minutes
    diagnose: Minutes
    finish: Minutes


PACES = {
    Urgency.LIFE_SAFETY: Pace((0, 1), (0, 1), (0, 2), (5, 12), (1, 3), (4, 7)),
    Urgency.URGENT: Pace((1, 7), (1, 5), (1, 10), (15, 90), (5, 20), (15, 90)),
    Urgency.ORDINARY: Pace((3, 40), (2, 30), (3, 60), (30, 360), (5, 25), (20, 150)),
    Urgency.MINOR: Pace((5, 120), (5, 120), (10, 300), (1 * 1440, 5 * 1440), (5, 40), (30, 240)),
}
"""Each keeps the deadlines of its urgency. Who is late, is late on purpose."""

WITNESSES = (
    *("grid-worker", "second-grid-worker", "third-grid-worker", "fourth-grid-worker", "committee"),
    *(f"head-{number}" for number in range(1, HEADS + 1)),
)
"""Who may look at common parts and say that it is sound."""
OBJECTION = 3 * DAY
"""For so long everybody may object to what a witness found."""

AT_ONCE = Pace((0, 1), (0, 1), (0, 1), (0, 1), (0, 1), (0, 1))
"""Faster than any work: what the ledger flags."""


class Crew(NamedTuple):
    """Who sees to it: the organisation if it is not the desk's own, its dispatcher, its repairers."""

    responsible: str
    dispatcher: str
    repairers: tuple[str, ...]


CREWS = {
    "repairer": Crew("", "dispatcher", ("repairer", "second-repairer", "handyman")),
    "gas": Crew("", "dispatcher", ("repairer", "second-repairer")),
    "electrician": Crew("", "dispatcher", ("electrician", "second-electrician", "handyman")),
    "joiner": Crew("", "dispatcher", ("joiner", "second-handyman")),
    "handyman": Crew("", "dispatcher", ("handyman", "second-handyman", "joiner")),
    "lift": Crew("shengping-lift", "lift-dispatcher", ("lift-repairer", "second-lift-repairer")),
    "works": Crew("ruian-works", "works-dispatcher", ("roofer", "second-roofer")),
}
OURS = tuple(dict.fromkeys(who for crew in CREWS.values() if not crew.responsible for who in crew.repairers))
"""All repairers of the property company."""
LOOKS = 0.25
"""How often whoever comes reads the words first, and behind which door it is; else they were told."""


class Life:
    """One repair as it is being told; `now` is the second that has been reached."""

    def __init__(self, telling: Telling, tale: Tale, place: str, reporter: str, at: int, called: str = ""):
        """`called`: the name by which people find it at the command line; most have none."""
        self.telling = telling
        self.tale = tale
        self.place = place
        self.reporter = reporter
        self.speaker = reporter  # who reports it with their own key: the reporter, a helper, the desk
        self.now = at
        self.opened = at
        self.case = called or telling.next_case()
        self.crew = CREWS[tale.crew]
        self.executor = telling.chance.choice(self.crew.repairers)
        self.pace = PACES[tale.urgency]
        self.found = tale.found
        self.common = not (tale.at_home or place.startswith("bay"))
        self._safe = tale.urgency is not Urgency.LIFE_SAFETY
        self._handed_over = False  # once it is another organisation's, only that one triages it

    # Time

    def wait(self, least: int, most: int) -> None:
        """Let minutes pass."""
        self.now += self.telling.some(least, most)

    def wait_for_daytime(self, first_hour: int = 8, last_hour: int = 19) -> None:
        """Whoever comes or answers does so by day; at night, the next morning."""
        hour = self.now % DAY // HOUR
        if not first_hour <= hour < last_hour:
            morning = self.now // DAY * DAY + first_hour * HOUR + (DAY if hour >= last_hour else 0)
            self.now = morning + self.telling.some(1, 75)

    def wait_past_response(self) -> None:
        """Let the deadline for accepting go by."""
        limit = terms_of(self.tale.category).respond or LIMITS[self.tale.urgency].respond
        self.now = self.opened + limit * MINUTE
        self.wait(10, 200)

    def wait_past_finish(self) -> None:
        """Let the deadline for finishing go by; in working time, with the longest holiday of the year in it."""
        own = terms_of(self.tale.category).finish
        limit = own or LIMITS[self.tale.urgency].finish
        if not own and WORKING[self.tale.urgency]:
            limit = limit * (7 * DAY) // (5 * WORKDAY * MINUTE) + 10 * DAY // MINUTE
        self.now = self.opened + limit * MINUTE
        self.wait(30, max(60, min(limit, 3 * DAY // MINUTE)))

    # Steps

    def report(self, by: str = "", no: str = "", **more: Any) -> None:
        """Reported by the reporter, or for them by the desk or a helper."""
        fields: dict[str, Any] = {
            "place": self.place,
            "category": str(self.tale.category),
            "words": self.telling.chance.choice(self.tale.reports),
        }
        if by:
            fields["principal"] = self.reporter
        elif self.telling.chance.random() < 0.35:
            fields["photos"] = (self.telling.picture(),)
        made = () if no else (self.case,)
        self.telling.acts.append(
            Act(self.now, by or self.reporter, "repairs.report_repair", fields | more, made, no=no)
        )
        self.opened = self.now
        self.speaker = by or self.reporter

    def handle(self, first: str = "triage", last: str = "finish", pace: Pace | None = None) -> None:
        """The steps from `first` to `last`, each after as long as the pace says."""
        pace = pace or self.pace
        for name in STEPS[STEPS.index(first) : STEPS.index(last) + 1]:
            self.wait(*getattr(pace, name))
            calm = self.tale.urgency in (Urgency.ORDINARY, Urgency.MINOR) and pace is not AT_ONCE
            if name == "arrive":
                if calm:
                    self.wait_for_daytime()
                self._look()
            self.step(name)

    def step(self, name: str, claimed: int = 0, no: str = "") -> None:
        """One step of the work, by whoever takes it; `claimed` if it was done earlier, without a network."""
        if name == "diagnose" and not self._safe:
            self._safe = True
            self.act(self.executor, "make_safe", photos=(self.telling.picture(),))
            self.now += MINUTE // 2
        who, fields = self._work(name)
        fields = {"case": self.case, **fields}
        self.telling.acts.append(Act(self.now, who, f"repairs.{COMMANDS[name]}", fields, claimed=claimed, no=no))

    def notice(self, how: str = "app") -> None:
        """Those for whom it was done are told so, by whoever answers for it."""
        self.wait(2, 8)
        fields: dict[str, Any] = {} if how == "app" else {"proof": self.telling.picture()}
        self.act(self.crew.dispatcher, "serve_notice", how=how, **fields)

    def confirm(self, who: str, no: str = "") -> None:
        """Somebody says that it is repaired; of common parts a witness does, and three days pass."""
        if not self.common or no:
            self.act(who, "confirm_repair", no=no)
            return
        witness = who if who in WITNESSES else "grid-worker"
        self.act(witness, "check_repair", proofs=(self.telling.picture(),))
        self.now += OBJECTION

    def dispute(self, who: str) -> None:
        self.act(who, "dispute_repair", words=self.telling.chance.choice(answers("dispute")))

    def reopen(self, who: str, no: str = "") -> None:
        self._safe = self.tale.urgency is not Urgency.LIFE_SAFETY
        self.act(who, "reopen_repair", no=no, words=self.telling.chance.choice(answers("reopen")))
        self.opened = self.now

    def defer(self, who: str, days: int, reason: str, no: str = "") -> int:
        """Put off; returns the second at which the clock takes it up again."""
        until = self.now + days * DAY
        self.act(who, "defer_repair", no=no, until=until, reason=reason)
        return until

    def act(self, who: str, command: str, no: str = "", business: str = "repairs", **fields: Any) -> None:
        """Any other step of this case."""
        self.telling.add(self.now, who, f"{business}.{command}", no=no, case=self.case, **fields)

    def open(self, who: str, purpose: str, no: str = "", field: str = "words", **more: Any) -> None:
        """Somebody looks into what was reported."""
        contents = (Sealed(self.case, field),)
        self.telling.add(
            self.now, who, "openings.open_content", no=no, contents=contents, purpose=purpose, case=self.case, **more
        )

    def _look(self) -> None:
        """Whoever comes looks what was said, and behind which door it is: both stand on the record."""
        if self.telling.chance.random() > LOOKS:
            return
        self.open(self.executor, "repair")
        if not self.common:
            door: dict[str, Any] = {"contents": (Sealed(self.place, "name"),), "case": self.case}
            self.telling.add(self.now, self.executor, "openings.open_content", purpose="repair", **door)

    def _work(self, name: str) -> tuple[str, dict[str, Any]]:
        chance, crew = self.telling.chance, self.crew
        if name == "triage":
            if self._handed_over:
                return crew.dispatcher, {}
            self._handed_over = bool(crew.responsible)
            by_day = 8 <= self.now % DAY // HOUR < 20
            return "desk" if by_day else "night-desk", {"responsible": crew.responsible} if crew.responsible else {}
        if name == "assign":
            return crew.dispatcher, {"executor": self.executor}
        if name == "diagnose":
            cause, words = chance.choice(self.found)
            return self.executor, {"cause": str(cause), "words": words}
        if name == "finish":
            return self.executor, {"proofs": tuple(self.telling.picture() for _ in range(chance.choice((1, 1, 2))))}
        return self.executor, {}

"""Who may open what, of what, for what purpose: one table. The handler asks it; it does not decide.

A content is of a *matter*, which the ledger knows from the event that first named it: a case, a place, people, an
organisation. Beyond that table nobody opens anything. The README shows this very table; a test compares them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Matter(StrEnum):
    """What a content is of.

    CASE          words, photos and proofs of a repair
    PLACE         the name of a home, its door number
    ADDRESS       the same, opened for a repair there
    REGISTER      papers about places: a lease, a list of who lives where, an inspection's report
    PEOPLE        papers about one or several accounts: a delegation, a recovery, a staff card
    STAFF         the staff card of whoever carries out a repair, opened for that repair
    ORGANISATION  an organisation's name
    PUBLICATION   what another funder has published of its grants
    FUND          what a fund seals: who a recipient is, a line of the bank, the words of an objection, a purpose
    """

    CASE = "case"
    PLACE = "place"
    ADDRESS = "address"
    REGISTER = "register"
    PEOPLE = "people"
    STAFF = "staff"
    ORGANISATION = "organisation"
    PUBLICATION = "publication"
    FUND = "fund"


class ReadAs(StrEnum):
    """As what somebody opens a content.

    AUTHOR      a resident who put it there
    CONCERNED   whom it is about
    REPORTER    who reported the repair, or stands for them
    OCCUPANT    who may see the place, now, and (in a case) already when it was opened
    EXECUTOR    the repairer whose case it is now
    OFFERED     to whom, by name or as one of a team, that repairer wants to hand it over
    DISPATCHER  of an organisation that answers for the case or works on it
    ASSISTANT   of an organisation that was called to help
    DESK        of the organisation that answers for it; before triage any
    WITNESS     in common parts, of an organisation that is not in the case
    SUPERVISOR  of an organisation that is not in the case, by an order that they name
    AUDITOR     the same
    REGISTRAR   officer or clerk of an office that keeps the register of places, or countersigns it
    KEEPER      officer or clerk of the organisation that brought a publication in
    MANAGER     of the fund
    APPROVER    of the body that approves what the fund does, with no interest in it
    REGULATOR   of the organisation that watches over the fund, by an order that they name
    ANYBODY     any active account
    """

    AUTHOR = "author"
    CONCERNED = "concerned"
    REPORTER = "reporter"
    OCCUPANT = "occupant"
    EXECUTOR = "executor"
    OFFERED = "offered"
    DISPATCHER = "dispatcher"
    ASSISTANT = "assistant"
    DESK = "desk"
    WITNESS = "witness"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    REGISTRAR = "registrar"
    KEEPER = "keeper"
    MANAGER = "manager"
    APPROVER = "approver"
    REGULATOR = "regulator"
    ANYBODY = "anybody"


class Purpose(StrEnum):
    OWN_MATTER = "own_matter"
    REPAIR = "repair"
    CHECK = "check"
    SUPERVISION = "supervision"
    AUDIT = "audit"
    REGISTRATION = "registration"
    INFORMATION = "information"
    FUND = "fund_work"


CONTACT = ("caller", "contact")
"""Fields of a case that say how to reach somebody: for those who work on it, not for those who judge it."""
OTHERS = ("joined_words", "joined_photos")
"""Fields of a case with what others said who joined it: for those who see to it, not for its reporter or neighbours."""
AT_WORK = ("handover_note",)
"""Fields of a case with what those who work on it tell each other: not for those for whom it is done."""
NAMES = ("name", "card")
PEOPLE_IN_GRANTS = ("person",)
"""Field of a published grant with whatever may tell of somebody: whoever gives grants away again does not see it."""
FACE = (*NAMES, "photo")
"""What is on the card of whoever comes."""
PLANS = ("purpose", "criteria", "notice", "rules")
"""What a fund says for everybody to read: what it is for, and its lists while they hang out."""
HOME = ("name", "area")
"""What a home is known by, and how large it is."""


class Line(NamedTuple):
    """`fields` () is all of them. `while_open`: only until the case is closed. `order`: names an authority."""

    by: ReadAs
    of: Matter
    purpose: Purpose
    fields: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    while_open: bool = False
    order: bool = False


_R, _M, _P = ReadAs, Matter, Purpose
TABLE = (
    Line(_R.AUTHOR, _M.CASE, _P.OWN_MATTER),
    Line(_R.REPORTER, _M.CASE, _P.OWN_MATTER, but=(*AT_WORK, *OTHERS)),
    Line(_R.OCCUPANT, _M.CASE, _P.OWN_MATTER, but=(*CONTACT, *AT_WORK, *OTHERS)),
    Line(_R.EXECUTOR, _M.CASE, _P.REPAIR, while_open=True),
    Line(_R.OFFERED, _M.CASE, _P.REPAIR, fields=AT_WORK, while_open=True),
    Line(_R.DISPATCHER, _M.CASE, _P.REPAIR, while_open=True),
    Line(_R.ASSISTANT, _M.CASE, _P.REPAIR, but=CONTACT, while_open=True),
    Line(_R.DESK, _M.CASE, _P.REPAIR, while_open=True),
    Line(_R.WITNESS, _M.CASE, _P.CHECK, but=(*CONTACT, *AT_WORK), while_open=True),
    Line(_R.SUPERVISOR, _M.CASE, _P.SUPERVISION, but=CONTACT, order=True),
    Line(_R.AUDITOR, _M.CASE, _P.AUDIT, order=True),
    Line(_R.REPORTER, _M.ADDRESS, _P.OWN_MATTER, fields=NAMES),
    Line(_R.EXECUTOR, _M.ADDRESS, _P.REPAIR, fields=NAMES, while_open=True),
    Line(_R.DISPATCHER, _M.ADDRESS, _P.REPAIR, fields=NAMES, while_open=True),
    Line(_R.ASSISTANT, _M.ADDRESS, _P.REPAIR, fields=NAMES, while_open=True),
    Line(_R.DESK, _M.ADDRESS, _P.REPAIR, fields=NAMES, while_open=True),
    Line(_R.OCCUPANT, _M.PLACE, _P.OWN_MATTER, fields=HOME),
    Line(_R.REGISTRAR, _M.PLACE, _P.REGISTRATION),
    Line(_R.AUDITOR, _M.PLACE, _P.AUDIT, order=True),
    Line(_R.ANYBODY, _M.PLACE, _P.INFORMATION, fields=NAMES),  # of common parts alone
    Line(_R.CONCERNED, _M.REGISTER, _P.OWN_MATTER),
    Line(_R.REGISTRAR, _M.REGISTER, _P.REGISTRATION),
    Line(_R.AUDITOR, _M.REGISTER, _P.AUDIT, order=True),
    Line(_R.AUTHOR, _M.PEOPLE, _P.OWN_MATTER),
    Line(_R.CONCERNED, _M.PEOPLE, _P.OWN_MATTER),
    Line(_R.AUDITOR, _M.PEOPLE, _P.AUDIT, order=True),
    Line(_R.REPORTER, _M.STAFF, _P.OWN_MATTER, fields=FACE, while_open=True),
    Line(_R.OCCUPANT, _M.STAFF, _P.OWN_MATTER, fields=FACE, while_open=True),
    Line(_R.ANYBODY, _M.ORGANISATION, _P.INFORMATION, fields=NAMES),
    Line(_R.KEEPER, _M.PUBLICATION, _P.INFORMATION, but=PEOPLE_IN_GRANTS),
    Line(_R.AUDITOR, _M.PUBLICATION, _P.AUDIT, order=True),
    Line(_R.AUTHOR, _M.FUND, _P.OWN_MATTER),
    Line(_R.CONCERNED, _M.FUND, _P.OWN_MATTER),
    Line(_R.MANAGER, _M.FUND, _P.FUND),
    Line(_R.APPROVER, _M.FUND, _P.FUND),
    Line(_R.REGULATOR, _M.FUND, _P.SUPERVISION, order=True),
    Line(_R.AUDITOR, _M.FUND, _P.AUDIT, order=True),
    Line(_R.ANYBODY, _M.FUND, _P.INFORMATION, fields=PLANS),
)

"""What was told outside, as rows."""

from __future__ import annotations

from typing import NamedTuple

from linlian.community.answers import audience
from linlian.community.answers.rules import (
    CallbackRecorded,
    LinkAnswered,
    LinkIssued,
    PaperAttested,
    contract,
)
from linlian.community.repairs.views import NOT_MERGED
from linlian.community.repairs.views import views as repairs
from linlian.readmodel.view import Fact, Id, Limit, Reads, Rows, View

views = View(contract, needs=(repairs,))


class ToldRow(NamedTuple):
    """Something that was said outside, or signed or sent for it. `answered`: it closed the case, or sent it back.

    commitment, ciphertext_hash     of the recording or the sheet; of a link there is nothing sealed
    """

    case_id: bytes
    height: int
    receipt: int
    event: int
    basis: str
    answered: bool
    repaired: bool
    organisation: bytes
    actor: bytes
    time: int
    commitment: bytes
    ciphertext_hash: bytes


class WaitingRow(NamedTuple):
    """A repair whose people have to be rung back: where, since when it is done, and whether they were told (0: not)."""

    case_id: bytes
    category: str
    place_kind: str
    building: int
    floor: int
    reported_as: str
    reported_on: str
    done_at: int
    notified_at: int
    rings: int


told = views.table("told", ToldRow, key=4, indexes=("organisation, time", "basis, time"))


@views.on(CallbackRecorded)
def callback_recorded(db: Rows, event: CallbackRecorded, fact: Fact) -> None:
    _add(db, event, fact, "callback", True, event.repaired)


@views.on(PaperAttested)
def paper_attested(db: Rows, event: PaperAttested, fact: Fact) -> None:
    _add(db, event, fact, "witnessed_paper", event.complete, True)


@views.on(LinkIssued)
def link_issued(db: Rows, event: LinkIssued, fact: Fact) -> None:
    _add(db, event, fact, "sms_link", False, False)


@views.on(LinkAnswered)
def link_answered(db: Rows, event: LinkAnswered, fact: Fact) -> None:
    _add(db, event, fact, "sms_link", True, event.repaired)


@views.query(seen_by=audience.CASE)
def told_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[ToldRow]:
    """What was told outside about a repair, in order."""
    sql = "SELECT * FROM answers_told WHERE case_id = :case_id ORDER BY height, receipt, event LIMIT :limit"
    return db.all(ToldRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.CALLING)
def waiting(db: Reads, limit: Limit = 50) -> list[WaitingRow]:
    """What is done in homes and waits for an answer of people without a key, or who telephoned; the longest first."""
    sql = f"""
        SELECT * FROM (
            SELECT r.case_id, r.category, p.kind AS place_kind,
                   COALESCE((SELECT b.number FROM places_within AS w JOIN places_place AS b ON b.place = w.holder
                             WHERE w.place = r.place AND w.kind = 'building'), 0) AS building,
                   COALESCE((SELECT f.number FROM places_within AS w JOIN places_place AS f ON f.place = w.holder
                             WHERE w.place = r.place AND w.kind = 'floor'), 0) AS floor,
                   r.reported_as, r.reported_on, r.done_at, r.notified_at,
                   (SELECT COUNT(*) FROM answers_told AS t WHERE t.case_id = r.case_id AND t.basis = 'callback')
                     AS rings
            FROM repairs_request AS r JOIN places_place AS p ON p.place = r.place
            WHERE r.ended = FALSE AND r.state = 'done' AND {NOT_MERGED} AND p.is_common = FALSE
              AND (r.reported_as = 'desk' OR NOT EXISTS (
                   SELECT 1 FROM identity_key AS k WHERE k.account = r.reporter AND k.until_height = 0))) AS told
        ORDER BY done_at, case_id LIMIT :limit"""
    return db.all(WaitingRow, sql, limit=limit)


@views.query(seen_by=audience.TOLD)
def told_to_organisation(db: Reads, organisation: Id, limit: Limit = 100) -> list[ToldRow]:
    """What an organisation was told, the latest first."""
    sql = """
        SELECT * FROM answers_told WHERE organisation = :organisation
        ORDER BY time DESC, case_id DESC, height DESC, receipt DESC, event DESC LIMIT :limit"""
    return db.all(ToldRow, sql, organisation=organisation, limit=limit)


def _add(
    db: Rows,
    event: CallbackRecorded | PaperAttested | LinkIssued | LinkAnswered,
    fact: Fact,
    basis: str,
    answered: bool,
    repaired: bool,
) -> None:
    sealed = event.recording if isinstance(event, CallbackRecorded) else None
    sealed = event.paper if isinstance(event, PaperAttested) else sealed
    row = ToldRow(
        case_id=event.case,
        height=fact.height,
        receipt=fact.receipt,
        event=fact.event,
        basis=basis,
        answered=answered,
        repaired=repaired,
        organisation=event.organisation,
        actor=fact.signer,
        time=fact.time,
        commitment=sealed.commitment if sealed else b"",
        ciphertext_hash=sealed.ciphertext_hash if sealed else b"",
    )
    db.add(told, row)

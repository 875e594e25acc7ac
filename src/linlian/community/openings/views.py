"""Openings as rows: by whom they concern, by case, by reader; and refusals beside them, as they stand in the ledger."""

from __future__ import annotations

from typing import Any, NamedTuple

from linlian.community.answers.views import views as answers_views
from linlian.community.appointments.views import views as appointments_views
from linlian.community.council.views import views as council_views
from linlian.community.delegations.views import views as delegations_views
from linlian.community.equipment.views import views as equipment_views
from linlian.community.funds.views import views as funds_views
from linlian.community.grants.views import views as grants_views
from linlian.community.handovers.views import views as handovers_views
from linlian.community.hotline.views import views as hotline_views
from linlian.community.identity.views import views as identity_views
from linlian.community.joint_reports.views import views as joint_reports_views
from linlian.community.openings import audience
from linlian.community.openings.rules import ContentOpened, bindings, contract, names_content
from linlian.community.openings.rules_table import ReadAs
from linlian.community.outages.views import views as outages_views
from linlian.community.places.views import views as places_views
from linlian.community.programmes.views import views as programmes_views
from linlian.community.quotes.views import views as quotes_views
from linlian.community.ratings.views import views as ratings_views
from linlian.community.repairs.views import views as repairs_views
from linlian.community.staff.views import views as staff_views
from linlian.community.supervision.views import views as supervision_views
from linlian.community.transfers.views import views as transfers_views
from linlian.readmodel.view import Fact, Id, Limit, Millis, Reads, Rows, Value, View, where

views = View(
    contract,
    needs=(
        *(identity_views, delegations_views, council_views, staff_views),
        *(places_views, equipment_views, repairs_views, handovers_views, answers_views),
        *(joint_reports_views, outages_views, quotes_views, appointments_views),
        *(supervision_views, ratings_views, hotline_views),
        *(funds_views, programmes_views, transfers_views, grants_views),
    ),
)

COMMAND = "openings.open_content"


class OpeningRow(NamedTuple):
    """An opening; of a refused one only reader, time and code are told. `contents` counts them, `item_id` asked."""

    height: int
    receipt: int
    time: int
    reader: bytes
    standing: str
    purpose: str
    basis: str
    matter: str
    case_id: bytes
    place: bytes
    fields: str
    contents: int
    authority: str
    opened_by: bytes
    code: str
    item_id: bytes


class ConcernedRow(NamedTuple):
    """Whom an opening concerns: account, case or place."""

    subject: bytes
    height: int
    receipt: int


class GrantRow(NamedTuple):
    """All openings of one reader in one standing and assignment of one matter."""

    opened_by: bytes
    reader: bytes
    standing: str
    case_id: bytes
    since: int
    latest: int
    openings: int


class ContentRow(NamedTuple):
    """A sealed content of a case, a place or people; `event` is the type of the event that named it first."""

    commitment: bytes
    event: str
    field: str
    case_id: bytes
    place: bytes
    account: bytes
    time: int


class SealedRow(NamedTuple):
    """A content that a repair needs. `place`, of a kind, or `account` is whose name it is, where it is one."""

    matter: str
    commitment: bytes
    field: str
    place: bytes
    place_kind: str
    account: bytes
    time: int


openings = views.table("opening", OpeningRow, key=2, indexes=("reader, time",))
concerned = views.table("concerned", ConcernedRow, key=3)
grants = views.table("grant", GrantRow, indexes=("case_id, since",))
contents = views.table(
    "content", ContentRow, indexes=("case_id, time", "place, time", "account, time", "time, commitment")
)


@views.on(ContentOpened)
def opened(db: Rows, event: ContentOpened, fact: Fact) -> None:
    case_id, place = event.case or b"", event.place or b""
    row = OpeningRow(
        height=fact.height,
        receipt=fact.receipt,
        time=fact.time,
        reader=event.reader,
        standing=event.standing,
        purpose=event.purpose,
        basis=event.basis,
        matter=event.matter,
        case_id=case_id,
        place=place,
        fields=",".join(event.fields),
        contents=len(event.contents),
        authority=event.authority,
        opened_by=event.grant,
        code="",
        item_id=fact.item_id,
    )
    db.add(openings, row)
    for subject in dict.fromkeys(part for part in (case_id, place, *event.concerned) if part):
        db.add(concerned, ConcernedRow(subject, fact.height, fact.receipt))
    before = db.get(grants, event.grant)
    first = GrantRow(event.grant, event.reader, event.standing, case_id, fact.time, fact.time, 0)
    count = (first if before is None else before).openings + 1
    db.put(grants, (before or first)._replace(latest=fact.time, openings=count))


def named(db: Rows, event: Any, fact: Fact) -> None:
    """A content is of what the first event to name it says."""
    for commitment, bound in bindings(fact.type, event, fact.signer):
        if db.get(contents, commitment) is not None:
            continue
        account = bound.named("account") or bound.named("principal") or bound.named("reporter") or b""
        place, case_id = bound.named("place") or b"", bound.named("case") or b""
        row = ContentRow(commitment, fact.type, bound.field, case_id, place, account, fact.time)
        db.put(contents, row)


for _need in views.needs:
    for _kind in _need.contract.events.values():
        if names_content(_kind):
            views.on(_kind)(named)


@views.query(seen_by=audience.PERSON)
def openings_of_person(db: Reads, account: Id, since: Millis = 0, limit: Limit = 100) -> list[OpeningRow]:
    """Who opened what is about somebody, or tried to and was refused; the latest first."""
    return _about(db, account, since, limit)


@views.query(seen_by=audience.CASE)
def openings_of_case(db: Reads, case_id: Id, since: Millis = 0, limit: Limit = 100) -> list[OpeningRow]:
    """Who opened what belongs to a case, or tried to and was refused; the latest first."""
    return _about(db, case_id, since, limit)


@views.query(seen_by=audience.OF_PLACE)
def openings_of_place(db: Reads, place: Id, since: Millis = 0, limit: Limit = 100) -> list[OpeningRow]:
    """Who opened a place's name or papers, or tried to and was refused; the latest first."""
    return _about(db, place, since, limit)


@views.query(seen_by=audience.READER)
def openings_by_reader(
    db: Reads, reader: Id, standing: ReadAs | None = None, since: Millis = 0, limit: Limit = 100
) -> list[OpeningRow]:
    """What somebody opened, or tried to and was refused (where no standing is asked for); the latest first."""
    matching = where("time >= :since", reader=reader, standing=standing)
    refused = "" if standing is not None else f" UNION ALL {_REFUSED} WHERE r.signer = :reader AND {_TRIED}"
    sql = f"""
        SELECT * FROM (SELECT * FROM openings_opening{matching}{refused}) AS found
        ORDER BY height DESC, receipt DESC LIMIT :limit"""
    given: dict[str, Value] = {"reader": reader, "since": since, "limit": limit}
    given |= {"nobody": b"", "command": COMMAND} if standing is None else {"standing": standing}
    return db.all(OpeningRow, sql, **given)


@views.query(seen_by=audience.CASE)
def grants_of_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[GrantRow]:
    """Under which grants a case was looked into, and how often."""
    sql = "SELECT * FROM openings_grant WHERE case_id = :case_id ORDER BY since, opened_by LIMIT :limit"
    return db.all(GrantRow, sql, case_id=case_id, limit=limit)


@views.query(seen_by=audience.CONTENTS)
def sealed_contents(
    db: Reads, case_id: Id | None = None, place: Id | None = None, account: Id | None = None, limit: Limit = 100
) -> list[ContentRow]:
    """Which sealed contents there are of a case, a place or somebody; never what is in them."""
    sql = f"""
        SELECT * FROM openings_content{where(case_id=case_id, place=place, account=account)}
        ORDER BY time, commitment LIMIT :limit"""
    return db.all(ContentRow, sql, case_id=case_id, place=place, account=account, limit=limit)


@views.query(seen_by=audience.CASE)
def sealed_for_case(db: Reads, case_id: Id, limit: Limit = 100) -> list[SealedRow]:
    """What is sealed of a repair, of the address where it is, and of the card of whoever carries it out."""
    sql = """
        SELECT * FROM (
            SELECT 'case' AS matter, c.commitment, c.field, c.place, '' AS place_kind, c.account, c.time
            FROM openings_content c WHERE c.case_id = :case_id
            UNION ALL
            SELECT 'address', p.name, 'name', p.place, p.kind, :nobody, p.since
            FROM repairs_request r JOIN places_within w ON w.place = r.place JOIN places_place p ON p.place = w.holder
            WHERE r.case_id = :case_id AND p.name <> :nobody
            UNION ALL
            SELECT 'staff', s.name, 'name', :nobody, '', s.account, s.since
            FROM repairs_request r JOIN staff_card s ON s.account = r.executor WHERE r.case_id = :case_id
            UNION ALL
            SELECT 'staff', s.photo, 'photo', :nobody, '', s.account, s.since
            FROM repairs_request r JOIN staff_card s ON s.account = r.executor
            WHERE r.case_id = :case_id AND s.photo <> :nobody
        ) AS found ORDER BY time, commitment LIMIT :limit"""
    return db.all(SealedRow, sql, case_id=case_id, nobody=b"", limit=limit)


_REFUSED = """
    SELECT r.height, r.receipt, r.time, r.signer, '', '', '', '', :nobody, :nobody, '', 0, '', :nobody, r.code,
           i.item_id
    FROM ledger_refusal r JOIN ledger_item i ON i.height = r.height AND i.receipt = r.receipt"""
_TRIED = "r.command = :command AND r.time >= :since"


def _about(db: Reads, subject: bytes, since: int, limit: int) -> list[OpeningRow]:
    """Openings and refusals that name a subject."""
    names = ", ".join(f"o.{name}" for name in OpeningRow._fields)
    sql = f"""
        SELECT * FROM (
            SELECT {names} FROM openings_opening o
            JOIN openings_concerned c ON c.height = o.height AND c.receipt = o.receipt
            WHERE c.subject = :subject AND o.time >= :since
            UNION ALL {_REFUSED}
            JOIN ledger_subject s ON s.height = r.height AND s.receipt = r.receipt
            WHERE s.subject = :subject AND {_TRIED}
        ) AS found ORDER BY height DESC, receipt DESC LIMIT :limit"""
    given: dict[str, Value] = {"subject": subject, "since": since, "limit": limit}
    return db.all(OpeningRow, sql, nobody=b"", command=COMMAND, **given)

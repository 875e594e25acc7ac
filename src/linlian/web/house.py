"""What the room needs from the node, and only that; `linlian.node.serving` hands the real one in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from linlian.engine.ledger import Ledger, NetworkStanding
from linlian.kernel.codec import Content
from linlian.kernel.errors import LinlianError
from linlian.kernel.rulebook import Rulebook
from linlian.readmodel.audience import Reader
from linlian.readmodel.entries import FollowedEntry
from linlian.readmodel.query import Query
from linlian.settings import Settings
from linlian.vault import Contents, Opening, SignIn, VaultError
from linlian.web.city import City
from linlian.web.metrics import Figures
from linlian.web.newsroom import Newsroom
from linlian.words import Language, Words


class Rows(NamedTuple):
    """Rows of a query, the cursor for those behind them ("": none), and the height that they were read at."""

    rows: list[tuple[Any, ...]]
    next: str
    height: int


class Public(NamedTuple):
    """What the operator says of the community to everybody: its name by language, and telephones by purpose."""

    name: Mapping[str, str]
    telephones: Mapping[str, str]


class Guest(NamedTuple):
    """Somebody whom a visitor of a demo can be. `name` and `about` by language; `desk`: works here."""

    key: str
    account: bytes
    name: Mapping[str, str]
    about: Mapping[str, str]
    desk: bool


class Stage(NamedTuple):
    """Who plays in the demo's guided repair, by their keys; and one that was disputed before (empty: none)."""

    resident: str
    dispatcher: str
    repairer: str
    disputed: bytes = b""


BEGUN_MAX = 5_000


class Beginnings(NamedTuple):
    """How far a community has begun, in numbers. `invited` organisations are voted in and not here yet, or waited for;
    `waiting` and `signed` count the rolls of residents that are closed. BEGUN_MAX stands for as many or more."""

    organisations: int
    invited: int
    homes: int
    people: int
    waiting: int
    signed: int
    reports: int


class ListStep(NamedTuple):
    """Where a list stands that somebody brings in: compared, running, done or stopped.

    `bodies` are to be signed in `round`. `counts` by result, `rows` all but the unchanged; `letters` name door, person,
    account, and the public half of the one-time key. `code` and `reason` say why it stopped. `sums` are what the new
    rows of a sheet of money come to: the browser signs these and no others.
    """

    job: bytes
    state: str
    round: int
    bodies: list[bytes]
    signed: int
    expected: int
    counts: Mapping[str, int]
    passed_over: int
    forgotten: int
    rows: Sequence[Mapping[str, Any]]
    rolls: list[bytes]
    letters: Sequence[Mapping[str, Any]]
    code: str
    reason: str
    milliseconds: int
    sums: Sequence[int] = ()
    currency: str = ""


class About(NamedTuple):
    """What a sheet of money is about (a round or a fund), and how a bank lays it out: one of ours, or headings that
    somebody named."""

    key: bytes = b""
    layout: str = ""
    own: Mapping[str, str] = {}


class Lists(Protocol):
    """Spreadsheets of houses and people, brought in with the signatures of a clerk's browser. Raises LinlianError."""

    def compare(
        self, account: bytes, what: Literal["places", "people"], name: str, data: bytes, language: Language
    ) -> ListStep:
        """What bringing it in would change; nothing is written."""

    def compare_money(
        self,
        account: bytes,
        what: Literal["recipients", "payments", "statement"],
        name: str,
        data: bytes,
        about: About,
        language: Language,
    ) -> ListStep:
        """The same for a sheet of money, by a manager of the fund."""

    def layouts(self, language: Language) -> Sequence[tuple[str, str]]:
        """The layouts of banks' statements that are known here: code and name."""

    def begin(self, account: bytes, identifier: bytes, key_id: bytes, keys: Sequence[bytes], one_a_home: bool) -> None:
        """Begin; the key will sign, and `keys` are the public halves of one-time keys (none: nobody is invited)."""

    def step(
        self, account: bytes, identifier: bytes, round_: int, signatures: Sequence[bytes], language: Language
    ) -> ListStep:
        """Hand signatures back, and be told what is to be signed next, or how it ended."""

    def printed(self, account: bytes, identifier: bytes) -> None:
        """The letters are on paper: what they were found by is forgotten."""


class Guests(Protocol):
    """A demo's people, who lend their accounts to whoever comes."""

    def stage(self) -> Stage | None:
        """Who plays in the guided repair; None if nobody does."""

    def people(self) -> list[Guest]:
        """Whom one can be, in the order in which they are shown."""

    def admit(self, key: str, suite: str, public_key: bytes) -> bytes:
        """Register a visitor's key for one of them; returns the account. Raises LinlianError."""


class Stand(NamedTuple):
    """A transaction, where it stands, and when it was committed."""

    transaction: bytes
    height: int
    receipt: int
    time: int


class Contested(NamedTuple):
    """A repair that was done and disputed: the last of both."""

    case: bytes
    dispute: Stand
    done: Stand


class Workshop(Protocol):
    """Where a demo's visitors forge copies of its ledger. Raises LinlianError."""

    def deeds(self) -> Sequence[tuple[str, bool]]:
        """What can be done, and whether it can be tried with everything after it computed anew."""

    def contested(self, case: bytes) -> Contested:
        """What a forgery of this case is about."""

    def prepare(self) -> None:
        """Get ready: somebody may begin soon."""

    def begin(self, deed: str, case: bytes, anchors: Sequence[int], *, clever: bool) -> str:
        """Begin; the number to ask by. `anchors`: up to which height the receipts of the two transactions reach."""

    def told(self, number: str) -> list[Mapping[str, Any]]:
        """What the course has told so far; `over` comes last."""


class House(Protocol):
    """An open community as the web sees it. Every call may block, and may raise LinlianError."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def rulebook(self) -> Rulebook: ...
    @property
    def contents(self) -> Contents: ...
    @property
    def queries(self) -> Mapping[str, Query]: ...
    @property
    def words(self) -> Words: ...

    @property
    def hosts(self) -> frozenset[str]:
        """The names (`name` or `name:port`, in lower case) under which this node is reached."""

    def neighbour_names(self, node_key: bytes) -> tuple[str, ...]:
        """Under which names another organisation's node is reached, by its key; none if it is nobody's that we know."""

    def ask_neighbours(
        self, reading: bytes, sign_in: SignIn, content: Content, missing: VaultError
    ) -> tuple[Opening, bytes]:
        """A content from the node that keeps it. Raises `missing`, or VaultError (`vault.keeper_away`)."""

    def reader_of(self, account: bytes) -> Reader | None:
        """What an account is at this moment, by the ledger's own state; None if it may not act (any more)."""

    def page(self, query: Query, values: Mapping[str, Any], reader: Reader, after: str) -> Rows:
        """Rows of a query as this reader may see them. Raises ReadModelError (`readmodel.not_for_you`)."""

    def may_read_item(self, item_id: bytes, reader: Reader) -> bool:
        """Whether a reader signed a committed transaction, or may read the history of something that it concerns."""

    def may_read(self, subject: bytes, reader: Reader) -> bool:
        """Whether a reader may have the whole history of a subject."""

    def may_ask(self, query: Query, values: Mapping[str, Any], reader: Reader) -> bool:
        """Whether a query is for this reader."""

    def public(self) -> Public:
        """What is told to everybody who comes."""

    def offset_minutes(self, time: int) -> int:
        """The community's offset from UTC at a time."""

    @property
    def guests(self) -> Guests | None:
        """The people of a demo; None where nobody lends their account."""

    @property
    def workshop(self) -> Workshop | None:
        """Where copies are forged; None where there is nothing to play with."""

    def pages(self) -> tuple[Sequence[Any], Mapping[str, Path]]:
        """The pages of the businesses (`web.pages.Pages`), and where the templates of each lie."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate that this node serves https with by itself; "" where it does not."""

    @property
    def networks(self) -> str:
        """The validators that the node's own trust file names, as it writes them; "" where one operator signs."""

    @property
    def lists(self) -> Lists: ...

    def beginnings(self) -> Beginnings:
        """How far the community has begun; for its officers."""

    def standing(self) -> NetworkStanding | None:
        """What this node has seen of the others; None where one operator keeps the ledger."""

    @property
    def settings(self) -> Settings: ...
    @property
    def newsroom(self) -> Newsroom: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def city(self) -> City | None:
        """The community as cities' apps see it; None if its operator has not said how (`open311.toml`)."""

    def sees(self, entries: Sequence[FollowedEntry], reader: Reader) -> list[tuple[bool, tuple[bytes, ...]]]:
        """Of each entry, whether this reader may see it in full, and whom it names."""

    def reasons_against(self) -> list[LinlianError]:
        """Why the node cannot serve at the moment; none if it can."""

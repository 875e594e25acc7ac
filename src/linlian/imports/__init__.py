"""Bringing in what other systems have recorded, as past cases of `repairs`. A client of the ledger like any other.

    source = Source(Path("cases.csv.gz"), load("boston-311"))
    rehearse_requests(source, Target(ledger, rules, contents, folder)).states
    import_requests(source, target, Importer(account, key)).imported

The life of a row: `reading` takes it out of the file, `records` makes a record of it by the `mapping`, `survey` keeps
all records in the order of reporting, `places` finds where it was, `signing` signs it, `running` hands it in.

Lists of houses and people, as communities keep them in spreadsheets, are in `lists`, sheets of money in `money`; grants
that others published as 360Giving in `grants`.
"""

from linlian.imports.grants import GrantReport, GrantWork, Unnamed, give_grants
from linlian.imports.lists import Difference, ListWork, What
from linlian.imports.lists.inviting import Invite, secret_here
from linlian.imports.lists.layout import load_layout
from linlian.imports.mapping import Mapping, load, names, parse
from linlian.imports.money import Known, Money, MoneyWork, Record, layouts
from linlian.imports.problems import ImportFailed, RowRejected
from linlian.imports.report import Report, rejected_path
from linlian.imports.requests import Source, Target, import_requests, rehearse_requests
from linlian.imports.running import Sealer
from linlian.imports.signing import Importer

__all__ = [
    "Difference",
    "GrantReport",
    "GrantWork",
    "ImportFailed",
    "Importer",
    "Invite",
    "Known",
    "ListWork",
    "Mapping",
    "Money",
    "MoneyWork",
    "Record",
    "Report",
    "RowRejected",
    "Sealer",
    "Source",
    "Target",
    "Unnamed",
    "What",
    "give_grants",
    "import_requests",
    "layouts",
    "load",
    "load_layout",
    "names",
    "parse",
    "rehearse_requests",
    "rejected_path",
    "secret_here",
]

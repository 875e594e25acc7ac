"""360Giving 1.4: what a fund decided for somebody, as grants that others can read and join with theirs.

    package(fund, awards, names, now)      # a dict, valid by the official schema

Rules
- A grant goes by the public name of its award, which leads to no recipient; recipients are not named.
- Only what everybody may see (`views.published_awards`): rounds of at least five.
- Sums are numbers with two decimals, days are days.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from linlian.community.funds.views import FundRow
from linlian.community.transfers.views import PublicAward

VERSION = "1.4"
LICENSE = "https://creativecommons.org/licenses/by/4.0/"


class Names(NamedTuple):
    """What the package calls who publishes it, each form, and a recipient, who is not named."""

    publisher: str
    forms: dict[str, str]
    recipient: str
    description: str


def package(fund: FundRow, awards: Sequence[PublicAward], names: Names, now: int) -> dict[str, Any]:
    """The whole package; it needs one grant at least."""
    return {
        "version": VERSION,
        "title": fund.code,
        "description": names.description,
        "identifier": f"linlian-{fund.fund.hex()}",
        "issued": day_of(now),
        "license": LICENSE,
        "publisher": {"name": names.publisher},
        "grants": [grant(fund, award, names) for award in awards],
    }


def grant(fund: FundRow, award: PublicAward, names: Names) -> dict[str, Any]:
    """One award as a grant."""
    told: dict[str, Any] = {
        "id": f"linlian-{award.award.hex()}",
        "title": award.code,
        "description": f"{award.code}: {names.forms.get(award.form, award.form)}",
        "currency": fund.currency,
        "amountAwarded": amount_of(award.amount_minor),
        "awardDate": day_of(award.awarded_at),
        "fundingOrganization": [{"id": f"linlian-{fund.organisation.hex()}", "name": names.publisher}],
        "grantProgramme": [{"code": award.programme.hex(), "title": award.code}],
    }
    recipient = {"id": f"linlian-{award.award.hex()}-recipient", "name": names.recipient}
    if award.to_organisation:
        told["recipientOrganization"] = [recipient]
    else:
        told["recipientIndividual"] = recipient
    if award.disbursed_minor:
        told["amountDisbursed"] = amount_of(award.disbursed_minor)
    return told


def amount_of(minor: int) -> float | int:
    """Hundredths as JSON has them: whole where they are whole, else with two decimals, which a double tells apart."""
    return minor // 100 if minor % 100 == 0 else float(Decimal(minor) / 100)


def day_of(time_ms: int) -> str:
    """The day of a time, in UTC."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).date().isoformat()

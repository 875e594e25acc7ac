"""Grants of 360Giving to be brought in by tests: right ones, and ways to spoil them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FUNDER = {"id": "GB-CHC-1", "name": "A trust", "contactName": "Grace", "email": "grace@trust.example"}
KITCHEN = {"id": "GB-CHC-2", "name": "The kitchen", "telephone": "0123"}


def grant(number: int = 1, **other: Any) -> dict[str, Any]:
    """A grant to an organisation, with other fields; None takes one out."""
    told = {
        "id": f"360G-trust-{number}",
        "title": "Hot meals",
        "description": "Meals for those who live alone",
        "currency": "GBP",
        "amountAwarded": 1000.5,
        "awardDate": "2021-03-04",
        "recipientOrganization": [KITCHEN],
        "fundingOrganization": [FUNDER],
        "ourOwnField": {"kept": ["as", "it", "is"]},
        **other,
    }
    return {name: value for name, value in told.items() if value is not None}


def to_somebody(number: int = 1, **other: Any) -> dict[str, Any]:
    """A grant to an individual, who is named in all that can name them."""
    return grant(
        number,
        recipientOrganization=None,
        title="A bed for Wang Fang",
        description="Wang Fang came out of hospital",
        recipientIndividual={"id": "wang-fang", "name": "Wang Fang"},
        toIndividualsDetails={"primaryGrantReason": "GTIR010"},
        beneficiaryLocation=[{"name": "Wang Fang's street", "countryCode": "GB"}],
        ourOwnField="Wang Fang",
        **other,
    )


def package(*grants: Any, **around: Any) -> dict[str, Any]:
    """A package of grants."""
    return {"version": "1.4", "title": "What we gave", "publisher": {"name": "A trust"}, **around, "grants": [*grants]}


def write(folder: Path, *grants: Any, name: str = "grants.json", **around: Any) -> Path:
    """A package as a file."""
    path = folder / name
    path.write_text(json.dumps(package(*grants, **around), ensure_ascii=False), encoding="utf-8")
    return path

"""Grants that were brought in, given away again as a package of 360Giving 1.4.

Rules
- What is sealed is looked into first, by a command of whoever gives it away, for information; that is on the record.
- Sums, currency and identifier are the ledger's: what is opened and says otherwise is not given away but told.
- Individuals, and contacts of organisations, are not in it. A grant to an individual has a title that says just that.
- The order is that in which they came in, so what is given away and brought in elsewhere is given away the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from linlian.imports.grants.packages import awarded_at_of, disbursed_of, external_of, minor_of
from linlian.imports.grants.standard import Number
from linlian.imports.problems import ImportFailed
from linlian.imports.requests import Target
from linlian.imports.running import hand_in
from linlian.imports.signing import Importer, Signer
from linlian.imports.survey import Progress
from linlian.kernel import codec
from linlian.kernel.codec import INT_MAX
from linlian.kernel.errors import LinlianError

VERSION = "1.4"
OPEN = "openings.open_content"
PURPOSE = "information"
LOOKED_AT = 9
"""Contents that one command looks into (`openings.rules.CONTENTS_MAX`)."""
ROUND_LOOKS = 50


class Unnamed(NamedTuple):
    """What stands for the title of a grant to an individual, and for their name."""

    title: str
    name: str


class Given(NamedTuple):
    """The package as JSON, and what it holds: grants, and sums by currency in hundredths."""

    package: bytes
    grants: int
    awarded: dict[str, int]


def give_grants(
    publications: Sequence[bytes], target: Target, giver: Importer, unnamed: Unnamed, progress: Progress
) -> Given:
    """Some publications of one's own organisation, as one package. Raises ImportFailed.

    `import.nothing_to_give`, `import.not_opened`, `import.contradicts_ledger`, `import.stopped`.
    """
    said: list[dict[str, Any]] = []
    grants: list[dict[str, Any]] = []
    awarded: dict[str, int] = {}
    for publication in publications:
        around, recorded = _history(target, publication)
        if around is None or not recorded:
            continue
        sealed = [around["package"]["commitment"], *(each["remainder"]["commitment"] for each in recorded)]
        first, *texts = _opened(target, giver, sealed, progress)
        said.append(first)
        grants += [_grant(fields, told, unnamed) for fields, told in zip(recorded, texts, strict=True)]
        for fields in recorded:
            awarded[fields["currency"]] = awarded.get(fields["currency"], 0) + fields["amount_minor"]
    if not grants:
        raise ImportFailed("import.nothing_to_give")
    return Given(_encode({"version": VERSION, **_alike(said), "grants": grants}), len(grants), awarded)


def _history(target: Target, publication: bytes) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """What was recorded of a publication, and of each of its grants, in order; the history is complete."""
    around, recorded = None, []
    for entry in target.ledger.prove_history(publication).entries:
        _, kind, _, fields = codec.decode_plain_trusted(entry)
        if kind == "grants.publication_recorded":
            around = fields
        elif kind == "grants.grant_recorded":
            recorded.append(fields)
    return around, recorded


def _opened(
    target: Target, giver: Importer, commitments: Sequence[bytes], progress: Progress
) -> Iterator[dict[str, Any]]:
    """What was sealed of one publication, in order, looked into nine at a time."""
    signer, ledger = Signer(target.ledger.chain, giver), target.ledger
    looks = [commitments[start : start + LOOKED_AT] for start in range(0, len(commitments), LOOKED_AT)]
    for start in range(0, len(looks), ROUND_LOOKS):
        part = looks[start : start + ROUND_LOOKS]
        raws = [signer.transaction(OPEN, {"contents": list(look), "purpose": PURPOSE}, ledger.clock()) for look in part]
        for look, answer in zip(part, hand_in(ledger, raws), strict=True):
            try:
                final = answer.result()
                texts = [target.sealer.open(ledger, final.item_id, giver.account, each) for each in look]
            except LinlianError as error:
                raise ImportFailed("import.not_opened", because=error.code) from error
            yield from (json.loads(text, parse_float=Number, parse_int=Number) for text in texts)
        progress(min((start + ROUND_LOOKS) * LOOKED_AT, len(commitments)), len(commitments))


def _grant(fields: dict[str, Any], told: dict[str, Any], unnamed: Unnamed) -> dict[str, Any]:
    """One grant: what was published, with the ledger's sums. Raises ImportFailed (`import.contradicts_ledger`)."""
    currency, awarded_at, disbursed = fields["currency"], fields["awarded_at"], fields.get("disbursed_minor", 0)
    same = [
        external_of(told["id"]) == fields["external"],
        told["currency"] == currency,
        minor_of(told["amountAwarded"], "") == fields["amount_minor"],
        awarded_at_of(told["awardDate"], "", INT_MAX) == awarded_at,
        fields.get("to_person") or disbursed_of(told, currency, "") == disbursed,
    ]
    if not all(same):
        raise ImportFailed("import.contradicts_ledger", grant=fields["external"])
    given = {**told, "amountAwarded": _amount(fields["amount_minor"])}
    if disbursed and (fields.get("to_person") or "amountDisbursed" in told):
        given["amountDisbursed"] = _amount(disbursed)
    if fields.get("to_person"):
        given |= {"title": unnamed.title, "description": unnamed.title}
        given["recipientIndividual"] = {"id": f"{told['id']}-recipient", "name": unnamed.name}
    return given


def _amount(minor: int) -> Decimal | int:
    return minor // 100 if minor % 100 == 0 else Decimal(minor) / 100


def _alike(said: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What all of the publications say alike of themselves."""
    first, *others = said
    return {name: value for name, value in first.items() if all(each.get(name) == value for each in others)}


def _encode(package: dict[str, Any]) -> bytes:
    encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=Decimal)
    return msgspec.json.format(encoder.encode(package), indent=1) + b"\n"

"""An organisation that pays: admitted by vote, named by the quote, and asked for its yes."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256

from linlian.community.council.rules import AdmissionProposed, ProposeAdmission, Vote
from linlian.community.identity import Basis, OrganisationKind
from linlian.community.identity.rules_invitations import AcceptInvitation
from linlian.community.quotes.rules_quoting import QuoteApproved
from linlian.community.quotes.tests.counter import Counter
from linlian.community.repairs import Part, Payer
from linlian.kernel.contract import Refused
from linlian.kernel.crypto import SoftwareKey
from linlian.testing import Person


def test_an_insurer_that_was_admitted_pays_and_nobody_in_its_name(counter: Counter) -> None:
    scene = counter.scene
    key = SoftwareKey("ed25519", sha256(b"insurer").digest())
    proposal = ProposeAdmission(
        kind=OrganisationKind.THIRD_PARTY, code="insurer", suite=key.suite, public_key=key.public_key
    )
    proposed = scene.do("harmony_officer", proposal).the(AdmissionProposed)
    for officer in ("street_officer", "owners_officer", "swift_officer"):
        with suppress(Refused):  # the last of them come after it was decided
            scene.do(officer, Vote(proposal=proposed.proposal, in_favour=True))
    scene.people["once"] = Person("once", proposed.officer, key)
    own = SoftwareKey("ed25519", sha256(b"insurer's officer").digest())
    scene.do("once", AcceptInvitation(suite=own.suite, public_key=own.public_key))
    scene.people["insurer"] = Person("insurer", proposed.officer, own)
    case_id = counter.case(part=Part.NEIGHBOUR, payer=Payer.INSURER)
    assert scene.refusal("dispatcher", counter.command(case_id)) == "quotes.name_the_office"
    quote_id = counter.quote(case_id, office=proposed.organisation)
    assert scene.refusal("tess", counter.approval(quote_id)) == "identity.role_missing"
    assert scene.refusal("swift_officer", counter.approval(quote_id)) == "identity.wrong_kind_of_organisation"
    said = scene.do("insurer", counter.approval(quote_id)).the(QuoteApproved)
    assert said.basis is Basis.OWN_KEY

"""What a fund's money is spent for, who may receive it, and who said yes. What neighbours may ask, and do."""

from linlian.community.programmes import (
    rules_cycles,
    rules_entitling,
    rules_invariants,
    rules_objecting,
    rules_reporting,
    rules_running,
)
from linlian.community.programmes.rules import (
    Cycle,
    CycleId,
    Entitlement,
    Form,
    Programme,
    Recipient,
    RecipientId,
    contract,
    count_approved,
    count_sent,
    order,
    recipients,
    require_cycle,
    require_entitlement,
    require_programme,
)
from linlian.community.programmes.rules_cycles import (
    ApproveCycle,
    CancelCycle,
    DraftCycle,
    EndCycle,
    ReviewCycle,
    SendBackCycle,
    SubmitCycle,
)
from linlian.community.programmes.rules_entitling import WithdrawEntitlement
from linlian.community.programmes.rules_objecting import AnswerObjection, ObjectToCycle
from linlian.community.programmes.rules_reporting import AccountFor, FileReport
from linlian.community.programmes.rules_running import ApproveProgramme, CancelProgramme, DraftProgramme, EndProgramme
from linlian.community.programmes.rules_table import CycleState, EntitlementState, ProgrammeState
from linlian.kernel.contract import Reader

COMMANDS_IN = (
    *(rules_running, rules_cycles, rules_entitling, rules_objecting),
    *(rules_reporting, rules_invariants),
)
"""Modules that declare something by being imported."""


def recipient(reader: Reader, recipient_id: bytes) -> Recipient | None:
    """The recipient's row, or None."""
    return recipients.get(reader, recipient_id)


__all__ = [
    "AccountFor",
    "AnswerObjection",
    "ApproveCycle",
    "ApproveProgramme",
    "CancelCycle",
    "CancelProgramme",
    "Cycle",
    "CycleId",
    "CycleState",
    "DraftCycle",
    "DraftProgramme",
    "EndCycle",
    "EndProgramme",
    "Entitlement",
    "EntitlementState",
    "FileReport",
    "Form",
    "ObjectToCycle",
    "Programme",
    "ProgrammeState",
    "Recipient",
    "RecipientId",
    "ReviewCycle",
    "SendBackCycle",
    "SubmitCycle",
    "WithdrawEntitlement",
    "contract",
    "count_approved",
    "count_sent",
    "order",
    "recipient",
    "require_cycle",
    "require_entitlement",
    "require_programme",
]

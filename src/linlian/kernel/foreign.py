"""A receipt of another community's chain, judged by whom this one has voted to trust.

    verdict = check_foreign_receipt(ctx, file, ctx.time)

Pure: state and time alone decide, so a handler may hold such a receipt against its rules.
"""

from __future__ import annotations

from linlian.kernel.contract import Reader
from linlian.kernel.errors import ProofInvalid
from linlian.kernel.lightclient import DAY_MS, Judging, TrustRoot
from linlian.kernel.operator import operator_name
from linlian.kernel.proof import ReceiptFile, Trust, Verdict, check_receipt
from linlian.kernel.trustroots import NOBODY, TRUST_ROOTS


def foreign_trust(reader: Reader, chain: str, time: int) -> tuple[Trust, Judging]:
    """What `check_receipt` takes for a chain. Raises ProofInvalid (`kernel.chain_not_trusted`)."""
    root = TRUST_ROOTS.get(reader, chain.encode())
    if root is None:
        raise ProofInvalid("kernel.chain_not_trusted", chain=chain)
    trust = {} if root.operator_key == NOBODY else {operator_name(chain): (root.operator_key,)}
    known = TrustRoot(chain, root.height, root.time, root.validators, root.days * DAY_MS)
    return trust, Judging(time, [known] if root.validators else [])


def check_foreign_receipt(reader: Reader, file: ReceiptFile, time: int) -> Verdict:
    """What a receipt of another chain proves, by whom this community trusts. Raises LinlianError.

    ProofInvalid: `kernel.chain_not_trusted`, `kernel.vouched_by_strangers`, and whatever `check_receipt` raises.
    """
    verdict = check_receipt(file, *foreign_trust(reader, file.chain, time))
    if not verdict.vouched.by_somebody_trusted:
        raise ProofInvalid("kernel.vouched_by_strangers", chain=file.chain)
    return verdict

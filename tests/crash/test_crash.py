"""The short run of `make crash`."""

from pathlib import Path

from tests.crash.trial import Trial


def test_nothing_acknowledged_is_lost_at_a_kill(tmp_path: Path) -> None:
    trial = Trial(tmp_path / "ledger", seed=7)
    trial.run(moments=20, audit_every=10, progress=lambda _: None)
    assert trial.deaths == 20
    assert trial.acknowledged > 0

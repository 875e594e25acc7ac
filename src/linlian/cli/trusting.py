"""`linlian trust`: begins with the validators of a genesis, or goes on to those of a newer proof file.

Validators are trusted for some time only, as those who have left could sign another past. Whoever checks a newer file
before that time is over may trust the validators who signed it, for as long again: this is what a light client does.
Exit codes: 0 the trust file is as new as the proof file · 1 the proof file is not verified · 2 a file cannot be read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from linlian.cli.session import Session
from linlian.cli.trust import FILE as TRUST_FILE
from linlian.cli.trust import TrustFile, read_trust, trust_file_text
from linlian.cli.verb import FINE, NO, Argument, Given, Option, Usage, Verb
from linlian.cli.verifying import check_proof, judging_time
from linlian.kernel.errors import EncodingInvalid, KeyInvalid, Rejected, Unproven
from linlian.kernel.lightclient import Committed, Judging, TrustRoot
from linlian.kernel.proof import FILE_BYTES_MAX, read_file


def run(session: Session, given: Given) -> int:
    """Write the validators of a genesis into the trust file; or check a proof file by it, and write down who signed."""
    path = Path(given.argument("file"))
    place = Path(given.maybe("trust") or session.settings.trust or session.folder / TRUST_FILE)
    data = _read(path)
    if data.lstrip().startswith(b"{"):
        return _begin(session, path, place)
    trust = read_trust(place)
    try:
        file = read_file(data)
        vouched = check_proof(file, trust.signers, Judging(judging_time(given), trust.roots))
    except (Unproven, EncodingInvalid, KeyInvalid, Rejected) as error:
        session.output.text("verify.not", style="bold red", path=str(path))
        session.output.error(error)
        session.output.value({"verified": False, "code": error.code, "facts": error.facts})
        return NO
    committed, root = vouched.committed, vouched.committed.root if vouched.committed else None
    if committed is None or root is None:
        raise Usage("cli.no_validators_to_trust", path=str(path), trust=str(place))
    newer = committed.height > root.height
    if newer:
        _write(place, _moved(trust, root, committed))
    _tell(session, trust, committed, root, place)
    return FINE


def _begin(session: Session, path: Path, place: Path) -> int:
    """Trust the validators of a genesis file: the reader must know from elsewhere that it is the network's own."""
    root, names = session.house.genesis_root(path)
    trust = read_trust(place) if place.is_file() else TrustFile()
    if any(each.chain == root.chain for each in trust.roots):
        raise Usage("cli.trusted_already", chain=root.chain, path=str(place))
    _write(place, replace(trust, roots=(*trust.roots, root), names=trust.names | names))
    session.output.text("trust.begun", style="bold", path=str(place), chain=root.chain)
    columns = [session.tongue.text(f"column.{name}") for name in ("organisation", "power", "key")]
    shown = [(names[one.public_key], str(one.power), one.public_key.hex()) for one in root.validators]
    session.output.table(columns, shown, right=(1,))
    session.output.text("trust.compare", style="yellow")
    session.output.value({"chain": root.chain, "height": root.height, "time": root.time, "validators": len(shown)})
    return FINE


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Usage("cli.file_unreadable", path=str(path), reason=error.strerror or "") from error


def _moved(trust: TrustFile, root: TrustRoot, committed: Committed) -> TrustFile:
    """The trust file with the newer validators in the place of the root that led to them."""
    fresh = replace(root, height=committed.height, time=committed.time, validators=committed.validators)
    return replace(trust, roots=tuple(fresh if each == root else each for each in trust.roots))


def _write(place: Path, trust: TrustFile) -> None:
    fresh = place.with_name(place.name + ".new")
    try:
        fresh.write_text(trust_file_text(trust), encoding="utf-8")
        fresh.replace(place)
    except OSError as error:
        raise Usage("cli.file_unwritable", path=str(place), reason=error.strerror or "") from error


def _tell(session: Session, trust: TrustFile, committed: Committed, root: TrustRoot, place: Path) -> None:
    newer = committed.height > root.height
    known = {one.public_key for one in root.validators}
    joined = [one.public_key for one in committed.validators if one.public_key not in known] if newer else []
    height, time = max(committed.height, root.height), max(committed.time, root.time)
    text = "trust.moved" if newer else "trust.already"
    session.output.text(text, style="bold green", path=str(place), height=height, time=time)
    for key in joined:
        session.output.text("trust.joined", style="yellow", key=key.hex())
    session.output.value(
        {"verified": True, "chain": root.chain, "height": height, "time": time, "moved": newer, "joined": joined}
    )


VERBS = {
    "trust": Verb("trust", "proof", run, (Argument("file"),), (Option("trust", hint="file"), Option("at", hint="time")))
}

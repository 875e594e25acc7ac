"""How organisations on machines of their own come to one network: what each hands over, and what all begin with.

    prepare(folder, "street", "government", officer, "street.example:26656")    # keys here; member.toml for the others
    compose("sunrise", [member.toml of each])                                   # one of them; founding.toml for all
    accept(folder, founding)                                                    # each: the node's folder is ready

Rules
- No key leaves its folder: `member.toml` and `founding.toml` hold addresses and public halves.
- The founding is compared by its digest over another way than the one it came by. Whoever accepts one finds their own
  keys in it, unchanged, or it is refused; what it says of the others only the others can tell.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from linlian.community.identity.rules_organisations import NO_OPERATOR
from linlian.engine.cometbft.home import Addresses, EngineKeys, make_keys
from linlian.kernel.errors import LinlianError
from linlian.kernel.genesis import chain_id, check_chain_name, open_genesis
from linlian.node import folder as place
from linlian.node.folder import NodeError
from linlian.node.founding import KINDS, Founder, write_genesis
from linlian.node.several import MadeNetwork, MadeNode, write_node

MEMBER = "member.toml"
RPC = "127.0.0.1:26657"
HTTP = "127.0.0.1:8420"
_NOBODY = bytes(16)


class Member(NamedTuple):
    """What an organisation tells the others. Keys in hex; `address` is where peers reach its node, host:port, and `url`
    where its people and the other nodes reach its site, "" if it has none for them."""

    code: str
    kind: str
    suite: str
    officer_key: str
    node_id: str
    validator_key: str
    address: str
    url: str = ""


class Founding(NamedTuple):
    """The genesis document with its time (ms), and all members."""

    document: bytes
    time: int
    members: tuple[Member, ...]


def prepare(folder: Path, code: str, kind: str, officer: tuple[str, bytes], address: str, url: str = "") -> Path:
    """Make the node's keys, if it has none, and write what the others need. `officer` is a suite and a public key.

    Raises NodeError (`node.no_such_kind`, `node.ledger_exists`, `node.address_wrong`, `node.url_wrong`).
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise NodeError("node.address_wrong", address=address)
    if url and not _is_url(url):
        raise NodeError("node.url_wrong", url=url)
    if kind not in KINDS:
        raise NodeError("node.no_such_kind", kind=kind, kinds=", ".join(KINDS))
    _check_unused(folder)
    place.make_folder(folder)
    keys = make_keys(folder / place.ENGINE)
    member = Member(code, kind, officer[0], officer[1].hex(), keys.node_id, keys.validator_key.hex(), address, url)
    (folder / MEMBER).write_text(_table(member), encoding="utf-8")
    return folder / MEMBER


def compose(name: str, members: Sequence[Path], target: Path) -> str:
    """Write the founding of all these members; its digest. Raises NodeError (`node.member_unreadable`), and others."""
    check_chain_name(name)
    told = [_read_member(path, _read(path)) for path in members]
    founders = [Founder(one.kind, one.code, one.suite, bytes.fromhex(one.officer_key)) for one in told]
    now = time.time_ns() // 1_000_000
    validators = {one.code: bytes.fromhex(one.validator_key) for one in told}
    document, _ = write_genesis(name, founders, now, NO_OPERATOR, validators)
    lines = [f'genesis = "{document.hex()}"']
    text = "\n".join([*lines, *(f"\n[[member]]\n{_table(one)}".rstrip() for one in told)]) + "\n"
    target.write_text(text, encoding="utf-8")
    return digest_of(target)


def digest_of(path: Path) -> str:
    """SHA-256 of a founding's file, in hex: what organisations read to one another."""
    return sha256(path.read_bytes()).hexdigest()


def accept(folder: Path, path: Path) -> MadeNetwork:
    """Make the folder of a prepared node one of this founding; its own node first.

    Raises NodeError: `node.member_unreadable`, `node.not_of_this_founding`, `node.ledger_exists`.
    """
    _check_unused(folder)
    ours = _read_member(folder / MEMBER, _read(folder / MEMBER))
    founding = read_founding(path)
    keys = make_keys(folder / place.ENGINE)
    if ours not in founding.members or (keys.node_id, keys.validator_key.hex()) != (ours.node_id, ours.validator_key):
        raise NodeError("node.not_of_this_founding", node=ours.code, path=str(path))
    ids = _ids_of(founding.document)
    nodes = [_node(one, ids.get(one.code, (_NOBODY, _NOBODY)), folder, ours) for one in founding.members]
    own = next(node for node in nodes if node.code == ours.code)
    write_node(own, nodes, founding.document, founding.time)
    others = [node for node in nodes if node is not own]
    return MadeNetwork(chain_id(founding.document), founding.time, founding.document, (own, *others))


def read_founding(path: Path) -> Founding:
    """Raises NodeError (`node.member_unreadable`)."""
    told = _read(path)
    try:
        document = bytes.fromhex(told["genesis"])
        genesis = open_genesis(document)
        members = tuple(_read_member(path, one) for one in told["member"])
    except (KeyError, TypeError, ValueError, LinlianError) as error:
        raise NodeError("node.member_unreadable", path=str(path)) from error
    return Founding(document, genesis.time, members)


def _node(member: Member, ids: tuple[bytes, bytes], folder: Path, ours: Member) -> MadeNode:
    """A member as its node. Our own listens at its port on all addresses, and tells peers where it is reached."""
    addresses = Addresses(p2p=member.address, rpc=RPC)
    if member == ours:
        port = member.address.rpartition(":")[2]
        addresses = Addresses(p2p=f"0.0.0.0:{port}", rpc=RPC, external=member.address)
    keys = EngineKeys(member.node_id, bytes.fromhex(member.validator_key))
    return MadeNode(member.code, member.kind, folder, *ids, HTTP, addresses, keys, url=member.url)


def _ids_of(document: bytes) -> dict[str, tuple[bytes, bytes]]:
    """The ids of each founding organisation and its first officer, by its code."""
    founded = next(seed.fields for seed in open_genesis(document).seeds if "founders" in seed.fields)
    return {one["code"]: (one["organisation"], one["officer"]) for one in founded["founders"]}


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not parts.path.strip("/")


def _check_unused(folder: Path) -> None:
    if (folder / place.GENESIS).exists() or (folder / place.LEDGER).exists():
        raise NodeError("node.ledger_exists", folder=str(folder))


def _table(member: Member) -> str:
    return "".join(f'{field} = "{value}"\n' for field, value in member._asdict().items())


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NodeError("node.member_unreadable", path=str(path)) from error


def _read_member(path: Path, told: Mapping[str, Any]) -> Member:
    """Checked as far as a stranger can: texts without quotes, keys in hex."""
    try:
        member = Member(**told)
        for text in told.values():
            if type(text) is not str or not text.isprintable() or '"' in text or "\\" in text:
                raise ValueError(text)
        for key in (member.officer_key, member.validator_key, member.node_id):
            bytes.fromhex(key)
        if member.url and not _is_url(member.url):
            raise ValueError(member.url)
        if not member.code.isidentifier() or not member.address.rpartition(":")[2].isdecimal():
            raise ValueError(told)
    except (TypeError, ValueError) as error:
        raise NodeError("node.member_unreadable", path=str(path)) from error
    return member

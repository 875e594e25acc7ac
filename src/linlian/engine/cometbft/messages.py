"""The messages of ABCI 2.0, as CometBFT v0.38 to v0.40 speak it, from a description of our own.

    request = Request.FromString(data)
    if request.WhichOneof("value") == "info": …

Rules
- One line a message: field number, type, name; `*` repeats. Types are protobuf's or another message's; enumerations
  are int32, which is the same on the wire. Fields that nobody here reads are left out: a parser passes over them.
- The classes live in a pool of their own, so they never collide with another package's description of ABCI.

Source: proto/tendermint/abci/types.proto of CometBFT v0.39.4, and the types.proto, params.proto, keys.proto and
proof.proto that it imports.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE: Final = "linlian.abci"

_MESSAGES: Final = {
    "Timestamp": "1 int64 seconds, 2 int32 nanos",
    "PublicKey": "1 bytes ed25519, 2 bytes secp256k1",
    "ValidatorUpdate": "1 PublicKey pub_key, 2 int64 power",
    "Validator": "1 bytes address, 3 int64 power",
    "VoteInfo": "1 Validator validator, 3 int32 block_id_flag",
    "CommitInfo": "1 int32 round, 2 VoteInfo *votes",
    "Misbehavior": (
        "1 int32 type, 2 Validator validator, 3 int64 height, 4 Timestamp time, 5 int64 total_voting_power"
    ),
    "VersionParams": "1 uint64 app",
    "ConsensusParams": "4 VersionParams version",
    "Snapshot": "1 uint64 height, 2 uint32 format, 3 uint32 chunks, 4 bytes hash, 5 bytes metadata",
    "Proof": "1 int64 total, 2 int64 index, 3 bytes leaf_hash, 4 bytes *aunts",
    "ValueOp": "1 bytes key, 2 Proof proof",
    "ProofOp": "1 string type, 2 bytes key, 3 bytes data",
    "ProofOps": "1 ProofOp *ops",
    "ExecTxResult": "1 uint32 code, 2 bytes data",
    "RequestEcho": "1 string message",
    "RequestFlush": "",
    "RequestInfo": "1 string version, 2 uint64 block_version, 3 uint64 p2p_version, 4 string abci_version",
    "RequestInitChain": (
        "1 Timestamp time, 2 string chain_id, 3 ConsensusParams consensus_params, 4 ValidatorUpdate *validators,"
        " 5 bytes app_state_bytes, 6 int64 initial_height"
    ),
    "RequestQuery": "1 bytes data, 2 string path, 3 int64 height, 4 bool prove",
    "RequestCheckTx": "1 bytes tx, 2 int32 type",
    "RequestCommit": "",
    "RequestListSnapshots": "",
    "RequestOfferSnapshot": "1 Snapshot snapshot, 2 bytes app_hash",
    "RequestLoadSnapshotChunk": "1 uint64 height, 2 uint32 format, 3 uint32 chunk",
    "RequestApplySnapshotChunk": "1 uint32 index, 2 bytes chunk, 3 string sender",
    "RequestPrepareProposal": "1 int64 max_tx_bytes, 2 bytes *txs, 5 int64 height, 6 Timestamp time",
    "RequestProcessProposal": (
        "1 bytes *txs, 3 Misbehavior *misbehavior, 4 bytes hash, 5 int64 height, 6 Timestamp time,"
        " 8 bytes proposer_address"
    ),
    "RequestExtendVote": "1 bytes hash, 2 int64 height",
    "RequestVerifyVoteExtension": "1 bytes hash, 2 bytes validator_address, 3 int64 height, 4 bytes vote_extension",
    "RequestFinalizeBlock": (
        "1 bytes *txs, 2 CommitInfo decided_last_commit, 3 Misbehavior *misbehavior, 4 bytes hash, 5 int64 height,"
        " 6 Timestamp time, 7 bytes next_validators_hash, 8 bytes proposer_address"
    ),
    "ResponseException": "1 string error",
    "ResponseEcho": "1 string message",
    "ResponseFlush": "",
    "ResponseInfo": (
        "1 string data, 2 string version, 3 uint64 app_version, 4 int64 last_block_height, 5 bytes last_block_app_hash"
    ),
    "ResponseInitChain": "1 ConsensusParams consensus_params, 2 ValidatorUpdate *validators, 3 bytes app_hash",
    "ResponseQuery": (
        "1 uint32 code, 3 string log, 4 string info, 5 int64 index, 6 bytes key, 7 bytes value, 8 ProofOps proof_ops,"
        " 9 int64 height, 10 string codespace"
    ),
    "ResponseCheckTx": "1 uint32 code, 2 bytes data, 3 string log, 8 string codespace",
    "ResponseCommit": "3 int64 retain_height",
    "ResponseListSnapshots": "1 Snapshot *snapshots",
    "ResponseOfferSnapshot": "1 int32 result",
    "ResponseLoadSnapshotChunk": "1 bytes chunk",
    "ResponseApplySnapshotChunk": "1 int32 result, 2 uint32 *refetch_chunks, 3 string *reject_senders",
    "ResponsePrepareProposal": "1 bytes *txs",
    "ResponseProcessProposal": "1 int32 status",
    "ResponseExtendVote": "1 bytes vote_extension",
    "ResponseVerifyVoteExtension": "1 int32 status",
    "ResponseFinalizeBlock": (
        "2 ExecTxResult *tx_results, 3 ValidatorUpdate *validator_updates, 4 ConsensusParams consensus_param_updates,"
        " 5 bytes app_hash"
    ),
}
_REQUESTS: Final = (
    "1 echo, 2 flush, 3 info, 5 init_chain, 6 query, 8 check_tx, 11 commit, 12 list_snapshots, 13 offer_snapshot,"
    " 14 load_snapshot_chunk, 15 apply_snapshot_chunk, 16 prepare_proposal, 17 process_proposal, 18 extend_vote,"
    " 19 verify_vote_extension, 20 finalize_block"
)
_RESPONSES: Final = (
    "1 exception, 2 echo, 3 flush, 4 info, 6 init_chain, 7 query, 9 check_tx, 12 commit, 13 list_snapshots,"
    " 14 offer_snapshot, 15 load_snapshot_chunk, 16 apply_snapshot_chunk, 17 prepare_proposal, 18 process_proposal,"
    " 19 extend_vote, 20 verify_vote_extension, 21 finalize_block"
)

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS: Final = {
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64,
    "bool": _Field.TYPE_BOOL,
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
}


def _describe() -> Any:
    """The file descriptor of all messages."""
    file = descriptor_pb2.FileDescriptorProto(name="linlian/abci.proto", package=PACKAGE, syntax="proto3")
    for name, line in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for told in filter(None, line.split(", ")):
            number, kind, field = told.split(" ")
            _add_field(message, int(number), kind, field)
    for name, line in (("Request", _REQUESTS), ("Response", _RESPONSES)):
        message = file.message_type.add(name=name)
        message.oneof_decl.add(name="value")
        for told in line.split(", "):
            number, field = told.split(" ")
            kind = name + "".join(word.capitalize() for word in field.split("_"))
            _add_field(message, int(number), kind, field).oneof_index = 0
    return file


def _add_field(message: Any, number: int, kind: str, name: str) -> Any:
    field = message.field.add(name=name.removeprefix("*"), number=number)
    field.label = _Field.LABEL_REPEATED if name.startswith("*") else _Field.LABEL_OPTIONAL
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
    return field


_pool = descriptor_pool.DescriptorPool()
_pool.AddSerializedFile(_describe().SerializeToString())


def message(name: str) -> Any:
    """The class of a message. Raises KeyError."""
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))


Request: Final = message("Request")
Response: Final = message("Response")
Timestamp: Final = message("Timestamp")

ACCEPT: Final = 1
"""ResponseOfferSnapshot, ResponseApplySnapshotChunk, ResponseProcessProposal, ResponseVerifyVoteExtension."""
REJECT_PROPOSAL: Final = 2
REJECT_OFFER: Final = 3
REJECT_FORMAT: Final = 4
RETRY_CHUNK: Final = 3
REJECT_SNAPSHOT: Final = 5
RECHECK: Final = 1
"""RequestCheckTx.type of a transaction that is in the mempool already."""


def milliseconds(time: Any) -> int:
    """⌊time⌋ of a Timestamp, in milliseconds since the epoch."""
    return int(time.seconds) * 1000 + int(time.nanos) // 1_000_000

// Light blocks: the header of a CometBFT block, who voted for it, and who was entitled to (docs/format/light-blocks.md).

import { ascending, type Bytes, hash as sha256, join, utf8 } from "./bytes.ts";
import type { Value } from "./cbor.ts";
import { leafHash, treeRoot } from "./merkle.ts";
import { delimited, fixed64, integer, message, octets } from "./protobuf.ts";
import { arrayRecord, bytes, type Field, label, listOf, nested, positive, uint } from "./records.ts";

const VALIDATORS_MAX = 100;
const PRECOMMIT = 2;

export interface Validator {
  readonly publicKey: Uint8Array;
  readonly power: number;
}

export interface Vote {
  readonly seconds: number;
  readonly nanos: number;
  /** Empty for a validator who did not vote for the block. */
  readonly signature: Uint8Array;
}

export interface BlockId {
  readonly hash: Uint8Array;
  readonly parts: number;
  readonly parts_hash: Uint8Array;
}

export type EngineHeader = ReturnType<typeof readEngineHeader>;

export interface LightBlock {
  readonly header: EngineHeader;
  readonly height: number;
  readonly round: number;
  readonly blockId: BlockId;
  readonly votes: Vote[];
  readonly validators: Validator[];
}

const engineHash = bytes(0, 32);

function readBlockId(value: Value): BlockId {
  return arrayRecord(value, "BlockID", 1, { hash: engineHash, parts: uint(), parts_hash: engineHash });
}

function readEngineHeader(value: Value) {
  return arrayRecord(value, "EngineHeader", 1, {
    block_version: uint(),
    app_version: uint(),
    chain_id: label(),
    height: uint(),
    seconds: uint(),
    nanos: uint(),
    last_block_id: nested(readBlockId),
    last_commit_hash: engineHash,
    data_hash: engineHash,
    validators_hash: bytes(32, 32),
    next_validators_hash: bytes(32, 32),
    consensus_hash: engineHash,
    app_hash: engineHash,
    last_results_hash: engineHash,
    evidence_hash: engineHash,
    proposer_address: bytes(0, 20),
  });
}

function readValidator(value: Value): Validator {
  const read = arrayRecord(value, "Validator", 1, { public_key: bytes(32, 32), power: positive() });
  return { publicKey: read.public_key, power: read.power };
}

function readVote(value: Value): Vote {
  return arrayRecord(value, "CommitSig", 1, { seconds: uint(), nanos: uint(), signature: bytes(0, 64) });
}

/** Anything else throws EncodingInvalid. */
export function readLightBlock(value: Value): LightBlock {
  const read = arrayRecord(value, "LightBlock", 1, {
    header: nested(readEngineHeader),
    commit: nested(readCommit),
    validators: listOf(nested(readValidator), VALIDATORS_MAX),
  });
  const { height, round, block_id, signatures } = read.commit;
  return { header: read.header, height, round, blockId: block_id, votes: signatures, validators: read.validators };
}

function readCommit(value: Value) {
  const votes: Field<Vote[]> = listOf(nested(readVote), VALIDATORS_MAX);
  return arrayRecord(value, "Commit", 1, { height: uint(), round: uint(), block_id: nested(readBlockId), signatures: votes });
}

/** The root over the header's 14 fields. */
export function headerHash(header: EngineHeader): Bytes {
  return tree([
    join(integer(1, header.block_version), integer(2, header.app_version)),
    octets(1, header.chain_id),
    integer(1, header.height),
    timestamp(header),
    blockIdOf(header.last_block_id),
    octets(1, header.last_commit_hash),
    octets(1, header.data_hash),
    octets(1, header.validators_hash),
    octets(1, header.next_validators_hash),
    octets(1, header.consensus_hash),
    octets(1, header.app_hash),
    octets(1, header.last_results_hash),
    octets(1, header.evidence_hash),
    octets(1, header.proposer_address),
  ]);
}

export function validatorsHash(validators: readonly Validator[]): Bytes {
  return tree(validators.map((one) => join(message(1, octets(1, one.publicKey)), integer(2, one.power))));
}

/** In CometBFT's order: the greater power first, among equals the lower address. */
export function inOrder(validators: readonly Validator[]): Validator[] {
  const address = (one: Validator) => sha256(one.publicKey).subarray(0, 20);
  return [...validators].sort((a, b) => b.power - a.power || ascending(address(a), address(b)));
}

/** What the validator in this place signed. */
export function signBytes(block: LightBlock, vote: Vote): Bytes {
  return delimited(
    join(
      integer(1, PRECOMMIT),
      fixed64(2, block.height),
      fixed64(3, block.round),
      message(4, blockIdOf(block.blockId)),
      message(5, timestamp(vote)),
      octets(6, block.header.chain_id),
    ),
  );
}

/** What CometBFT's validators sign of a ledger with these roots. */
export function appHash(logRoot: Uint8Array, stateRoot: Uint8Array): Bytes {
  return tree([pair("linlian", tree([pair("log", logRoot), pair("state", stateRoot)]))]);
}

/** A header's time in milliseconds. */
export function timeOf(header: EngineHeader): number {
  return header.seconds * 1000 + Math.floor(header.nanos / 1_000_000);
}

function pair(key: string, value: Uint8Array): Bytes {
  return join(delimited(utf8(key)), delimited(sha256(value)));
}

function blockIdOf(id: BlockId): Bytes {
  return join(octets(1, id.hash), message(2, join(integer(1, id.parts), octets(2, id.parts_hash))));
}

function timestamp(at: { readonly seconds: number; readonly nanos: number }): Bytes {
  return join(integer(1, at.seconds), integer(2, at.nanos));
}

function tree(leaves: Uint8Array[]): Bytes {
  return treeRoot(leaves.map(leafHash));
}

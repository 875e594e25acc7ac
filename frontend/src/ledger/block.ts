// Headers, receipts and entries of blocks: docs/format/block.md.

import { type Bytes, counted, digest, join, unsigned, utf8 } from "./bytes.ts";
import { decode, encode, type Value, type ValueMap } from "./cbor.ts";
import { leafHash } from "./merkle.ts";
import { ProofInvalid } from "./problems.ts";
import { anyMap, arrayRecord, bytes, label, oneOf, uint } from "./records.ts";

const [ENTRY, TIMER_RUN, SUBJECT_HEAD, SUBJECT_LINK] = [0x12, 0x18, 0x10, 0x11];

export type Outcome = "accepted" | "refused" | "broken";

export interface Header {
  readonly chain: string;
  readonly height: number;
  readonly time: number;
  readonly logRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly release: number;
  readonly releaseHash: Uint8Array;
  readonly count: number;
  readonly leaf: Bytes;
}

/** What a timer or the genesis ran, signed by nobody. */
export interface Run {
  readonly source: "genesis" | "timer";
  readonly command: string;
  readonly fields: ValueMap;
}

/** One event, or the one refusal or bug of a receipt. Times are milliseconds. */
export interface Entry {
  readonly type: string;
  readonly occurredAt: number;
  readonly fields: ValueMap;
}

export function readHeader(value: Value): Header {
  const read = arrayRecord(value, "Header", 1, {
    chain: label(),
    height: uint(),
    time: uint(),
    log_root: bytes(32, 32),
    receipts_root: bytes(32, 32),
    state_root: bytes(32, 32),
    release: uint(),
    release_hash: bytes(32, 32),
    count: uint(),
  });
  return {
    chain: read.chain,
    height: read.height,
    time: read.time,
    logRoot: read.log_root,
    receiptsRoot: read.receipts_root,
    stateRoot: read.state_root,
    release: read.release,
    releaseHash: read.release_hash,
    count: read.count,
    leaf: leafHash(encode(value)),
  };
}

export function readRun(item: Uint8Array): Run {
  const read = arrayRecord(decode(item), "Run", 1, {
    source: oneOf("genesis", "timer"),
    command: label(),
    fields: anyMap(),
    name: label(),
    record: bytes(0, 256),
    nonce: bytes(16, 16),
  });
  return { source: read.source, command: read.command, fields: read.fields };
}

export function runId(chain: string, height: number, index: number, run: Uint8Array): Bytes {
  return digest(TIMER_RUN, counted(utf8(chain)), unsigned(height, 8), unsigned(index, 4), run);
}

/** A receipt's leaf hash: hashes stand for the item and the entries, so each can be withheld. */
export function receiptLeaf(id: Uint8Array, itemHash: Uint8Array, outcome: Outcome, digests: Uint8Array[]): Bytes {
  return leafHash(encode([1, id, itemHash, outcome, digests]));
}

export const PLACE_BYTES = 14;

/** Where an entry stands, in bytes that ascend as the ledger does. */
export function entryPlace(height: number, receipt: number, event: number): Bytes {
  return join(unsigned(height, 8), unsigned(receipt, 4), unsigned(event, 2));
}

export function entryDigest(place: Uint8Array, entry: Uint8Array): Bytes {
  return digest(ENTRY, place, entry);
}

export function openEntry(entry: Uint8Array): Entry {
  const parts = decode(entry);
  if (Array.isArray(parts) && parts.length === 4) {
    const [salt, type, occurredAt, fields] = parts as [Value, Value, Value, Value];
    const named = typeof type === "string" && label().check(type) !== undefined;
    if (named && salt instanceof Uint8Array && salt.length === 16 && fields instanceof Map) {
      if (typeof occurredAt === "number" && occurredAt >= 0) return { type, occurredAt, fields };
    }
  }
  throw new ProofInvalid("kernel.entry_malformed");
}

export function subjectStart(chain: string, subject: Uint8Array): Bytes {
  return digest(SUBJECT_HEAD, counted(utf8(chain)), counted(subject));
}

export function subjectLink(head: Uint8Array, number: number, entry: Uint8Array): Bytes {
  return digest(SUBJECT_LINK, head, unsigned(number, 8), entry);
}


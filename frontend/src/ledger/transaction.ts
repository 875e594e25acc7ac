// A command that somebody signs: the same bytes that the chain checks (docs/format/transaction.md).

import { bytes, flag, label, mapRecord, anyMap, uint } from "./records.ts";
import { type Bytes, counted, digest, hash, join, unsigned, utf8 } from "./bytes.ts";
import { decode, encode, EncodingInvalid, type Value, type ValueMap } from "./cbor.ts";

const DOMAIN = utf8("linlian/transaction/1\0");
const IDENTIFIER = 0x14;
export const TRANSACTION_BYTES_MAX = 32768;

/** What is signed. Times are milliseconds since the epoch; an empty `occurredAt` claims the block's time. */
export interface Body {
  readonly chain: string;
  readonly command: string;
  readonly fields: ValueMap;
  readonly signer: Uint8Array;
  readonly nonce: Uint8Array;
  readonly validUntil: number;
  readonly occurredAt: number;
  readonly offline: boolean;
}

/** A transaction as received: body and envelope are canonical, nothing else of it has been checked. */
export interface Transaction {
  readonly body: Body;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
  readonly signingBytes: Bytes;
  readonly id: Bytes;
}

export function encodeBody(body: Body): Bytes {
  const fields = new Map<string, Value>([
    ["chain", body.chain],
    ["command", body.command],
    ["fields", body.fields],
    ["signer", body.signer],
    ["nonce", body.nonce],
    ["valid_until", body.validUntil],
  ]);
  if (body.occurredAt > 0) fields.set("occurred_at", body.occurredAt);
  if (body.offline) fields.set("offline", true);
  return encode(fields);
}

/** The exact bytes that a key signs. */
export function signingBytes(chain: string, body: Uint8Array): Bytes {
  return join(DOMAIN, counted(utf8(chain)), body);
}

export function transactionId(chain: string, body: Uint8Array): Bytes {
  return hash(signingBytes(chain, body));
}

/** The transaction's bytes once it is signed. */
export function seal(body: Uint8Array, keyId: Uint8Array, signature: Uint8Array): Bytes {
  return encode([body, keyId, signature]);
}

/** The n-th identifier (from 1) that the command will give out, known before it is handed in. */
export function newIdentifier(transaction: Uint8Array, nonce: Uint8Array, number: number): Bytes {
  return digest(IDENTIFIER, transaction, nonce, unsigned(number, 4)).slice(0, 16) as Bytes;
}

/** Read strictly. Throws EncodingInvalid. */
export function openTransaction(raw: Uint8Array, chain: string): Transaction {
  const parts = raw.length <= TRANSACTION_BYTES_MAX ? decode(raw) : [];
  if (!Array.isArray(parts) || parts.length !== 3) throw new EncodingInvalid("no envelope", "kernel.malformed");
  const [body, keyId, signature] = parts;
  if (!isBytes(body, 0, 32768) || !isBytes(keyId, 32, 32) || !isBytes(signature, 0, 2048)) {
    throw new EncodingInvalid("no envelope", "kernel.malformed");
  }
  const read = readBody(decode(body));
  if (read.chain !== chain) throw new EncodingInvalid(`of the chain ${read.chain}`, "kernel.wrong_chain");
  const signed = signingBytes(chain, body);
  return { body: read, keyId, signature, signingBytes: signed, id: hash(signed) };
}

function readBody(value: Value): Body {
  const read = mapRecord(value, "Body", {
    chain: label(),
    command: label(),
    fields: anyMap(),
    signer: bytes(16, 16),
    nonce: bytes(16, 16),
    valid_until: uint(),
    occurred_at: uint(0),
    offline: flag(),
  });
  const { valid_until, occurred_at, ...rest } = read;
  return { ...rest, validUntil: valid_until, occurredAt: occurred_at };
}

function isBytes(value: Value | undefined, least: number, most: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length >= least && value.length <= most;
}

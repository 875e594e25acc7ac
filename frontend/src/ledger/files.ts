// Proof files, checked here and nowhere else: no server, no network, only the file and whom the reader trusts.
//
//     const verdict = checkFile(data, new Map([["linlian/…/operator", [publicKey]]]));
//     verdict.vouched.trusted    // who stands behind it; nobody: the file is consistent in itself, and that is all
//
// The rules are those of docs/format/proofs.md, step by step. Throws ProofInvalid or EncodingInvalid, whose codes and
// facts are the kernel's.

import {
  entryDigest, entryPlace, type Entry, type Header, openEntry, type Outcome, PLACE_BYTES, readHeader, readRun,
  receiptLeaf, runId, subjectLink, subjectStart,
} from "./block.ts"; // biome-ignore format: one line of names
import { ascending, type Bytes, equal, hash as sha256 } from "./bytes.ts";
import { decode, type Value, type ValueMap } from "./cbor.ts";
import { isOperatorName, knownSigners, type Note, operatorName, parseCheckpoint, parseNote, type Signer, type Trust } from "./checkpoint.ts";
import { appHash, type LightBlock, readLightBlock } from "./light.ts";
import { checkLightBlocks, type Committed, type Judging } from "./lightclient.ts";
import { checkInclusion, checkRoot, rootOfInclusion } from "./merkle.ts";
import { ProofInvalid } from "./problems.ts";
import { anyMap, arrayRecord, bytes, type Field, flag, label, listOf, mapRecord, nested, nestedOrNone, oneOf, text, uint } from "./records.ts";
import { isGood, keyId, takesKey } from "./signatures.ts";
import { checkRow, fullKey, readStateProof, type StateProof, subjectRow, unsalted } from "./state.ts";
import { openTransaction } from "./transaction.ts";

export const FILE_BYTES_MAX = 32 * 1024 * 1024;
const ENTRIES_MAX = 1_000_000;
const WINDOW_MS = 120_000;
const OFFLINE_WINDOW_MS = 72 * 3600 * 1000;
const NONE: Bytes = new Uint8Array(0);

/** Who stands behind a file's last header. `operator` is the key that its own state names. */
export interface Vouched {
  readonly chain: string;
  readonly height: number;
  readonly time: number;
  /** The hash of that header. */
  readonly leaf: Uint8Array;
  readonly operator: Uint8Array | null;
  readonly trusted: Signer[];
  readonly untrusted: string[];
  /** The validators who signed, where several organisations keep the ledger. */
  readonly committed: Committed | null;
}

/** Whether anybody whom the reader trusts stands behind it. */
export function isVouched({ trusted, committed }: Vouched): boolean {
  return trusted.length > 0 || (committed !== null && committed.root !== null);
}

export interface ReceiptVerdict {
  readonly kind: "receipt";
  readonly id: Uint8Array;
  readonly signer: Uint8Array | null;
  readonly command: string;
  readonly fields: ValueMap;
  readonly outcome: Outcome;
  readonly height: number;
  readonly time: number;
  /** The hash of its block's header. */
  readonly leaf: Uint8Array;
  readonly occurredAt: number;
  readonly entries: Entry[];
  readonly withheld: number;
  readonly vouched: Vouched;
}

/** What a redacted receipt proves: this outcome, in this block; who signed what is not shown. */
export interface RedactedVerdict {
  readonly kind: "redacted";
  readonly id: Uint8Array;
  readonly outcome: Outcome;
  readonly height: number;
  readonly time: number;
  readonly entries: Entry[];
  readonly withheld: number;
  readonly vouched: Vouched;
}

export interface HistoryVerdict {
  readonly kind: "history";
  readonly subject: Uint8Array;
  readonly entries: (Entry & { readonly height: number })[];
  readonly count: number;
  readonly withheld: number;
  readonly vouched: Vouched;
}

export interface StateVerdict {
  readonly kind: "state";
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly vouched: Vouched;
}

export type Verdict = ReceiptVerdict | RedactedVerdict | HistoryVerdict | StateVerdict;

interface Anchor {
  readonly header: Header;
  readonly note: Uint8Array;
  readonly path: Uint8Array[];
  readonly operatorRow: Uint8Array;
  readonly operatorProof: StateProof | null;
  readonly lightBlocks: LightBlock[];
}

const hash = bytes(32, 32);
const path = listOf(hash, 64);

/** Whom the reader trusts, and the time of judging. */
interface Reader {
  readonly trust: Trust;
  readonly judging: Judging;
}
const NOBODY: Judging = { time: 0, roots: [] };

/** Check a proof file of any kind. `judging` brings the time, and the validators that the reader trusts. */
export function checkFile(data: Uint8Array, trust: Trust, judging: Judging = NOBODY): Verdict {
  if (data.length > FILE_BYTES_MAX) throw new ProofInvalid("kernel.proof_too_large", { size_bytes: data.length, size_bytes_max: FILE_BYTES_MAX });
  const value = decode(data);
  const format = value instanceof Map ? value.get("format") : undefined;
  const reader = { trust, judging };
  if (format === "linlian/receipt/1") return checkReceipt(value, reader);
  if (format === "linlian/redacted/1") return checkRedacted(value, reader);
  if (format === "linlian/history/1") return checkHistory(value, reader);
  if (format === "linlian/state/1") return checkState(value, reader);
  throw new ProofInvalid("kernel.unknown_format");
}

function readAnchor(value: Value): Anchor {
  const read = mapRecord(value, "Anchor", {
    header: nested(readHeader),
    note: bytes(0, 65536),
    path,
    operator_row: bytes(0, 4096, NONE),
    operator_proof: nestedOrNone(readStateProof),
    light_blocks: listOf(nested(readLightBlock), 64),
  });
  const { header, note, operator_row, operator_proof, light_blocks } = read;
  return { header, note, path: read.path, operatorRow: operator_row, operatorProof: operator_proof, lightBlocks: light_blocks };
}

function checkAnchor(chain: string, anchor: Anchor, reader: Reader): { vouched: Vouched; root: Uint8Array } {
  const { header } = anchor;
  const { height, time, leaf } = header;
  if (header.chain !== chain) throw new ProofInvalid("kernel.wrong_chain", { chain: header.chain, expected: chain });
  const root = rootOfInclusion("head", leaf, height, height + 1, anchor.path);
  const committed = anchor.lightBlocks.length > 0 ? checkCommitted(anchor, root, reader.judging) : null;
  const operator = checkOperator(chain, anchor);
  if (committed !== null && anchor.note.length === 0) {
    if (operator !== null) throw new ProofInvalid("kernel.operator_did_not_sign");
    return { vouched: { chain, height, time, leaf, operator, trusted: [], untrusted: [], committed }, root };
  }
  const note = checkNote(anchor, root, operator);
  const trusted = vouchers(chain, note, operator, reader.trust);
  const known = new Set(trusted.map((signer) => signer.name));
  const untrusted = note.lines.map((line) => line.name).filter((name) => !known.has(name));
  return { vouched: { chain, height, time, leaf, operator, trusted, untrusted, committed }, root };
}

/** The last light block must have the app hash of this log and of the header's state. */
function checkCommitted({ header, lightBlocks }: Anchor, root: Uint8Array, judging: Judging): Committed {
  const committed = checkLightBlocks(header.chain, lightBlocks, judging);
  const last = (lightBlocks[lightBlocks.length - 1] as LightBlock).header;
  if (!equal(last.app_hash, appHash(root, header.stateRoot))) {
    throw new ProofInvalid("kernel.app_hash_differs", { height: header.height, engine_height: last.height });
  }
  return committed;
}

/** The checkpoint must be of this log, and signed by the operator whom the state names. */
function checkNote({ header, note: bytes }: Anchor, root: Uint8Array, operator: Uint8Array | null): Note {
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.text);
  const { chain, height } = header;
  if (checkpoint.chain !== chain) throw new ProofInvalid("kernel.wrong_chain", { chain: checkpoint.chain, expected: chain });
  if (height !== checkpoint.size - 1) throw new ProofInvalid("kernel.anchor_mismatch", { height, size: checkpoint.size });
  checkRoot("head", root, checkpoint.root);
  if (operator !== null) {
    const signers = knownSigners(note, new Map([[operatorName(chain), [operator]]]));
    if (!signers.some((signer) => signer.time === null)) throw new ProofInvalid("kernel.operator_did_not_sign");
  }
  return note;
}

function checkOperator(chain: string, anchor: Anchor): Uint8Array | null {
  const { operatorRow: row, operatorProof: proof } = anchor;
  if (proof === null) {
    if (row.length > 0) throw new ProofInvalid("kernel.operator_not_proven");
    return null;
  }
  checkRow(chain, fullKey("kernel.operator", new TextEncoder().encode("operator")), row, proof, anchor.header.stateRoot);
  if (row.length === 0) return null;
  const shape = { public_key: hash, from_height: uint() };
  return arrayRecord(decode(unsalted(row)), "Operator", 1, shape).public_key;
}

/** The operator of another chain says nothing of this one; this one's own cosignature makes it no witness. */
function vouchers(chain: string, note: Note, operator: Uint8Array | null, trust: Trust): Signer[] {
  const own = operatorName(chain);
  const believed = new Map([...trust].filter(([name]) => name === own || !isOperatorName(name)));
  const found: Signer[] = [];
  for (const signer of knownSigners(note, believed)) {
    const witness = signer.time !== null;
    if (witness && (signer.name === own || (operator !== null && equal(signer.publicKey, operator)))) continue;
    const at = found.findIndex((other) => equal(other.publicKey, signer.publicKey));
    if (at < 0) found.push(signer);
    else if (witness) found[at] = signer;
  }
  return found;
}

function checkReceipt(value: Value, reader: Reader): ReceiptVerdict {
  const file = mapRecord(value, "ReceiptFile", {
    format: label(),
    chain: label(),
    item: bytes(0, 65536),
    index: uint(),
    outcome: oneOf("accepted", "refused", "broken"),
    header: nested(readHeader),
    anchor: nested(readAnchor),
    run: flag(),
    entries: listOf(bytes(0, 131072), 1024),
    withheld: listOf(hash, 1024),
    receipt_path: path,
    header_path: path,
    key_row: bytes(0, 4096, NONE),
    key_proof: nestedOrNone(readStateProof),
    // On what the key rests. Only a strict checker looks at it, and he needs the rules: `linlian verify --strict`.
    grounds: { ...anyMap(), empty: null } as Field<ValueMap | null>,
  });
  const { header, outcome } = file;
  const vouched = checkHeader(file, reader);
  const item = file.run ? checkRun(file) : checkTransaction(file);
  const entries = checkLeaf(file, item.id, sha256(file.item));
  const occurredAt = item.occurredAt || header.time;
  const place = { height: header.height, time: header.time, leaf: header.leaf, occurredAt };
  return { kind: "receipt", ...item, ...place, outcome, entries, withheld: file.withheld.length, vouched };
}

function checkRedacted(value: Value, reader: Reader): RedactedVerdict {
  const file = mapRecord(value, "RedactedFile", {
    format: label(),
    chain: label(),
    item_id: hash,
    item_hash: hash,
    index: uint(),
    outcome: oneOf("accepted", "refused", "broken"),
    header: nested(readHeader),
    anchor: nested(readAnchor),
    entries: listOf(bytes(0, 131072), 1024),
    withheld: listOf(hash, 1024),
    receipt_path: path,
    header_path: path,
  });
  const vouched = checkHeader(file, reader);
  const entries = checkLeaf(file, file.item_id, file.item_hash);
  const { outcome, header, withheld } = file;
  const place = { height: header.height, time: header.time };
  return { kind: "redacted", id: file.item_id, outcome, ...place, entries, withheld: withheld.length, vouched };
}

interface PlacedFile {
  readonly chain: string;
  readonly index: number;
  readonly outcome: Outcome;
  readonly header: Header;
  readonly anchor: Anchor;
  readonly entries: Uint8Array[];
  readonly withheld: Uint8Array[];
  readonly receipt_path: Uint8Array[];
  readonly header_path: Uint8Array[];
}

/** The anchor, and that it covers the block's header. */
function checkHeader(file: PlacedFile, reader: Reader): Vouched {
  const { header, index } = file;
  const { vouched, root } = checkAnchor(file.chain, file.anchor, reader);
  if (header.chain !== file.chain) throw new ProofInvalid("kernel.wrong_chain", { chain: header.chain, expected: file.chain });
  checkInclusion("block", header.leaf, header.height, vouched.height + 1, file.header_path, root);
  if (index >= 2 ** 32) throw new ProofInvalid("kernel.proof_index_beyond_size", { index, size: header.count });
  return vouched;
}

/** That the block's receipts include what the file says of the item; the entries that it shows. */
function checkLeaf(file: PlacedFile, id: Uint8Array, itemHash: Uint8Array): Entry[] {
  const { header, index, outcome } = file;
  const leaf = receiptLeaf(id, itemHash, outcome, digests(header.height, index, file.entries, file.withheld));
  checkInclusion("record", leaf, index, header.count, file.receipt_path, header.receiptsRoot);
  return file.entries.filter((entry) => entry.length > 0).map(openEntry);
}

interface ItemFile {
  readonly chain: string;
  readonly item: Uint8Array;
  readonly index: number;
  readonly header: Header;
  readonly anchor: Anchor;
  readonly key_row: Uint8Array;
  readonly key_proof: StateProof | null;
  readonly grounds: ValueMap | null;
}

function checkRun(file: ItemFile) {
  const asked = file.key_row.length > 0 || file.key_proof !== null || file.grounds !== null;
  if (asked) throw new ProofInvalid("kernel.key_not_asked");
  const { command, fields } = readRun(file.item);
  return { id: runId(file.chain, file.header.height, file.index, file.item), signer: null, command, fields, occurredAt: 0 };
}

function checkTransaction(file: ItemFile) {
  const transaction = openTransaction(file.item, file.chain);
  const { body } = transaction;
  const { time, height } = file.header;
  const span = body.offline ? OFFLINE_WINDOW_MS : WINDOW_MS;
  if (time >= body.validUntil) throw new ProofInvalid("kernel.expired", { valid_until: body.validUntil, time });
  if (body.validUntil > time + span) throw new ProofInvalid("kernel.early", { valid_until: body.validUntil, time });
  if (body.occurredAt > time + WINDOW_MS) throw new ProofInvalid("kernel.claim_ahead", { occurred_at: body.occurredAt, time });
  if (file.key_proof === null || file.key_row.length === 0) throw new ProofInvalid("kernel.key_not_shown");
  const stateKey = fullKey("kernel.key", transaction.keyId);
  checkRow(file.chain, stateKey, file.key_row, file.key_proof, file.anchor.header.stateRoot);
  const row = readKeyRow(file.key_row);
  const inForce = row.from_height <= height && (row.until_height === 0 || height <= row.until_height);
  if (!inForce || !equal(row.account, body.signer)) throw new ProofInvalid("kernel.key_not_in_force", { height });
  const binding = { rpId: row.rp_id, origin: row.origin };
  if (!takesKey(row.suite, row.public_key) || !equal(keyId(row.suite, row.public_key, binding), transaction.keyId)) {
    throw new ProofInvalid("kernel.key_not_a_point", { suite: row.suite });
  }
  if (!isGood(row.suite, row.public_key, transaction.signingBytes, transaction.signature, binding)) {
    throw new ProofInvalid("kernel.wrong_signature");
  }
  const { signer, command, fields, occurredAt } = body;
  return { id: transaction.id, signer, command, fields, occurredAt };
}

function readKeyRow(row: Uint8Array) {
  return arrayRecord(decode(unsalted(row)), "KeyRow", 1, {
    suite: label(),
    public_key: bytes(0, 128),
    account: bytes(16, 16),
    from_height: uint(),
    until_height: uint(),
    rp_id: text(512),
    origin: text(512),
  });
}

function digests(height: number, index: number, entries: Uint8Array[], withheld: Uint8Array[]): Uint8Array[] {
  if (entries.filter((entry) => entry.length === 0).length !== withheld.length) {
    throw new ProofInvalid("kernel.entry_malformed");
  }
  const hidden = [...withheld];
  return entries.map((entry, number) =>
    entry.length > 0 ? entryDigest(entryPlace(height, index, number), entry) : (hidden.shift() as Uint8Array),
  );
}

function checkHistory(value: Value, reader: Reader): HistoryVerdict {
  const file = mapRecord(value, "HistoryFile", {
    format: label(),
    chain: label(),
    subject: bytes(0, 64),
    proof: nested(readStateProof),
    anchor: nested(readAnchor),
    entries: listOf(bytes(0, 131072), ENTRIES_MAX),
    places: bytes(0, PLACE_BYTES * ENTRIES_MAX, NONE),
    withheld: listOf(hash, ENTRIES_MAX),
    row: bytes(0, 4096, NONE),
  });
  const { vouched } = checkAnchor(file.chain, file.anchor, reader);
  checkRow(file.chain, fullKey("kernel.subject", file.subject), file.row, file.proof, file.anchor.header.stateRoot);
  let link = subjectStart(file.chain, file.subject);
  const { count, head } = file.row.length > 0 ? subjectRow(file.row) : { count: 0, head: link };
  const places = readPlaces(file.entries, file.places, file.withheld, vouched.height);
  const shown: (Entry & { height: number })[] = [];
  let hidden = 0;
  file.entries.forEach((entry, at) => {
    let digest = file.withheld[hidden] as Uint8Array;
    if (entry.length > 0) {
      const place = places[shown.length] as Uint8Array;
      digest = entryDigest(place, entry);
      shown.push({ ...openEntry(entry), height: heightOf(place) });
    } else {
      hidden += 1;
    }
    link = subjectLink(link, at + 1, digest);
  });
  if (file.entries.length !== count || !equal(link, head)) {
    throw new ProofInvalid("kernel.history_incomplete", { count: file.entries.length, expected: count });
  }
  return { kind: "history", subject: file.subject, entries: shown, count, withheld: count - shown.length, vouched };
}

/** The place of each entry shown: as many as there are, ascending, none above this height. */
function readPlaces(entries: Uint8Array[], packed: Uint8Array, withheld: Uint8Array[], height: number): Uint8Array[] {
  const shown = entries.filter((entry) => entry.length > 0).length;
  const places = Array.from({ length: shown }, (_, at) => packed.subarray(PLACE_BYTES * at, PLACE_BYTES * (at + 1)));
  const disordered = (number: number) => new ProofInvalid("kernel.history_disordered", { number });
  if (packed.length !== PLACE_BYTES * shown || entries.length - shown !== withheld.length) throw disordered(shown);
  places.forEach((place, at) => {
    if (at > 0 && ascending(places[at - 1] as Uint8Array, place) >= 0) throw disordered(at + 1);
    if (heightOf(place) > height) throw disordered(at + 1);
  });
  return places;
}

/** As a number; one beyond what numbers hold exactly is in any case above every anchor. */
function heightOf(place: Uint8Array): number {
  return place.subarray(0, 8).reduce((height, byte) => height * 256 + byte, 0);
}

function checkState(value: Value, reader: Reader): StateVerdict {
  const file = mapRecord(value, "StateFile", {
    format: label(),
    chain: label(),
    key: bytes(0, 512),
    proof: nested(readStateProof),
    anchor: nested(readAnchor),
    row: bytes(0, 131072, NONE),
  });
  const { vouched } = checkAnchor(file.chain, file.anchor, reader);
  checkRow(file.chain, file.key, file.row, file.proof, file.anchor.header.stateRoot);
  return { kind: "state", key: file.key, value: file.row.length > 0 ? unsalted(file.row) : null, vouched };
}

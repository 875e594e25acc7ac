// Signed heads of the log: C2SP signed-note, tlog-checkpoint and tlog-cosignature (docs/format/checkpoint.md).

import { base64, equal, fromBase64, hash, join, utf8 } from "./bytes.ts";
import { ProofInvalid } from "./problems.ts";
import { isGood } from "./signatures.ts";

const OPERATOR = 1;
const WITNESS = 4;

/** Whom this reader trusts: a name on checkpoints → its public keys. */
export type Trust = ReadonlyMap<string, readonly Uint8Array[]>;

export interface Checkpoint {
  readonly chain: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** A known key that signed; `time` is a witness's, in Unix seconds. */
export interface Signer {
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly time: number | null;
}

interface Line {
  readonly name: string;
  readonly keyHash: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Note {
  readonly text: string;
  readonly lines: Line[];
}

/** Split a note; nothing in it is verified. Throws ProofInvalid. */
export function parseNote(note: Uint8Array): Note {
  if (note.length > 65536) throw new ProofInvalid("kernel.note_too_large", { size_bytes: note.length, size_bytes_max: 65536 });
  const control = note.findIndex((byte) => byte < 0x20 && byte !== 0x0a);
  if (control >= 0) throw new ProofInvalid("kernel.note_control_character", { value: note[control], at_byte: control });
  let whole: string;
  try {
    whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(note);
  } catch {
    throw new ProofInvalid("kernel.note_not_utf8");
  }
  const blank = whole.lastIndexOf("\n\n");
  if (blank < 1) throw new ProofInvalid("kernel.note_without_signatures");
  const lines = whole.slice(blank + 2).split("\n");
  if (lines.pop() !== "") throw new ProofInvalid("kernel.note_cut_off");
  if (lines.length < 1 || lines.length > 100) throw new ProofInvalid("kernel.note_signature_count", { count: lines.length, count_max: 100 });
  return { text: whole.slice(0, blank + 1), lines: lines.map(parseLine) };
}

function parseLine(line: string, number: number): Line {
  const found = /^— ([^\s\x85+]+) ([A-Za-z0-9+/]+=*)$/u.exec(line);
  const signature = found === null ? undefined : decoded(found[2] as string);
  if (found === null || signature === undefined || signature.length < 5) {
    throw new ProofInvalid("kernel.note_signature_malformed", { signature: number + 1 });
  }
  return { name: found[1] as string, keyHash: signature.subarray(0, 4), signature: signature.subarray(4) };
}

/** Read a checkpoint's text strictly. Throws ProofInvalid. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] !== "") throw new ProofInvalid("kernel.checkpoint_not_three_lines", { lines: lines.length - 1 });
  const [origin, size, root] = lines as [string, string, string, string];
  const chain = /^linlian\/([a-z0-9-]{1,49})$/.exec(origin)?.[1];
  if (chain === undefined) throw new ProofInvalid("kernel.checkpoint_origin_wrong", { origin });
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw new ProofInvalid("kernel.checkpoint_size_wrong", { size });
  }
  const hash = decoded(root);
  if (hash?.length !== 32) throw new ProofInvalid("kernel.checkpoint_root_wrong", { root });
  return { chain, size: Number(size), root: hash };
}

export function operatorName(chain: string): string {
  return `linlian/${chain}/operator`;
}

/** Whether a name is that of some chain's operator. */
export function isOperatorName(name: string): boolean {
  return name.startsWith("linlian/") && name.endsWith("/operator");
}

/** Who of the trusted signed, in the note's order. A wrong signature of a known key makes the note invalid. */
export function knownSigners(note: Note, trust: Trust): Signer[] {
  const text = utf8(note.text);
  const seen = new Set<string>();
  const signers: Signer[] = [];
  for (const line of note.lines) {
    const place = `${line.name} ${base64(line.keyHash)}`;
    const known = candidates(line, trust.get(line.name) ?? []);
    if (known.length === 0 || seen.has(place)) continue;
    seen.add(place);
    const found = known.flatMap(([type, key]) => signer(text, line, type, key));
    if (found.length === 0) throw new ProofInvalid("kernel.note_signature_wrong", { name: line.name });
    signers.push(...found);
  }
  return signers;
}

function candidates(line: Line, keys: readonly Uint8Array[]): [number, Uint8Array][] {
  return keys.flatMap((key) =>
    [OPERATOR, WITNESS]
      .filter((type) => equal(keyHash(line.name, type, key), line.keyHash))
      .map((type): [number, Uint8Array] => [type, key]),
  );
}

function keyHash(name: string, type: number, publicKey: Uint8Array): Uint8Array {
  return hash(utf8(`${name}\n`), Uint8Array.of(type), publicKey).subarray(0, 4);
}

function signer(text: Uint8Array, line: Line, type: number, publicKey: Uint8Array): Signer[] {
  const { name, signature } = line;
  if (type === OPERATOR) return isGood("ed25519", publicKey, text, signature) ? [{ name, publicKey, time: null }] : [];
  if (signature.length !== 72) return [];
  const time = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
  const signed = join(utf8(`cosignature/v1\ntime ${time}\n`), text);
  return isGood("ed25519", publicKey, signed, signature.subarray(8)) ? [{ name, publicKey, time: Number(time) }] : [];
}

function decoded(value: string): Uint8Array | undefined {
  try {
    return fromBase64(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}


// Whom a reader trusts, as text: lines of `name hex`, or the trust file that `linlian verify` takes (a trust.toml), or both.
//
// Of TOML this is what trust files are written in: tables, and on each line a name with a string, a number or a time.
// What cannot be read is passed over: then it is trusted by nobody.

import { fromBase64, fromHex, hex } from "../ledger/bytes.ts";
import type { Trust } from "../ledger/checkpoint.ts";
import type { Validator } from "../ledger/light.ts";
import { DAY_MS, type TrustRoot, TRUSTING_PERIOD_MS } from "../ledger/lightclient.ts";

export interface Trusted {
  /** Operators and witnesses by name. */
  readonly signers: Trust;
  readonly roots: readonly TrustRoot[];
  /** Public key in hex → what the organisation of a validator is called. */
  readonly names: ReadonlyMap<string, string>;
}

interface Table {
  readonly kind: string;
  readonly values: Map<string, string>;
}

export function readTrust(text: string): Trusted {
  const signers = new Map<string, Uint8Array[]>();
  const names = new Map<string, string>();
  const { plain, tables } = parted(text);
  const trust = (name: string, key: string) => {
    if (isKey(key)) signers.set(name, [...(signers.get(name) ?? []), fromHex(key)]);
  };
  for (const line of plain) {
    const [name, key] = line.split(/\s+/);
    if (name !== undefined && key !== undefined) trust(name, key);
  }
  for (const { values } of tables.filter((table) => table.kind === "signer")) {
    trust(values.get("name") ?? "", signerKey(values.get("name") ?? "", values.get("key") ?? ""));
  }
  return { signers, roots: networks(tables, names), names };
}

/** The organisation of a validator; the beginning of its key if nobody has named it. */
export function nameOf({ names }: Trusted, key: Uint8Array): string {
  return names.get(hex(key)) || `${hex(key).slice(0, 16)}…`;
}

/** Lines before any table, and the tables. */
function parted(text: string): { plain: string[]; tables: Table[] } {
  const plain: string[] = [];
  const tables: Table[] = [];
  for (const line of text.split("\n").map((each) => each.trim())) {
    const opened = /^\[\[([a-z.]+)\]\]\s*(#.*)?$/.exec(line)?.[1];
    const set = /^([a-z_]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s"#]+)\s*(#.*)?$/.exec(line);
    if (opened !== undefined) tables.push({ kind: opened, values: new Map() });
    else if (set !== null) tables[tables.length - 1]?.values.set(set[1] as string, unquoted(set[2] as string));
    else if (line !== "" && !line.startsWith("#")) plain.push(line);
  }
  return { plain, tables };
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return JSON.parse(value) as string;
  } catch {
    return ""; // an escape that JSON does not have
  }
}

/** A key in hex, or as `name+hash+base64(type ‖ key)`, whose last 32 bytes it is. */
function signerKey(name: string, key: string): string {
  if (!key.startsWith(`${name}+`)) return key.toLowerCase();
  const [, , ...rest] = key.split("+");
  try {
    const bytes = fromBase64(rest.join("+"));
    return bytes.length === 33 ? hex(bytes.subarray(1)) : "";
  } catch (error) {
    if (error instanceof RangeError) return "";
    throw error;
  }
}

function networks(tables: readonly Table[], names: Map<string, string>): TrustRoot[] {
  const roots: TrustRoot[] = [];
  tables.forEach(({ kind, values }, at) => {
    if (kind !== "network") return;
    const after = tables.slice(at + 1);
    const end = after.findIndex((table) => table.kind !== "network.validator");
    const members = (end < 0 ? after : after.slice(0, end)).map((table) => validator(table, names));
    const root = rootOf(values, members);
    if (root !== undefined) roots.push(root);
  });
  return roots;
}

function rootOf(values: ReadonlyMap<string, string>, members: readonly (Validator | undefined)[]): TrustRoot | undefined {
  const [height, time] = [whole(values.get("height")), instant(values.get("time") ?? "")];
  const days = whole(values.get("trusting_days") ?? `${TRUSTING_PERIOD_MS / DAY_MS}`);
  const chain = values.get("chain") ?? "";
  if (height === undefined || !days || Number.isNaN(time) || chain === "" || members.length === 0) return undefined;
  if (members.includes(undefined)) return undefined;
  return { chain, height, time, validators: members as Validator[], trustingPeriodMs: days * DAY_MS };
}

/** Milliseconds of a time that says its offset. */
function instant(text: string): number {
  return /(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
}

function validator({ values }: Table, names: Map<string, string>): Validator | undefined {
  const [key, power] = [(values.get("key") ?? "").toLowerCase(), whole(values.get("power"))];
  if (!isKey(key) || !power) return undefined;
  names.set(key, values.get("name") ?? "");
  return { publicKey: fromHex(key), power };
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

function isKey(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

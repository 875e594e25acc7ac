// Signing what the node prepared, many commands at once, after looking at each of them.
//
// A list of a thousand homes is a thousand commands. Nobody reads them one by one, so the person signs one sentence, and
// this file holds the node to it: the commands of that list and no others, for this account and chain, valid for two
// minutes, and invitations only to one-time keys that this browser made (docs/decisions/0102). Of a sheet of money it signs
// only what is about that fund and round, and each sum that the comparison showed once (docs/decisions/0125).

import { equal, fromHex, hex, type Bytes } from "../ledger/bytes.ts";
import { decode, EncodingInvalid, type Value, type ValueMap } from "../ledger/cbor.ts";
import { signingBytes } from "../ledger/transaction.ts";
import type { Signer } from "../keys/key.ts";
import { Problem } from "./problem.ts";

export type What = "places" | "people" | "recipients" | "payments" | "statement";

const AHEAD_MS_MAX = 180_000;
const LOOK = "openings.open_content";
const REGISTRATION = "registration";
const COMMANDS: Readonly<Record<What, ReadonlySet<string>>> = {
  places: new Set(["places.register_place", "places.seal_details", "places.set_handover", LOOK]),
  people: new Set([
    ...["identity.register_resident", "identity.invite_resident", "places.open_roll", "places.close_roll"],
    ...["places.grant_occupancy", "places.end_occupancy", "places.change_share", "places.change_presence", LOOK],
  ]),
  recipients: new Set(["programmes.register_recipient", "programmes.enter_entitlement"]),
  payments: new Set(["transfers.enter_payments"]),
  statement: new Set(["transfers.record_line", "transfers.match_line"]),
};

/** What may be signed: by whom, for which list, and which one-time keys are ours. */
export interface Terms {
  readonly what: What;
  readonly chain: string;
  readonly account: Bytes;
  readonly ours: ReadonlySet<string>;
  /** Of a sheet of money: field → the identifier that it has to name, and the sums that are not signed yet. */
  readonly about?: Readonly<Record<string, string>>;
  readonly sums?: number[];
}

/** The signature over each body. Throws Problem (`lists.foreign`) at the first that is not what was agreed to. */
export async function signAll(signer: Signer, terms: Terms, bodies: readonly string[], now: number): Promise<string[]> {
  const signatures: string[] = [];
  for (const text of bodies) {
    const body = fromHex(text);
    check(terms, body, now);
    signatures.push(hex(await signer.sign(signingBytes(terms.chain, body))));
  }
  return signatures;
}

/** Throws Problem (`lists.foreign`) unless a body is one of the commands that these terms allow at this time. */
export function check(terms: Terms, body: Bytes, now: number): void {
  const read = plain(body);
  const fine = read instanceof Map && isOurs(terms, read, now) && isAllowed(terms, read);
  if (!fine) throw new Problem("lists.foreign", "");
}

/** A body's value; undefined for what is no encoding of ours. */
function plain(body: Bytes): Value | undefined {
  try {
    return decode(body);
  } catch (error) {
    if (error instanceof EncodingInvalid) return undefined;
    throw error;
  }
}

function isOurs({ chain, account }: Terms, body: ValueMap, now: number): boolean {
  const [signer, until] = [body.get("signer"), body.get("valid_until")];
  const short = typeof until === "number" && until <= now + AHEAD_MS_MAX;
  return body.get("chain") === chain && signer instanceof Uint8Array && equal(signer, account) && short;
}

function isAllowed(terms: Terms, body: ValueMap): boolean {
  const { what, ours } = terms;
  const [command, fields] = [body.get("command"), body.get("fields")];
  if (typeof command !== "string" || !COMMANDS[what].has(command) || !(fields instanceof Map)) return false;
  if (terms.about !== undefined) return isAbout(terms.about, fields) && areShown(terms.sums ?? [], fields);
  if (command === LOOK) return fields.get("purpose") === REGISTRATION;
  if (command === "identity.invite_resident") return isIn(ours, fields.get("public_key"));
  return true;
}

function isIn(ours: ReadonlySet<string>, key: Value | undefined): boolean {
  return key instanceof Uint8Array && ours.has(hex(key));
}

/** Whether a command names the fund or round that was agreed to, and no other. */
function isAbout(about: Readonly<Record<string, string>>, fields: ValueMap): boolean {
  const named = Object.entries(about).filter(([name]) => fields.has(name));
  return named.length > 0 && named.every(([name, wanted]) => isIn(new Set([wanted]), fields.get(name)));
}

/** Whether each sum in a command was shown; one that is signed is used up. */
function areShown(sums: number[], fields: ValueMap): boolean {
  const lines = fields.get("lines");
  const holders = Array.isArray(lines) ? lines : [fields];
  for (const holder of holders) {
    const sum = holder instanceof Map ? holder.get("amount_minor") : undefined;
    if (sum === undefined && holder === fields) continue; // registering and matching move no sum
    const at = typeof sum === "number" ? sums.indexOf(sum) : -1;
    if (at < 0) return false;
    sums.splice(at, 1);
  }
  return true;
}

// What a browser signs of a list, and what it does not, whoever asks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../src/ledger/bytes.ts";
import type { Value } from "../src/ledger/cbor.ts";
import { encodeBody } from "../src/ledger/transaction.ts";
import { check, type Terms, type What } from "../src/site/bench.ts";
import { Problem } from "../src/site/problem.ts";

const NOW = 1_790_000_000_000;
const ACCOUNT = new Uint8Array(16).fill(7);
const OURS = new Uint8Array(32).fill(9);
const CHAIN = "spruce-00000000000000000000000000000000";

function terms(what: What): Terms {
  return { what, chain: CHAIN, account: ACCOUNT, ours: new Set([hex(OURS)]) };
}

function body(command: string, fields: Record<string, Value> = {}, more: Partial<Parameters<typeof encodeBody>[0]> = {}) {
  const plain = { chain: CHAIN, command, fields: new Map(Object.entries(fields)), signer: ACCOUNT, nonce: new Uint8Array(16) };
  return encodeBody({ ...plain, validUntil: NOW + 110_000, occurredAt: 0, offline: false, ...more });
}

function isRefused(what: What, bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    check(terms(what), bytes, NOW);
    return false;
  } catch (error) {
    assert.ok(error instanceof Problem && error.code === "lists.foreign");
    return true;
  }
}

test("what a list needs is signed", () => {
  for (const command of ["places.register_place", "places.seal_details", "places.set_handover"]) assert.equal(isRefused("places", body(command)), false);
  for (const command of ["identity.register_resident", "places.open_roll", "places.grant_occupancy", "places.close_roll"]) assert.equal(isRefused("people", body(command)), false);
  assert.equal(isRefused("people", body("identity.invite_resident", { public_key: OURS })), false);
  assert.equal(isRefused("places", body("openings.open_content", { purpose: "registration" })), false);
});

test("nothing else is", () => {
  for (const command of ["identity.add_key", "identity.change_roles", "council.vote", "places.countersign_roll", "repairs.confirm_repair"]) {
    for (const what of ["places", "people"] as const) assert.ok(isRefused(what, body(command)), command);
  }
  assert.ok(isRefused("places", body("places.grant_occupancy")), "a list of homes registers nobody");
  assert.ok(isRefused("people", body("places.register_place")), "a list of residents builds nothing");
});

test("an invitation goes to a key of this browser", () => {
  assert.ok(isRefused("people", body("identity.invite_resident", { public_key: new Uint8Array(32).fill(1) })));
  assert.ok(isRefused("people", body("identity.invite_resident")));
});

test("sealed content is looked into for registration alone", () => {
  assert.ok(isRefused("places", body("openings.open_content", { purpose: "repair" })));
  assert.ok(isRefused("places", body("openings.open_content")));
});

test("another account, chain or a long validity is not signed", () => {
  const register = "places.register_place";
  assert.ok(isRefused("places", body(register, {}, { signer: new Uint8Array(16) })));
  assert.ok(isRefused("places", body(register, {}, { chain: "other-00000000000000000000000000000000" })));
  assert.ok(isRefused("places", body(register, {}, { validUntil: NOW + 3_600_000 })));
  assert.ok(isRefused("places", Uint8Array.of(0xff, 0x00)), "and neither is what is no encoding");
});

const FUND = new Uint8Array(16).fill(3);
const ROUND = new Uint8Array(16).fill(4);

function money(what: What, sums: number[]): Terms {
  return { ...terms(what), about: { fund: hex(FUND), cycle: hex(ROUND) }, sums };
}

function isForeign(given: Terms, bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    check(given, bytes, NOW);
    return false;
  } catch (error) {
    assert.ok(error instanceof Problem && error.code === "lists.foreign");
    return true;
  }
}

test("of a sheet of money each sum that was shown is signed once", () => {
  const given = money("recipients", [5_000, 2_050]);
  const entry = (amount_minor: number, cycle = ROUND) => body("programmes.enter_entitlement", { cycle, amount_minor });
  assert.equal(isForeign(given, body("programmes.register_recipient", { fund: FUND })), false);
  assert.equal(isForeign(given, entry(5_000)), false);
  assert.ok(isForeign(given, entry(5_000)), "it is used up");
  assert.ok(isForeign(given, entry(2_051)), "nobody was shown that");
  assert.ok(isForeign(given, entry(2_050, FUND)), "another round");
  assert.equal(isForeign(given, entry(2_050)), false);
});

test("payments are signed line by line", () => {
  const lines = (...sums: number[]) => sums.map((sum) => new Map<string, Value>([["amount_minor", sum]]));
  const pay = (...sums: number[]) => body("transfers.enter_payments", { cycle: ROUND, lines: lines(...sums) });
  assert.equal(isForeign(money("payments", [1, 2, 3]), pay(1, 2, 3)), false);
  assert.ok(isForeign(money("payments", [1, 2]), pay(1, 2, 3)));
  assert.ok(isForeign(money("payments", [1, 2]), body("transfers.enter_payments", { cycle: ROUND, lines: [1, 2] })));
});

test("a statement records and matches lines of its fund, and moves nothing", () => {
  const given = money("statement", [700]);
  assert.equal(isForeign(given, body("transfers.record_line", { fund: FUND, amount_minor: 700 })), false);
  assert.equal(isForeign(given, body("transfers.match_line", { fund: FUND })), false);
  assert.ok(isForeign(given, body("transfers.match_line", { fund: ROUND })));
  assert.ok(isForeign(given, body("transfers.match_line")), "it names no fund at all");
  for (const command of ["transfers.send_money", "transfers.approve_payments", "funds.record_income", "programmes.approve_cycle"]) {
    for (const what of ["recipients", "payments", "statement"] as const) assert.ok(isForeign(money(what, []), body(command, { fund: FUND, cycle: ROUND })), command);
  }
});

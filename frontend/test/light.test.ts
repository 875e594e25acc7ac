import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, hex } from "../src/ledger/bytes.ts";
import { decode, EncodingInvalid } from "../src/ledger/cbor.ts";
import { checkFile, isVouched } from "../src/ledger/files.ts";
import { appHash, headerHash, readLightBlock, signBytes, validatorsHash } from "../src/ledger/light.ts";
import { checkCommit, checkLightBlocks, DAY_MS, type TrustRoot, TRUSTING_PERIOD_MS } from "../src/ledger/lightclient.ts";
import { ProofInvalid } from "../src/ledger/problems.ts";
import { uvarint } from "../src/ledger/protobuf.ts";
import { nameOf, readTrust } from "../src/site/trust.ts";
import { vectors } from "./vectors.ts";

interface Root {
  chain: string;
  height: number;
  time: number;
  trusting_period_ms: number;
  validators: { public_key: string; power: number }[];
}
interface Vectors {
  app_hashes: { log: string; state: string; app_hash: string }[];
  blocks: { height: number; bytes: string; header_hash: string; validators_hash: string; sign_bytes: string[] }[];
  leads: { what: string; chain: string; root: Root; time: number; blocks: string[]; code: string; signed?: string[] }[];
  root: Root;
  time: number;
  files: { file: string; bytes: string }[];
}

const given = vectors<Vectors>("committed");

function rootOf(root: Root): TrustRoot {
  const validators = root.validators.map((one) => ({ publicKey: fromHex(one.public_key), power: one.power }));
  return { chain: root.chain, height: root.height, time: root.time, trustingPeriodMs: root.trusting_period_ms, validators };
}

test("a number in as many bytes as it needs", () => {
  assert.equal(hex(uvarint(0)) + hex(uvarint(127)) + hex(uvarint(128)) + hex(uvarint(2 ** 53 - 1)), "007f8001ffffffffffffff0f");
});

test("app hashes", () => {
  for (const one of given.app_hashes) assert.equal(hex(appHash(fromHex(one.log), fromHex(one.state))), one.app_hash);
});

for (const one of given.blocks) {
  test(`reads the light block ${one.height} of a real network`, () => {
    const block = readLightBlock(decode(fromHex(one.bytes)));
    assert.equal(hex(headerHash(block.header)), one.header_hash);
    assert.equal(hex(validatorsHash(block.validators)), one.validators_hash);
    assert.deepEqual(block.votes.map((vote) => (vote.signature.length > 0 ? hex(signBytes(block, vote)) : "")), one.sign_bytes);
    assert.equal(checkCommit(block).size, one.sign_bytes.filter((bytes) => bytes !== "").length);
  });
}

for (const one of given.leads) {
  test(`a lead of light blocks: ${one.what}`, () => {
    const check = () => {
      const blocks = one.blocks.map((bytes) => readLightBlock(decode(fromHex(bytes))));
      return checkLightBlocks(one.chain, blocks, { time: one.time, roots: [rootOf(one.root)] });
    };
    if (one.code === "") assert.deepEqual(check().signed.map(hex), one.signed);
    else assert.throws(check, (error) => error instanceof ProofInvalid && error.code === one.code);
  });
}

const judging = { time: given.time, roots: [rootOf(given.root)] };
for (const { file, bytes } of given.files) {
  test(`checks the file of ${file} that validators signed`, () => {
    const { vouched } = checkFile(fromHex(bytes), new Map(), judging);
    assert.equal(vouched.committed?.root, judging.roots[0]);
    assert.equal(vouched.committed?.signed.length, 3);
    const unknown = checkFile(fromHex(bytes), new Map()).vouched;
    assert.ok(!isVouched(unknown) && unknown.committed !== null);
  });
  test(`finds each single changed byte in the file of ${file} that validators signed`, () => {
    const good = fromHex(bytes);
    const stride = Math.max(1, Math.floor(good.length / 150));
    for (let at = 0; at < good.length; at += stride) {
      const bad = good.slice();
      bad[at] = (bad[at] as number) ^ 0x01;
      const refused = (error: unknown) => error instanceof ProofInvalid || error instanceof EncodingInvalid;
      assert.throws(() => checkFile(bad, new Map(), judging), refused, `${at}`);
    }
  });
}

const KEYS = ["11".repeat(32), "22".repeat(32)];
const FILE = `
[[signer]]
name = "linlian/x-1/operator"   # the machine
key = "${KEYS[0]}"

[[network]]
chain = "x-1"
height = 12
time = 2026-11-29T13:00:00Z

[[network.validator]]
name = "Street \\"office\\" 街道"
key = "${KEYS[0]}"
power = 10

[[network.validator]]
name = ""
key = "${KEYS[1]?.toUpperCase()}"
power = 7
`;

test("reads the trust file that the command line takes", () => {
  const trusted = readTrust(FILE);
  assert.deepEqual([...trusted.signers.keys()], ["linlian/x-1/operator"]);
  const [root] = trusted.roots as [TrustRoot];
  assert.deepEqual([root.chain, root.height, root.time, root.trustingPeriodMs], ["x-1", 12, Date.UTC(2026, 10, 29, 13), TRUSTING_PERIOD_MS]);
  assert.deepEqual(root.validators.map((one) => [hex(one.publicKey), one.power]), [[KEYS[0], 10], [KEYS[1], 7]]);
  assert.deepEqual(root.validators.map((one) => nameOf(trusted, one.publicKey)), ['Street "office" 街道', "2222222222222222…"]);
  assert.equal(readTrust(FILE.replace("height = 12", "height = 12\ntrusting_days = 30")).roots[0]?.trustingPeriodMs, 30 * DAY_MS);
});

test("reads lines of names and keys as before, and both together", () => {
  const trusted = readTrust(`linlian/y-1/operator ${KEYS[1]}\n${FILE}`);
  assert.deepEqual([...trusted.signers.keys()].sort(), ["linlian/x-1/operator", "linlian/y-1/operator"]);
  assert.equal(trusted.roots.length, 1);
});

for (const [what, was, becomes] of [
  ["no power", "power = 7", ""],
  ["the power 0", "power = 7", "power = 0"],
  ["a key that is too short", KEYS[1]?.toUpperCase(), "22"],
  ["a time without its offset", "13:00:00Z", "13:00:00"],
  ["no height", "height = 12", ""],
  ["no validators", "network.validator", "network.other"],
] as [string, string, string][]) {
  test(`trusts nobody of a network with ${what}`, () => assert.deepEqual(readTrust(FILE.replaceAll(was, becomes)).roots, []));
}

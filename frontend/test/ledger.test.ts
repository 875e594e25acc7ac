import assert from "node:assert/strict";
import { test } from "node:test";
import { equal, fromHex, hex } from "../src/ledger/bytes.ts";
import { decode, encode, EncodingInvalid } from "../src/ledger/cbor.ts";
import { checkFile } from "../src/ledger/files.ts";
import { ProofInvalid } from "../src/ledger/problems.ts";
import { isGood, keyId, takesKey } from "../src/ledger/signatures.ts";
import { newIdentifier, openTransaction, encodeBody, transactionId } from "../src/ledger/transaction.ts";
import { plain, vectors } from "./vectors.ts";

interface Encodings {
  values: { value: unknown; bytes: string }[];
  refused: { why: string; bytes: string }[];
}
interface KeyCase {
  suite: string;
  public_key: string;
  rp_id?: string;
  origin?: string;
}
interface Keys {
  keys: (KeyCase & { taken: boolean })[];
  signatures: (KeyCase & { message: string; signature: string; good: boolean; key_id?: string })[];
}
interface Blocks {
  genesis: { chain: string };
  blocks: { items: { run: boolean; item: string; id: string; signing_bytes?: string }[] }[];
}
interface Derived {
  identifiers: { transaction: string; nonce: string; number: number; id: string }[];
}
interface Files {
  trust: { name: string; public_key: string };
  files: { file: string; bytes: string }[];
}

const { values, refused } = vectors<Encodings>("encoding");
for (const { value, bytes } of values) {
  test(`encodes ${JSON.stringify(value).slice(0, 60)} as Python does`, () => {
    assert.equal(hex(encode(plain(value))), bytes);
    assert.equal(hex(encode(decode(fromHex(bytes)))), bytes);
  });
}
for (const { why, bytes } of refused) {
  test(`refuses ${why}`, () => assert.throws(() => decode(fromHex(bytes)), EncodingInvalid));
}

const { keys, signatures } = vectors<Keys>("keys");
test("takes and refuses the same keys", () => {
  for (const key of keys) assert.equal(takesKey(key.suite, fromHex(key.public_key)), key.taken, key.public_key);
});
test("judges odd and ordinary signatures alike", () => {
  assert.ok(signatures.some((one) => one.good) && signatures.some((one) => !one.good));
  for (const one of signatures) {
    const binding = { rpId: one.rp_id ?? "", origin: one.origin ?? "" };
    const publicKey = fromHex(one.public_key);
    if (one.key_id !== undefined) assert.equal(hex(keyId(one.suite, publicKey, binding)), one.key_id);
    const good = isGood(one.suite, publicKey, fromHex(one.message), fromHex(one.signature), binding);
    assert.equal(good, one.good, JSON.stringify(one));
  }
});

test("opens every transaction of the blocks, and writes its body again byte for byte", () => {
  const { genesis, blocks } = vectors<Blocks>("blocks");
  const items = blocks.flatMap((block) => block.items).filter((item) => !item.run);
  assert.ok(items.length > 4);
  for (const item of items) {
    const raw = fromHex(item.item);
    const transaction = openTransaction(raw, genesis.chain);
    assert.equal(hex(transaction.id), item.id);
    const body = encodeBody(transaction.body);
    assert.ok(equal(body, (decode(raw) as Uint8Array[])[0] as Uint8Array));
    assert.equal(hex(transactionId(genesis.chain, body)), item.id);
  }
});

test("knows the identifiers that a transaction will give out", () => {
  for (const one of vectors<Derived>("derived").identifiers) {
    assert.equal(hex(newIdentifier(fromHex(one.transaction), fromHex(one.nonce), one.number)), one.id);
  }
});

const { trust, files } = vectors<Files>("files");
const trusted = new Map([[trust.name, [fromHex(trust.public_key)]]]);
for (const { file, bytes } of files) {
  test(`checks the file of ${file}`, () => {
    const { vouched } = checkFile(fromHex(bytes), trusted);
    assert.deepEqual(vouched.trusted.map((signer) => signer.name), [trust.name]);
    assert.deepEqual(checkFile(fromHex(bytes), new Map()).vouched.trusted, []);
  });
  test(`finds each single changed byte in the file of ${file}`, () => {
    const good = fromHex(bytes);
    const stride = Math.max(1, Math.floor(good.length / 300));
    for (let at = 0; at < good.length; at += stride) {
      const bad = good.slice();
      bad[at] = (bad[at] as number) ^ 0x01;
      assert.throws(() => onlyIfVouched(bad), (error) => error instanceof ProofInvalid || error instanceof EncodingInvalid, `${at}`);
    }
  });
}

/** A changed name of a signer leaves a file consistent, with nobody trusted behind it: that counts as found, too. */
function onlyIfVouched(data: Uint8Array): void {
  if (checkFile(data, trusted).vouched.trusted.length === 0) throw new ProofInvalid("test.nobody_vouches");
}

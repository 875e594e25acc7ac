import assert from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "../src/ledger/bytes.ts";
import { isGood, takesKey } from "../src/ledger/signatures.ts";
import { idOf, makeSoftwareKey, softwareSigner } from "../src/keys/key.ts";

test("makes a key that the ledger takes and whose private half nobody can read", async () => {
  const handle = await makeSoftwareKey();
  assert.equal(handle.suite, "ed25519");
  assert.ok(takesKey(handle.suite, handle.publicKey));
  await assert.rejects(crypto.subtle.exportKey("pkcs8", handle.privateKey));
});

test("signs what the ledger calls good, without Ed25519 too", async (context) => {
  const make = crypto.subtle.generateKey.bind(crypto.subtle);
  for (const old of [false, true]) {
    const generateKey = (algorithm: { name: string }, ...rest: unknown[]) => {
      if (old && algorithm.name === "Ed25519") throw new DOMException("unknown", "NotSupportedError");
      return (make as (...all: unknown[]) => Promise<CryptoKeyPair>)(algorithm, ...rest);
    };
    context.mock.method(crypto.subtle, "generateKey", generateKey as never);
    const signer = softwareSigner(await makeSoftwareKey());
    assert.equal(signer.suite, old ? "p256" : "ed25519");
    assert.equal(idOf(signer).length, 32);
    for (let i = 0; i < 20; i++) {
      const message = utf8(`message ${i}`);
      assert.ok(isGood(signer.suite, signer.publicKey, message, await signer.sign(message)));
    }
  }
});

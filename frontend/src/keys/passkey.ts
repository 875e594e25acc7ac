// Passkeys (Web Authentication level 3): the device asks for a finger, a face or its code, and signs for this site alone.
//
// The challenge is the hash of the signing bytes, so the device signs this very transaction and nothing else.

import { base64url, type Bytes, hash, utf8 } from "../ledger/bytes.ts";
import { fromDer, packAssertion } from "../ledger/signatures.ts";
import { compressed, KeyProblem, type Signer } from "./key.ts";

const ES256 = -7;

/** What is kept of a passkey: which one it is, and its public half. */
export interface PasskeyHandle {
  readonly suite: "webauthn-p256";
  readonly publicKey: Bytes;
  readonly credential: Bytes;
  readonly rpId: string;
  readonly origin: string;
}

/** Whether this device can hold a passkey of its own. WeChat's browser says no. */
export async function canHavePasskey(): Promise<boolean> {
  if (typeof PublicKeyCredential === "undefined") return false;
  return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
}

/** Make one. `name` is what the device shows beside it. Throws KeyProblem (`keys.passkey_refused`, `keys.passkey_not_p256`). */
export async function makePasskey(name: string, account: Bytes): Promise<PasskeyHandle> {
  const rpId = globalThis.location.hostname;
  const options: PublicKeyCredentialCreationOptions = {
    rp: { id: rpId, name: rpId },
    user: { id: account, name, displayName: name },
    challenge: globalThis.crypto.getRandomValues(new Uint8Array(32)),
    pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
    authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
    attestation: "none",
  };
  const made = await asked(() => navigator.credentials.create({ publicKey: options }));
  const response = made.response as AuthenticatorAttestationResponse;
  const spki = response.getPublicKey();
  if (response.getPublicKeyAlgorithm() !== ES256 || spki === null) throw new KeyProblem("keys.passkey_not_p256");
  const point = new Uint8Array(spki).slice(-65); // a P-256 SubjectPublicKeyInfo ends in the point (RFC 5480 section 2.2)
  const credential = new Uint8Array(made.rawId);
  return { suite: "webauthn-p256", publicKey: compressed(point), credential, rpId, origin: globalThis.location.origin };
}

export function passkeySigner(handle: PasskeyHandle): Signer {
  const { suite, publicKey, credential, rpId, origin } = handle;
  return {
    suite,
    publicKey,
    binding: { rpId, origin },
    async sign(message) {
      const challenge = hash(message);
      const allowCredentials: PublicKeyCredentialDescriptor[] = [{ type: "public-key", id: credential }];
      const options = { challenge, rpId, allowCredentials, userVerification: "required" as const };
      const given = await asked(() => navigator.credentials.get({ publicKey: options }));
      const response = given.response as AuthenticatorAssertionResponse;
      const clientData = new Uint8Array(response.clientDataJSON);
      // Some browsers order the fields in their own way; the chain compares bytes, so say it here and not there.
      const expected = utf8(`{"type":"webauthn.get","challenge":"${base64url(challenge)}","origin":"${origin}"`);
      if (!expected.every((byte, at) => byte === clientData[at])) throw new KeyProblem("keys.passkey_other_client_data");
      const rs = fromDer(new Uint8Array(response.signature));
      return packAssertion(new Uint8Array(response.authenticatorData), clientData, rs);
    },
  };
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const given = await ask();
    if (given !== null) return given as PublicKeyCredential;
  } catch (error) {
    // NotAllowedError: the person said no, or took too long; the browser does not tell which.
    if (!(error instanceof DOMException)) throw error;
  }
  throw new KeyProblem("keys.passkey_refused");
}


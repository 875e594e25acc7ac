// A light client of CometBFT without a network: does a header follow from validators whom the reader trusts?
// The rules are those of docs/format/light-blocks.md, and so are the codes. Throws ProofInvalid.

import { equal, hex } from "./bytes.ts";
import { headerHash, inOrder, type LightBlock, signBytes, timeOf, type Validator, validatorsHash, type Vote } from "./light.ts";
import { ProofInvalid } from "./problems.ts";
import { isGood } from "./signatures.ts";

export const DAY_MS = 24 * 3600 * 1000;
export const TRUSTING_PERIOD_MS = 180 * DAY_MS;
const CLOCK_DRIFT_MS = 10 * 60 * 1000;

/** The validators of a height of a chain, which the reader knows from elsewhere. */
export interface TrustRoot {
  readonly chain: string;
  readonly height: number;
  readonly time: number;
  readonly validators: readonly Validator[];
  readonly trustingPeriodMs: number;
}

/** What a reader brings along: the time in ms and the roots that they trust. */
export interface Judging {
  readonly time: number;
  readonly roots: readonly TrustRoot[];
}

/** The last light block: its validators, and the keys of those who signed it; `root` is null if none of them is trusted. */
export interface Committed {
  readonly height: number;
  readonly time: number;
  readonly validators: readonly Validator[];
  readonly signed: readonly Uint8Array[];
  readonly root: TrustRoot | null;
}

interface Signed {
  readonly block: LightBlock;
  /** The public keys, in hex. */
  readonly signers: ReadonlySet<string>;
}

/** That each light block is committed and follows from the one before; and from whose root, if the reader has one. */
export function checkLightBlocks(chain: string, blocks: readonly LightBlock[], judging: Judging): Committed {
  const signed = blocks.map((block): Signed => {
    if (block.header.chain_id !== chain) throw new ProofInvalid("kernel.wrong_chain", { chain: block.header.chain_id, expected: chain });
    return { block, signers: checkCommit(block) };
  });
  signed.slice(1).forEach((after, at) => checkFollows((signed[at] as Signed).block, after));
  const last = signed[signed.length - 1] as Signed;
  const { height } = last.block.header;
  const { validators } = last.block;
  const keys = validators.map((one) => one.publicKey).filter((key) => last.signers.has(hex(key)));
  return { height, time: timeOf(last.block.header), validators, signed: keys, root: findRoot(chain, signed, judging) };
}

/** That validators with more than two thirds of the power signed this header; who, in hex. */
export function checkCommit(block: LightBlock): Set<string> {
  const { header, validators, votes } = block;
  const { height } = header;
  const keys = new Set(validators.map((one) => hex(one.publicKey)));
  if (!equal(validatorsHash(validators), header.validators_hash)) throw new ProofInvalid("kernel.validators_differ", { height });
  if (keys.size !== validators.length) throw new ProofInvalid("kernel.validator_repeated", { height });
  if (block.height !== height || !equal(block.blockId.hash, headerHash(header))) {
    throw new ProofInvalid("kernel.commit_of_another_header", { height });
  }
  if (votes.length !== validators.length) {
    throw new ProofInvalid("kernel.commit_size", { count: votes.length, expected: validators.length });
  }
  const voted = validators.filter((one, place) => hasVoted(block, one, votes[place] as Vote));
  const signers = new Set(voted.map((one) => hex(one.publicKey)));
  const [power, total] = powerOf(validators, signers);
  if (power * 3n <= total * 2n) throw new ProofInvalid("kernel.commit_too_few", { height, power: Number(power), total: Number(total) });
  return signers;
}

function hasVoted(block: LightBlock, validator: Validator, vote: Vote): boolean {
  const wrong = () => new ProofInvalid("kernel.commit_signature_wrong", { validator: hex(validator.publicKey) });
  if (vote.signature.length === 0) {
    if (vote.seconds !== 0 || vote.nanos !== 0) throw wrong();
    return false;
  }
  if (!isGood("ed25519", validator.publicKey, signBytes(block, vote), vote.signature)) throw wrong();
  return true;
}

/** The power of the signers, and of all; power alone may go up to 2^53. */
function powerOf(validators: readonly Validator[], signers: ReadonlySet<string>): [bigint, bigint] {
  let [power, total] = [0n, 0n];
  for (const one of validators) {
    total += BigInt(one.power);
    if (signers.has(hex(one.publicKey))) power += BigInt(one.power);
  }
  return [power, total];
}

function checkFollows(before: LightBlock, { block, signers }: Signed): void {
  const { header } = block;
  const later = header.seconds - before.header.seconds || header.nanos - before.header.nanos;
  if (header.height <= before.header.height || later <= 0) {
    throw new ProofInvalid("kernel.light_blocks_disordered", { height: header.height });
  }
  if (header.height > before.header.height + 1) checkTrusting(before.validators, block, signers);
  else if (!equal(header.validators_hash, before.header.next_validators_hash)) {
    throw new ProofInvalid("kernel.validators_not_announced", { height: header.height });
  }
}

function checkTrusting(trusted: readonly Validator[], block: LightBlock, signers: ReadonlySet<string>): void {
  const [power, total] = powerOf(trusted, signers);
  if (power * 3n > total) return;
  const { height } = block.header;
  throw new ProofInvalid("kernel.validators_unknown", { height, power: Number(power), total: Number(total) });
}

/** The newest root of this chain that leads here; null if the reader has none of it. */
function findRoot(chain: string, signed: readonly Signed[], judging: Judging): TrustRoot | null {
  const roots = judging.roots.filter((root) => root.chain === chain).sort((a, b) => b.height - a.height);
  let first: ProofInvalid | undefined;
  for (const root of roots) {
    const wrong = refusal(() => checkFrom(root, signed, judging.time));
    if (wrong === undefined) return root;
    first ??= wrong;
  }
  if (first !== undefined) throw first;
  return null;
}

function checkFrom(root: TrustRoot, signed: readonly Signed[], time: number): void {
  const [ends, days] = [time - root.trustingPeriodMs, Math.floor(root.trustingPeriodMs / DAY_MS)];
  const { header } = (signed[signed.length - 1] as Signed).block;
  const facts = { height: header.height, time: timeOf(header), days };
  if (root.time <= ends) throw new ProofInvalid("kernel.trust_root_expired", { height: root.height, time: root.time, days });
  if (facts.time <= ends) throw new ProofInvalid("kernel.light_block_expired", facts);
  if (facts.time > time + CLOCK_DRIFT_MS) throw new ProofInvalid("kernel.light_block_ahead", facts);
  let first: ProofInvalid | undefined;
  for (const one of [...signed].reverse()) {
    if (timeOf(one.block.header) <= ends) break;
    const wrong = refusal(() => checkRoot(root, one));
    if (wrong === undefined) return;
    first ??= wrong;
  }
  throw first as ProofInvalid;
}

/** The trusted validators themselves are believed at whatever height. */
function checkRoot(root: TrustRoot, { block, signers }: Signed): void {
  const { header } = block;
  if (equal(validatorsHash(inOrder(root.validators)), header.validators_hash)) return;
  if (header.height <= root.height) {
    throw new ProofInvalid("kernel.validators_of_the_past", { height: header.height, trusted_height: root.height });
  }
  checkTrusting(root.validators, block, signers);
}

function refusal(check: () => void): ProofInvalid | undefined {
  try {
    check();
  } catch (error) {
    if (error instanceof ProofInvalid) return error;
    throw error;
  }
  return undefined;
}

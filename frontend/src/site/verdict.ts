// What a proof file proves, told: one clear sentence, who vouches for it, and each thing it shows; or the first thing
// that is wrong. Nothing is sent anywhere, so it works with the server switched off.

import { hex } from "../ledger/bytes.ts";
import type { Entry } from "../ledger/block.ts";
import { EncodingInvalid, type ValueMap } from "../ledger/cbor.ts";
import { operatorName } from "../ledger/checkpoint.ts";
import { checkFile, isVouched, type Verdict, type Vouched } from "../ledger/files.ts";
import { ProofInvalid } from "../ledger/problems.ts";
import { letters, seal } from "../look/seal.ts";
import { element } from "./page.ts";
import { nameOf, type Trusted } from "./trust.ts";
import type { Tongue } from "./words.ts";

/** The verdict on a file, as it is put on the page. */
export function verdictOf(data: Uint8Array, trusted: Trusted, tongue: Tongue): HTMLElement {
  try {
    return told(checkFile(data, trusted.signers, { time: Date.now(), roots: trusted.roots }), trusted, tongue);
  } catch (error) {
    if (error instanceof ProofInvalid || error instanceof EncodingInvalid) return wrong(error, tongue);
    throw error;
  }
}

/** What is wrong with these is the time, not the file; their own sentence says what to do. */
const TOO_OLD = new Set(["kernel.light_block_expired", "kernel.trust_root_expired", "kernel.light_block_ahead"]);

function wrong(error: ProofInvalid | EncodingInvalid, tongue: Tongue): HTMLElement {
  const said = error instanceof ProofInvalid ? (Object.entries(error.facts) as [string, string][]) : [];
  // What the encoding should have been is not known of a file that is none.
  const facts: ValueMap = new Map([["expected", tongue.text("verdict.a_file")], ["cause", tongue.text("verdict.a_file")], ...said]);
  const part = facts.get("part");
  return element(
    "section",
    { class: "card alarms", "data-verdict": "wrong", "data-code": error.code },
    broken(tongue),
    element("h2", {}, tongue.text("verdict.wrong")),
    ...(typeof part === "string" ? [element("p", {}, tongue.text(`verdict.part.${part}`))] : []),
    element("p", {}, tongue.refusal(error.code, facts)),
    ...(TOO_OLD.has(error.code) ? [] : [element("p", {}, tongue.text("verdict.what_now"))]),
    element("p", { class: "small muted" }, error.code),
  );
}

function broken(tongue: Tongue): Element {
  return seal(new Uint8Array(32).fill(0x5a), "broken", tongue.text("verdict.broken_seal"));
}

function told(verdict: Verdict, trusted: Trusted, tongue: Tongue): HTMLElement {
  const { vouched } = verdict;
  const good = isVouched(vouched);
  const card = element("section", { class: "card", "data-verdict": good ? "good" : "unvouched" });
  if (verdict.kind === "receipt") {
    const mark = seal(verdict.id, "own", tongue.text("verdict.seal"));
    card.append(element("div", { class: "row" }, mark, element("span", { class: "letters" }, letters(verdict.id))));
  }
  card.append(element("h2", {}, tongue.text(good ? "verdict.good" : "verdict.unvouched")));
  card.append(element("p", {}, headline(verdict, tongue)));
  const { text, names, alone } = vouchers(vouched, trusted);
  const count = `${vouched.committed?.validators.length ?? 0}`;
  card.append(element("p", { class: good && !alone ? "" : "muted" }, tongue.text(text, { names: names.join("、"), count })));
  card.append(entries(verdict, tongue), facts(verdict, tongue));
  return card;
}

/** Who stands behind it, and the sentence that says so; `alone` if that is the operator and nobody else. */
function vouchers({ trusted: signers, committed, chain }: Vouched, trusted: Trusted) {
  const names = signers.map((signer) => signer.name);
  if (committed !== null && (committed.root !== null || names.length === 0)) {
    const signed = committed.signed.map((key) => nameOf(trusted, key));
    return { text: committed.root !== null ? "verdict.validators" : "verdict.strangers", names: signed, alone: false };
  }
  const alone = names.length === 1 && names[0] === operatorName(chain);
  const text = names.length === 0 ? "verdict.nobody" : alone ? "verdict.operator_alone" : "verdict.vouched_by";
  return { text, names, alone };
}

function headline(verdict: Verdict, tongue: Tongue): string {
  const at = { height: `${verdict.vouched.height}`, time: tongue.time(verdict.vouched.time) };
  if (verdict.kind === "receipt") {
    const { command, height, time, outcome, signer } = verdict;
    const who = signer === null ? tongue.text("verdict.clock") : letters(signer);
    const place = { height: `${height}`, time: tongue.time(time) };
    return tongue.text(`verdict.${outcome}`, { command: tongue.command(command), who, ...place });
  }
  if (verdict.kind === "history") {
    const { count, withheld, subject } = verdict;
    return tongue.text("verdict.history", { subject: hex(subject), count: `${count}`, withheld: `${withheld}`, ...at });
  }
  if (verdict.kind === "redacted") {
    return tongue.text("verdict.redacted", { height: `${verdict.height}`, time: tongue.time(verdict.time), withheld: `${verdict.withheld}` });
  }
  return tongue.text(verdict.value === null ? "verdict.no_row" : "verdict.row", at);
}

function entries(verdict: Verdict, tongue: Tongue): HTMLElement {
  const list = element("ol", { class: "timeline" });
  const shown: Entry[] = verdict.kind === "state" ? [] : verdict.entries;
  for (const { type, occurredAt, fields } of shown) {
    const line = element("li", type === "kernel.refused" ? { class: "no" } : {});
    line.append(element("span", {}, tongue.event(type, fields)), element("time", {}, tongue.time(occurredAt)));
    const how = tongue.acted(type, fields);
    if (how !== "") line.append(element("p", { class: "small muted" }, how));
    list.append(line);
  }
  if (verdict.kind !== "state" && verdict.withheld > 0) {
    list.append(element("li", {}, tongue.text("verdict.withheld", { count: `${verdict.withheld}` })));
  }
  return list;
}

function facts(verdict: Verdict, tongue: Tongue): HTMLElement {
  const { vouched } = verdict;
  const list = element("dl", { class: "facts small" });
  const add = (name: string, value: string) => list.append(element("dt", {}, tongue.text(`verdict.fact.${name}`)), element("dd", { class: "bytes" }, value));
  add("chain", vouched.chain);
  add("anchor", `${vouched.height}, ${tongue.time(vouched.time)}`);
  if (verdict.kind === "receipt" || verdict.kind === "redacted") add("transaction", hex(verdict.id));
  if (verdict.kind === "history") add("subject", hex(verdict.subject));
  if (verdict.kind === "state") add("key", hex(verdict.key));
  if (vouched.operator !== null) add("operator", hex(vouched.operator));
  return list;
}

// A backup key on paper: made here, registered by the key that is here, drawn once, printed, and forgotten.
//
// It signs nothing by itself. Whoever scans the sheet lets it sign for a new key of the device that scanned it, so it is
// kept like a house key; any other key of its account ends it.

import { ed25519 } from "@noble/curves/ed25519.js";
import { hex, fromHex } from "../ledger/bytes.ts";
import type { Value } from "../ledger/cbor.ts";
import { keyId, UNBOUND } from "../ledger/signatures.ts";
import { letters } from "../look/seal.ts";
import { element, page } from "./page.ts";
import { printOnly } from "./print.ts";
import { qr } from "./qr.ts";
import { submit } from "./server.ts";
import { agreed } from "./sheet.ts";
import { signCommand } from "./signing.ts";

const SEED_BYTES = 32;

/** Make it, register it and show the sheet; `words` are the sentences of the button that was clicked. */
export async function addPaper(words: DOMStringMap): Promise<void> {
  if (!(await agreed(words["says"] ?? "", [], words["undo"] ?? ""))) return;
  const seed = globalThis.crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  const publicKey = ed25519.getPublicKey(seed) as Uint8Array<ArrayBuffer>;
  const fields = new Map<string, Value>([
    ["suite", "ed25519"],
    ["public_key", publicKey],
  ]);
  await submit((await signCommand("identity.add_key", fields, false)).raw);
  const link = `${globalThis.location.origin}/paper#${page.account}.${hex(seed)}`;
  show(words, link, letters(keyId("ed25519", publicKey, UNBOUND)));
}

function show(words: DOMStringMap, link: string, called: string): void {
  const print = element("button", { class: "button first", type: "button" }, words["print"] ?? "");
  const close = element("button", { class: "button", type: "button" }, words["close"] ?? "");
  const facts = element("dl", { class: "facts" });
  const told = { community: page.chain, account: letters(fromHex(page.account)), letters: called };
  for (const [name, value] of Object.entries(told)) facts.append(element("dt", {}, words[name] ?? ""), element("dd", { class: "bytes" }, value));
  const sheet = element("dialog", { class: "invitation paper", "aria-labelledby": "paper-head" }) as HTMLDialogElement;
  sheet.append(element("h2", { id: "paper-head", tabindex: "-1" }, words["head"] ?? ""), element("p", {}, words["about"] ?? ""), facts);
  sheet.append(qr(link, words["head"] ?? ""), element("p", { class: "bytes small" }, link), element("div", { class: "row no-print" }, print, close));
  print.addEventListener("click", () => printOnly("sheet"));
  close.addEventListener("click", () => sheet.close());
  sheet.addEventListener("close", () => globalThis.location.reload());
  document.body.append(sheet);
  sheet.showModal();
}

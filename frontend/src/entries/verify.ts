// The page that checks proof files. All it needs is here once it has loaded; the server may be gone by then.
//
// A proof comes as a file, as text (its bytes in base64url, for browsers that save no files), or, by `#<transaction>`, from
// this node: then it is shown as text too, for its reader to take along.

import { base64url, type Bytes, fromBase64url } from "../ledger/bytes.ts";
import { refusal } from "../site/attempt.ts";
import { element, page, say } from "../site/page.ts";
import { Problem } from "../site/problem.ts";
import { askBytes } from "../site/server.ts";
import { withSession } from "../site/session.ts";
import { readTrust } from "../site/trust.ts";
import { verdictOf } from "../site/verdict.ts";
import { Tongue } from "../site/words.ts";

const words = Tongue.load(page.language);
const input = document.querySelector<HTMLInputElement>("#proof-file");
const typed = document.querySelector<HTMLTextAreaElement>("#proof-text");
const text = document.querySelector<HTMLTextAreaElement>("#receipt-text");
const trust = document.querySelector<HTMLTextAreaElement>("#trust");
const place = document.querySelector<HTMLElement>("#verdict");
const zone = document.querySelector<HTMLElement>("#drop");
let last: Bytes | undefined;

async function check(bytes: Bytes): Promise<void> {
  last = bytes;
  await show();
}

async function show(): Promise<void> {
  if (last === undefined || place === null) return;
  place.replaceChildren(say("checking"));
  place.replaceChildren(verdictOf(last, readTrust(trust?.value ?? ""), await words));
}

/** The receipt of a transaction, as this node has it for this reader. */
async function fetched(transaction: string): Promise<void> {
  const bytes = await withSession(async () => await askBytes(`/api/v1/receipts/${transaction}`));
  if (text !== null) text.value = base64url(bytes);
  document.querySelector("#receipt-shown")?.removeAttribute("hidden");
  await check(bytes);
}

async function checkText(): Promise<void> {
  await check(bytesOf((typed?.value ?? "").replace(/\s/g, "")));
}

function bytesOf(pasted: string): Bytes {
  try {
    return fromBase64url(pasted);
  } catch (error) {
    if (error instanceof RangeError) throw new Problem("site.not_a_text", "");
    throw error;
  }
}

function attempt(work: () => Promise<void>): void {
  void work().catch((error: unknown) => place?.replaceChildren(refusal(error)));
}

/** Selecting and copying is what every browser can do, where it has no clipboard for scripts too. */
function copy(button: HTMLElement): void {
  text?.select();
  if (document.execCommand("copy")) button.replaceChildren(element("span", {}, say("copied")));
}

input?.addEventListener("change", () => {
  const file = input.files?.[0];
  if (file !== undefined) attempt(async () => await check(new Uint8Array(await file.arrayBuffer())));
});
trust?.addEventListener("change", () => attempt(show));
document.querySelector("#check-text")?.addEventListener("click", () => attempt(checkText));
document.querySelector<HTMLElement>("#copy-text")?.addEventListener("click", (event) => copy(event.currentTarget as HTMLElement));
zone?.addEventListener("dragover", (event) => event.preventDefault());
zone?.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file !== undefined) attempt(async () => await check(new Uint8Array(await file.arrayBuffer())));
});
const asked = /^#([0-9a-f]{64})$/.exec(globalThis.location.hash)?.[1];
if (asked !== undefined) attempt(async () => await fetched(asked));

// The one page of an address without a community: its first officer's key is made here, and the community founded with it.
//
// The key is kept before anything is sent. Should the answer be lost, the page for coming in asks the ledger whose it is.

import { hex } from "../ledger/bytes.ts";
import { makeSoftwareKey } from "../keys/key.ts";
import { held, keepKey } from "../keys/keyring.ts";
import { attempt } from "../site/attempt.ts";
import { serveSwitches } from "../site/look.ts";
import { element, say } from "../site/page.ts";
import { explainInsecure } from "../site/secure.ts";
import { NoAnswer, Problem } from "../site/problem.ts";
import { ask } from "../site/server.ts";
import { comeIn } from "../site/session.ts";

const ASK_AGAIN_MS = 300;
const OPENED_MS = 60_000;

serveSwitches();
const form = document.querySelector<HTMLFormElement>("#founding");
const code = form?.querySelector<HTMLInputElement>("#code");
if (code !== null && code !== undefined) code.value = decodeURIComponent(globalThis.location.hash.slice(1)).slice(0, 20);
if (!explainInsecure()) form?.querySelectorAll("input, button").forEach((control) => control.setAttribute("disabled", ""));

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (form.dataset["busy"] !== undefined) return;
  form.dataset["busy"] = "";
  void attempt(() => found(form)).then(() => delete form.dataset["busy"]);
});

async function found(filled: HTMLFormElement): Promise<void> {
  const handle = await makeSoftwareKey();
  await keepKey(held(handle, "", "", say("own_key")));
  const typed = Object.fromEntries(new FormData(filled)) as Record<string, string>;
  const wanted = JSON.stringify({ ...typed, suite: handle.suite, public_key: hex(handle.publicKey) });
  const begun = (await ask("POST", "/founding", wanted, "application/json")) as { chain: string; account: string };
  const key = held(handle, begun.chain, begun.account, say("own_key"));
  await keepKey(key);
  document.querySelector("#told")?.replaceChildren(element("p", { class: "message yes" }, say("founding_wait")));
  await opened();
  await comeIn(key);
  globalThis.location.assign("/begin");
}

/** Wait until the node answers where this page was. Throws Problem if it does not. */
async function opened(): Promise<void> {
  const until = Date.now() + OPENED_MS;
  for (;;) {
    try {
      await ask("GET", "/api/v1/node");
      return;
    } catch (error) {
      const waits = error instanceof NoAnswer || (error instanceof Problem && error.status === 503);
      if (!waits || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

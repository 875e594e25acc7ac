// What is there for later: steps that can be signed without a network, and a key that somebody brings to the desk.

import { fromHex } from "../ledger/bytes.ts";
import { keyId, UNBOUND } from "../ledger/signatures.ts";
import { letters } from "../look/seal.ts";
import { element, say } from "./page.ts";

/** The next steps of a repair are offered as long as the page cannot ask which of them it is. */
export function offerAhead(): void {
  const show = (): void => {
    for (const part of document.querySelectorAll<HTMLElement>("[data-ahead]")) part.hidden = navigator.onLine;
  };
  show();
  globalThis.addEventListener("online", show);
  globalThis.addEventListener("offline", show);
}

/** A link to a key that its device has made: the suite and the public half. */
export const KEY_LINK = /^#(ed25519|p256)\.([0-9a-f]{64,66})$/;

/** The desk opens the link that a new device shows: the key is filled in, and its letters are there to compare. */
export function fillInKey(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-command='council.open_recovery']");
  const found = KEY_LINK.exec(globalThis.location.hash);
  if (form === null || found === null) return;
  const [suite, key] = [found[1] as "ed25519" | "p256", found[2] as string];
  for (const [name, value] of [["suite", suite], ["public_key", key]] as const) {
    const control = form.querySelector<HTMLInputElement | HTMLSelectElement>(`[name=${name}]:not([type=radio])`);
    if (control !== null) control.value = value;
    const radio = form.querySelector<HTMLInputElement>(`[name=${name}][type=radio][value='${value}']`);
    if (radio !== null) radio.checked = true;
  }
  const shown = letters(keyId(suite, fromHex(key), UNBOUND));
  form.prepend(element("p", { class: "message" }, say("key_filled_in", { letters: shown })));
  form.closest("details")?.setAttribute("open", "");
}

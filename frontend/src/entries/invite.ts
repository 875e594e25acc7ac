// Inviting somebody: a one-time key is made here, its public half goes into the signed command, its secret half into a link
// and a QR code that only this screen shows. Whoever opens the link first has the account; the server never sees the secret.
//
//     <form data-invites="identity.invite_resident" data-grants="places.grant_occupancy">   then signs a second command,
//                                                     with the form's fields and the account that the first has opened
//     <form data-invites="council.propose_admission" data-number="2">   the account is the second identifier given out

import { ed25519 } from "@noble/curves/ed25519.js";
import { type Bytes, hex } from "../ledger/bytes.ts";
import { newIdentifier } from "../ledger/transaction.ts";
import { refusal } from "../site/attempt.ts";
import { readFields, readLines } from "../site/form.ts";
import { element, say } from "../site/page.ts";
import { qr } from "../site/qr.ts";
import { submit } from "../site/server.ts";
import { agreed } from "../site/sheet.ts";
import { signCommand } from "../site/signing.ts";

const SEED_BYTES = 32;

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-invites]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.dataset["busy"] === undefined) void invite(form);
  });
}

async function invite(form: HTMLFormElement): Promise<void> {
  form.dataset["busy"] = "";
  const told = form.querySelector(".told");
  told?.replaceChildren();
  try {
    if (!(await agreed(form.dataset["says"] ?? "", readLines(form), form.dataset["undo"] ?? ""))) return;
    told?.replaceChildren(element("p", { class: "message" }, say("sending")));
    const { account, seed } = await open(form);
    told?.replaceChildren();
    const no = await grant(form, account);
    hand(form, `${globalThis.location.origin}/join#${hex(account)}.${hex(seed)}`, no);
  } catch (error) {
    told?.replaceChildren(refusal(error));
  } finally {
    delete form.dataset["busy"];
  }
}

/** Sign the invitation; the account that it opens, and the secret of its key. */
async function open(form: HTMLFormElement): Promise<{ account: Bytes; seed: Bytes }> {
  const seed = globalThis.crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  const fields = form.dataset["grants"] === undefined ? await readFields(form, false, () => undefined) : new Map();
  fields.set("suite", "ed25519").set("public_key", ed25519.getPublicKey(seed));
  const signed = await signCommand(form.dataset["invites"] ?? "", fields, false);
  await submit(signed.raw);
  return { account: newIdentifier(signed.id, signed.nonce, Number(form.dataset["number"] ?? "1")), seed };
}

/** Sign what the account shall have besides. The invitation stands even if that is refused: the "no" is shown with it. */
async function grant(form: HTMLFormElement, account: Bytes): Promise<HTMLElement | undefined> {
  const command = form.dataset["grants"];
  if (command === undefined) return undefined;
  try {
    const fields = await readFields(form, false, () => undefined);
    await submit((await signCommand(command, fields.set("account", account), false)).raw);
    return undefined;
  } catch (error) {
    return refusal(error);
  }
}

/** The sheet with the link, which is shown this once. */
function hand(form: HTMLFormElement, link: string, no: HTMLElement | undefined): void {
  const words = form.dataset;
  const copy = element("button", { class: "button first", type: "button" }, words["copy"] ?? "");
  const close = element("button", { class: "button", type: "button" }, words["close"] ?? "");
  const sheet = element("dialog", { class: "invitation", "aria-labelledby": "invitation-head" }) as HTMLDialogElement;
  sheet.append(element("h2", { id: "invitation-head" }, words["head"] ?? ""), ...(no === undefined ? [] : [no]));
  sheet.append(element("p", {}, words["about"] ?? ""), qr(link, words["head"] ?? ""), element("p", { class: "bytes small" }, link));
  sheet.append(element("div", { class: "row no-print" }, copy, close));
  copy.addEventListener("click", () => {
    void navigator.clipboard?.writeText(link).then(() => (copy.textContent = words["copied"] ?? ""));
  });
  close.addEventListener("click", () => sheet.close());
  sheet.addEventListener("close", () => globalThis.location.reload());
  document.body.append(sheet);
  sheet.showModal();
}

// Coming in: as one of a demo's people, with a key that this browser holds, or by an invitation; and going out again.

import { makeSoftwareKey } from "../keys/key.ts";
import { held, type HeldKey, heldKeys, keepKey, signerOf } from "../keys/keyring.ts";
import { canHavePasskey } from "../keys/passkey.ts";
import { attempt } from "../site/attempt.ts";
import { addDevice, addPasskey, askToJoin, joined, pending } from "../site/devices.ts";
import { qr } from "../site/qr.ts";
import { beGuest } from "../site/guest.ts";
import { signedByLink, type Takes } from "../site/invitation.ts";
import { element, page, say } from "../site/page.ts";
import { addPaper } from "../site/paper.ts";
import { explainInsecure } from "../site/secure.ts";
import { Problem } from "../site/problem.ts";
import { submit } from "../site/server.ts";
import { comeIn, leave, whoIs } from "../site/session.ts";

const ASK_AGAIN_MS = 3000;

/** Sign in, and on to the page that one came from, or to where this person begins. */
async function enter(key: HeldKey): Promise<void> {
  await comeIn(key);
  const then = new URLSearchParams(globalThis.location.search).get("then") ?? "";
  const mine = `${page.base}/mine`;
  const goal = new URL(then || mine, globalThis.location.origin); // an address of another site is none of ours
  globalThis.location.assign(goal.origin === globalThis.location.origin ? goal.href : mine);
}

for (const button of document.querySelectorAll<HTMLElement>("button[data-guest]")) {
  const guest = button.dataset["guest"] ?? "";
  button.addEventListener("click", () => void attempt(async () => enter(await beGuest(guest))));
}

/** A founder's key whose answer was lost does not know its account yet: the ledger does. */
async function placeKeys(): Promise<void> {
  for (const key of await heldKeys("")) {
    try {
      await keepKey(held(key.handle, page.chain, await whoIs(signerOf(key.handle), page.chain), key.name));
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // it founded nothing, or nobody answers now
    }
  }
}

async function showHeld(): Promise<void> {
  await placeKeys();
  const keys = await heldKeys(page.chain);
  const place = document.querySelector("#held-keys");
  if (keys.length === 0 || place === null) return;
  for (const key of keys) {
    const button = element("button", { class: "button" }, key.name);
    button.addEventListener("click", () => void attempt(() => enter(key)));
    place.append(button);
  }
  document.querySelector("#held")?.removeAttribute("hidden");
}

const join = document.querySelector<HTMLElement>("#join");
join?.addEventListener("click", () => {
  void attempt(async () => {
    const handle = await makeSoftwareKey();
    const command = (join.dataset["command"] ?? "identity.accept_invitation") as Takes;
    const { account, raw } = signedByLink(globalThis.location.hash, command, handle);
    await submit(raw);
    const key = held(handle, page.chain, account, say("own_key"));
    await keepKey(key);
    history.replaceState(null, "", globalThis.location.pathname); // the invitation is used up
    await enter(key);
  });
});

document.querySelector("#leave")?.addEventListener("click", () => {
  void attempt(async () => {
    await leave();
    globalThis.location.assign(`${page.base}/`);
  });
});

document.querySelector("#new-device")?.addEventListener("click", () => {
  void attempt(async () => {
    const asking = await askToJoin();
    const place = document.querySelector("#new-device-shown");
    const link = element("a", { href: asking.link, class: "bytes small" }, asking.link);
    const said = element("p", { class: "letters figure" }, asking.letters);
    const desk = element("a", { href: asking.desk, class: "bytes small" }, asking.desk);
    const shown = element("div", { class: "stack" }, element("p", {}, say("show_at_desk")), qr(asking.desk, say("qr")), desk);
    const lost = element("details", {}, element("summary", {}, say("no_device_left")), shown);
    place?.replaceChildren(element("p", {}, say("show_this")), qr(asking.link, say("qr")), said, link, lost);
    document.querySelector("#told")?.replaceChildren();
    const again = setInterval(() => {
      void attempt(async () => {
        const key = await joined(asking.handle);
        document.querySelector("#told")?.replaceChildren();
        if (key === undefined) return;
        clearInterval(again);
        await enter(key);
      });
    }, ASK_AGAIN_MS);
  });
});

document.querySelector<HTMLFormElement>("#add-device")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const typed = form.querySelector<HTMLInputElement>("#letters")?.value ?? "";
  void attempt(async () => {
    const done = await addDevice(globalThis.location.hash, typed, form.dataset["says"] ?? "", form.dataset["undo"] ?? "");
    const said = done ? [element("p", { class: "message yes" }, say("device_added"))] : [];
    document.querySelector("#told")?.replaceChildren(...said);
  });
});

const paper = document.querySelector<HTMLElement>("#add-paper");
paper?.addEventListener("click", () => {
  void attempt(async () => {
    await addPaper(paper.dataset);
    document.querySelector("#told")?.replaceChildren();
  });
});

async function offerPasskey(): Promise<void> {
  const button = document.querySelector<HTMLElement>("#add-passkey");
  if (button === null || !(await canHavePasskey())) return;
  document.querySelector("#passkey")?.removeAttribute("hidden");
  button.addEventListener("click", () => {
    void attempt(async () => {
      const key = await addPasskey(button.dataset["says"] ?? "", button.dataset["undo"] ?? "");
      document.querySelector("#told")?.replaceChildren();
      if (key === undefined) return;
      await comeIn(key); // from here on this session's signatures are the passkey's
      globalThis.location.reload();
    });
  });
}

/** A key that was shown earlier may be signed for by now: then its person is in. */
async function comeInAtLast(): Promise<void> {
  const handle = await pending();
  if (handle === undefined) return;
  await attempt(async () => {
    const key = await joined(handle);
    document.querySelector("#told")?.replaceChildren();
    if (key !== undefined) await enter(key);
  });
}

if (explainInsecure()) {
  void showHeld();
  void comeInAtLast();
  void offerPasskey();
} else {
  document.querySelectorAll("button[data-guest], #join, #new-device").forEach((button) => button.setAttribute("disabled", ""));
}


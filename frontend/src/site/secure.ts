// An address without encryption, where browsers make no keys: said before anybody types, and not after.

import { element, say } from "./page.ts";

/** Whether keys can be made here; if not, the page says so on top. */
export function explainInsecure(): boolean {
  if (globalThis.isSecureContext) return true;
  const told = [element("p", {}, say("keys.insecure_origin")), element("p", { class: "small muted" }, say("insecure_more"))];
  document.querySelector("#notices")?.prepend(element("div", { class: "message no", id: "insecure", role: "alert" }, ...told));
  return false;
}

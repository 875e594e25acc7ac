// The signing sheet: a sentence in the first person, what goes with it, what will be recorded and how it can be undone.

import type { Line } from "./form.ts";
import { element, say } from "./page.ts";

/** Whether the person signs. The focus begins at the sentence, so that a key held down signs nothing unread. */
export async function agreed(says: string, lines: readonly Line[], undo: string): Promise<boolean> {
  const facts = element("dl", { class: "facts" });
  for (const { label, value } of lines) facts.append(element("dt", {}, label), element("dd", {}, value));
  const yes = element("button", { class: "button first", value: "yes" }, say("sign"));
  const no = element("button", { class: "button", value: "no" }, say("back"));
  const sentence = element("h2", { id: "sheet-says", tabindex: "-1" }, says);
  const inside = element("form", { method: "dialog", class: "stack" }, sentence, facts);
  if (undo !== "") inside.append(element("p", { class: "muted small" }, undo));
  inside.append(element("p", { class: "muted small" }, say("what_is_recorded")), element("div", { class: "pair" }, yes, no));
  const sheet = element("dialog", { class: "stack", "aria-labelledby": "sheet-says" }, inside) as HTMLDialogElement;
  const before = document.activeElement;
  document.body.append(sheet);
  sheet.showModal();
  sentence.focus();
  const answer = await new Promise<string>((resolve) => {
    sheet.addEventListener("close", () => resolve(sheet.returnValue), { once: true });
  });
  sheet.remove();
  if (before instanceof HTMLElement) before.focus();
  return answer === "yes";
}

// Doing something at a click, and saying on the page why it did not work.

import { KeyProblem } from "../keys/key.ts";
import { element, say } from "./page.ts";
import { Problem } from "./problem.ts";

/** Do it; a "no" stands in `#told` with its code, and whether it went well is the answer. */
export async function attempt(work: () => Promise<void>, place = "#told"): Promise<boolean> {
  const told = document.querySelector(place);
  told?.replaceChildren(element("p", { class: "message" }, say("sending")));
  try {
    await work();
    return true;
  } catch (error) {
    told?.replaceChildren(refusal(error));
    return false;
  }
}

/** A "no" in words, with its code. What is none is thrown on. */
export function refusal(error: unknown): HTMLElement {
  if (!(error instanceof Problem || error instanceof KeyProblem)) throw error;
  const text = error instanceof Problem && error.message !== "" ? error.message : say(error.code);
  return element("div", { class: "message no", role: "alert" }, element("p", {}, text), element("p", { class: "small muted" }, error.code));
}

// A letter with an invitation: one sheet, printed on one side, that is folded twice and shows its address alone.
//
// Fold the upper line backwards and the lower one forwards: the middle, with the code, lies on the lowest third, face to
// face. It names its addressee and nobody else of the home.

import { element, say } from "./page.ts";
import { qr } from "./qr.ts";

export interface Letter {
  readonly door: string;
  readonly name: string;
  readonly link: string;
}

/** What stands on every letter of a community. */
export interface Sender {
  readonly community: string;
  readonly telephone: string;
  readonly until: string;
}

export function letterSheet({ door, name, link }: Letter, { community, telephone, until }: Sender): HTMLElement {
  const help = telephone === "" ? say("letter.help") : say("letter.help_call", { telephone });
  const address = element(
    "div",
    { class: "letter-address" },
    element("p", { class: "small" }, say("letter.to_hand")),
    element("p", { class: "letter-door" }, say("letter.to", { community, door })),
    element("p", { class: "letter-name" }, name),
    element("p", { class: "small letter-fold" }, say("letter.fold")),
  );
  const code = element("div", { class: "letter-code" }, qr(link, say("letter.qr")), element("p", { class: "bytes" }, link));
  const words = element(
    "div",
    { class: "letter-words" },
    element("h2", {}, say("letter.head", { community })),
    element("p", {}, say("letter.hello", { name })),
    element("p", {}, say("letter.how")),
  );
  const small = element("div", { class: "letter-small" }, ...["until", "once", "sees"].map((part) => element("p", {}, say(`letter.${part}`, { until }))), element("p", {}, help));
  return element("article", { class: "letter" }, address, element("div", { class: "letter-inside" }, code, words), small);
}

// What was just opened: each content is fetched once, by the reading that its reader signed, and shown for what it is.
// The next time this page is loaded there is nothing left to fetch: looking again is asking again.

import { element, page as facts } from "../site/page.ts";

const page = document.querySelector<HTMLElement>("#opening");
const told = page?.dataset ?? {};

for (const place of page?.querySelectorAll<HTMLElement>("[data-content]") ?? []) {
  void show(place, `${facts.base}/contents/${place.dataset["content"]}?reading=${told["reading"]}`);
}

async function show(place: HTMLElement, address: string): Promise<void> {
  const shown = place.querySelector(".shown");
  shown?.replaceChildren(...(await found(address)));
}

async function found(address: string): Promise<Node[]> {
  let response: Response;
  try {
    response = await fetch(address, { credentials: "same-origin", headers: { "Accept-Language": document.documentElement.lang } });
  } catch {
    return [no(told["noAnswer"] ?? "")]; // fetch says TypeError for every way in which nobody answers
  }
  const type = (response.headers.get("content-type") ?? "").split(";", 1)[0] as string;
  if (!response.ok) return [no(((await response.json()) as { detail: string }).detail)];
  if (type === "text/plain") return [element("p", { class: "words" }, await response.text())];
  const blob = URL.createObjectURL(await response.blob());
  if (type.startsWith("image/")) return [element("img", { src: blob, alt: told["alt"] ?? "" })];
  return [element("a", { class: "button", href: blob, download: "" }, told["save"] ?? "")];
}

function no(text: string): HTMLElement {
  return element("p", { class: "message no" }, text);
}

// The page that checks proof files. All it needs is here once it has loaded; the server may be gone by then.

import { readTrust, verdictOf } from "../site/verdict.ts";
import { page, say } from "../site/page.ts";
import { Tongue } from "../site/words.ts";

const words = Tongue.load(page.language);
const input = document.querySelector<HTMLInputElement>("#proof-file");
const trust = document.querySelector<HTMLTextAreaElement>("#trust");
const place = document.querySelector<HTMLElement>("#verdict");
const zone = document.querySelector<HTMLElement>("#drop");
let last: Uint8Array | undefined;

async function check(file: Blob): Promise<void> {
  last = new Uint8Array(await file.arrayBuffer());
  await show();
}

async function show(): Promise<void> {
  if (last === undefined || place === null) return;
  place.replaceChildren(say("checking"));
  place.replaceChildren(verdictOf(last, readTrust(trust?.value ?? ""), await words));
}

input?.addEventListener("change", () => {
  const file = input.files?.[0];
  if (file !== undefined) void check(file);
});
trust?.addEventListener("change", () => void show());
zone?.addEventListener("dragover", (event) => event.preventDefault());
zone?.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file !== undefined) void check(file);
});

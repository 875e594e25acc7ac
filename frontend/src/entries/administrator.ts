// The dishonest administrator: before anything is forged, this browser takes the resident's receipts and checks them; then
// the deed is done to a copy, and what the copy says is compared with what the receipts say, here.

import { hex } from "../ledger/bytes.ts";
import { checkFile, type ReceiptVerdict } from "../ledger/files.ts";
import { letters, seal } from "../look/seal.ts";
import { refusal } from "../site/attempt.ts";
import { element, page } from "../site/page.ts";
import { sitAt } from "../site/seats.ts";
import { Problem } from "../site/problem.ts";
import { ask } from "../site/server.ts";
import { readTrust } from "../site/trust.ts";
import { Tongue } from "../site/words.ts";

interface Finding {
  readonly code: string;
  readonly sentence: string;
}

/** What the copy holds where a receipt speaks. */
interface Held {
  readonly height: number;
  readonly record: "same" | "other" | "gone";
  readonly leaf: string | null;
  readonly anchor: number;
  readonly anchor_leaf: string | null;
}

interface Line {
  readonly step: string;
  readonly bytes?: number;
  readonly height?: number;
  readonly done?: number;
  readonly all?: number;
  readonly places?: Held[];
  readonly finding?: Finding | null;
  readonly code?: string;
  readonly sentence?: string;
}

interface Taken {
  readonly name: string;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly verdict: ReceiptVerdict;
}

const AGAIN_MS = 150;
const OPERATOR_ALONE = 1;
const root = document.querySelector<HTMLElement>("#forge");
const facts = root?.dataset ?? {};
const form = document.querySelector<HTMLFormElement>("#deed");
const clever = document.querySelector<HTMLInputElement>("#clever");
const words = Tongue.load(page.language);

function part(id: string): HTMLElement {
  return document.querySelector<HTMLElement>(`#${id}`) as HTMLElement;
}

/** The receipts of dispute and completion, as the resident gets them, checked in this browser. */
async function take(): Promise<Taken[]> {
  const base = facts["base"] ?? "";
  await sitAt(base, facts["guest"] ?? "");
  const trust = readTrust(document.querySelector<HTMLTextAreaElement>("#trust")?.value ?? "");
  const taken: Taken[] = [];
  for (const record of document.querySelectorAll<HTMLElement>("[data-record]")) {
    const answer = await fetch(`${base}/api/v1/receipts/${record.dataset["transaction"]}`, { credentials: "same-origin" });
    if (!answer.ok) throw new Problem("site.no_answer", "", answer.status);
    const data = new Uint8Array(await answer.arrayBuffer());
    const verdict = checkFile(data, trust.signers, { time: Date.now(), roots: trust.roots });
    if (verdict.kind === "receipt") taken.push({ name: record.dataset["record"] ?? "", data, verdict });
  }
  return taken;
}

async function forge(): Promise<void> {
  const tongue = await words;
  for (const id of ["verdict", "holders", "take", "whole"]) part(id).hidden = true;
  part("course").hidden = false;
  part("course").scrollIntoView({ block: "nearest" });
  const course = document.querySelector<HTMLElement>(".course") as HTMLElement;
  course.replaceChildren();
  const tell = (text: string, kind = "done") => course.append(element("li", { class: kind }, text));
  const taken = await take();
  const signed = Math.max(...taken.map(({ verdict }) => verdict.vouched.height));
  tell(tongue.text("forge.taken", { name: facts["name"] ?? "", height: `${signed}` }));
  const deed = form?.querySelector<HTMLInputElement>("[name=deed]:checked")?.value ?? "";
  const [dispute_until, done_until] = taken.map(({ verdict }) => verdict.vouched.height);
  const computed = clever?.checked === true && !clever.disabled;
  const wanted = JSON.stringify({ deed, clever: computed, case: facts["case"], dispute_until, done_until });
  const { number } = (await ask("POST", "/demo/deeds", wanted, "application/json")) as { number: string };
  await follow(number, deed, taken, tongue, tell);
}

/** Tell each step once, as it comes, until the course is over. */
async function follow(number: string, deed: string, taken: Taken[], tongue: Tongue, tell: (text: string, kind?: string) => void): Promise<void> {
  const began = performance.now();
  const heard = new Set<string>();
  let touched = 0;
  for (;;) {
    const { told } = (await ask("GET", `/demo/deeds/${number}`)) as { told: Line[] };
    for (const line of told) {
      if (line.step === "progress") showProgress(line);
      if (heard.has(line.step) || line.step === "progress") continue;
      heard.add(line.step);
      if (line.step === "rewriting") tell(tongue.text("forge.rewriting"));
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      if (line.step === "copied") tell(tongue.text("forge.copied", { size: `${Math.ceil((line.bytes ?? 0) / 1e6)}` }));
      if (line.step === "done") touched = line.height ?? 0;
      if (line.step === "done") tell(tongue.text("forge.done", { deed: tongue.text(`forge.deed.${deed}`), height: `${line.height}` }));
      if (line.step === "held") showHolders(line.places ?? [], taken, tongue);
      if (line.step === "first") {
        tell(tongue.text(line.finding ? "forge.first_found" : "forge.first_nothing", { seconds }), line.finding ? "no" : "done");
        if (line.finding) showVerdict(line.finding, deed, touched, tongue);
        part("whole").hidden = false;
      }
      if (line.step === "whole") endWhole(line, deed, touched, tongue, tell);
      if (line.step === "no") showNo(line, tongue, tell);
      if (line.step === "over") return;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

function showProgress(line: Line): void {
  document.querySelector("#bar")?.setAttribute("value", `${(line.done ?? 0) / Math.max(1, line.all ?? 1)}`);
}

function showVerdict(finding: Finding, deed: string, height: number, tongue: Tongue): void {
  const place = part("verdict");
  const letters = document.querySelector(`[data-record=${deed === "backdate" ? "done" : "dispute"}] code`)?.textContent ?? "";
  place.className = "card alarms";
  place.dataset["code"] = finding.code;
  const mark = seal(new Uint8Array(32).fill(0x5a), "broken", tongue.text("verdict.broken_seal"));
  place.replaceChildren(mark, element("h2", {}, tongue.text("forge.broken")), element("p", {}, tongue.text(`forge.what.${deed}`, { height: `${height}`, letters })), element("p", {}, tongue.text("forge.says", { sentence: finding.sentence })), element("p", { class: "small muted" }, finding.code));
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}

/** All of it was read. Where verify alone finds nothing, the receipts are what is left, and they say so. */
function endWhole(line: Line, deed: string, touched: number, tongue: Tongue, tell: (text: string, kind?: string) => void): void {
  document.querySelector("#bar")?.setAttribute("value", "1");
  part("whole").hidden = true;
  tell(tongue.text(line.finding ? "forge.whole_found" : "forge.whole_nothing"), line.finding ? "no" : "done");
  if (line.finding && part("verdict").hidden) showVerdict(line.finding, deed, touched, tongue);
  if (!line.finding) {
    const place = part("verdict");
    place.className = "card asks";
    place.dataset["code"] = "consistent";
    place.replaceChildren(element("h2", {}, tongue.text("forge.consistent")), element("p", {}, tongue.text("forge.consistent_about", { name: facts["name"] ?? "" })));
    place.hidden = false;
  }
  part("take").hidden = false;
}

/** What even an administrator cannot do. */
function showNo(line: Line, tongue: Tongue, tell: (text: string, kind?: string) => void): void {
  tell(tongue.text("forge.cannot"), "no");
  const place = part("verdict");
  place.className = "card alarms";
  place.dataset["code"] = line.code ?? "";
  place.replaceChildren(element("h2", {}, tongue.text("forge.cannot")), element("p", {}, line.sentence ?? ""), element("p", { class: "small muted" }, line.code ?? ""));
  place.hidden = false;
  part("take").hidden = false;
}

/** Who holds what, and whether the copy still says the same: compared here, with files that this browser has checked. */
function showHolders(places: Held[], taken: Taken[], tongue: Tongue): void {
  const list = document.querySelector<HTMLElement>(".holders") as HTMLElement;
  list.replaceChildren();
  const first = taken[0];
  taken.forEach((each, at) => {
    const held = places[at];
    if (held === undefined) return;
    const told = contrary(each, held, tongue);
    const line = element("li", { "data-holds": each.name, "data-agrees": `${told === undefined}` });
    const mark = seal(each.verdict.id, "line", tongue.text("verdict.seal"));
    const who = tongue.text("forge.holder", { name: facts["name"] ?? "", record: tongue.text(`forge.record.${each.name}`) });
    line.append(mark, element("span", {}, element("strong", {}, who), element("span", { class: "small" }, told ?? tongue.text("forge.held.same"))));
    list.append(line);
  });
  const witnesses = first === undefined ? 0 : first.verdict.vouched.trusted.length + first.verdict.vouched.untrusted.length - OPERATOR_ALONE;
  list.append(element("li", { class: "small muted", "data-witnesses": `${witnesses}` }, tongue.text("forge.others", { witnesses: `${witnesses}` })));
  part("holders").hidden = false;
  if (first !== undefined) document.querySelector("#file")?.setAttribute("href", URL.createObjectURL(new Blob([first.data])));
}

/** In which way the copy contradicts a receipt; undefined where it does not. */
function contrary({ verdict }: Taken, held: Held, tongue: Tongue): string | undefined {
  const { vouched } = verdict;
  const seals = { height: `${verdict.height}`, ours: letters(verdict.leaf), theirs: held.leaf === null ? "—" : letters(bytesOf(held.leaf)) };
  if (held.leaf !== null && held.leaf !== hex(verdict.leaf)) return tongue.text("forge.held.other_block", seals);
  if (held.record !== "same") return tongue.text("forge.held.gone", seals);
  if (held.anchor_leaf === null) return tongue.text("forge.held.ends", { anchor: `${vouched.height}` });
  if (held.anchor_leaf !== hex(vouched.leaf)) return tongue.text("forge.held.other_history", { anchor: `${vouched.height}` });
  return undefined;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Not everything can be computed anew. */
function offerClever(): void {
  const able = form?.querySelector("[name=deed]:checked")?.hasAttribute("data-clever") ?? false;
  if (clever !== null) clever.disabled = !able;
}

form?.addEventListener("change", offerClever);
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = form.querySelector("button") as HTMLButtonElement;
  if (button.disabled) return;
  button.disabled = true;
  void forge()
    .catch((error: unknown) => {
      const place = part("verdict");
      place.className = "stack";
      place.dataset["code"] = error instanceof Problem ? error.code : "";
      place.replaceChildren(refusal(error));
      place.hidden = false;
    })
    .finally(() => {
      button.disabled = false;
    });
});
offerClever();

// Bringing in a list: choose a file, read the difference, mend it, sign, watch it go in, print the letters.
//
// Safe to leave at any moment. What was brought in is on the ledger; the same file again goes on where it stopped, and the
// letters of what is there already are offered again, as long as this browser has their secrets.

import { fromHex, hex } from "../ledger/bytes.ts";
import { heldKeys, signerOf } from "../keys/keyring.ts";
import { attempt, refusal } from "../site/attempt.ts";
import { signAll, type What } from "../site/bench.ts";
import { type Letter, letterSheet, type Sender } from "../site/letter.ts";
import { element, now, page, say } from "../site/page.ts";
import { printOnly } from "../site/print.ts";
import { forgetSecrets, keptSecrets, makeSecrets } from "../site/secrets.ts";
import { Problem } from "../site/problem.ts";
import { ask } from "../site/server.ts";
import { agreed } from "../site/sheet.ts";
import { idOf } from "../keys/key.ts";

interface Row {
  readonly sheet: string;
  readonly line: number;
  readonly result: string;
  readonly said: string;
  readonly changed: readonly string[];
  readonly code: string;
  readonly reason: string;
}

interface Step {
  readonly job: string;
  readonly state: "compared" | "running" | "done" | "stopped";
  readonly round: number;
  readonly bodies: readonly string[];
  readonly signed: number;
  readonly expected: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly passed_over: number;
  readonly forgotten: number;
  readonly rows: readonly Row[];
  readonly rolls: readonly string[];
  readonly letters: readonly { door: string; name: string; account: string; key: string }[];
  readonly code: string;
  readonly reason: string;
  readonly milliseconds: number;
  readonly sums: readonly number[];
  readonly currency: string;
}

const ROWS_SHOWN = 200;
const BUNDLE = 100;
const INVITED_MS = 14 * 24 * 3600 * 1000;
const OWN = "own";
const RESULTS = ["new", "changed", "unchanged", "conflicting", "rejected"];

const root = document.querySelector<HTMLElement>("#lists");
const what = (root?.dataset["what"] ?? "places") as What;
const input = document.querySelector<HTMLInputElement>("#file");
let last: Step | undefined;

function part(name: string): HTMLElement {
  return document.querySelector<HTMLElement>(`#${name}`) ?? element("div", {});
}

function show(name: string, visible = true): void {
  part(name).toggleAttribute("hidden", !visible);
}

input?.addEventListener("change", () => {
  const file = input.files?.[0];
  if (file !== undefined) void attempt(() => compare(file));
});

/** What a sheet of money is about, and how its bank lays it out. */
function about(): string {
  const asked = new URLSearchParams(root?.dataset["about"] ? { about: root.dataset["about"] } : {});
  const layout = document.querySelector<HTMLSelectElement>("#layout")?.value ?? "";
  if (layout === OWN) asked.set("own", JSON.stringify(keepHeadings()));
  else if (layout !== "") asked.set("layout", layout);
  return asked.size > 0 ? `&${asked}` : "";
}

async function compare(file: File): Promise<void> {
  for (const name of ["difference", "bring", "running", "ended", "letters-card"]) show(name, false);
  part("letters").replaceChildren();
  const found = (await ask("POST", `/lists/${what}/compare?name=${encodeURIComponent(file.name)}${about()}`, file, "application/octet-stream")) as Step;
  if (input !== null) input.value = ""; // the same file, mended, is chosen again
  part("told").replaceChildren(element("p", { class: "message" }, file.name));
  last = found;
  tell(found, say("lists.compared", { rows: `${sum(found)}` }));
  show("bring", found.expected > 0 || what === "people");
  show("nobody-reaches", !isReached(reachedAt()));
  part("difference").scrollIntoView({ block: "nearest" });
}

/** What the new rows of a sheet of money come to. */
function total(found: Step): string {
  if (found.currency === "") return "";
  const minor = found.sums.reduce((before, each) => before + each, 0);
  const style: Intl.NumberFormatOptions = { style: "currency", currency: found.currency, currencyDisplay: "narrowSymbol" };
  return new Intl.NumberFormat(page.language === "zh" ? "zh-CN" : "en-GB", style).format(minor / 100);
}

function sum(found: Step): number {
  return RESULTS.reduce((total, name) => total + (found.counts[name] ?? 0), 0);
}

/** What a comparison or an import found, with every row that is not unchanged. */
function tell(found: Step, head: string): void {
  show("difference");
  part("difference-head").textContent = head;
  part("counts").replaceChildren(...RESULTS.map((name) => figure(name, found.counts[name] ?? 0)));
  const more = [say("lists.passed_over", { count: `${found.passed_over}` })];
  if (found.sums.length > 0) more.unshift(say("lists.total", { amount: total(found) }));
  const matched = found.rows.filter((row) => row.code === "" && row.changed.length > 0).length;
  if (what === "statement") more.unshift(say("lists.matching", { count: `${matched}` }));
  if (found.forgotten > 0) more.push(say("lists.forgotten", { count: `${found.forgotten}` }));
  const notes = element("p", { class: "small muted" }, more.join(" "));
  const wrong = found.rows.filter((row) => row.code !== "");
  if (wrong.length === 0) part("rows").replaceChildren(element("p", { class: "message yes" }, say("lists.nothing_wrong")), notes);
  else part("rows").replaceChildren(table(wrong.slice(0, ROWS_SHOWN)), notes);
  if (wrong.length > ROWS_SHOWN) notes.prepend(say("lists.more_rows", { count: `${wrong.length - ROWS_SHOWN}` }), " ");
}

function figure(name: string, count: number): HTMLElement {
  const kind = name === "conflicting" || name === "rejected" ? "late" : "";
  return element("div", { class: "small-card", "data-result": name }, element("p", { class: `figure ${count > 0 ? kind : ""}` }, `${count}`), element("p", { class: "small muted" }, say(`lists.count.${name}`)));
}

function table(rows: readonly Row[]): HTMLElement {
  const heads = ["sheet", "line", "result", "reason"].map((name) => element("th", {}, say(`lists.${name}`)));
  const lines = rows.map((row) => element("tr", {}, ...[row.sheet, `${row.line}`, row.said, row.reason].map((text) => element("td", {}, text))));
  return element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...lines));
}

// One line by hand is a sheet of one line: it is compared, marked and signed as those of a file are.
part("by-hand").addEventListener("submit", (event) => {
  event.preventDefault();
  const inputs = Array.from(document.querySelectorAll<HTMLInputElement | HTMLSelectElement>("#by-hand [data-head]")).filter((each) => each.value !== "");
  const lines = [inputs.map((each) => each.dataset["head"] ?? ""), inputs.map((each) => each.value)];
  const text = lines.map((line) => line.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")).join("\r\n");
  void attempt(() => compare(new File(["\ufeff", text], "by-hand.csv")));
});

const headings = Array.from(document.querySelectorAll<HTMLInputElement>("[data-own]"));
const headingsKept = `linlian-headings-${root?.dataset["fund"] ?? ""}`;

/** The clerk's own headings, kept in this browser for the next file. */
function keepHeadings(): Record<string, string> {
  const told = Object.fromEntries(headings.map((each) => [each.dataset["own"] ?? "", each.value.trim()]).filter(([, theirs]) => theirs !== ""));
  localStorage.setItem(headingsKept, JSON.stringify(told));
  return told;
}

const kept = JSON.parse(localStorage.getItem(headingsKept) ?? "{}") as Record<string, string>;
for (const each of headings) each.value = kept[each.dataset["own"] ?? ""] ?? "";
document.querySelector("#layout")?.addEventListener("change", (event) => show("own", (event.target as HTMLSelectElement).value === OWN));

part("save").addEventListener("click", () => {
  if (last === undefined) return;
  const heads = ["sheet", "line", "result", "column.changed", "reason"].map((name) => say(`lists.${name}`));
  const lines = [heads, ...last.rows.map((row) => [row.sheet, `${row.line}`, row.said, row.changed.join(", "), row.reason])];
  const text = lines.map((line) => line.map((cell) => `"${harmless(cell).replaceAll('"', '""')}"`).join(",")).join("\r\n");
  const address = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  const link = element("a", { href: address, download: `${what}.difference.csv` });
  link.click();
  URL.revokeObjectURL(address);
});

/** A cell that no spreadsheet program takes for a formula. */
function harmless(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}

function chosenLetters(): string {
  return document.querySelector<HTMLInputElement>("input[name=letters]:checked")?.value ?? "none";
}

part("go").addEventListener("click", () => {
  const found = last;
  if (found !== undefined) void attempt(() => bringIn(found));
});

async function bringIn(found: Step): Promise<void> {
  const letters = chosenLetters();
  const facts = RESULTS.filter((name) => (found.counts[name] ?? 0) > 0).map((name) => ({ label: say(`lists.count.${name}`), value: `${found.counts[name]}` }));
  const more = letters === "none" ? say("lists.commands") : say("lists.invites");
  if (found.currency !== "") facts.push({ label: say("lists.sum"), value: total(found) });
  const counted = { new: `${found.counts["new"]}`, changed: `${found.counts["changed"]}`, amount: total(found) };
  part("told").replaceChildren();
  if (!(await agreed(say(`lists.${what}.says`, counted), facts, `${more} ${say("lists.undo")}`))) return;
  const signer = await ownSigner();
  const keys = letters === "none" ? [] : await makeSecrets(found.counts["new"] ?? 0, page.chain);
  for (const name of ["choose", "bring", "difference"]) show(name, false);
  show("running");
  try {
    await begin(found, hex(idOf(signer)), keys, letters === "home");
    const step = await signThrough(found, signer, new Set(keys));
    await conclude(step);
  } catch (error) {
    part("ended").replaceChildren(refusal(error), element("p", {}, say("lists.stopped")));
    show("ended");
  } finally {
    show("running", false);
    show("choose");
  }
}

/** The key of this device: a passkey would ask for a finger a thousand times. Throws Problem (`lists.no_device_key`). */
async function ownSigner() {
  const own = (await heldKeys(page.chain)).filter((key) => key.account === page.account && key.handle.suite !== "webauthn-p256");
  const key = own.find((each) => each.id === page.key) ?? own[0];
  if (key === undefined) throw new Problem("lists.no_device_key", "");
  return signerOf(key.handle);
}

async function begin(found: Step, key: string, keys: readonly string[], oneAHome: boolean): Promise<void> {
  await ask("POST", `/lists/jobs/${found.job}/begin?key=${key}`, JSON.stringify({ keys, one_a_home: oneAHome }), "application/json");
}

/** Sign whatever waits until nothing more comes. */
async function signThrough(found: Step, signer: Awaited<ReturnType<typeof ownSigner>>, ours: ReadonlySet<string>): Promise<Step> {
  const { round, fund } = root?.dataset ?? {};
  const named = { ...(fund && { fund }), ...(round && { cycle: round }) };
  const plain = { what, chain: page.chain, account: fromHex(page.account), ours };
  const terms = fund ? { ...plain, about: named, sums: [...found.sums] } : plain;
  let told: { round: number; signatures: string[] } = { round: 0, signatures: [] };
  for (;;) {
    const step = (await ask("POST", `/lists/jobs/${found.job}/step`, JSON.stringify(told), "application/json")) as Step;
    progress(step, found);
    if (step.state !== "running") return step;
    told = { round: step.round, signatures: step.bodies.length > 0 ? await signAll(signer, terms, step.bodies, now()) : [] };
  }
}

function progress(step: Step, found: Step): void {
  const bar = part("progress") as HTMLProgressElement;
  bar.max = Math.max(found.expected, step.signed, 1);
  bar.value = step.signed;
  part("progress-said").textContent = say("lists.progress", { signed: `${step.signed}`, expected: `${Math.round(bar.max)}` });
}

async function conclude(step: Step): Promise<void> {
  last = step;
  const done = step.state === "done";
  const seconds = (step.milliseconds / 1000).toFixed(1);
  const said = done ? [element("p", { class: "message yes" }, say("lists.done", { seconds }))] : [stopped(step)];
  const out = (step.counts["rejected"] ?? 0) + (step.counts["conflicting"] ?? 0);
  if (done && out > 0) said.push(element("p", { class: "message no" }, say("lists.stayed_out", { count: `${out}` })));
  const back = root?.dataset["back"];
  if (done && back) said.push(element("p", {}, element("a", { class: "button", href: back }, say("lists.back"))));
  if (step.rolls.length > 0) said.push(element("p", {}, say("lists.countersign")));
  part("ended").replaceChildren(...said);
  show("ended");
  if (!done) return;
  tell(step, say("lists.compared", { rows: `${sum(step)}` }));
  if (what === "people") await offerLetters(step);
}

function stopped(step: Step): HTMLElement {
  const why = element("p", {}, step.reason || say("lists.stopped"));
  return element("div", { class: "message no", role: "alert" }, why, element("p", { class: "small muted" }, step.code));
}

/** Where others reach this community; letters lead there. */
function reachedAt(): string {
  return root?.dataset["public"] || globalThis.location.origin;
}

function isReached(address: string): boolean {
  return !["localhost", "127.0.0.1", "[::1]"].includes(new URL(address).hostname);
}

async function offerLetters(step: Step): Promise<void> {
  const secrets = await keptSecrets(page.chain);
  const all = step.letters.flatMap((each): Letter[] => {
    const seed = secrets.get(each.key);
    return seed === undefined ? [] : [{ door: each.door, name: each.name, link: `${reachedAt()}/join#${each.account}.${hex(seed)}` }];
  });
  const lost = step.letters.length - all.length;
  if (lost > 0) part("ended").append(element("p", { class: "message no" }, say("lists.lost_letters", { count: `${lost}` })));
  if (all.length === 0) return;
  part("letters-head").textContent = say("lists.letters_ready", { count: `${all.length}` });
  const bundles = Array.from({ length: Math.ceil(all.length / BUNDLE) }, (_, number) => all.slice(number * BUNDLE, (number + 1) * BUNDLE));
  part("bundles").replaceChildren(...bundles.map((letters, number) => bundleButton(letters, number * BUNDLE)));
  show("letters-card");
}

function bundleButton(letters: readonly Letter[], before: number): HTMLElement {
  const range = { first: `${before + 1}`, last: `${before + letters.length}` };
  const button = element("button", { class: "button", type: "button" }, say("lists.bundle", range));
  button.addEventListener("click", () => {
    const until = new Date(now() + INVITED_MS).toLocaleDateString(page.language === "zh" ? "zh-CN" : "en-GB");
    const sender: Sender = { community: root?.dataset["communityName"] ?? "", telephone: root?.dataset["telephone"] ?? "", until };
    part("letters").replaceChildren(...letters.map((letter) => letterSheet(letter, sender)));
    button.dataset["shown"] = "";
    printOnly("letters");
  });
  return button;
}

part("printed").addEventListener("click", () => {
  void attempt(async () => {
    part("told").replaceChildren();
    if (last === undefined || !(await agreed(part("printed").dataset["says"] ?? "", [], ""))) return;
    await ask("POST", `/lists/jobs/${last.job}/printed`);
    await forgetSecrets((await keptSecrets(page.chain)).keys());
    part("letters").replaceChildren();
    show("letters-card", false);
  });
});

globalThis.addEventListener("beforeunload", (event) => {
  if (!part("running").hidden) event.preventDefault();
});

// What was signed and has no answer yet. It stays here, in bytes, until the ledger has it or its time is over: a lost
// network, a closed tab or a second click loses nothing and repeats nothing. The draft of its form stays until then too,
// and so does what was sealed here without a network. If the ledger says no to what waited (the case was given to
// somebody else meanwhile, say), that stays here with the reason until its person has read it.

import { fromHex } from "../ledger/bytes.ts";
import { handInContents } from "./content.ts";
import { element, now, page, say } from "./page.ts";
import { NoAnswer, Problem } from "./problem.ts";
import { isThere, submit } from "./server.ts";
import { withSession } from "./session.ts";
import { unshelve } from "./shelf.ts";

interface Waiting {
  readonly id: string;
  readonly chain: string;
  readonly account: string;
  readonly raw: string;
  readonly label: string;
  readonly validUntil: number;
  /** Where the draft of its form is kept. */
  readonly draft: string;
  /** What was sealed here and is handed in first, by commitment. */
  readonly contents: readonly string[];
  /** Why the ledger said no, once it has; and when it was signed. */
  readonly why: string;
  readonly signedAt: number;
}

interface Outcome {
  readonly item: Waiting;
  /** Empty where it became final, else why it did not. */
  readonly why: string;
}

const PREFIX = "linlian:outbox:";
const AGAIN_MS = 10_000;

/** Put it away before it is sent. */
export function putAway(item: Omit<Waiting, "chain" | "account" | "why" | "signedAt">): void {
  write({ ...item, chain: page.chain, account: page.account, why: "", signedAt: now() });
}

function write(item: Waiting): void {
  localStorage.setItem(PREFIX + item.id, JSON.stringify(item));
}

export function waiting(): Waiting[] {
  return all().filter((item) => item.why === "");
}

function all(): Waiting[] {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  const found = names.map((name) => JSON.parse(localStorage.getItem(name) ?? "null") as Waiting | null);
  const own = found.filter((item): item is Waiting => item !== null && item.chain === page.chain && item.account === page.account);
  return own.sort((one, other) => one.signedAt - other.signedAt); // one step follows on another
}

async function takeOut(item: Waiting): Promise<void> {
  localStorage.removeItem(PREFIX + item.id);
  await unshelve(item.contents);
}

/** Send, and take it out once there is an answer of any kind. Throws Problem; NoAnswer leaves it where it is. */
export async function sendItem(id: string): Promise<void> {
  const item = all().find((each) => each.id === id);
  if (item === undefined) return;
  try {
    await send(item);
  } catch (error) {
    if (!isUndecided(error)) await takeOut(item);
    throw error;
  }
}

/** First what it names, then itself. */
async function send(item: Waiting): Promise<void> {
  await handInContents(item.contents);
  await submit(fromHex(item.raw));
  await takeOut(item);
}

function isUndecided(error: unknown): boolean {
  return error instanceof NoAnswer || (error instanceof Problem && (error.status >= 500 || error.status === 429));
}

/** Try again whatever waits. What has no answer now goes on waiting and is not among the outcomes. */
async function sendWaiting(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const item of waiting()) {
    try {
      const why = await sendOne(item);
      if (why === "") localStorage.removeItem(item.draft);
      else write({ ...item, why });
      outcomes.push({ item, why });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (isUndecided(error)) break; // what was signed later may build on it
      write({ ...item, why: error.message || say(error.code) });
    }
  }
  return outcomes;
}

/** What is too old to be sent may have arrived before. */
async function sendOne(item: Waiting): Promise<string> {
  if (item.validUntil > now()) {
    await withSession(() => send(item));
    return "";
  }
  if (!(await isThere(fromHex(item.id)))) return say("too_late");
  await takeOut(item);
  return "";
}

/** Send what waits when the page loads, when the network is back, and now and then. */
export function serveOutbox(): void {
  if (all().length > 0) showRefused();
  void sendAll();
  globalThis.addEventListener("online", () => void sendAll());
  setInterval(() => void sendAll(), AGAIN_MS);
}

let busy = false;

async function sendAll(): Promise<void> {
  if (busy || waiting().length === 0) return;
  busy = true;
  try {
    showWaiting();
    showOutcomes(await sendWaiting());
  } finally {
    busy = false;
  }
}

/** The line that says how much waits to be sent. */
export function showWaiting(): void {
  const count = waiting().length;
  if (count === 0 && document.querySelector("#outbox") === null) return;
  line().replaceChildren(...(count > 0 ? [element("p", { class: "message" }, say("waits", { count: `${count}` }))] : []));
  showRefused();
}

/** What waited and was refused: what it was, when it was signed, why not; until its person puts it away. */
function showRefused(): void {
  for (const item of all().filter((each) => each.why !== "")) {
    const read = element("button", { class: "button", type: "button" }, say("understood"));
    const signed = new Date(item.signedAt).toLocaleString(page.language);
    const box = element("div", { class: "message no stack" }, element("p", {}, say("refused_meanwhile", { label: item.label, when: signed })), element("p", {}, item.why), element("div", { class: "row" }, read));
    read.addEventListener("click", () => {
      void takeOut(item);
      box.remove();
    });
    line().append(box);
  }
}

function showOutcomes(outcomes: readonly Outcome[]): void {
  showWaiting();
  for (const { item } of outcomes.filter(({ why }) => why === "")) {
    const again = element("a", { href: globalThis.location.href }, say("show"));
    line().append(element("p", { class: "message yes" }, `${say("arrived", { label: item.label })} `, again));
  }
}

function line(): HTMLElement {
  const known = document.querySelector<HTMLElement>("#outbox");
  if (known !== null) return known;
  const made = element("div", { id: "outbox", class: "stack" });
  document.querySelector("#notices")?.append(made);
  return made;
}

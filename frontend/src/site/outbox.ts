// What was signed and has no answer yet. It stays here, in bytes, until the ledger has it or its time is over: a lost
// network, a closed tab or a second click loses nothing and repeats nothing. The draft of its form stays until then too.

import { type Bytes, fromHex } from "../ledger/bytes.ts";
import { element, now, page, say } from "./page.ts";
import { type Final, isThere, NoAnswer, Problem, submit } from "./server.ts";

interface Waiting {
  readonly id: string;
  readonly chain: string;
  readonly account: string;
  readonly raw: string;
  readonly label: string;
  readonly validUntil: number;
  /** Where the draft of its form is kept. */
  readonly draft: string;
}

interface Outcome {
  readonly item: Waiting;
  /** Empty where it became final, else why it did not. */
  readonly why: string;
}

const PREFIX = "linlian:outbox:";
const AGAIN_MS = 10_000;

/** Put it away before it is sent. */
export function putAway(item: Omit<Waiting, "chain" | "account">): void {
  localStorage.setItem(PREFIX + item.id, JSON.stringify({ ...item, chain: page.chain, account: page.account }));
}

export function waiting(): Waiting[] {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  const all = names.map((name) => JSON.parse(localStorage.getItem(name) ?? "null") as Waiting | null);
  return all.filter((item): item is Waiting => item !== null && item.chain === page.chain && item.account === page.account);
}

function takeOut(id: string): void {
  localStorage.removeItem(PREFIX + id);
}

/** Send, and take it out once there is an answer of any kind. Throws Problem; NoAnswer leaves it where it is. */
export async function send(id: string, raw: Bytes): Promise<Final> {
  try {
    const final = await submit(raw);
    takeOut(id);
    return final;
  } catch (error) {
    if (!isUndecided(error)) takeOut(id);
    throw error;
  }
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
      outcomes.push({ item, why });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!isUndecided(error)) outcomes.push({ item, why: error.message || say(error.code) });
    }
  }
  return outcomes;
}

/** What is too old to be sent may have arrived before. */
async function sendOne(item: Waiting): Promise<string> {
  if (item.validUntil > now()) {
    await send(item.id, fromHex(item.raw));
    return "";
  }
  const arrived = await isThere(fromHex(item.id));
  takeOut(item.id);
  return arrived ? "" : say("too_late");
}

/** Send what waits when the page loads, when the network is back, and now and then. */
export function serveOutbox(): void {
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
}

function showOutcomes(outcomes: readonly Outcome[]): void {
  showWaiting();
  for (const { item, why } of outcomes) {
    const said = why === "" ? say("arrived", { label: item.label }) : `${item.label}: ${why}`;
    const again = element("a", { href: globalThis.location.href }, say("show"));
    line().append(element("p", { class: why === "" ? "message yes" : "message no" }, `${said} `, again));
  }
}

function line(): HTMLElement {
  const known = document.querySelector<HTMLElement>("#outbox");
  if (known !== null) return known;
  const made = element("div", { id: "outbox", class: "stack" });
  document.querySelector("#notices")?.append(made);
  return made;
}

// What was signed and has no answer yet. It stays here, in bytes, until the ledger has it or its time is over: a lost
// network, a closed tab or a second click loses nothing and repeats nothing.

import { type Bytes, fromHex } from "../ledger/bytes.ts";
import { now, page } from "./page.ts";
import { type Final, isThere, NoAnswer, Problem, submit } from "./server.ts";

interface Waiting {
  readonly id: string;
  readonly chain: string;
  readonly account: string;
  readonly raw: string;
  readonly label: string;
  readonly validUntil: number;
}

const PREFIX = "linlian:outbox:";

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
    const undecided = error instanceof NoAnswer || (error instanceof Problem && (error.status >= 500 || error.status === 429));
    if (!undecided) takeOut(id);
    throw error;
  }
}

/** Try again whatever waits. Gives what became final, and what is too old to be sent and never arrived. */
export async function sendWaiting(): Promise<{ final: Waiting[]; lost: Waiting[] }> {
  const [final, lost]: [Waiting[], Waiting[]] = [[], []];
  for (const item of waiting()) {
    try {
      if (item.validUntil > now()) await send(item.id, fromHex(item.raw));
      else if (!(await isThere(fromHex(item.id)))) {
        lost.push(item);
        takeOut(item.id);
        continue;
      } else takeOut(item.id);
      final.push(item);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (!waiting().some((other) => other.id === item.id)) lost.push(item);
    }
  }
  return { final, lost };
}

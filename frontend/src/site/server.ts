// Talking to the node: problems come back as RFC 9457 has them, and a lost network is one of them.

import { type Bytes, hex } from "../ledger/bytes.ts";
import { page } from "./page.ts";
import { NoAnswer, Problem } from "./problem.ts";

/** Ask the node, at the seat that this page is at. */
export async function ask(method: string, path: string, body?: BodyInit, type?: string, more: Record<string, string> = {}): Promise<unknown> {
  return await askAt(page.base, method, path, body, type, more);
}

/** Ask the node at a seat; "" is the site itself. */
export async function askAt(base: string, method: string, path: string, body?: BodyInit, type?: string, more: Record<string, string> = {}): Promise<unknown> {
  const headers: Record<string, string> = { Accept: "application/json", ...more };
  if (type !== undefined) headers["Content-Type"] = type;
  let response: Response;
  try {
    response = await fetch(base + path, { method, headers, body: body ?? null, credentials: "same-origin" });
  } catch {
    throw new NoAnswer(); // fetch says TypeError for every way in which nobody answers
  }
  if (response.status === 204) return undefined;
  const json = (response.headers.get("content-type") ?? "").includes("json");
  const answer: unknown = json ? await response.json() : undefined;
  if (response.ok) return answer;
  const problem = (answer ?? {}) as { code?: string; detail?: string; title?: string };
  const wait = Number(response.headers.get("retry-after") ?? "0");
  throw new Problem(problem.code ?? `http.${response.status}`, problem.detail ?? problem.title ?? "", response.status, wait);
}

export interface Final {
  readonly transaction: string;
  readonly height: number;
}

/** Hand in a signed transaction; the same bytes may be handed in again, they count once. */
export async function submit(raw: Bytes): Promise<Final> {
  return (await ask("POST", "/api/v1/transactions", raw, "application/cbor")) as Final;
}

/** Whether a transaction is on the ledger by now. */
export async function isThere(id: Bytes): Promise<boolean> {
  try {
    await ask("GET", `/api/v1/transactions/${hex(id)}`);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return false;
    throw error;
  }
}


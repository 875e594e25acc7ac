// Every form is a command: read it, show in plain sentences what will be signed, sign it here, hand it in.
//
//     <form data-command="repairs.confirm_repair" data-says="我确认这件报修已经修好。" data-then="/repairs/…">
//
// Nothing that was typed is lost by a "no", a lost network, a session that is over or a second click.

import { hex } from "../ledger/bytes.ts";
import { KeyProblem } from "../keys/key.ts";
import { clearDraft, placeOf } from "./draft.ts";
import { type Control, eachOf, readFields, readLines } from "./form.ts";
import { forgetHandedIn, isHandedIn, noteHandedIn } from "./handed.ts";
import { putAway, sendItem, showWaiting } from "./outbox.ts";
import { takeFresh, unshelve } from "./shelf.ts";
import { element, page, say } from "./page.ts";
import { NoAnswer, Problem } from "./problem.ts";
import { withSession } from "./session.ts";
import { agreed } from "./sheet.ts";
import { goal, type Signed, signCommand } from "./signing.ts";

export function serveForms(): void {
  serveAll();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset["command"] === undefined) return;
    event.preventDefault();
    if (form.dataset["busy"] === undefined) void carryOut(form, form.dataset["command"]);
  });
}

/** A tick that ticks all choices of one field. */
function serveAll(): void {
  document.addEventListener("change", (event) => {
    const all = event.target;
    if (!(all instanceof HTMLInputElement) || all.dataset["all"] === undefined || all.form === null) return;
    for (const one of all.form.querySelectorAll<HTMLInputElement>(`input[type=checkbox][name="${all.dataset["all"]}"]`)) one.checked = all.checked;
  });
}

async function carryOut(form: HTMLFormElement, command: string): Promise<void> {
  form.dataset["busy"] = "";
  tell(form);
  try {
    if (isHandedIn(form)) throw new Problem("site.handed_in", "");
    if (!isComplete(form) || eachOf(form)?.length === 0) throw new Problem("site.choose", "");
    // A form without a sentence is signed as it is: the person has just read all of it.
    const says = form.dataset["says"] ?? "";
    if (says !== "" && !(await agreed(says, readLines(form), form.dataset["undo"] ?? ""))) return;
    const each = eachOf(form);
    arrive(form, each === undefined ? await signAndHandIn(form, command) : await carryOutEach(form, command, each));
  } catch (error) {
    explain(form, error);
  } finally {
    delete form.dataset["busy"];
  }
}

async function signAndHandIn(form: HTMLFormElement, command: string, one?: Control): Promise<Signed> {
  const signed = await withSession(() => sign(form, command, one));
  await handIn(form, command, signed);
  return signed;
}

/** A command for each that is ticked. One that is refused keeps none of the others back; the first "no" is told. */
async function carryOutEach(form: HTMLFormElement, command: string, each: readonly Control[]): Promise<Signed> {
  let last: Signed | undefined;
  let no: unknown;
  for (const one of each) {
    try {
      last = await signAndHandIn(form, command, one);
    } catch (error) {
      no ??= error;
    }
  }
  if (no !== undefined) throw no;
  if (last === undefined) throw new Problem("site.choose", "");
  return last;
}

/** Choices that are folded away are not checked by the browser: it could not show them. */
function isComplete(form: HTMLFormElement): boolean {
  const open = Array.from(form.querySelectorAll("fieldset[data-required]")).find((field) => field.querySelector(":checked") === null);
  open?.querySelector<HTMLElement>("summary")?.focus();
  return open === undefined;
}

/** Seal what is to be sealed, and sign. */
async function sign(form: HTMLFormElement, command: string, one?: Control): Promise<Signed> {
  const offline = !navigator.onLine && form.dataset["offline"] !== undefined;
  await unshelve(takeFresh()); // of an attempt that was not signed
  const fields = await readFields(form, offline, (done, all) => tell(form, "message", say("sealing", { done: `${done}`, all: `${all}` })), one);
  return await signCommand(command, fields, offline);
}

/** Send what is signed; without an answer it stays in the outbox. */
async function handIn(form: HTMLFormElement, command: string, signed: Signed): Promise<void> {
  const id = hex(signed.id);
  putAway({ id, raw: hex(signed.raw), label: form.dataset["label"] ?? command, validUntil: signed.validUntil, draft: placeOf(form), contents: takeFresh() });
  noteHandedIn(form);
  tell(form, "message", say("sending"));
  try {
    await sendItem(id);
  } catch (error) {
    if (error instanceof NoAnswer) throw new PutAway();
    forgetHandedIn(form);
    throw error;
  }
}

/** Nobody answered, and what was signed waits in the outbox. */
class PutAway extends Error {}

function arrive(form: HTMLFormElement, signed: Signed): void {
  clearDraft(form);
  const then = form.dataset["then"];
  if (then === undefined) globalThis.location.reload();
  else globalThis.location.assign(goal(then, signed));
}

function explain(form: HTMLFormElement, error: unknown): void {
  if (error instanceof PutAway) {
    tell(form, "message", say("put_away"));
    showWaiting();
  } else if (error instanceof Problem) {
    tell(form, "message no", error.message || say(error.code), error.code);
    if (error.status === 401) form.querySelector(".told")?.append(wayBack());
  } else if (error instanceof KeyProblem) {
    tell(form, "message no", say(error.code), error.code);
  } else {
    throw error;
  }
}

/** How to come back to this very page; what was typed waits here. */
function wayBack(): HTMLElement {
  const here = encodeURIComponent(globalThis.location.pathname + globalThis.location.search);
  return element("p", {}, `${say("typed_stays")} `, element("a", { href: `${page.base}/enter?then=${here}` }, say("come_back")));
}

/** The form's one place for what is said about it; without a text it is empty. */
function tell(form: HTMLFormElement, kind = "", text = "", code = ""): void {
  form.querySelector(".told")?.remove();
  if (kind === "") return;
  const box = element("div", { class: `told ${kind}`, role: kind.includes("no") ? "alert" : "status" }, element("p", {}, text));
  if (code !== "") box.append(element("p", { class: "small muted" }, code));
  form.append(box);
  box.scrollIntoView({ block: "nearest" });
}

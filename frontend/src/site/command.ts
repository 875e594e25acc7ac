// Every form is a command: read it, show in plain sentences what will be signed, sign it here, hand it in.
//
//     <form data-command="repairs.confirm_repair" data-says="我确认这件报修已经修好。" data-then="/repairs/…">
//
// Nothing that was typed is lost by a "no", a lost network or a second click.

import { hex } from "../ledger/bytes.ts";
import { KeyProblem } from "../keys/key.ts";
import { clearDraft } from "./draft.ts";
import { type Line, readFields, readLines } from "./form.ts";
import { putAway, send } from "./outbox.ts";
import { element, say } from "./page.ts";
import { NoAnswer, Problem } from "./server.ts";
import { goal, type Signed, signCommand } from "./signing.ts";

export function serveForms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset["command"] === undefined) return;
    event.preventDefault();
    if (form.dataset["busy"] === undefined) void carryOut(form, form.dataset["command"]);
  });
}

async function carryOut(form: HTMLFormElement, command: string): Promise<void> {
  form.dataset["busy"] = "";
  tell(form);
  try {
    if (!(await agreed(form.dataset["says"] ?? "", readLines(form), form.dataset["undo"] ?? ""))) return;
    const offline = !navigator.onLine && form.dataset["offline"] !== undefined;
    const fields = await readFields(form, (done, all) => tell(form, "message", say("sealing", { done: `${done}`, all: `${all}` })));
    const signed = await signCommand(command, fields, offline);
    const label = form.dataset["label"] ?? command;
    putAway({ id: hex(signed.id), raw: hex(signed.raw), label, validUntil: signed.validUntil });
    tell(form, "message", say("sending"));
    await send(hex(signed.id), signed.raw);
    arrive(form, signed);
  } catch (error) {
    explain(form, error);
  } finally {
    delete form.dataset["busy"];
  }
}

function arrive(form: HTMLFormElement, signed: Signed): void {
  clearDraft(form);
  const then = form.dataset["then"];
  if (then === undefined) globalThis.location.reload();
  else globalThis.location.assign(goal(then, signed));
}

function explain(form: HTMLFormElement, error: unknown): void {
  if (error instanceof NoAnswer) {
    clearDraft(form);
    tell(form, "message", say("put_away"));
  } else if (error instanceof Problem) {
    tell(form, "message no", error.message || say(error.code), error.code);
  } else if (error instanceof KeyProblem) {
    tell(form, "message no", say(error.code), error.code);
  } else {
    throw error;
  }
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

/** The signing sheet. A form without a sentence is signed as it is: the person has just read all of it. */
export async function agreed(says: string, lines: Line[], undo: string): Promise<boolean> {
  if (says === "") return true;
  const facts = element("dl", { class: "facts" });
  for (const { label, value } of lines) facts.append(element("dt", {}, label), element("dd", {}, value));
  const yes = element("button", { class: "button first", value: "yes" }, say("sign"));
  const no = element("button", { class: "button", value: "no" }, say("back"));
  const sheet = element(
    "dialog",
    { class: "stack", "aria-labelledby": "sheet-says" },
    element("form", { method: "dialog", class: "stack" }, element("h2", { id: "sheet-says" }, says), facts),
  ) as HTMLDialogElement;
  const inside = sheet.firstElementChild as HTMLElement;
  if (undo !== "") inside.append(element("p", { class: "muted small" }, undo));
  inside.append(element("p", { class: "muted small" }, say("what_is_recorded")), element("div", { class: "pair" }, yes, no));
  document.body.append(sheet);
  sheet.showModal();
  yes.focus();
  const answer = await new Promise<string>((resolve) => {
    sheet.addEventListener("close", () => resolve(sheet.returnValue), { once: true });
  });
  sheet.remove();
  return answer === "yes";
}

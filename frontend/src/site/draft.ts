// What was typed into a form survives a closed tab, a lost network and the way back.

import { controls } from "./form.ts";
import { page } from "./page.ts";
import { addRow } from "./rows.ts";

const PREFIX = "linlian:draft:";

export function keepDrafts(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-command][data-draft]")) restore(form);
  document.addEventListener("input", (event) => {
    const form = (event.target as Element | null)?.closest<HTMLFormElement>("form[data-command][data-draft]");
    if (form) save(form);
  });
}

export function clearDraft(form: HTMLFormElement): void {
  localStorage.removeItem(placeOf(form));
}

/** Where a form's draft is kept. */
export function placeOf(form: HTMLFormElement): string {
  return `${PREFIX}${page.account}:${globalThis.location.pathname}:${form.dataset["command"]}`;
}

function save(form: HTMLFormElement): void {
  const typed = controls(form).filter((control) => control.type !== "hidden" && control.type !== "file");
  const values = typed.map((control) => (isTick(control) ? (control.checked ? control.value : null) : control.value));
  localStorage.setItem(placeOf(form), JSON.stringify(values));
}

function restore(form: HTMLFormElement): void {
  const saved = JSON.parse(localStorage.getItem(placeOf(form)) ?? "null") as (string | null)[] | null;
  if (saved === null) return;
  const list = form.querySelector<HTMLElement>("[data-rows]");
  const asked = (): ReturnType<typeof controls> => controls(form).filter((control) => control.type !== "hidden" && control.type !== "file");
  while (list !== null && asked().length < saved.length && addRow(list, false));
  const typed = asked();
  if (typed.length !== saved.length) return; // the form has changed since: better empty than wrong
  typed.forEach((control, at) => {
    const value = saved[at];
    if (isTick(control)) {
      control.checked = value !== null;
      if (control.checked) control.closest("details")?.setAttribute("open", "");
    }
    else if (value !== null && value !== undefined && control.value === "") control.value = value;
  });
}

/** Whether something stands in a form of the page that its person has not handed in yet. */
export function isTyping(): boolean {
  const all = Array.from(document.querySelectorAll<HTMLFormElement>("form[data-command]")).flatMap(controls);
  return all.some((control) => {
    if (control.type === "hidden") return false;
    if (isTick(control)) return control.checked !== control.defaultChecked;
    return control.value !== (control instanceof HTMLSelectElement ? "" : control.defaultValue);
  });
}

function isTick(control: Element): control is HTMLInputElement {
  return control instanceof HTMLInputElement && ["radio", "checkbox"].includes(control.type);
}

// What was handed in once from a form is not handed in again by another tab, the way back or a second click.
//
// Rules of a repair refuse a second "yes" by themselves; a second report would be a second case. So a form that was
// loaded before the same form was handed in says so instead of sending; whoever means it loads the page anew.

import { page } from "./page.ts";

const PREFIX = "linlian:handed:";
const LOADED = Date.now();

/** Where a form's last handing in is remembered: by who, page and command. */
function place(form: HTMLFormElement): string {
  return `${PREFIX}${page.account}:${globalThis.location.pathname}${globalThis.location.search}:${form.dataset["command"]}`;
}

/** Whether this form was handed in since this page was loaded. */
export function isHandedIn(form: HTMLFormElement): boolean {
  return Number(localStorage.getItem(place(form)) ?? "0") > LOADED;
}

export function noteHandedIn(form: HTMLFormElement): void {
  localStorage.setItem(place(form), `${Date.now()}`);
}

/** It was refused after all, so it may be tried again. */
export function forgetHandedIn(form: HTMLFormElement): void {
  localStorage.removeItem(place(form));
}

// A page that shows something moves when it moves: <main data-live="subject subject"> is fetched anew when an event of one
// of these subjects is committed, and what has not changed stays as it is, with its focus and what was typed.

import htmx from "htmx.org";

const QUIET_MS = 250;
const SUBJECTS_MAX = 40;

export function keepLive(): void {
  const main = document.querySelector<HTMLElement>("main[data-live]");
  if (main === null || typeof EventSource === "undefined") return;
  const subjects = (main.dataset["live"] ?? "").split(" ").filter(Boolean);
  const about = subjects.includes("*") ? "" : `&subject=${subjects.slice(0, SUBJECTS_MAX).join(",")}`;
  const source = new EventSource(`/api/v1/events?named=false${about}`);
  let timer: ReturnType<typeof setTimeout> | undefined;
  source.addEventListener("message", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), QUIET_MS);
  });
  globalThis.addEventListener("pagehide", () => source.close());
}

async function refresh(): Promise<void> {
  if (document.querySelector("dialog[open], form[data-busy]") !== null) return; // somebody is in the middle of something
  await htmx.ajax("GET", globalThis.location.href, { target: "main", select: "main", swap: "outerMorph" });
}

/** <time data-until="…">: what is left, or how long it is over, told anew every half minute. */
export function tellTimes(): void {
  const tell = () => {
    for (const element of document.querySelectorAll<HTMLElement>("[data-until]")) {
      const left = Number(element.dataset["until"]) - Date.now();
      element.classList.toggle("late", left < 0);
    }
  };
  tell();
  setInterval(tell, 30_000);
}

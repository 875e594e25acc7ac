// A page that shows something moves when it moves: <main data-live="subject subject"> is fetched anew when an event of one
// of these subjects is committed, <main data-live-types="transfers."> when one of these types is. What has not changed
// stays as it is, with its focus. While somebody is typing it only says that there is news: a form that is no longer
// offered must not take along what was typed. What somebody has unfolded stays so (`morphIgnore` in base.html).

import htmx from "htmx.org";
import { isTyping } from "./draft.ts";
import { element, now, page, say } from "./page.ts";

export const MOVED = "linlian:moved";
const QUIET_MS = 250;
/** Where one event follows another without a pause, the page is fetched anew all the same. */
const WAIT_MS = 350;
const SUBJECTS_MAX = 40;

export function keepLive(): void {
  const main = document.querySelector<HTMLElement>("main[data-live], main[data-live-types]");
  if (main === null || typeof EventSource === "undefined") return;
  const subjects = (main.dataset["live"] ?? "").split(" ").filter(Boolean);
  const types = main.dataset["liveTypes"];
  const some = types === undefined ? `&subject=${subjects.slice(0, SUBJECTS_MAX).join(",")}` : `&types=${types}`;
  const about = subjects.includes("*") ? "" : some;
  // From the block on that the page was made of: what is committed until the stream is open is told too.
  const after = main.dataset["news"] === undefined ? "" : `&after=${main.dataset["news"]}`;
  const source = new EventSource(`${page.base}/api/v1/events?named=false${about}${after}`);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = Number.POSITIVE_INFINITY;
  source.addEventListener("message", () => {
    // In a frame of this site's own: whoever stands around it hears that something happened, and asks what.
    if (globalThis.parent !== globalThis.window) globalThis.parent.postMessage(MOVED, globalThis.location.origin);
    clearTimeout(timer);
    latest = Math.min(latest, performance.now() + WAIT_MS);
    timer = setTimeout(
      () => {
        latest = Number.POSITIVE_INFINITY;
        void refresh();
      },
      Math.min(QUIET_MS, Math.max(0, latest - performance.now())),
    );
  });
  globalThis.addEventListener("pagehide", () => source.close());
}

async function refresh(): Promise<void> {
  if (document.querySelector("dialog[open], form[data-busy]") !== null || isTyping()) tellNews();
  else await htmx.ajax("GET", globalThis.location.href, { target: "main", select: "main", swap: "outerMorph" });
}

function tellNews(): void {
  if (document.querySelector("#news") !== null) return;
  const again = element("a", { href: globalThis.location.href }, say("show"));
  const news = element("p", { id: "news", class: "message" }, `${say("moved")} `, again);
  document.querySelector("#notices")?.append(news);
}

const MINUTE = 60_000;
const UNITS = [
  [24 * 60 * MINUTE, 2, "time.days"],
  [60 * MINUTE, 1, "time.hours"],
  [MINUTE, 1, "time.minutes"],
] as const;

/** A length of time in its largest unit, rounded down, as src/linlian/web/render.py says it. */
function span(milliseconds: number): string {
  for (const [unit, least, name] of UNITS) {
    if (milliseconds >= least * unit) return say(name, { count: `${Math.floor(milliseconds / unit)}` });
  }
  return say("time.moments");
}

/** <time data-until="…">: what is left, or how long it is over, told anew as time goes on. */
export function tellTimes(): void {
  const tell = () => {
    for (const element of document.querySelectorAll<HTMLElement>("time[data-until]")) {
      const left = Number(element.dataset["until"]) - now();
      const text = say(left >= 0 ? "time.left" : "time.over", { span: span(Math.abs(left)) });
      if (element.textContent !== text) element.textContent = text;
      element.parentElement?.classList.toggle("late", left < 0);
      element.parentElement?.classList.toggle("waiting", left >= 0);
    }
  };
  tell();
  setInterval(tell, MINUTE / 4);
}

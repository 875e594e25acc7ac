// Which messages are new is known to this device alone: it keeps the time of the newest one that it has shown.

import { page } from "./page.ts";

const SEEN = "linlian-seen-";

/** Mark what has come since; on the page of messages, take note that it has been shown. */
export function markNew(): void {
  if (document.querySelector("[data-messages]") === null) return;
  const seen = Number(localStorage.getItem(SEEN + page.account) ?? "0");
  const mark = () => {
    let newest = seen;
    for (const line of document.querySelectorAll<HTMLElement>("[data-messages] [data-time]")) {
      const time = Number(line.dataset["time"]);
      line.querySelector("[data-new]")?.toggleAttribute("hidden", time <= seen);
      newest = Math.max(newest, time);
    }
    if (newest > seen && document.querySelector("[data-messages=all]") !== null) localStorage.setItem(SEEN + page.account, `${newest}`);
  };
  mark();
  // A page that moves gets its lines anew, and they are unmarked as they come.
  new MutationObserver(mark).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"] });
}

// WeChat's built-in browser saves no files and says nothing about it: a link that would save one says so instead.

import { element, say } from "./page.ts";

/** Whether this is a browser in which a download does nothing. */
export function savesNothing(): boolean {
  return navigator.userAgent.includes("MicroMessenger");
}

/** Listens before others do, at the root: links that scripts add later are heard too. */
export function explainDownloads(): void {
  if (!savesNothing()) return;
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target instanceof Element ? event.target.closest("a[download]") : null;
      if (link === null) return;
      event.preventDefault();
      document.querySelector("#no-downloads")?.remove();
      (link.closest("p") ?? link).after(element("p", { class: "message", id: "no-downloads", role: "status" }, say("no_downloads")));
    },
    { capture: true },
  );
}

// Printing one thing of a page: a sheet that is shown, or letters. What else there is stays off the paper.

/** Print; `what` is what `<html data-print>` says meanwhile (look/print.css). */
export function printOnly(what: "sheet" | "letters"): void {
  const root = document.documentElement;
  root.dataset["print"] = what;
  globalThis.addEventListener("afterprint", () => delete root.dataset["print"], { once: true });
  globalThis.print();
}

// Lists by keyboard: j and k go from line to line, Enter opens the one with the focus (it is a link), / goes to the filter.

const LINES = "main [data-list] a[href]";

export function serveLists(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    if (event.key === "j" || event.key === "k") move(event, event.key === "j" ? 1 : -1);
    else if (event.key === "/") toFilter(event);
  });
}

function isWriting(target: EventTarget | null): boolean {
  const element = target instanceof Element ? target : null;
  return element?.closest("input:not([type=radio], [type=checkbox]), select, textarea, dialog, [contenteditable]") != null;
}

function move(event: Event, by: number): void {
  const lines = Array.from(document.querySelectorAll<HTMLElement>(LINES)).filter((line) => line.offsetParent !== null);
  if (lines.length === 0) return;
  const at = lines.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (by > 0 ? 0 : lines.length - 1) : Math.min(lines.length - 1, Math.max(0, at + by));
  lines[next]?.focus();
  event.preventDefault();
}

function toFilter(event: Event): void {
  const filter = document.querySelector<HTMLElement>("main [data-filter]");
  if (filter === null) return;
  filter.focus();
  event.preventDefault();
}

// Where and what are chosen: what is open there already stands beneath, to be joined in place of reporting it once more.
//     <div id="near" data-near="category">      what the page says for this place and category, beneath that field

import htmx from "htmx.org";

export function lookNear(): void {
  const near = document.querySelector<HTMLElement>("[data-near]");
  const form = near?.closest("main")?.querySelector<HTMLFormElement>("form[data-command]") ?? null;
  if (near === null || form === null) return;
  const last = near.dataset["near"] ?? "";
  form.querySelector(`[name=${last}]`)?.closest(".field")?.after(near);
  form.addEventListener("change", (event) => {
    const name = event.target instanceof HTMLElement ? event.target.getAttribute("name") : null;
    if (name === "place" || name === last) void look(form, last);
  });
  void look(form, last); // a draft may have brought both back
}

async function look(form: HTMLFormElement, last: string): Promise<void> {
  const chosen = new FormData(form);
  const asked = new URL(globalThis.location.href);
  for (const name of ["place", last]) {
    const value = chosen.get(name);
    if (typeof value !== "string" || value === "") return;
    asked.searchParams.set(name, value);
  }
  await htmx.ajax("GET", `${asked.pathname}${asked.search}`, { target: "#near", select: "#near", swap: "outerHTML" });
}

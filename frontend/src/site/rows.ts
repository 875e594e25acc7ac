// Several of the same in a form: the lines of a quote, the hours that would suit. One more is made from the template.

export interface List {
  readonly name: string;
  readonly label: string;
  readonly rows: Element[];
}

export function listsOf(form: ParentNode): List[] {
  return Array.from(form.querySelectorAll<HTMLElement>("[data-rows]"), (list) => ({
    name: list.dataset["rows"] ?? "",
    label: list.dataset["label"] ?? "",
    rows: rowsOf(list),
  }));
}

/** One more row, if there may be one; its first control has the focus if `focused`. */
export function addRow(list: HTMLElement, focused: boolean): boolean {
  const template = list.querySelector("template");
  const count = rowsOf(list).length;
  if (template === null || count >= Number(list.dataset["most"] ?? Infinity)) return false;
  const row = template.content.cloneNode(true) as DocumentFragment;
  for (const part of row.querySelectorAll<HTMLElement>("[id], [for], [aria-describedby]")) renumber(part, count);
  const first = row.querySelector<HTMLElement>("input, select, textarea");
  template.before(row);
  if (focused) first?.focus();
  return true;
}

export function growRows(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element | null)?.closest<HTMLButtonElement>("button[data-add-row]");
    const list = button?.closest<HTMLElement>("[data-rows]");
    if (!button || !list) return;
    addRow(list, true);
    button.hidden = rowsOf(list).length >= Number(list.dataset["most"] ?? Infinity);
  });
}

/** What lines cost together, whole cents each as the rules count them, shown as it is typed. */
export function addUp(): void {
  document.addEventListener("input", (event) => {
    const form = (event.target as Element | null)?.closest("form");
    for (const total of form?.querySelectorAll<HTMLInputElement>("input[data-totals]") ?? []) {
      const lines = listsOf(form as HTMLFormElement).find((list) => list.name === total.dataset["totals"]);
      const cents = (lines?.rows ?? []).map((row) => Math.floor((counted(row, "quantity_milli") * counted(row, "unit_cents")) / 1000));
      total.value = `${cents.reduce((sum, each) => sum + each, 0) / Number(total.dataset["scale"] ?? 1)}`;
    }
  });
}

function counted(row: Element, name: string): number {
  const control = row.querySelector<HTMLInputElement>(`input[name="${name}"]`);
  return control === null ? 0 : Math.round(Number(control.value) * Number(control.dataset["scale"] ?? 1));
}

function rowsOf(list: HTMLElement): Element[] {
  return Array.from(list.children).filter((child) => child.matches("[data-row]"));
}

/** Ids in a template end in `n` where others have the number of their row. */
function renumber(part: HTMLElement, number: number): void {
  for (const name of ["id", "for", "aria-describedby"]) {
    const value = part.getAttribute(name);
    if (value !== null) part.setAttribute(name, value.replace(/-n(?=-|$)/, `-${number}`));
  }
}

// What the server says of a page to its scripts: attributes of <html>, and sentences in a <template>.

/** Facts of the page: the community, who the reader is (their account in hex, "" for nobody), and the node's clock. */
export interface PageFacts {
  readonly chain: string;
  readonly account: string;
  /** The key that the session was opened with; what is signed on this page, it signs. */
  readonly key: string;
  readonly language: "zh" | "en";
  /** What the site's own addresses begin with here: "", or a demo's seat, `/as/resident`. */
  readonly base: string;
  /** Milliseconds that the node's clock is ahead of this device's. */
  readonly ahead: number;
}

const told = document.documentElement.dataset;

export const page: PageFacts = {
  chain: told["chain"] ?? "",
  account: told["account"] ?? "",
  key: told["key"] ?? "",
  language: told["language"] === "en" ? "en" : "zh",
  base: told["base"] ?? "",
  ahead: told["now"] === undefined ? 0 : Number(told["now"]) - Date.now(),
};

/** The node's time, in milliseconds. */
export function now(): number {
  return Date.now() + page.ahead;
}

/** One of the page's own sentences, with `{names}` filled in. A sentence that is missing is its name. */
export function say(name: string, facts: Readonly<Record<string, string>> = {}): string {
  const text = sentences().get(name) ?? name;
  return text.replace(/\{([a-z_]+)\}/g, (whole, fact: string) => facts[fact] ?? whole);
}

let known: Map<string, string> | undefined;

function sentences(): Map<string, string> {
  if (known === undefined) {
    const written = document.querySelector<HTMLTemplateElement>("template#sentences");
    const items = written?.content.querySelectorAll<HTMLElement>("[data-name]") ?? [];
    known = new Map(Array.from(items, (item) => [item.dataset["name"] ?? "", item.textContent ?? ""]));
  }
  return known;
}

/** An element with attributes and children, for the few things that scripts put on a page. */
export function element(name: string, attributes: Record<string, string>, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

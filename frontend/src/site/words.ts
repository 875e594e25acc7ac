// What Linlian says, filled in by the browser itself: for what it finds out without the server. The words come from
// /words/<language>.json, the same that the server uses.

import { hex } from "../ledger/bytes.ts";
import type { Value, ValueMap } from "../ledger/cbor.ts";
import { letters } from "../look/seal.ts";

type Texts = Record<string, string>;
type Written = Record<string, Record<string, Texts>>;

const COMMON = "";
const TIME_MIN = 1_000_000_000_000;

export class Tongue {
  private readonly written: Written;
  private readonly language: "zh" | "en";

  constructor(written: Written, language: "zh" | "en") {
    this.written = written;
    this.language = language;
  }

  static async load(language: "zh" | "en"): Promise<Tongue> {
    const response = await fetch(`/words/${language}.json`);
    return new Tongue((await response.json()) as Written, language);
  }

  text(name: string, facts: Readonly<Record<string, string>> = {}): string {
    return this.fill(COMMON, this.find(COMMON, "texts", name) ?? name, new Map(Object.entries(facts)));
  }

  command(name: string): string {
    return this.find(owner(name), "commands", name) ?? name;
  }

  event(name: string, fields: ValueMap): string {
    if (name === "kernel.refused") {
      const facts = fields.get("facts");
      const no = this.refusal(String(fields.get("code")), facts instanceof Map ? facts : new Map());
      const told = new Map<string, Value>([["command", this.command(String(fields.get("command")))], ["no", no]]);
      return this.fill("kernel", this.find("kernel", "events", name) ?? name, told);
    }
    const told = ["standing", "basis"].map((part) => this.find(owner(name), "events", `${name}.${String(fields.get(part))}`));
    return this.fill(owner(name), told.find((text) => text !== undefined) ?? this.find(owner(name), "events", name) ?? name, fields);
  }

  /** As what and on which basis somebody acted; empty where the event does not say. */
  acted(name: string, fields: ValueMap): string {
    const told = ["standing", "basis"].map((part) => fields.get(part)).filter((value) => typeof value === "string");
    return fields.has("basis") ? told.map((value) => this.shown(owner(name), value)).join(" · ") : "";
  }

  refusal(code: string, facts: ValueMap): string {
    return this.fill(owner(code), this.find(owner(code), "refusals", code) ?? code, facts);
  }

  field(business: string, name: string): string {
    return this.find(business, "columns", name) ?? this.find(business, "fields", name) ?? name;
  }

  shown(business: string, value: Value | undefined): string {
    if (value === undefined) return "—";
    if (typeof value === "boolean") return this.label(COMMON, value ? "yes" : "no");
    if (typeof value === "number") return value >= TIME_MIN ? this.time(value) : String(value);
    if (value instanceof Uint8Array) return value.length >= 8 ? letters(value) : hex(value);
    if (typeof value === "string") return this.label(business, value);
    if (Array.isArray(value)) return value.map((item) => this.shown(business, item)).join(this.language === "zh" ? "、" : ", ");
    if (value.has("commitment")) return this.label(COMMON, "sealed");
    return [...value].map(([name, item]) => `${this.field(business, name)}: ${this.shown(business, item)}`).join("; ");
  }

  time(millis: number): string {
    const style: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "medium" };
    return new Intl.DateTimeFormat(this.language === "zh" ? "zh-CN" : "en-GB", style).format(new Date(millis));
  }

  /** A code's label; what one business is told by another has its label among that one's texts. */
  private label(business: string, value: string): string {
    return this.find(business, "values", value) ?? this.find(owner(value), "texts", value) ?? value;
  }

  private find(business: string, section: string, name: string): string | undefined {
    const beneath = section === "values" ? Object.keys(this.written[business]?.["beneath"] ?? {}) : [];
    const places = [business, ...beneath, COMMON];
    return places.map((place) => this.written[place]?.[section]?.[name]).find((text) => text !== undefined);
  }

  private fill(business: string, text: string, facts: ReadonlyMap<string, Value>): string {
    return text.replace(/\{([a-z_]+)\}/g, (_, name: string) => {
      const value = facts.get(name);
      if (typeof value === "number" && name.endsWith("_minor")) return (value / 100).toFixed(2);
      return name.endsWith("_cents") && typeof value === "number" ? `¥${(value / 100).toFixed(2)}` : this.shown(business, value);
    });
  }
}

function owner(name: string): string {
  return name.split(".", 1)[0] as string;
}

// From a form to the fields of a command. Each control says by `data-kind` what it holds; what is empty is left out, as
// the encoding wants it.
//
//     <input name="case" type="hidden" data-kind="bytes" value="00ff…">     bytes, in hex
//     <input name="due" type="datetime-local" data-kind="time">            milliseconds
//     <textarea name="words" data-kind="content">                          sealed, and then its commitment
//     <input name="recording" type="file" data-kind="file">                one file, sealed as it is
//     <input name="paper" type="hidden" data-kind="sealed">                something sealed before: commitment and hash, in hex
//     <input name="photos" type="file" multiple data-kind="contents">      the same of each file
//     <fieldset data-rows="lines"> with one [data-row] for each            several of the same, a map of each (rows.ts)

import type { Value, ValueMap } from "../ledger/cbor.ts";
import { fromHex } from "../ledger/bytes.ts";
import { listsOf } from "./rows.ts";
import { picture } from "./picture.ts";
import { sealed } from "./content.ts";
import { contentOf } from "./shelf.ts";
import { say } from "./page.ts";
import { Problem } from "./problem.ts";

export type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
/** What the node seals at most. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** What a person reads before signing: a label and what stands beside it. */
export interface Line {
  readonly label: string;
  readonly value: string;
}

export function controls(form: ParentNode): Control[] {
  return Array.from(form.querySelectorAll<Control>("[name][data-kind]"));
}

/** What is ticked of the field by which a form becomes several commands, or nothing if it is one command. */
export function eachOf(form: HTMLFormElement): Control[] | undefined {
  const name = form.dataset["each"];
  return name === undefined ? undefined : controls(form).filter((control) => control.name === name && isChosen(control));
}

/** The controls of the command's own fields, without those of its rows. */
function ownControls(form: HTMLFormElement): Control[] {
  return controls(form).filter((control) => control.closest("[data-row]") === null);
}

/** The command's fields, of `one` of several commands. Seals and uploads what is to be sealed; throws Problem if that fails. */
export async function readFields(form: HTMLFormElement, offline: boolean, progress: (done: number, all: number) => void, one?: Control): Promise<ValueMap> {
  const fields: ValueMap = new Map();
  const files = controls(form).reduce((count, control) => count + (control instanceof HTMLInputElement ? (control.files?.length ?? 0) : 0), 0);
  let done = 0;
  const sent = (): void => progress((done += 1), files);
  const asked = ownControls(form).filter((control) => one === undefined || one === control || one.name !== control.name);
  await readInto(fields, asked, offline, sent);
  for (const { name, rows } of listsOf(form)) {
    const maps: Value[] = [];
    for (const row of rows) {
      const map: ValueMap = new Map();
      await readInto(map, controls(row), offline, sent);
      if (map.size > 0) maps.push(map);
    }
    if (maps.length > 0) fields.set(name, maps);
  }
  return fields;
}

async function readInto(fields: ValueMap, asked: Control[], offline: boolean, sent: () => void): Promise<void> {
  for (const control of asked) {
    if (!isChosen(control)) continue;
    const value = await read(control, offline, sent);
    if (value === undefined) continue;
    const { name } = control;
    const many = control.dataset["many"] !== undefined && !Array.isArray(value);
    if (many) fields.set(name, [...((fields.get(name) as Value[] | undefined) ?? []), value]);
    else fields.set(name, value);
  }
}

/** The same in words, for the sheet that is read before signing. Hidden controls speak by `data-said` or not at all. */
export function readLines(form: HTMLFormElement): Line[] {
  const lines: Line[] = [];
  for (const control of ownControls(form)) {
    const value = isChosen(control) ? said(control) : "";
    if (value === "") continue;
    const label = control.dataset["label"] ?? control.name;
    const last = lines[lines.length - 1];
    if (last !== undefined && last.label === label) lines[lines.length - 1] = { label, value: `${last.value}、${value}` };
    else lines.push({ label, value });
  }
  for (const { label, rows } of listsOf(form)) {
    const told = rows.map((row) => controls(row).filter(isChosen).map(said).filter((value) => value !== "").join(" · "));
    told.filter((value) => value !== "").forEach((value, at) => lines.push({ label: `${label} ${at + 1}`, value }));
  }
  return lines;
}

function isChosen(control: Control): boolean {
  return !(control instanceof HTMLInputElement && ["radio", "checkbox"].includes(control.type)) || control.checked;
}

function said(control: Control): string {
  if (control.dataset["said"] !== undefined) return control.dataset["said"];
  if (control.type === "hidden") return "";
  if (control instanceof HTMLSelectElement) return control.value === "" ? "" : (control.selectedOptions[0]?.text ?? "");
  if (control instanceof HTMLInputElement && control.files !== null) return Array.from(control.files, (file) => file.name).join("、");
  return control.dataset["kind"] === "time" ? control.value.replace("T", " ") : control.value;
}

async function read(control: Control, offline: boolean, sent: () => void): Promise<Value | undefined> {
  const { value } = control;
  switch (control.dataset["kind"]) {
    case "bytes":
      return value === "" ? undefined : fromHex(sure(control, /^([0-9a-fA-F]{2})+$/.test(value), value));
    case "int":
      return value === "" || (Number(value) === 0 && !mustBeSaid(control)) ? undefined : whole(control);
    case "time":
      return value === "" ? undefined : sure(control, !Number.isNaN(Date.parse(value)), new Date(value).getTime());
    case "flag":
      return ["hidden", "radio"].includes(control.type) ? (value === "" ? undefined : value === "yes") : (control as HTMLInputElement).checked ? true : undefined;
    case "content":
      return value.trim() === "" ? undefined : await sealed(new TextEncoder().encode(value.trim()), "text/plain", offline);
    case "sealed":
      return contentOf(fromHex(value.slice(0, 64)), fromHex(value.slice(64)));
    case "file":
      return await readFile(control as HTMLInputElement, offline, sent);
    case "contents":
      return await readFiles(control as HTMLInputElement, offline, sent);
    default:
      return value === "" ? undefined : value;
  }
}

/** The value if it can be one; else Problem (`site.wrong_value`), which names the field, and the cursor goes there. */
function sure<T>(control: Control, fine: boolean, value: T): T {
  if (fine) return value;
  control.focus();
  throw new Problem("site.wrong_value", say("site.wrong_value", { field: control.dataset["label"] ?? control.name }));
}

/** A whole number in the units that the command has. */
function whole(control: Control): number {
  const scaled = Math.round(Number(control.value) * Number(control.dataset["scale"] ?? 1));
  return sure(control, Number.isSafeInteger(scaled), scaled);
}

/** What a command must have is written though it is nothing: the encoding leaves out only what may be absent. */
function mustBeSaid(control: Control): boolean {
  return control.dataset["must"] !== undefined;
}

/** One file as it is: a recording, a scanned sheet. Of a picture, what the picture shows. */
async function readFile(control: HTMLInputElement, offline: boolean, sent: () => void): Promise<Value | undefined> {
  const file = control.files?.[0];
  if (file === undefined) return undefined;
  const content = await sealFile(file, offline);
  sent();
  return content;
}

async function sealFile(file: File, offline: boolean): Promise<Value> {
  if (file.type.startsWith("image/")) {
    const { bytes, type } = await picture(file);
    return await sealed(bytes, type, offline);
  }
  if (file.size > FILE_BYTES_MAX) throw new Problem("site.file_too_large", "");
  return await sealed(new Uint8Array(await file.arrayBuffer()), file.type || "application/octet-stream", offline);
}

async function readFiles(control: HTMLInputElement, offline: boolean, sent: () => void): Promise<Value | undefined> {
  const contents: Value[] = [];
  for (const file of control.files ?? []) {
    const { bytes, type } = await picture(file);
    contents.push(await sealed(bytes, type, offline));
    sent();
  }
  return contents.length > 0 ? contents : undefined;
}

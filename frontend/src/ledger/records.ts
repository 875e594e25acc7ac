// Reading records: maps and arrays whose fields, types and bounds docs/format fixes; anything else is refused.
//
//     const file = mapRecord(value, "Anchor", { header: list(10), note: bytes(0, 65536), path: hashes(64, []) });

import { EncodingInvalid, type Value, type ValueMap } from "./cbor.ts";

/** Checks a value and gives it its type; `empty` is what an absent field stands for (none: it must be there). */
export interface Field<T> {
  readonly check: (value: Value) => T | undefined;
  readonly empty?: T;
}
type Shape = Record<string, Field<unknown>>;
type Read<S extends Shape> = { [K in keyof S]: S[K] extends Field<infer T> ? T : never };

/** A map record: every field of the shape, no other, and none written out that is empty. Throws EncodingInvalid. */
export function mapRecord<S extends Shape>(value: Value, name: string, shape: S): Read<S> {
  if (!(value instanceof Map)) throw wrong(`${name} is no map`);
  for (const key of value.keys()) if (!Object.prototype.hasOwnProperty.call(shape, key)) throw wrong(`${name} has no field ${key}`);
  const read: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(shape)) read[key] = readField(value, name, key, field);
  return read as Read<S>;
}

function readField(map: ValueMap, name: string, key: string, field: Field<unknown>): unknown {
  const held = map.get(key);
  if (held === undefined) {
    if ("empty" in field) return field.empty;
    throw wrong(`${name}.${key} is missing`);
  }
  const read = field.check(held);
  if (read === undefined) throw wrong(`${name}.${key} is of another type or size`);
  if ("empty" in field && isEmpty(held)) throw wrong(`${name}.${key} is written out though it is empty`);
  return read;
}

/** An array record of this schema number and these fields, in order. Throws EncodingInvalid. */
export function arrayRecord<S extends Shape>(value: Value, name: string, schema: number, shape: S): Read<S> {
  const fields = Object.entries(shape);
  if (!Array.isArray(value) || value.length !== fields.length + 1 || value[0] !== schema) throw wrong(`no ${name}`);
  const read: Record<string, unknown> = {};
  fields.forEach(([key, field], at) => {
    read[key] = field.check(value[at + 1] as Value);
    if (read[key] === undefined) throw wrong(`${name}.${key} is of another type or size`);
  });
  return read as Read<S>;
}

export function uint(empty?: number): Field<number> {
  return optional((value) => (typeof value === "number" && value >= 0 ? value : undefined), empty);
}

export function positive(): Field<number> {
  return { check: (value) => (typeof value === "number" && value >= 1 ? value : undefined) };
}

export function flag(): Field<boolean> {
  return { check: (value) => (typeof value === "boolean" ? value : undefined), empty: false };
}

export function bytes(least: number, most: number, empty?: Uint8Array): Field<Uint8Array> {
  const fits = (value: Value) =>
    value instanceof Uint8Array && value.length >= least && value.length <= most ? value : undefined;
  return optional(fits, empty);
}

export function label(): Field<string> {
  return { check: (value) => (typeof value === "string" && /^[A-Za-z0-9_.:/+-]{0,64}$/.test(value) ? value : undefined) };
}

/** Text of at most `most` code points. */
export function text(most: number): Field<string> {
  return { check: (value) => (typeof value === "string" && [...value].length <= most ? value : undefined) };
}

export function oneOf<T extends string>(...values: T[]): Field<T> {
  return { check: (value) => values.find((known) => known === value) };
}

export function anyMap(): Field<ValueMap> {
  return { check: (value) => (value instanceof Map ? value : undefined) };
}

/** An array of at most `most`; with `empty`, an absent one is an empty one. */
export function listOf<T>(item: Field<T>, most: number, least = 0): Field<T[]> {
  const check = (value: Value): T[] | undefined => {
    if (!Array.isArray(value) || value.length > most || value.length < least) return undefined;
    const read = value.map(item.check);
    return read.includes(undefined) ? undefined : (read as T[]);
  };
  return least > 0 ? { check } : { check, empty: [] };
}

/** A record within a record; read throws, so this never refuses quietly. */
export function nested<T>(read: (value: Value) => T): Field<T> {
  return { check: read };
}

export function nestedOrNone<T>(read: (value: Value) => T): Field<T | null> {
  return { check: read, empty: null };
}

function optional<T>(check: (value: Value) => T | undefined, empty: T | undefined): Field<T> {
  return empty === undefined ? { check } : { check, empty };
}

/** Empty as the encoding means it: a nested record without fields is there. */
function isEmpty(value: Value): boolean {
  if (value instanceof Map) return false;
  if (typeof value === "object") return value.length === 0;
  return value === 0 || value === false || value === "";
}

function wrong(reason: string): EncodingInvalid {
  return new EncodingInvalid(reason, "kernel.wrong_fields");
}

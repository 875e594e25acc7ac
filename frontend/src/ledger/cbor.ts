// The one encoding of docs/format/encoding.md: a strict subset of deterministic CBOR (RFC 8949 section 4.2).
//
// Rules
// - A value has exactly one encoding; whatever else is offered is refused.
// - Integers within ±(2^53−1), bytes, text, arrays, maps with text keys, true and false; nothing else.
// - Nothing nests deeper than 32, and neither direction recurses beyond that.

export type Value = number | string | boolean | Uint8Array | Value[] | ValueMap;
export type ValueMap = Map<string, Value>;

export const DEPTH_MAX = 32;

/** What is no encoding of ours, and why. `code` is the kernel's own. */
export class EncodingInvalid extends Error {
  readonly code: string;
  constructor(reason: string, code = "kernel.not_canonical") {
    super(reason);
    this.code = code;
  }
}

const HALF_CHARACTER = /\p{Surrogate}/u;
const text = new TextEncoder();
const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The encoding of a value. Throws EncodingInvalid for what the subset does not hold. */
export function encode(value: Value): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  write(out, value, 1);
  return out.bytes();
}

/** The value of exactly these bytes. Throws EncodingInvalid. */
export function decode(data: Uint8Array): Value {
  const reader = new Reader(data);
  const value = read(reader, 1);
  if (reader.position !== data.length) throw new EncodingInvalid("bytes follow the value");
  return value;
}

class Writer {
  private buffer = new Uint8Array(256);
  private size = 0;

  head(major: number, argument: number): void {
    const top = major << 5;
    if (argument < 24) this.push([top | argument]);
    else if (argument < 0x100) this.push([top | 24, argument]);
    else if (argument < 0x10000) this.push([top | 25, argument >> 8, argument & 0xff]);
    else if (argument < 0x100000000) this.push([top | 26, ...big(argument, 4)]);
    else this.push([top | 27, ...big(argument, 8)]);
  }

  push(part: ArrayLike<number>): void {
    const needed = this.size + part.length;
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.buffer.length));
      larger.set(this.buffer.subarray(0, this.size));
      this.buffer = larger;
    }
    this.buffer.set(part, this.size);
    this.size = needed;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.size);
  }
}

function write(out: Writer, value: Value, depth: number): void {
  if (depth > DEPTH_MAX) throw new EncodingInvalid("nested too deep");
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new EncodingInvalid(`${value} is no integer here`);
    if (value >= 0) out.head(0, value);
    else out.head(1, -1 - value);
  } else if (typeof value === "boolean") {
    out.push([value ? 0xf5 : 0xf4]);
  } else if (typeof value === "string") {
    writeText(out, value);
  } else if (value instanceof Uint8Array) {
    out.head(2, value.length);
    out.push(value);
  } else if (Array.isArray(value)) {
    out.head(4, value.length);
    for (const part of value) write(out, part, depth + 1);
  } else {
    out.head(5, value.size);
    const names = [...value.keys()].map((name) => ({ name, bytes: text.encode(name) }));
    names.sort((a, b) => compareNames(a.bytes, b.bytes));
    for (const { name } of names) {
      writeText(out, name);
      write(out, value.get(name) as Value, depth + 1);
    }
  }
}

function writeText(out: Writer, value: string): void {
  if (HALF_CHARACTER.test(value)) throw new EncodingInvalid("text with half a character");
  const bytes = text.encode(value);
  out.head(3, bytes.length);
  out.push(bytes);
}

class Reader {
  position = 0;
  private readonly data: Uint8Array;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  byte(): number {
    const found = this.data[this.position];
    if (found === undefined) throw new EncodingInvalid("cut off");
    this.position += 1;
    return found;
  }

  take(size: number): Uint8Array {
    if (size > this.data.length - this.position) throw new EncodingInvalid("cut off");
    this.position += size;
    return this.data.subarray(this.position - size, this.position);
  }

  /** The argument of an initial byte, in its shortest form only. */
  argument(low: number): number {
    if (low < 24) return low;
    const width = [1, 2, 4, 8][low - 24];
    if (width === undefined) throw new EncodingInvalid("indefinite or reserved length");
    let found = 0;
    for (let i = 0; i < width; i++) found = found * 256 + this.byte();
    const least = [24, 0x100, 0x10000, 0x100000000][low - 24] as number;
    if (found < least) throw new EncodingInvalid("more bytes than it needs");
    return found;
  }
}

function read(reader: Reader, depth: number): Value {
  if (depth > DEPTH_MAX) throw new EncodingInvalid("nested too deep");
  const first = reader.byte();
  if (first === 0xf4 || first === 0xf5) return first === 0xf5;
  const major = first >> 5;
  if (major > 5) throw new EncodingInvalid("a type outside the subset");
  const argument = reader.argument(first & 0x1f);
  if (major <= 1) return integer(major, argument);
  if (major === 2) return reader.take(argument).slice();
  if (major === 3) return readText(reader, argument);
  if (major === 4) {
    const list: Value[] = [];
    for (let i = 0; i < argument; i++) list.push(read(reader, depth + 1));
    return list;
  }
  return readMap(reader, argument, depth);
}

function readMap(reader: Reader, size: number, depth: number): ValueMap {
  const map: ValueMap = new Map();
  let before: Uint8Array | undefined;
  for (let i = 0; i < size; i++) {
    const first = reader.byte();
    if (first >> 5 !== 3) throw new EncodingInvalid("a key that is no text");
    const name = readText(reader, reader.argument(first & 0x1f));
    const bytes = text.encode(name);
    if (before !== undefined && compareNames(before, bytes) >= 0) throw new EncodingInvalid("keys out of order");
    before = bytes;
    map.set(name, read(reader, depth + 1));
  }
  return map;
}

function readText(reader: Reader, size: number): string {
  try {
    return strictText.decode(reader.take(size));
  } catch (error) {
    if (error instanceof EncodingInvalid) throw error;
    throw new EncodingInvalid("text that is no UTF-8");
  }
}

function integer(major: number, argument: number): number {
  const value = major === 0 ? argument : -1 - argument;
  if (!Number.isSafeInteger(argument) || !Number.isSafeInteger(value)) throw new EncodingInvalid("beyond 2^53 − 1");
  return value;
}

/** The shorter first, equals by their bytes. */
function compareNames(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function big(value: number, width: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; bytes.length < width; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

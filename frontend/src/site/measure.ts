// How large a picture is, by the first bytes that say so: a few kilobytes may unfold to more than a device can hold, and
// whoever asks the browser to draw them finds out too late.

import { type Bytes, join } from "../ledger/bytes.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Points across and down of a JPEG, PNG, WebP or GIF file; undefined for anything else. */
export function measured(data: Bytes): Size | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const begins = (mark: string, at = 0): boolean => [...mark].every((sign, index) => data[at + index] === sign.charCodeAt(0));
  if (begins("\x89PNG\r\n\x1a\n") && data.length > 24) return { width: view.getUint32(16), height: view.getUint32(20) };
  if (begins("GIF8") && data.length > 13) return gif(view);
  if (begins("RIFF") && begins("WEBP", 8) && data.length > 30) return webp(view, String.fromCharCode(...data.subarray(12, 16)));
  if (begins("\xff\xd8\xff")) return jpeg(data);
  return undefined;
}

/** The screen, or the first picture on it where that is larger: browsers draw the larger. */
function gif(view: DataView): Size {
  const screen = { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  const colours = view.getUint8(10);
  let at = 13 + (colours & 0x80 ? 3 << ((colours & 7) + 1) : 0);
  while (at + 10 <= view.byteLength && view.getUint8(at) === 0x21) {
    for (at += 2; at < view.byteLength && view.getUint8(at) !== 0; at += 1 + view.getUint8(at));
    at += 1;
  }
  if (at + 10 > view.byteLength || view.getUint8(at) !== 0x2c) return screen;
  const right = view.getUint16(at + 1, true) + view.getUint16(at + 5, true);
  const bottom = view.getUint16(at + 3, true) + view.getUint16(at + 7, true);
  return { width: Math.max(screen.width, right), height: Math.max(screen.height, bottom) };
}

function webp(view: DataView, kind: string): Size | undefined {
  const three = (at: number): number => 1 + view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  if (kind === "VP8X") return { width: three(24), height: three(27) };
  if (kind === "VP8 ") return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (kind !== "VP8L") return undefined;
  const bits = view.getUint32(21, true);
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) };
}

const FRAMES = new Set([0xc0, 0xc1, 0xc2]);

function jpeg(data: Bytes): Size | undefined {
  for (const { marker, at } of segments(data)) {
    const here = (offset: number): number => ((data[at + offset] ?? 0) << 8) + (data[at + offset + 1] ?? 0);
    if (FRAMES.has(marker)) return { width: here(7), height: here(5) };
  }
  return undefined;
}

interface Segment {
  readonly marker: number;
  readonly at: number;
  readonly end: number;
}

/** The segments of a JPEG before its coded picture. */
function* segments(data: Bytes): Generator<Segment> {
  let at = 2;
  while (at + 4 <= data.length && data[at] === 0xff) {
    const marker = data[at + 1] as number;
    const end = at + 2 + ((data[at + 2] as number) << 8) + (data[at + 3] as number);
    if (end < at + 4) return;
    yield { marker, at, end };
    if (marker === 0xda) return;
    at = end;
  }
}

/** A JPEG without what applications say in it. Some browsers write an Exif into what they have just drawn; the node
 *  takes pictures that say nothing. */
export function silent(data: Bytes): Bytes {
  const dropped = Array.from(segments(data)).filter(({ marker }) => (marker > 0xe0 && marker <= 0xef && marker !== 0xe2 && marker !== 0xee) || marker === 0xfe);
  let from = 0;
  const kept: Bytes[] = [];
  for (const { at, end } of dropped) {
    kept.push(data.subarray(from, at));
    from = end;
  }
  kept.push(data.subarray(from));
  return join(...kept);
}

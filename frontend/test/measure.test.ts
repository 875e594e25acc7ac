import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, fromHex, join, utf8 } from "../src/ledger/bytes.ts";
import { measured, silent } from "../src/site/measure.ts";

const png = (width: string, height: string): Bytes => fromHex(`89504e470d0a1a0a0000000d49484452${width}${height}0801`);
const frame = "ffc00011087530" + "00c803" + "012200" + "021101" + "031101";
const segment = (marker: string, body: Bytes): Bytes => join(fromHex(`ff${marker}`), new Uint8Array([0, body.length + 2]), body);

test("reads how large a picture will be from its first bytes", () => {
  assert.deepEqual(measured(png("00007530", "000000c8")), { width: 30000, height: 200 });
  assert.deepEqual(measured(join(fromHex("ffd8"), segment("e1", utf8("Exif\0\0 ÿÀ")), fromHex(frame))), { width: 200, height: 30000 });
  const chunk = (kind: string, rest: string) => join(utf8("RIFF"), new Uint8Array(4), utf8(`WEBP${kind}`), new Uint8Array(4), fromHex(rest));
  assert.deepEqual(measured(chunk("VP8X", "00000000ff3f00ff7f0000")), { width: 16384, height: 32768 });
  assert.deepEqual(measured(chunk("VP8 ", "0000009d012a00050004ff")), { width: 1280, height: 1024 });
  assert.deepEqual(measured(chunk("VP8L", "2fffffff0f000000000000")), { width: 16384, height: 16384 });
});

test("of a GIF it is the larger of its screen and its first picture", () => {
  const extension = "21f90400000000002c";
  for (const [colours, table] of [["00", ""], ["80", "00".repeat(6)]] as const) {
    const small = fromHex(`474946383961${"0a000a00"}${colours}0000${table}${extension}00000000ffffffff00`);
    assert.deepEqual(measured(small), { width: 65535, height: 65535 });
  }
});

test("what is no picture has no size, however it ends", () => {
  for (const other of ["", "3c737667", "ffd8ff", "ffd8ffe0", "ffd8ffe00000", "89504e470d0a1a0a", "474946383961", "52494646"]) {
    assert.equal(measured(fromHex(other)), undefined);
  }
});

test("a drawn JPEG is silent: an Exif that the browser put in is left out, its colours stay", () => {
  const head = segment("e0", utf8("JFIF\0"));
  const colours = segment("e2", utf8("ICC_PROFILE\0"));
  const rest = join(fromHex(`${frame}ffda0002`), utf8("ÿá coded"), fromHex("ffd9"));
  const exif = segment("e1", utf8("Exif\0\0"));
  const comment = segment("fe", utf8("drawn by a browser"));
  const silence = join(fromHex("ffd8"), head, colours, rest);
  assert.deepEqual(silent(join(fromHex("ffd8"), head, exif, colours, comment, exif, rest)), silence);
  assert.deepEqual(silent(silence), silence);
});

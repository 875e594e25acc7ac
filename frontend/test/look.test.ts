import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromHex } from "../src/ledger/bytes.ts";
import { cells, letters } from "../src/look/seal.ts";

interface Case {
  id: string;
  letters: string;
  rows: string[];
}

const cases = JSON.parse(readFileSync(new URL("seals.json", import.meta.url), "utf8")) as Case[];

test("draws the seals that the server draws", () => {
  for (const one of cases) {
    const dark = new Set(cells(fromHex(one.id)).map(String));
    const rows = [0, 1, 2, 3, 4, 5, 6].map((row) => [0, 1, 2, 3, 4, 5, 6].map((c) => (dark.has(`${c},${row}`) ? "#" : ".")).join(""));
    assert.deepEqual(rows, one.rows);
    assert.equal(letters(fromHex(one.id)), one.letters);
  }
});

const tokens = readFileSync(new URL("../src/look/tokens.css", import.meta.url), "utf8");

/** The values of one block of tokens.css. */
function block(selector: string): Map<string, string> {
  const body = tokens.slice(tokens.indexOf(`${selector} {`) + selector.length + 2);
  const lines = body.slice(0, body.indexOf("}")).matchAll(/--([a-z-]+): ([^;]+);/g);
  return new Map([...lines].map((line) => [line[1] as string, line[2] as string]));
}

test("follows the device's dark theme with the values of the chosen one", () => {
  assert.ok(block(':root[data-theme="dark"]').size > 10);
  assert.deepEqual(block(":root:not([data-theme])"), block(':root[data-theme="dark"]'));
});

test("has text colours that stand out at least 6 to 1 from every ground they are put on", () => {
  for (const selector of [":root", ':root[data-theme="dark"]']) {
    const values = block(selector);
    const of = (name: string) => luminance(values.get(name) as string);
    const pairs = ["ground", "surface"].flatMap((under) =>
      ["ink", "muted", "jade", "seal", "amber", "info", "ok"].map((over) => [over, under] as const),
    );
    for (const [over, under] of [...pairs, ["on-jade", "jade"] as const]) {
      const [low, high] = [of(over), of(under)].sort((a, b) => a - b) as [number, number];
      assert.ok((high + 0.05) / (low + 0.05) >= 6, `${over} on ${under} in ${selector}`);
    }
  }
});

/** Relative luminance (WCAG 2.2). */
function luminance(color: string): number {
  const channel = (at: number) => Number.parseInt(color.slice(at, at + 2), 16) / 255;
  const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const [red, green, blue] = [channel(1), channel(3), channel(5)].map(linear) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

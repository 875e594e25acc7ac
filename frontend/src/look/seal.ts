// The seal 印, drawn as src/linlian/web/seal.py draws it: the same record, the same seal.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SIZE = 7;
const HALF = 4;

/** The dark cells as [column, row], by row. */
export function cells(id: Uint8Array): [number, number][] {
  const dark: [number, number][] = [];
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      const bit = row * HALF + Math.min(column, SIZE - 1 - column);
      if (((id[bit >> 3] as number) >> (7 - (bit & 7))) & 1) dark.push([column, row]);
    }
  }
  return dark;
}

/** Six characters that two people can compare by telephone. */
export function letters(id: Uint8Array): string {
  let rest = new DataView(id.buffer, id.byteOffset, 8).getUint32(4) >>> 2;
  let said = "";
  for (let i = 0; i < 6; i++) {
    said = ALPHABET[rest % 32] + said;
    rest = Math.floor(rest / 32);
  }
  return said;
}

export type SealKind = "line" | "own" | "sent" | "broken";

export function seal(id: Uint8Array, kind: SealKind, label: string): SVGSVGElement {
  const svg = shape("svg", { class: `seal ${kind}`, viewBox: "0 0 34 34", role: "img", "aria-label": label }) as SVGSVGElement;
  const frame = { x: "1.25", y: "1.25", width: "31.5", height: "31.5", rx: "6", fill: "none", stroke: "currentColor" };
  const path = cells(id).map(([column, row]) => `M${6.5 + 3 * column} ${6.5 + 3 * row}h3v3h-3z`);
  svg.append(shape("rect", { ...frame, "stroke-width": "1.5" }), shape("path", { d: path.join(""), fill: "currentColor" }));
  if (kind === "broken") {
    svg.append(shape("path", { class: "crack", d: "M22 0L15 13l6 5-7 16", fill: "none", "stroke-width": "2.5" }));
  }
  return svg;
}

function shape(name: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

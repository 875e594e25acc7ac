// A QR code, drawn here: what it says may be a secret, and no server learns it.

import { encode } from "uqr";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4;

/** A picture of a text; `label` says to those who do not see it what it is for. */
export function qr(text: string, label: string): SVGSVGElement {
  const { data, size } = encode(text, { border: QUIET });
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", data.flatMap((row, y) => row.flatMap((cell, x) => (cell ? [`M${x} ${y}h1v1h-1z`] : []))).join(""));
  const told = { class: "qr", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" };
  for (const [name, value] of Object.entries(told)) svg.setAttribute(name, value);
  svg.append(path);
  return svg;
}

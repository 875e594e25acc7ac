// A QR code, drawn here: what it says may be a secret, and no server learns it.

/*! qrcode-generator, Copyright (c) 2009 Kazuhiko Arase, MIT License, http://www.d-project.com/ */

import qrcode from "qrcode-generator";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4;

/** A picture of a text; `label` says to those who do not see it what it is for. */
export function qr(text: string, label: string): SVGElement {
  const code = qrcode(0, "M");
  code.addData(text, "Byte");
  code.make();
  const size = code.getModuleCount();
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `${-QUIET} ${-QUIET} ${size + 2 * QUIET} ${size + 2 * QUIET}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", dark(code, size));
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  return svg;
}

function dark(code: { isDark(row: number, column: number): boolean }, size: number): string {
  const parts: string[] = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) if (code.isDark(row, column)) parts.push(`M${column} ${row}h1v1h-1z`);
  }
  return parts.join("");
}

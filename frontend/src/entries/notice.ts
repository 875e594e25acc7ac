// A notice for the door: its code leads to the page that says how it stands.

import { printOnly } from "../site/print.ts";
import { qr } from "../site/qr.ts";

const place = document.querySelector<HTMLElement>("#code");
const { address, path, label } = place?.dataset ?? {};
place?.append(qr(`${address || globalThis.location.origin}${path}`, label ?? ""));
document.querySelector("#print")?.addEventListener("click", () => printOnly("letters"));

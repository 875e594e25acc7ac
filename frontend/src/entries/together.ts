// A demo's guided screen: each frame is the site itself at a seat of its own, with a key made here and a session opened by
// it. The guide asks how the repair stands whenever a frame has heard of an event or has gone to another page.

import { attempt } from "../site/attempt.ts";
import { MOVED } from "../site/live.ts";
import { page } from "../site/page.ts";
import { sitAt } from "../site/seats.ts";
import { Problem } from "../site/problem.ts";
import { askAt } from "../site/server.ts";

interface Seat {
  readonly part: string;
  readonly guest: string;
  readonly base: string;
  readonly path: string;
  readonly frame: HTMLIFrameElement;
}

const stage = document.querySelector<HTMLElement>("#together");
const seats: Seat[] = Array.from(document.querySelectorAll<HTMLElement>("[data-part]"), (section) => {
  const { part = "", guest = "", base = "", path = "" } = section.dataset;
  return { part, guest, base, path, frame: section.querySelector("iframe") as HTMLIFrameElement };
});
const steps = Array.from(document.querySelectorAll<HTMLElement>("[data-step]"));
const CASE = `linlian:together:${page.chain}`;
const FIRST = "report";
let step = "";
let before = "";

function theCase(): string {
  return stage?.dataset["case"] || (sessionStorage.getItem(CASE) ?? "");
}

async function begin(): Promise<void> {
  const seated = await attempt(async () => {
    for (const seat of seats) {
      await sitAt(seat.base, seat.guest);
      seat.frame.src = seat.base + seat.path;
    }
  });
  if (!seated) return;
  document.querySelector("#told")?.replaceChildren();
  document.querySelector("#before")?.setAttribute("hidden", "");
  stage?.classList.add("begun");
  await look();
}

/** Ask, as the resident, what comes next in the repair that was reported here. */
async function look(): Promise<void> {
  const resident = seats[0];
  const found = theCase();
  if (resident === undefined || stage === null) return;
  if (found === "") return tell(FIRST);
  try {
    const told = (await askAt(resident.base, "GET", `${stage.dataset["at"]}?case=${found}`)) as { step: string };
    tell(told.step);
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the frames say themselves what is the matter
  }
}

function tell(now: string): void {
  if (now === step) return;
  step = now;
  const at = steps.findIndex((each) => each.dataset["step"] === now);
  steps.forEach((each, number) => {
    const state = at < 0 ? (now === "over" ? "done" : "") : number < at ? "done" : number === at ? "now" : "";
    each.className = state;
    if (state === "now") each.setAttribute("aria-current", "step");
    else each.removeAttribute("aria-current");
  });
  document.querySelector("#next")?.removeAttribute("hidden");
  for (const each of document.querySelectorAll<HTMLElement>("[data-next]")) each.toggleAttribute("hidden", each.dataset["next"] !== now);
  const onward = document.querySelector<HTMLAnchorElement>("#onward");
  if (onward !== null) onward.search = theCase() === "" ? "" : `?case=${theCase()}`;
}

const wide = globalThis.matchMedia("(min-width: 1000px)");

/** Which seat is in front on a telephone, and which beside the resident's where there is room for two. */
function show(part: string): void {
  if (stage === null) return;
  stage.dataset["shown"] = part;
  if (part !== "resident") stage.dataset["beside"] = part;
  press();
  seats.find((seat) => seat.part === part)?.frame.focus();
}

function press(): void {
  const { shown, beside } = stage?.dataset ?? {};
  for (const button of document.querySelectorAll<HTMLElement>(".shown [data-show]")) {
    button.setAttribute("aria-pressed", `${button.dataset["show"] === (wide.matches ? beside : shown)}`);
  }
}

/** The repair, on somebody's screen. */
function openCase(part: string): void {
  const seat = seats.find((each) => each.part === part);
  const goal = `${seat?.base}/repairs/${theCase()}`;
  if (seat === undefined || theCase() === "" || seat.frame.contentWindow?.location.pathname === goal) return;
  seat.frame.src = goal;
}

/** The repair that this is about is the one that the resident's frame comes to from its form of a report. */
function noteCase(): void {
  const path = seats[0]?.frame.contentWindow?.location.pathname ?? "";
  const found = /\/repairs\/([0-9a-f]{32})$/.exec(path)?.[1];
  if (found !== undefined && before.endsWith("/report") && theCase() === "") sessionStorage.setItem(CASE, found);
  before = path;
}

for (const seat of seats) {
  seat.frame.addEventListener("load", () => {
    if (seat.part === "resident") noteCase();
    if (step !== "") void look();
  });
}
globalThis.addEventListener("message", (event) => {
  if (event.origin === globalThis.location.origin && event.data === MOVED && step !== "") void look();
});
for (const button of document.querySelectorAll<HTMLElement>("[data-show]")) {
  button.addEventListener("click", () => {
    show(button.dataset["show"] ?? "");
    if (button.closest("#next") !== null) openCase(button.dataset["show"] ?? "");
  });
}
for (const button of document.querySelectorAll<HTMLElement>(".again")) {
  button.addEventListener("click", () => {
    sessionStorage.removeItem(CASE);
    globalThis.location.assign(globalThis.location.pathname);
  });
}
wide.addEventListener?.("change", press); // Safari 14 turns no telephone into a desk
press();
document.querySelector("#begin")?.addEventListener("click", () => void begin());

/** Something to hand in where no photograph is at hand: a wall, drawn here. */
function draw(): void {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 240];
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  for (const [colour, ...place] of [["#8c8578", 0, 0, 320, 240], ["#0f6b5c", 0, 108, 320, 20], ["#f0b23c", 140, 96, 40, 44]] as const) {
    pen.fillStyle = colour;
    pen.fillRect(place[0], place[1], place[2], place[3]);
  }
  canvas.toBlob((blob) => {
    if (blob === null) return;
    const address = URL.createObjectURL(blob);
    for (const link of document.querySelectorAll<HTMLAnchorElement>("a.photo")) link.href = address;
  }, "image/png");
}
draw();
if (theCase() !== "") void begin();
